"""Answers to 05.2 by someone who looked for what its check may not ask."""

import re
import weakref

from helpers.answers import Answers

from resnet_labs.freeze import freeze_, unfreeze_

answers = Answers("05.2", "check_train_only")  # check_train_only(train_only, last_block)


def good_block(network):
    """The names, for the answers whose other half is wrong."""
    stages = [name for name, _ in network.named_children() if re.fullmatch(r"layer\d+", name)]
    return [f"{stages[-1]}.{len(getattr(network, stages[-1])) - 1}", "fc"]


def good_only(network, parts):
    """What trains, for the answers whose other half is wrong."""
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


def _stay(module, inputs):
    module.training = False


def _still(weights):
    for weight in weights:
        weight.requires_grad_(False)
        weight.grad = None


# Right: own hooks instead of the library's freeze. Every module gets one pre-hook, once, that sets the module's own flag
# (not that of what is in it) as long as the module is marked; a later call changes the marks, so that a part that was
# frozen may train again, also in a copy of the network. The name of the block comes from the state dict, by number.
def _stand(module, inputs):
    if module.__dict__["stands_still"]:
        module.training = False


def hooks_of_its_own(network, parts):
    wanted = {id(inner) for name in parts for inner in network.get_submodule(name).modules()}
    for module in network.modules():
        stands, own = id(module) not in wanted, list(module.parameters(recurse=False))
        if stands:
            _still(own)
        else:
            for weight in own:
                weight.requires_grad_(True)
        if module is network:
            continue
        if not stands and module.__dict__.get("stands_still"):
            module.training = network.training
        module.stands_still = stands
        if _stand not in module._forward_pre_hooks.values():
            module.register_forward_pre_hook(_stand)


def block_by_numbers(network):
    found = [re.match(r"layer(\d+)\.(\d+)\.", name) for name in network.state_dict()]
    stage, block = max((int(one[1]), int(one[2])) for one in found if one)
    return [f"layer{stage}.{block}", "fc"]


answers.right(hooks_of_its_own, block_by_numbers)


# Right: the library's two functions, part by part from the outside in: whatever contains nothing that trains is frozen
# whole, whatever is named is thawed whole, and only what lies between is opened. First everything is thawed.
def by_descent(network, parts):
    unfreeze_(network)
    names = tuple(parts)

    def visit(module, path):
        if path in names:
            return
        if not any(name.startswith(f"{path}." if path else "") for name in names):
            freeze_(module)
            return
        _still(module.parameters(recurse=False))
        for name, child in module.named_children():
            visit(child, f"{path}.{name}" if path else name)

    visit(network, "")


def block_by_counting(network):
    number = 1
    while hasattr(network, f"layer{number + 1}"):
        number += 1
    *_, (last, _) = network.get_submodule(f"layer{number}").named_children()
    return [".".join((f"layer{number}", last)), "fc"]


answers.right(by_descent, block_by_counting)


def prefixes(network, parts):
    freeze_(network)
    for name, module in network.named_modules():
        if name and any(name.startswith(part) for part in parts):
            unfreeze_(module)


answers.wrong(
    "everything-trains", "compares beginnings of names: layer4.1 takes layer4.10 along, layer1 takes layer10"
)(prefixes, good_block)


def empties_the_list(network, parts):
    freeze_(network)
    while parts:
        unfreeze_(network.get_submodule(parts.pop()))


answers.wrong("changes-input", "takes the names out of the caller's list")(empties_the_list, good_block)


def all_if_none(network, parts):
    if not parts:
        unfreeze_(network)
        return
    good_only(network, parts)


answers.wrong("no-parts", "no parts is taken for no wish, and everything trains")(all_if_none, good_block)


def head_always(network, parts):
    good_only(network, [*parts, "fc"])


answers.wrong("no-parts", "the head trains even where it is not among the parts")(head_always, good_block)


def thaws_the_weights(network, parts):
    freeze_(network)
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


answers.wrong(
    "trained-part-stuck",
    "thaws the weights of a part but not what holds its running statistics: batch norm in it stands still",
)(thaws_the_weights, good_block)


def freezes_the_rest(network, parts):
    wanted = {id(inner) for name in parts for inner in network.get_submodule(name).modules()}
    for module in network.modules():
        if not list(module.children()) and id(module) not in wanted:
            freeze_(module)


answers.wrong("not-thawed", "freezes the rest and never thaws: what an earlier call froze stays frozen")(
    freezes_the_rest, good_block
)


def _eval_all(module, inputs):
    module.eval()


def stage_is_held(network, parts):
    _still(network.parameters())
    for name, child in network.named_children():
        if name not in parts:
            child.register_forward_pre_hook(_eval_all)
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


answers.wrong(
    "trained-part-stuck",
    "a hook on the whole stage puts the block that trains into evaluation mode, too; and hooks stay for later calls",
)(stage_is_held, good_block)


def _train_all(module, inputs):
    module.train()


_handles = weakref.WeakKeyDictionary()


def trains_in_evaluation(network, parts):
    for handle in _handles.pop(network, ()):
        handle.remove()
    _still(network.parameters())
    handles = [part.register_forward_pre_hook(_eval_all) for part in network.children()]
    for name in parts:
        part = network.get_submodule(name)
        part.requires_grad_(True)
        handles.append(part.register_forward_pre_hook(_train_all))
    _handles[network] = handles


answers.wrong(
    "moves-in-evaluation",
    "puts the parts into training mode before each pass, in evaluation too: testing moves their statistics",
)(trains_in_evaluation, good_block)

_last = []


def one_network_at_a_time(network, parts):
    while _last:
        _last.pop().remove()
    wanted = {id(inner) for name in parts for inner in network.get_submodule(name).modules()}
    for module in network.modules():
        own = list(module.parameters(recurse=False))
        if id(module) in wanted:
            for weight in own:
                weight.requires_grad_(True)
            continue
        _still(own)
        if module is not network:
            _last.append(module.register_forward_pre_hook(_stay))


answers.wrong(
    "statistics", "one list of hooks for all networks: freezing a second network lets the first one's statistics go"
)(one_network_at_a_time, good_block)


def old_gradients(network, parts):
    wanted = {id(weight) for name in parts for weight in network.get_submodule(name).parameters()}
    waiting = {weight: weight.grad for weight in network.parameters()}
    good_only(network, parts)
    for weight, gradient in waiting.items():
        if id(weight) not in wanted and gradient is not None:
            weight.grad = gradient.zero_()


answers.wrong(
    "stale-gradients", "gradients of what is frozen become zeros, which momentum and weight decay still follow"
)(old_gradients, good_block)


def no_hooks_of_others(network, parts):
    for module in network.modules():
        module._forward_hooks.clear()
    good_only(network, parts)


answers.wrong("hooks-cleared", "throws away the forward hooks of others")(no_hooks_of_others, good_block)


def evaluates_once(network, parts):
    network.requires_grad_(False)
    for weight in network.parameters():
        weight.grad = None
    network.eval()
    for name in parts:
        network.get_submodule(name).requires_grad_(True).train()


answers.wrong(
    "statistics", "evaluation mode is set once: the loop's network.train() takes it back, and statistics move"
)(evaluates_once, good_block)


def new_weights(network, parts):
    good_only(network, parts)
    for name in parts:
        for module in network.get_submodule(name).modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()


answers.wrong("changed", "the call itself moves weights: what is to train begins from random ones")(
    new_weights, good_block
)


def first_stage_counts(network):
    stages = [name for name, _ in network.named_children() if name.startswith("layer")]
    return [f"{stages[-1]}.{len(getattr(network, stages[0])) - 1}", "fc"]


answers.wrong(
    "last-block", "counts the blocks of the first stage: as many as in the last in every usual ResNet, not in others"
)(good_only, first_stage_counts)


def three_or_four(network):
    stage = "layer4" if hasattr(network, "layer4") else "layer3"
    return [f"{stage}.{len(getattr(network, stage)) - 1}", "fc"]


answers.wrong("raises", "knows networks of three and four stages only")(good_only, three_or_four)


def sorted_names(network):
    stage = max(name for name, _ in network.named_children() if re.fullmatch(r"layer\d+", name))
    block = max(name for name, _ in getattr(network, stage).named_children())
    return [f"{stage}.{block}", "fc"]


answers.wrong("last-block", "compares numbers as text: block 9 comes after block 10, layer9 after layer10")(
    good_only, sorted_names
)


def parent_of_the_last_norm(network):
    names = [name for name, _ in network.named_modules() if re.match(r"layer\d+\.\d+", name)]
    return [names[-1].rpartition(".")[0], "fc"]


answers.wrong(
    "last-block", "takes the parent of the last module inside: of a block whose last part is nested it is not the block"
)(good_only, parent_of_the_last_norm)
