"""Answers to 05.2 by students who know its text alone."""

import re

import torch
from helpers.answers import Answers

from resnet_labs.freeze import freeze_, unfreeze_

answers = Answers("05.2", "check_train_only")


def sound_block(network):
    stages = [name for name, _ in network.named_children() if re.fullmatch(r"layer\d+", name)]
    return [f"{stages[-1]}.{len(network.get_submodule(stages[-1])) - 1}", "fc"]


def sound_only(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


def requires_grad_alone(network, parts):
    network.requires_grad_(False)
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


answers.wrong(
    "?",
    "requires_grad alone: batch norm outside the parts moves its running statistics in training mode, old gradients stay",
)(requires_grad_alone, sound_block)


def evaluation_once(network, parts):
    unfreeze_(network)
    network.requires_grad_(False).eval()
    for parameter in network.parameters():
        parameter.grad = None
    for name in parts:
        network.get_submodule(name).requires_grad_(True).train()


answers.wrong("?", "eval() holds the statistics only until the loop calls network.train()")(
    evaluation_once, sound_block
)


def keeps_gradients(network, parts):
    old = {name: p.grad for name, p in network.named_parameters()}
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))
    for name, p in network.named_parameters():
        p.grad = old[name]


answers.wrong("?", "leaves old gradients on frozen parameters: an optimizer over all of them moves these")(
    keeps_gradients, sound_block
)


def gradients_of_zeros(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))
    for p in network.parameters():
        if not p.requires_grad:
            p.grad = torch.zeros_like(p)


answers.wrong("?", "zeroes frozen gradients in place of removing them: weight decay and momentum move the weights")(
    gradients_of_zeros, sound_block
)


def once_frozen_always(network, parts):
    for name, module in network.named_modules():
        inside = any(name == part or name.startswith(part + ".") for part in parts)
        above = any(part.startswith(name + ".") or name == "" for part in parts)
        if not inside and not above:
            freeze_(module)


answers.wrong("?", "freezes the rest but never thaws the parts: what an earlier call froze stays frozen")(
    once_frozen_always, sound_block
)


def first_call_only(network, parts):
    if all(p.requires_grad for p in network.parameters()):
        freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


answers.wrong(
    "?", "freezes only a network that is wholly trainable: parts of an earlier call go on training in the second"
)(first_call_only, sound_block)


def by_prefix(network, parts):
    freeze_(network)
    for name, module in network.named_modules():
        if any(name.startswith(part) for part in parts):
            unfreeze_(module)


answers.wrong("?", "compares the beginnings of names: layer1.1 thaws layer1.10 too, and layer1 thaws layer10")(
    by_prefix, sound_block
)


def nothing_means_all(network, parts):
    if not parts:
        unfreeze_(network)
        return
    sound_only(network, parts)


answers.wrong("?", "takes no parts for 'no freeze': with [] everything trains")(nothing_means_all, sound_block)


def eats_the_list(network, parts):
    freeze_(network)
    while parts:
        unfreeze_(network.get_submodule(parts.pop()))


answers.wrong("?", "pops the names from the caller's list, which is empty afterwards")(eats_the_list, sound_block)


def thaws_weights_only(network, parts):
    freeze_(network)
    for name in parts:
        for parameter in network.get_submodule(name).parameters():
            parameter.requires_grad_(True)


answers.wrong("?", "thaws only the weights: batch norm in a part that trains goes on being held")(
    thaws_weights_only, sound_block
)


def fresh_head(network, parts):
    sound_only(network, parts)
    for name in parts:
        part = network.get_submodule(name)
        if isinstance(part, torch.nn.Linear):
            part.reset_parameters()


answers.wrong("?", "gives a linear part that trains new weights: the call itself moves weights")(
    fresh_head, sound_block
)


def sweeps_hooks(network, parts):
    for module in network.modules():
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
    sound_only(network, parts)


answers.wrong("?", "empties all hook dicts before it freezes, those of others too")(sweeps_hooks, sound_block)


def no_momentum(network, parts):
    unfreeze_(network)
    network.requires_grad_(False)
    for parameter in network.parameters():
        parameter.grad = None
    for module in network.modules():
        if hasattr(module, "momentum"):
            module.momentum = 0.0
    for name in parts:
        for module in network.get_submodule(name).modules():
            module.requires_grad_(True)
            if hasattr(module, "momentum"):
                module.momentum = 0.1


answers.wrong(
    "?",
    "holds batch norm by a momentum of 0: num_batches_tracked still counts, and the frozen part normalises by the batch",
)(no_momentum, sound_block)


def freezes_in_the_loop(network, parts):
    for name in parts:
        freeze_(network)
        unfreeze_(network.get_submodule(name))


answers.wrong("?", "freezes within the loop: only the last of the parts trains, and with no parts nothing is frozen")(
    freezes_in_the_loop, sound_block
)


def gradient_times_zero(network, parts):
    sound_only(network, parts)
    for parameter in network.parameters():
        if not parameter.requires_grad:
            parameter.requires_grad_(True)
            parameter.register_hook(lambda gradient: gradient * 0)


answers.wrong(
    "?", "lets frozen weights have gradients and makes them zero: they have requires_grad, and weight decay moves them"
)(gradient_times_zero, sound_block)


def head_always(network, parts):
    sound_only(network, parts)
    unfreeze_(network.fc)


answers.wrong("?", "thaws the head in any case: with [] or with [layer1] the head trains although it is not named")(
    head_always, sound_block
)


def fourth_stage(network):
    return ["layer4." + str(len(network.layer4) - 1) if hasattr(network, "layer4") else "layer3.0", "fc"]


answers.wrong(
    "?",
    "knows two networks: layer3.0 is not the last block of three stages with two blocks, and a fifth stage is not seen",
)(sound_only, fourth_stage)


def counted_from_one(network):
    stages = [name for name, _ in network.named_children() if name.startswith("layer")]
    return [
        f"{stages[-1]}.{max(1, len(getattr(network, stages[-1])) - 2)}"
        if len(getattr(network, stages[-1])) > 1
        else f"{stages[-1]}.0",
        "fc",
    ]


answers.wrong("?", "off by one in a stage with three or more blocks: names the last but one")(
    sound_only, counted_from_one
)


def alphabetical(network):
    names = [name for name, _ in network.named_modules() if re.fullmatch(r"layer\d+\.\d+", name)]
    return [max(names), "fc"]


answers.wrong("?", "sorts names as text: of eleven blocks it takes number 9, of ten stages layer9")(
    sound_only, alphabetical
)


def whole_stage(network):
    return [[name for name, _ in network.named_children() if name.startswith("layer")][-1], "fc"]


answers.wrong("?", "names the whole last stage in place of its last block: shows where the stage has two blocks")(
    sound_only, whole_stage
)


def by_table(network, parts):
    modules = dict(network.named_modules())
    chosen = [modules[part] for part in parts]
    freeze_(modules[""])
    list(map(unfreeze_, chosen))


def by_keys(network):
    found = [re.match(r"layer(\d+)\.(\d+)\.", key) for key in network.state_dict()]
    stage, block = max((int(one[1]), int(one[2])) for one in found if one)
    return [f"layer{stage}.{block}", "fc"]


answers.right(by_table, by_keys)


def by_recursion(network, parts):
    wanted = frozenset(parts)

    def visit(module, path):
        if path in wanted:
            return
        for name, child in module.named_children():
            visit(child, f"{path}.{name}" if path else name)
        kept = [name for name in wanted if not path or name.startswith(path + ".")]
        if not kept:
            freeze_(module)
        for own in module.parameters(recurse=False):
            own.requires_grad_(False)
            own.grad = None

    unfreeze_(network)
    visit(network, "")


def by_children(network):
    last = None
    for name, child in network.named_children():
        if name[:5] == "layer" and name[5:].isdigit():
            last = name, child
    *_, (block, _) = last[1].named_children()
    return [".".join((last[0], block)), "fc"]


answers.right(by_recursion, by_children)


def walks_down(network, parts):
    """Finds each part by hand, from name to name."""
    freeze_(network)
    for part in tuple(parts):
        module = network
        for step in part.split("."):
            module = module._modules[step]
        unfreeze_(module)


def counts_up(network):
    stage = 0
    while hasattr(network, f"layer{stage + 1}"):
        stage += 1
    block = -1
    for block, _ in enumerate(getattr(network, f"layer{stage}")):
        pass
    return ["layer%d.%d" % (stage, block), "fc"]


answers.right(walks_down, counts_up)


class Rung:
    def __init__(self, network):
        self.network = network

    def __sub__(self, nothing):
        freeze_(self.network)
        return self

    def __add__(self, part):
        unfreeze_(self.network.get_submodule(part))
        return self


def with_operators(network, parts):
    rung = Rung(network) - None
    for part in sorted(parts, reverse=True):
        rung = rung + part


def from_the_end(network):
    stage = next(name for name, _ in reversed(list(network.named_children())) if re.match(r"layer\d+$", name))
    return [stage + "." + list(network.get_submodule(stage)._modules)[-1], "fc"]


answers.right(with_operators, from_the_end)


def hold(module, inputs):
    module.training = False


def own_freeze(network, parts):
    """No freeze_: hooks of its own, which hold a module in evaluation mode before
    every pass, and which a later call takes away."""

    unfreeze_(network)
    for module in network.modules():
        for key in [key for key, hook in module._forward_pre_hooks.items() if hook is hold]:
            del module._forward_pre_hooks[key]
            module.training = network.training
    trains = {id(m) for part in parts for m in network.get_submodule(part).modules()}
    ids = {id(p) for part in parts for p in network.get_submodule(part).parameters()}
    for parameter in network.parameters():
        parameter.requires_grad_(id(parameter) in ids)
        if id(parameter) not in ids:
            parameter.grad = None
    for module in network.modules():
        if id(module) not in trains and not list(module.children()):
            module.register_forward_pre_hook(hold)


def by_number(network):
    numbered = {int(name[5:]): module for name, module in network.named_children() if re.fullmatch("layer[0-9]+", name)}
    top = max(numbered)
    return [f"layer{top}.{len(numbered[top]) - 1}", "fc"]


answers.right(own_freeze, by_number)


def piece_by_piece(network, parts):
    """Freezes module by module, then thaws each part's modules from the leaves up."""
    for module in list(network.modules())[::-1]:
        freeze_(module)
    for part in parts:
        for module in list(network.get_submodule(part).modules())[::-1]:
            unfreeze_(module)


def with_lambda(network):
    stages = sorted((n for n, _ in network.named_children() if re.fullmatch(r"layer\d+", n)), key=lambda n: int(n[5:]))
    return (lambda stage: [f"{stage}.{sum(1 for _ in network.get_submodule(stage)) - 1}", "fc"])(stages[-1])


answers.right(piece_by_piece, with_lambda)
