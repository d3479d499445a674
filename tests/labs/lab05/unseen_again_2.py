"""More answers to 05.2 by someone who knew the exercise and not its check."""

import re

from helpers.answers import Answers
from torch import nn

from resnet_labs.freeze import freeze_, unfreeze_

answers = Answers("05.2", "check_train_only")


def _train_only(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


def _last_block(network):
    stage = [name for name, _ in network.named_children() if re.fullmatch(r"layer\d+", name)][-1]
    return [f"{stage}.{len(network.get_submodule(stage)) - 1}", "fc"]


# All parts by name in a dict; the last block by the largest pair of numbers.
def by_dict(network, parts):
    modules = dict(network.named_modules())
    freeze_(network)
    list(map(unfreeze_, (modules[name] for name in tuple(parts))))


def by_numbers(network):
    found = [re.fullmatch(r"layer(\d+)\.(\d+)", name) for name, _ in network.named_modules()]
    stage, block = max((int(match[1]), int(match[2])) for match in found if match)
    return [f"layer{stage}.{block}", "fc"]


answers.right(by_dict, by_numbers)


# No library: one hook on the network, replaced in each call. Names, so that a copy holds its own parts.
class _Hold:
    def __init__(self, names):
        self.names = names

    def __call__(self, network, inputs):
        for name in self.names:
            network.get_submodule(name).training = False


def by_own_hook(network, parts):
    for key, hook in list(network._forward_pre_hooks.items()):
        if isinstance(hook, _Hold):
            del network._forward_pre_hooks[key]
    moving = {module for name in parts for module in network.get_submodule(name).modules()}
    still = [name for name, module in network.named_modules() if name and moving.isdisjoint(module.modules())]
    trained = {id(weight) for module in moving for weight in module.parameters(recurse=False)}
    for weight in network.parameters():
        weight.requires_grad = id(weight) in trained
        if id(weight) not in trained:
            weight.grad = None
    network.register_forward_pre_hook(_Hold(still))


def by_counting(network):
    number = 1
    while hasattr(network, f"layer{number + 1}"):
        number += 1
    *_, (block, _) = getattr(network, f"layer{number}").named_children()
    return (f"layer{number}.{block}", "fc")


answers.right(by_own_hook, lambda network: list(by_counting(network)))


# An object that can be called; the names from the children's order, in a lambda.
class TrainOnly:
    def __call__(self, network, parts):
        freeze_(network)
        for name in reversed(list(parts)):
            module = network
            for step in name.split("."):
                module = module._modules[step]
            unfreeze_(module)


answers.right(
    TrainOnly(),
    lambda network: [
        [f"{stage}.{len(blocks) - 1}" for stage, blocks in network.named_children() if stage.startswith("layer")].pop(),
        "fc",
    ],
)


def layer_four(network):
    return [f"layer4.{len(network.layer4) - 1}", "fc"]


answers.wrong("raises", "four stages always: crashes on a network of three")(_train_only, layer_four)


def counts_from_one(network):
    stage = [name for name, _ in network.named_children() if name.startswith("layer")][-1]
    return [f"{stage}.{len(network.get_submodule(stage))}", "fc"]


answers.wrong("from-one", "blocks are counted from 1: a block that is not there")(_train_only, counts_from_one)


def by_alphabet(network):
    names = [name for name, _ in network.named_modules() if re.fullmatch(r"layer\d+\.\d+", name)]
    return [sorted(names)[-1], "fc"]


answers.wrong("last-block", "names in alphabetical order: in a stage of eleven blocks layer3.9 comes after layer3.10")(
    _train_only, by_alphabet
)


def whole_stage(network):
    return [[name for name, _ in network.named_children() if name.startswith("layer")][-1], "fc"]


answers.wrong("whole-stage", "the whole last stage instead of its last block")(_train_only, whole_stage)


def third_block(network):
    stage = [name for name, _ in network.named_children() if name.startswith("layer")][-1]
    return [f"{stage}.2", "fc"]


answers.wrong("from-one", "the third block always: not there in a stage of two, not the last in a stage of six")(
    _train_only, third_block
)


def gradient_only(network, parts):
    for name, weight in network.named_parameters():
        weight.requires_grad_(any(name.startswith(part + ".") for part in parts))


answers.wrong("stale-gradients", "requires_grad alone: running statistics move, and old gradients move weights")(
    gradient_only, _last_block
)


def never_thaws(network, parts):
    for name, module in network.named_modules():
        if not list(module.children()) and not any(name == part or name.startswith(part + ".") for part in parts):
            freeze_(module)


answers.wrong("not-thawed", "nothing is thawed: what an earlier call froze stays frozen")(never_thaws, _last_block)


def by_beginning(network, parts):
    freeze_(network)
    for name, module in network.named_modules():
        if name and any(name.startswith(part) for part in parts):
            unfreeze_(module)


answers.wrong("everything-trains", "names that begin alike train too: layer3.1 thaws layer3.10 to layer3.17")(
    by_beginning, _last_block
)


def empty_is_all(network, parts):
    if not parts:
        unfreeze_(network)
        return
    _train_only(network, parts)


answers.wrong("no-parts", "no parts means that everything trains, instead of nothing")(empty_is_all, _last_block)


def empty_is_ignored(network, parts):
    if parts:
        _train_only(network, parts)


answers.wrong("no-parts", "no parts: the call does nothing, and the network goes on training as before")(
    empty_is_ignored, _last_block
)


def pops(network, parts):
    freeze_(network)
    while parts:
        unfreeze_(network.get_submodule(parts.pop()))


answers.wrong("changes-input", "takes the names out of the caller's list, which is empty afterwards")(pops, _last_block)


def first_only(network, parts):
    freeze_(network)
    for name in parts[:1]:
        unfreeze_(network.get_submodule(name))


answers.wrong("part-stands-still", "only the first part is thawed: the head does not train")(first_only, _last_block)


def direct_parts(network, parts):
    for name, module in network.named_children():
        (unfreeze_ if name in parts else freeze_)(module)


answers.wrong("part-stands-still", "only direct parts are looked at: layer4.2 is no name among them and stays frozen")(
    direct_parts, _last_block
)


def norms_stay(network, parts):
    _train_only(network, parts)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            freeze_(module)


answers.wrong(
    "part-stands-still", "batch norm is frozen in the parts that train, too: its weights and statistics stand still"
)(norms_stay, _last_block)


def clears_hooks(network, parts):
    for module in network.modules():
        module._forward_pre_hooks.clear()
        module._forward_hooks.clear()
    _train_only(network, parts)


answers.wrong("hooks-cleared", "removes all hooks first, those of others too")(clears_hooks, _last_block)


def eval_once(network, parts):
    for weight in network.parameters():
        weight.requires_grad, weight.grad = False, None
    network.eval()
    for name in parts:
        network.get_submodule(name).train().requires_grad_(True)


answers.wrong(
    "statistics", "evaluation mode once: the loop's network.train() takes it back, and frozen running statistics move"
)(eval_once, _last_block)
