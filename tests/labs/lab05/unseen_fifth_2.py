"""Answers to 05.2 by students who know its text alone."""

import re

import torch
from helpers.answers import Answers

from resnet_labs.freeze import freeze_, unfreeze_

answers = Answers("05.2", "check_train_only")


def train_only_as_asked(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


def last_block_as_asked(network):
    stages = [name for name, _ in network.named_children() if re.fullmatch(r"layer\d+", name)]
    return [f"{stages[-1]}.{len(network.get_submodule(stages[-1])) - 1}", "fc"]


# --- wrong: common mistakes -------------------------------------------------------------


def requires_grad_alone(network, parts):
    network.requires_grad_(False)
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


answers.wrong(
    "stale-gradients",
    "requires_grad alone: running statistics and left-over gradients go on in the frozen parts; a training pass",
)(requires_grad_alone, last_block_as_asked)


def never_thaws(network, parts):
    for name, part in network.named_modules():
        inside = any(name == p or name.startswith(p + ".") for p in parts)
        around = not name or any(p.startswith(name + ".") for p in parts)
        if not inside and not around:
            freeze_(part)


answers.wrong("not-thawed", "what an earlier call froze is never thawed; a second call with other parts")(
    never_thaws, last_block_as_asked
)


def train_only_with_counted_from_one(network, parts):
    train_only_as_asked(network, parts)


def counted_from_one(network):
    stages = [n for n, _ in network.named_children() if re.fullmatch(r"layer\d+", n)]
    return [f"{stages[-1]}.{len(network.get_submodule(stages[-1]))}", "fc"]


answers.wrong("from-one", "blocks are counted from 1, so the name is that of no block; any network")(
    train_only_with_counted_from_one, counted_from_one
)


def statistics_held_everywhere(network, parts):
    freeze_(network)
    for name in parts:
        for parameter in network.get_submodule(name).parameters():
            parameter.requires_grad_(True)


answers.wrong(
    "trained-part-stuck",
    "weights of the parts train, but their running statistics and dropout are held with all others; a part with batch norm",
)(statistics_held_everywhere, last_block_as_asked)


# --- wrong: right on the visible example ------------------------------------------------


def train_only_with_first_block(network, parts):
    train_only_as_asked(network, parts)


def first_block(network):
    stages = [n for n, _ in network.named_children() if re.fullmatch(r"layer\d+", n)]
    return [f"{stages[-1]}.0", "fc"]


answers.wrong(
    "last-block", "the first block of the last stage instead of its last; a last stage with two blocks or more"
)(train_only_with_first_block, first_block)


def by_the_beginning_of_names(network, parts):
    freeze_(network)
    for name, module in network.named_modules():
        if name and any(name.startswith(part) for part in parts):
            unfreeze_(module)


answers.wrong(
    "everything-trains",
    "a part's name counts as the beginning of a name, so layer1 thaws layer10 and layer4.1 thaws layer4.11; such names in one network",
)(by_the_beginning_of_names, last_block_as_asked)


def no_parts_no_work(network, parts):
    if not parts:
        return
    train_only_as_asked(network, parts)


answers.wrong("no-parts", "without parts nothing is done, so everything trains on; an empty list of parts")(
    no_parts_no_work, last_block_as_asked
)


# --- wrong: a broken promise ------------------------------------------------------------


def empties_the_list(network, parts):
    freeze_(network)
    while parts:
        unfreeze_(network.get_submodule(parts.pop()))


answers.wrong("changes-input", "the caller's list of parts is emptied; any list with a part")(
    empties_the_list, last_block_as_asked
)


def clears_hooks(network, parts):
    for module in network.modules():
        module._forward_hooks.clear()
    train_only_as_asked(network, parts)


answers.wrong("hooks-cleared", "forward hooks of others are cleared; a network with a hook")(
    clears_hooks, last_block_as_asked
)


def leaves_zero_gradients(network, parts):
    train_only_as_asked(network, parts)
    for parameter in network.parameters():
        if not parameter.requires_grad:
            parameter.grad = torch.zeros_like(parameter)


answers.wrong(
    "stale-gradients",
    "frozen weights keep gradients of zeros, which momentum and weight decay turn into steps; an optimizer over all parameters",
)(leaves_zero_gradients, last_block_as_asked)


def starts_the_head_anew(network, parts):
    train_only_as_asked(network, parts)
    for name in parts:
        for module in network.get_submodule(name).modules():
            if isinstance(module, torch.nn.Linear):
                module.reset_parameters()


answers.wrong(
    "changed",
    "the call draws new weights for linear layers of the parts and uses the global random generator; parts with fc",
)(starts_the_head_anew, last_block_as_asked)


# --- right ------------------------------------------------------------------------------


def last_of_all_names(network):
    """The largest pair of numbers among all names of modules."""
    found = (re.fullmatch(r"layer(\d+)\.(\d+)", name) for name, _ in network.named_modules())
    stage, block = max(tuple(map(int, each.groups())) for each in found if each)
    return ["layer%d.%d" % (stage, block), "fc"]


def freeze_around_the_parts(network, parts):
    """Thaw everything, then freeze whatever neither is in a part nor holds one."""
    wanted = {id(network.get_submodule(name)) for name in parts}

    def visit(module):
        """Return whether something in the module trains."""
        if id(module) in wanted:
            unfreeze_(module)
            module.requires_grad_(True)
            return True
        return any([visit(child) for child in module.children()])

    freeze_(network)
    visit(network)


answers.right(freeze_around_the_parts, last_of_all_names)


def last_by_counting(network):
    number = 1
    while hasattr(network, f"layer{number + 1}"):
        number += 1
    *_, (block, _) = getattr(network, f"layer{number}").named_children()
    return [".".join((f"layer{number}", block)), "fc"]


HELD, MODE = "_stands_still_for_train_only", "_mode_around_a_pass"


def hold(module, inputs):
    if getattr(module, HELD, False):
        setattr(module, MODE, module.training)
        module.training = False


def release(module, inputs, output):
    if hasattr(module, MODE):
        module.training = getattr(module, MODE)
        delattr(module, MODE)


def without_the_library(network, parts):
    """A mark on every module, and hooks around its pass that read it."""
    free = {m for name in parts for m in network.get_submodule(name).modules()}
    unfreeze_(network)
    for module in network.modules():
        if not hasattr(module, HELD):
            module.register_forward_pre_hook(hold)
            module.register_forward_hook(release, always_call=True)
        setattr(module, HELD, module not in free and module is not network)
    trains = {id(p) for m in free for p in m.parameters()}
    for parameter in network.parameters():
        parameter.requires_grad = id(parameter) in trains
        if not parameter.requires_grad:
            parameter.grad = None


answers.right(without_the_library, last_by_counting)


class Rung:
    def __init__(self, network):
        self.network = network

    @property
    def stages(self):
        names = [name for name in self.network._modules if name[:5] == "layer"]
        return sorted((n for n in names if n[5:].isdigit()), key=lambda n: int(n[5:]))

    def last_block(self):
        stage = self.stages[-1]
        return [f"{stage}.{[*self.network._modules[stage]._modules][-1]}", "fc"]

    def train_only(self, parts):
        freeze_(self.network)
        for module in map(self.network.get_submodule, tuple(parts)):
            unfreeze_(module)
            [parameter.requires_grad_() for parameter in module.parameters()]


def rung_train_only(network, parts):
    Rung(network).train_only(parts)


def rung_last_block(network):
    return Rung(network).last_block()


answers.right(rung_train_only, rung_last_block)
