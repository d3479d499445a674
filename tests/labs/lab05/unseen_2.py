"""Answers to 05.2 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.freeze import freeze_, unfreeze_


def good_last(network):
    stage = [name for name, _ in network.named_children() if name.startswith("layer")][-1]
    return [f"{stage}.{len(network.get_submodule(stage)) - 1}", "fc"]


def good_only(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


def only(f):
    return (f, good_last)


def last(f):
    return (good_only, f)


answers = Answers("05.2", "check_train_only", place=only)


@answers.wrong("last-block", "layer4.1 for every network", place=last)
def constant(network):
    return ["layer4.1", "fc"]


@answers.wrong("last-block", "layer4, with as many blocks as it has", place=last)
def fourth(network):
    return (
        [f"layer4.{len(network.layer4) - 1}", "fc"]
        if hasattr(network, "layer4")
        else [*good_last(network)[:0], "layer3.0", "fc"]
    )


@answers.wrong("raises", "three stages in small networks, four in others: a fifth or second is not seen", place=last)
def three_or_four(network):
    stage = "layer4" if hasattr(network, "layer4") else "layer3"
    return [f"{stage}.{len(getattr(network, stage)) - 1}", "fc"]


@answers.wrong("last-block", "the last stage has as many blocks as the first", place=last)
def as_first(network):
    stage = good_last(network)[0].split(".")[0]
    return [f"{stage}.{len(network.layer1) - 1}", "fc"]


# Passes: no ResNet has ten stages, so the largest name by text is the last stage.
def by_text(network):
    stage = max(name for name, _ in network.named_children() if name.startswith("layer"))
    return [f"{stage}.{len(network.get_submodule(stage)) - 1}", "fc"]


@answers.wrong("last-block", "one digit of a block's number: block 10 and more is cut", place=last)
def one_digit(network):
    block, head = good_last(network)
    stage, number = block.split(".")
    return [f"{stage}.{number[-1]}", head]


@answers.wrong("touched-requires-grad", "last_block freezes the network on the way", place=last)
def freezes(network):
    network.requires_grad_(False)
    return good_last(network)


@answers.wrong("not-names", "the modules in place of their names", place=last)
def modules(network):
    return [network.get_submodule(name) for name in good_last(network)]


@answers.wrong("from-one", "counted from 1", place=last)
def from_one(network):
    stage = good_last(network)[0].split(".")[0]
    return [f"{stage}.{len(network.get_submodule(stage))}", "fc"]


@answers.wrong("no-head", "without the head", place=last)
def no_head(network):
    return good_last(network)[:1]


@answers.wrong("whole-stage", "the whole stage", place=last)
def whole_stage(network):
    return [good_last(network)[0].split(".")[0], "fc"]


@answers.wrong(
    "everything-trains", "parts by the beginning of names: layer1 thaws layer10 too, layer2.1 thaws layer2.10"
)
def prefixes(network, parts):
    freeze_(network)
    for name, module in network.named_modules():
        if name and any(name.startswith(part) for part in parts) and not list(module.children()):
            unfreeze_(module)


@answers.wrong("not-thawed", "what an earlier call froze stays frozen")
def only_freezes(network, parts):
    for name, module in network.named_modules():
        inside = any(name == p or name.startswith(p + ".") or p.startswith(name + ".") for p in parts) or not name
        if not inside:
            freeze_(module)


@answers.wrong("no-parts", "no parts: nothing is frozen")
def empty(network, parts):
    if parts:
        good_only(network, parts)


@answers.wrong("part-stands-still", "only the last part is thawed")
def last_part(network, parts):
    good_only(network, list(parts)[-1:])


@answers.wrong("trained-part-stuck", "the trained parts are set to evaluation mode for good")
def held(network, parts):
    good_only(network, parts)
    for name in parts:
        network.get_submodule(name).register_forward_pre_hook(lambda part, inputs: part.eval() and None)


@answers.wrong("changed", "the head is drawn anew")
def resets_head(network, parts):
    good_only(network, parts)
    network.fc.reset_parameters()


@answers.wrong("hooks-cleared", "hooks of others are cleared")
def clears(network, parts):
    for module in network.modules():
        module._forward_hooks.clear()
    good_only(network, parts)


@answers.wrong("stale-gradients", "gradients remain: requires_grad and a hook for eval alone")
def no_gradients(network, parts):
    keep = {m for name in parts for m in network.get_submodule(name).modules()}
    for module in network.modules():
        if module not in keep and not any(k in set(module.modules()) for k in keep):
            module.requires_grad_(False)
            module.register_forward_pre_hook(lambda part, inputs: part.eval() and None)
        elif module in keep:
            module.requires_grad_(True)


@answers.wrong("changes-input", "the list of parts is emptied")
def pops(network, parts):
    freeze_(network)
    while parts:
        unfreeze_(network.get_submodule(parts.pop()))


@answers.wrong("leaves-behind", "grad mode off")
def grad_off(network, parts):
    good_only(network, parts)
    torch.set_grad_enabled(False)


@answers.wrong("stale-gradients", "requires_grad alone")
def flags(network, parts):
    network.requires_grad_(False)
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


@answers.wrong("part-stands-still", "thawed first, then frozen")
def wrong_order(network, parts):
    for name in parts:
        unfreeze_(network.get_submodule(name))
    freeze_(network)


@answers.wrong("part-stands-still", "the named parts are frozen and the rest trains")
def opposite(network, parts):
    unfreeze_(network)
    for name in parts:
        freeze_(network.get_submodule(name))


def unfrozen_then(network, parts):
    """Thaws all, then freezes every part that is not within a named one."""
    unfreeze_(network)
    for name, module in network.named_modules():
        inside = any((name + ".").startswith(part + ".") for part in parts)
        above = any((part + ".").startswith(name + ".") for part in parts) or not name
        if not inside and not above:
            freeze_(module)
    if not parts:
        freeze_(network)


def by_digits(network):
    numbers = [
        int(name.removeprefix("layer")) for name, _ in network.named_children() if name.removeprefix("layer").isdigit()
    ]
    stage = f"layer{max(numbers)}"
    return (f"{stage}.{len(getattr(network, stage)) - 1}", "fc")


def by_modules(network):
    *_, (name, stage) = (
        (n, c) for n, c in network.named_children() if isinstance(c, nn.Sequential) and n.startswith("layer")
    )
    *_, (block, _) = stage.named_children()
    return ["fc", f"{name}.{block}"]


def listed(network, parts):
    freeze_(network)
    list(map(unfreeze_, [network.get_submodule(part) for part in parts]))


def returns(network, parts):
    """Returns the network too."""
    freeze_(network)
    for part in parts:
        module = network
        for step in part.split("."):
            module = getattr(module, step)
        unfreeze_(module)
    return network


answers.right(unfrozen_then, good_last)
answers.right(listed, by_digits)
answers.right(returns, good_last)
answers.right(good_only, by_modules)
