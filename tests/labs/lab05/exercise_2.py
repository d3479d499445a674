"""Right and wrong answers to exercise 05.2: training the last block alone."""

from __future__ import annotations

import torch
from helpers.answers import Answers

from resnet_labs.freeze import freeze_, unfreeze_


def _last_block(network):
    *_, stage = (name for name, _ in network.named_children() if name.startswith("layer"))
    return [f"{stage}.{len(network.get_submodule(stage)) - 1}", "fc"]


def _train_only(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


def as_last_block(answer):
    return _train_only, answer


answers = Answers("05.2", "check_train_only", place=lambda answer: (answer, _last_block))


@answers.wrong("everything-trains")
def nothing_is_frozen(network, parts):
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


@answers.wrong("part-stands-still")
def head_is_forgotten(network, parts):
    _train_only(network, [name for name in parts if name != "fc"] or ["layer1"])


@answers.wrong("statistics")
def statistics_go_on(network, parts):
    for parameter in network.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


def _eval_before_a_pass(part, inputs):
    part.eval()


_HANDLES: list[torch.utils.hooks.RemovableHandle] = []


@answers.wrong("statistics")
def hooks_of_one_network_alone(network, parts):
    while _HANDLES:
        _HANDLES.pop().remove()
    statistics_go_on(network, parts)
    inside = {part for name in parts for part in network.get_submodule(name).modules()}
    _HANDLES.extend(
        part.register_forward_pre_hook(_eval_before_a_pass)
        for part in network.modules()
        if part not in inside and isinstance(part, torch.nn.BatchNorm2d)
    )


@answers.wrong("moves-in-evaluation")
def parts_train_in_every_pass(network, parts):
    _train_only(network, parts)
    for name in parts:
        network.get_submodule(name).register_forward_pre_hook(lambda part, inputs: part.train() and None)


@answers.wrong("statistics")
def eval_once(network, parts):
    statistics_go_on(network, parts)
    network.eval()


@answers.wrong("stale-gradients")
def gradients_stay(network, parts):
    old = {parameter: parameter.grad for parameter in network.parameters()}
    _train_only(network, parts)
    for parameter, gradient in old.items():
        parameter.grad = gradient


@answers.wrong("trained-part-stuck")
def every_norm_is_held(network, parts):
    statistics_go_on(network, parts)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.train = lambda mode=True, part=part: part
            part.eval()
            part.training = False


@answers.wrong("not-thawed")
def never_thaws(network, parts):
    kept = tuple(f"{name}." for name in parts)
    for path, part in network.named_modules():
        if list(part.parameters(recurse=False)) and not f"{path}.".startswith(kept):
            freeze_(part)


@answers.wrong("last-block", place=as_last_block)
def block_by_heart(network):
    return ["layer3.1", "fc"]


@answers.wrong("whole-stage", place=as_last_block)
def last_stage(network):
    return [_last_block(network)[0].split(".")[0], "fc"]


@answers.wrong("no-head", place=as_last_block)
def block_without_head(network):
    return _last_block(network)[:1]


@answers.wrong("not-names", place=as_last_block)
def block_itself(network):
    return [network.layer3[-1], network.fc]


@answers.wrong("last-block", place=as_last_block)
def first_block(network):
    return [f"{_last_block(network)[0].split('.')[0]}.0", "fc"]


answers.right(_train_only, _last_block)


def train_only_by_requires_grad_and_hooks(network, parts):
    for part in network.modules():
        for hook in getattr(part, "_held", []):
            hook.remove()
        part._held = []
    kept = tuple(f"{name}." for name in parts)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(kept))
        parameter.grad = None
    for name, part in network.named_modules():
        if isinstance(part, torch.nn.BatchNorm2d) and not f"{name}.".startswith(kept):
            part._held = [part.register_forward_pre_hook(lambda part, given: part.eval() and None)]


def last_block_from_the_list_of_modules(network):
    blocks = [name for name, _ in network.named_modules() if name.startswith("layer") and name.count(".") == 1]
    return ("fc", blocks[-1])


answers.right(train_only_by_requires_grad_and_hooks, last_block_from_the_list_of_modules)


@answers.right
def train_only_module_by_module(network, parts):
    trains = {inner for name in parts for inner in network.get_submodule(name).modules()}
    unfreeze_(network)
    for part in network.modules():
        if not list(part.children()) and part not in trains:
            freeze_(part)
    return network


@answers.wrong("last-block", place=as_last_block)
def last_stage_by_its_name(network):
    stage = max(name for name, _ in network.named_children() if name.startswith("layer"))
    return [f"{stage}.{len(network.get_submodule(stage)) - 1}", "fc"]
