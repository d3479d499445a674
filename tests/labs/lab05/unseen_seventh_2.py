"""Answers to 05.2 by students who know its text alone."""

import re

import torch
from helpers.answers import Answers

from resnet_labs.freeze import freeze_, unfreeze_

answers = Answers("05.2", "check_train_only")


def usual_last_block(network):
    stages = [name for name, _ in network.named_children() if re.fullmatch(r"layer\d+", name)]
    last = max(stages, key=lambda name: int(name[5:]))
    return [f"{last}.{len(network.get_submodule(last)) - 1}", "fc"]


def usual_train_only(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


def last_by_alphabet(network):
    stages = sorted(name for name, _ in network.named_children() if name.startswith("layer"))
    return [f"{stages[-1]}.{len(network.get_submodule(stages[-1])) - 1}", "fc"]


answers.wrong("?", "last_block sorts the names as text: with ten stages layer9 comes after layer10")(
    usual_train_only, last_by_alphabet
)


def first_of_last(network):
    stages = [name for name, _ in network.named_children() if name.startswith("layer")]
    return [stages[-1] + ".0", "fc"]


answers.wrong(
    "?", "last_block names the first block of the last stage: right only where stages have one block, as in fast mode"
)(usual_train_only, first_of_last)


def always_four_stages(network):
    return [f"layer4.{len(network.layer4) - 1}" if hasattr(network, "layer4") else "layer3.0", "fc"]


answers.wrong(
    "?",
    "last_block knows ResNet-152's four stages and the stand-in's layer3.0 only: wrong for two or five stages, or three with longer ones",
)(usual_train_only, always_four_stages)


def blocks_of_the_first(network):
    stages = [name for name, _ in network.named_children() if name.startswith("layer")]
    return [f"{stages[-1]}.{len(network.layer1) - 1}", "fc"]


answers.wrong(
    "?", "last_block counts the blocks of the first stage: wrong where the stages differ in length, as in ResNet-152"
)(usual_train_only, blocks_of_the_first)


def by_prefix(network, parts):
    freeze_(network)
    for name, module in network.named_modules():
        if name and any(name.startswith(part) for part in parts):
            unfreeze_(module)


answers.wrong(
    "?", "train_only compares the beginning of names: layer1 trains layer10 too, and layer3.1 trains layer3.10"
)(by_prefix, usual_last_block)


def weights_alone_thaw(network, parts):
    freeze_(network)
    for part in parts:
        module = network.get_submodule(part)
        for parameter in module.parameters():
            parameter.requires_grad_(True)


answers.wrong(
    "?", "train_only thaws weights and not the rest: batch norm in a part that trains does not update its statistics"
)(weights_alone_thaw, usual_last_block)


def only_children(network, parts):
    for name, module in network.named_children():
        inside = [part for part in parts if part == name or part.startswith(name + ".")]
        freeze_(module)
        for part in inside:
            unfreeze_(network.get_submodule(part))


def head_too(network, parts):
    freeze_(network)
    for part in [*parts, "fc"]:
        unfreeze_(network.get_submodule(part))


answers.wrong(
    "?", "train_only always trains the head: with no parts, or with parts that do not name it, nothing else may train"
)(head_too, usual_last_block)


def nothing_to_do(network, parts):
    if not parts:
        return
    freeze_(network)
    for part in parts:
        unfreeze_(network.get_submodule(part))


answers.wrong("?", "train_only returns at once for no parts, so everything goes on training where nothing should")(
    nothing_to_do, usual_last_block
)


def eval_for_now(network, parts):
    network.eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    for part in parts:
        module = network.get_submodule(part)
        module.train()
        module.requires_grad_(True)


answers.wrong(
    "?",
    "train_only holds batch norm by eval() alone: the next network.train() of a training loop sets its statistics moving",
)(eval_for_now, usual_last_block)


def gradients_of_zeros(network, parts):
    freeze_(network)
    for part in parts:
        unfreeze_(network.get_submodule(part))
    for parameter in network.parameters():
        if not parameter.requires_grad:
            parameter.grad = torch.zeros_like(parameter)


answers.wrong(
    "?", "train_only gives frozen weights gradients of zeros: momentum and weight decay of an optimizer still move them"
)(gradients_of_zeros, usual_last_block)


def frozen_in_each_round(network, parts):
    if not parts:
        freeze_(network)
    for part in parts:
        freeze_(network)
        unfreeze_(network.get_submodule(part))


answers.wrong("?", "train_only freezes everything again for each part, so only the last part of two trains")(
    frozen_in_each_round, usual_last_block
)


def once_frozen(network, parts):
    for name, module in network.named_modules():
        near = any(part == name or part.startswith(name + ".") or name.startswith(part + ".") for part in parts)
        if name and not near:
            freeze_(module)
    for name, parameter in network.named_parameters():
        if not any(name.startswith(part + ".") for part in parts):
            parameter.requires_grad_(False)
            parameter.grad = None


answers.wrong(
    "?", "train_only never thaws: what an earlier call froze does not train again when a later call names it"
)(once_frozen, usual_last_block)


def emptied_list(network, parts):
    freeze_(network)
    while parts:
        unfreeze_(network.get_submodule(parts.pop()))


answers.wrong("?", "train_only empties the caller's list of parts, which the text says it leaves")(
    emptied_list, usual_last_block
)


answers.right(usual_train_only, usual_last_block)


def last_from_the_state(network):
    found = set()
    for key in network.state_dict():
        match = re.match(r"layer(\d+)\.(\d+)\.", key)
        if match:
            found.add(tuple(int(number) for number in match.groups()))
    for name, _ in network.named_modules():
        match = re.fullmatch(r"layer(\d+)\.(\d+)", name)
        if match:
            found.add((int(match[1]), int(match[2])))
    return ["layer{}.{}".format(*max(found)), "fc"]


def thaw_then_freeze_rest(network, parts):
    """Thaws all, then freezes from the root down what is in no part."""
    unfreeze_(network)
    freeze_(network)
    wanted = tuple(parts)
    modules = dict(network.named_modules())
    for name in sorted(modules):
        inside = any((name + ".").startswith(part + ".") for part in wanted)
        if inside and name:
            unfreeze_(modules[name])


answers.right(thaw_then_freeze_rest, last_from_the_state)


def last_by_counting(network):
    number = 1
    while hasattr(network, f"layer{number + 1}"):
        number += 1
    stage = getattr(network, f"layer{number}")
    *_, (block, _) = stage.named_children()
    return [".".join(("layer" + str(number), block))] + ["fc"]


def by_recursion(network, parts):
    freeze_(network)

    def walk(module, path):
        if ".".join(path) in parts and path:
            unfreeze_(module)
            return
        for name, child in module.named_children():
            walk(child, [*path, name])

    walk(network, [])


answers.right(by_recursion, last_by_counting)


def last_reversed(network):
    for name, stage in reversed(list(network.named_children())):
        if re.fullmatch("layer[0-9]+", name):
            return list((f"{name}.{sum(1 for _ in stage) - 1}", "fc"))


def each_part_found_first(network, parts):
    def reach(name):
        module = network
        for step in name.split("."):
            module = module._modules[step]
        return module

    freeze_(network)
    list(map(unfreeze_, map(reach, tuple(parts))))


answers.right(each_part_found_first, last_reversed)


def last_by_a_dict(network):
    lengths = {
        int(name.removeprefix("layer")): len(list(stage.children()))
        for name, stage in network.named_children()
        if name.startswith("layer") and name.removeprefix("layer").isdigit()
    }
    last = sorted(lengths)[-1]
    return "layer%d.%d fc".__mod__((last, lengths[last] - 1)).split()


def careful_train_only(network, parts):
    """Frees all gradients by hand, leaves every flag as it is, works on a copy of the list."""
    names = list(dict.fromkeys(parts))
    modes = [(module, module.training) for module in network.modules()]
    freeze_(network)
    for parameter in network.parameters():
        parameter.grad = None
    for name in names:
        part = network.get_submodule(name)
        unfreeze_(part)
        part.requires_grad_(True)
    for module, mode in modes:
        module.training = mode


answers.right(careful_train_only, last_by_a_dict)


def last_with_a_class(network):
    class Last:
        def __init__(self):
            self.stage, self.block = 0, 0

        def see(self, name):
            head, _, tail = name.partition(".")
            if head[:5] == "layer" and head[5:].isdigit() and tail.isdigit():
                self.stage, self.block = max((self.stage, self.block), (int(head[5:]), int(tail)))

    last = Last()
    for name, _ in network.named_modules():
        last.see(name)
    return [f"layer{last.stage}.{last.block}", "fc"]


def _hold(module, inputs):
    module.__dict__.setdefault("_held_modes", []).append(module.training)
    module.training = False


def _release(module, inputs, output):
    if module.__dict__.get("_held_modes"):
        module.training = module.__dict__["_held_modes"].pop()


def own_freeze(network, parts):
    """Without the library's freeze_: each frozen module runs in evaluation mode by hooks."""
    unfreeze_(network)
    for module in network.modules():
        for number, hook in list(module._forward_pre_hooks.items()):
            if hook is _hold:
                del module._forward_pre_hooks[number]
        for number, hook in list(module._forward_hooks.items()):
            if hook is _release:
                del module._forward_hooks[number]
                module._forward_hooks_always_called.pop(number, None)
    thawed = {module for name in parts for module in network.get_submodule(name).modules()}
    for module in network.modules():
        trains = module in thawed
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(trains)
            parameter.grad = None
        if not trains:
            module.register_forward_pre_hook(_hold)
            module.register_forward_hook(_release, always_call=True)


answers.right(own_freeze, last_with_a_class)
