"""Answers to 05.2 by students who know its text alone."""

import re

import torch
from helpers.answers import Answers

from resnet_labs.freeze import freeze_, unfreeze_

answers = Answers("05.2", "check_train_only")


def good_last_block(network):
    stage = [name for name, _ in network.named_children() if name.startswith("layer")][-1]
    return [f"{stage}.{len(network.get_submodule(stage)) - 1}", "fc"]


def good_train_only(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


# ---- wrong: last_block


def always_layer4(network):
    return [f"layer4.{len(network.layer4) - 1}", "fc"]


answers.wrong(
    "raises", "last_block of a network with three stages (the lab's own): layer4 is fixed, so AttributeError"
)(good_train_only, always_layer4)


def length_of_first_stage(network):
    stages = [name for name, _ in network.named_children() if name.startswith("layer")]
    return [f"{stages[-1]}.{len(network.layer1) - 1}", "fc"]


answers.wrong(
    "last-block",
    "last_block of a network whose stages have different numbers of blocks, such as 1, 1 and 2: counts the blocks of layer1, so it names another block or one that is not there",
)(good_train_only, length_of_first_stage)


# ---- wrong: train_only


def requires_grad_only(network, parts):
    network.requires_grad_(False)
    for parameter in network.parameters():
        parameter.grad = None
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


answers.wrong(
    "statistics",
    "a network with batch norm in training mode: requires_grad is off, but the running statistics of the frozen layers move with every forward pass",
)(requires_grad_only, good_last_block)


def eval_once(network, parts):
    network.requires_grad_(False)
    network.eval()
    for parameter in network.parameters():
        parameter.grad = None
    for name in parts:
        network.get_submodule(name).requires_grad_(True).train()


answers.wrong(
    "statistics",
    "network.train() at the begin of an epoch, after the call: eval() was called only once, so the frozen batch norms train again and their running statistics move",
)(eval_once, good_last_block)


class _Still:
    """Batch norm that cannot be put into training mode."""

    def train(self, mode=True):
        return super().train(False)


def _hold(module):
    for each in module.modules():
        if getattr(each, "running_mean", None) is not None and not isinstance(each, _Still):
            each.__class__ = type(f"Still{type(each).__name__}", (_Still, type(each)), {})
            each.train()


def _let_go(module, mode):
    for each in module.modules():
        if isinstance(each, _Still):
            each.__class__ = type(each).__bases__[1]
            each.train(mode)


def keeps_old_gradients(network, parts):
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    _hold(network)
    for name in parts:
        part = network.get_submodule(name)
        _let_go(part, network.training)
        part.requires_grad_(True)


answers.wrong(
    "stale-gradients",
    "a network with gradients from an earlier step: the frozen parameters keep their .grad, so an optimizer with momentum or weight decay goes on moving them and its memory of them",
)(keeps_old_gradients, good_last_block)


def never_thaws(network, parts):
    for name, module in network.named_modules():
        inside = any(name == part or name.startswith(part + ".") for part in parts)
        around = any(part.startswith(name + ".") for part in parts) or name == ""
        if not inside and not around:
            freeze_(module)


answers.wrong(
    "not-thawed",
    "a second call with other parts, such as ['fc'] and then ['layer3.1', 'fc']: what the first call froze is never thawed, so layer3.1 does not train",
)(never_thaws, good_last_block)


def children_only(network, parts):
    for name, module in network.named_children():
        if name in parts:
            unfreeze_(module)
        else:
            freeze_(module)


answers.wrong(
    "part-stands-still",
    "a part within a stage, such as 'layer3.1': only direct children are compared with the parts, so all of layer3 is frozen and only fc trains",
)(children_only, good_last_block)


def by_prefix(network, parts):
    freeze_(network)
    for name, module in network.named_modules():
        if name and any(name.startswith(part) for part in parts):
            unfreeze_(module)


answers.wrong(
    "everything-trains",
    "the part 'layer3.1' in a stage of more than ten blocks (ResNet-152 has 36 in layer3): startswith takes layer3.10, layer3.11 and so on too, and they train",
)(by_prefix, good_last_block)


def eats_parts(network, parts):
    freeze_(network)
    while parts:
        unfreeze_(network.get_submodule(parts.pop()))


answers.wrong(
    "changes-input", "any parts: the list of parts is emptied by pop(), so the caller's list is [] afterwards"
)(eats_parts, good_last_block)


def nothing_means_everything(network, parts):
    if not parts:
        unfreeze_(network)
        return
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


answers.wrong("no-parts", "no parts, []: everything trains, where nothing should")(
    nothing_means_everything, good_last_block
)


def statistics_held_everywhere(network, parts):
    freeze_(network)
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


answers.wrong(
    "trained-part-stuck",
    "a part with batch norm, such as the last block: only requires_grad is put on again, so the running statistics of the part that trains stay held and never update",
)(statistics_held_everywhere, good_last_block)


def new_head(network, parts):
    freeze_(network)
    for name in parts:
        part = network.get_submodule(name)
        unfreeze_(part)
        for module in part.modules():
            if isinstance(module, torch.nn.Linear):
                module.reset_parameters()


answers.wrong(
    "changed", "the part 'fc': the call draws new weights for the head, although the call itself moves no weight"
)(new_head, good_last_block)


# ---- right


# Right: the names come from a regular expression over all modules, with the largest pair of numbers; batch norms are
# held by changing their class, without the library.
def last_block_by_pattern(network):
    found = [re.fullmatch(r"layer(\d+)\.(\d+)", name) for name, _ in network.named_modules()]
    stage, block = max(tuple(map(int, match.groups())) for match in found if match)
    return ["layer%d.%d" % (stage, block), "fc"]


def train_only_by_class(network, parts):
    mode = network.training
    network.requires_grad_(False)
    network.zero_grad(set_to_none=True)
    _let_go(network, mode)
    _hold(network)
    for part in map(network.get_submodule, parts):
        part.requires_grad_(True)
        _let_go(part, mode)


answers.right(train_only_by_class, last_block_by_pattern)


def _stand_still(module, inputs):
    if module.__dict__.get("_stands_still"):
        module.eval()


class TrainOnly:
    """A hook before each batch norm's forward puts it into evaluation mode, as long as it is marked."""

    def __call__(self, network, parts):
        training = {id(w) for part in parts for w in network.get_submodule(part).parameters()}
        for parameter in network.parameters():
            if id(parameter) in training:
                parameter.requires_grad = True
            else:
                parameter.requires_grad, parameter.grad = False, None
        loose = {module for part in parts for module in network.get_submodule(part).modules()}
        for module in network.modules():
            if getattr(module, "running_mean", None) is None:
                continue
            if "_stands_still" not in module.__dict__:
                module.register_forward_pre_hook(_stand_still)
            module._stands_still = module not in loose
            module.train(network.training and module in loose)


class LastBlock:
    def __call__(self, network):
        number = 1
        while hasattr(network, f"layer{number + 1}"):
            number += 1
        *_, (block, _module) = getattr(network, f"layer{number}").named_children()
        return [f"layer{number}.{block}", "fc"]


# Right: objects with __call__, no library; the stages are counted with hasattr.
answers.right(TrainOnly(), LastBlock())


# Right: the library's two functions in lambdas, parts thawed in a comprehension.
answers.right(
    lambda network, parts: (freeze_(network), [unfreeze_(network.get_submodule(name)) for name in parts], None)[-1],
    lambda network: [
        [f"{stage}.{len(blocks) - 1}" for stage, blocks in network.named_children() if stage.startswith("layer")][-1],
        "fc",
    ],
)
