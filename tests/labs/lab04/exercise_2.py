"""Right and wrong answers to exercise 04.2: a freeze that stays frozen."""

from __future__ import annotations

import copy

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.freeze import linear_probe_


def _backbone(network):
    return [part for name, child in network.named_children() if name != "fc" for part in child.modules()]


def _stop(network):
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.requires_grad_(False)
            parameter.grad = None


def _to_evaluation(module, inputs):
    module.eval()


def _hold(parts):
    for part in parts:
        part.register_forward_pre_hook(_to_evaluation)


answers = Answers("04.2", "check_freeze")


@answers.wrong("running-statistics")
def gradients_alone(network):
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.requires_grad = False


@answers.wrong("still-trains", "parts of a stage that have fc in their names are taken for the head")
def fc_anywhere(network):
    for name, parameter in network.named_parameters():
        if "fc" not in name:
            parameter.requires_grad = False
            parameter.grad = None
    _hold(_backbone(network))


@answers.wrong("undone-by-train")
def evaluation_once(network):
    _stop(network)
    network.eval()


@answers.wrong("stale-gradients")
def old_gradients_kept(network):
    gradients_alone(network)
    _hold(_backbone(network))


@answers.wrong("stale-gradients")
def old_gradients_zeroed(network):
    gradients_alone(network)
    _hold(_backbone(network))
    network.zero_grad(set_to_none=False)


@answers.wrong("stale-gradients")
def gradients_of_what_still_trained(network):
    for name, parameter in network.named_parameters():
        if parameter.requires_grad and not name.startswith("fc."):
            parameter.requires_grad_(False)
            parameter.grad = None
    _hold(_backbone(network))


@answers.wrong("stale-gradients")
def frozen_once_for_all(network):
    if not hasattr(network, "frozen"):
        network.frozen = True
        _stop(network)
        _hold(_backbone(network))


@answers.wrong("undone-by-train")
def held_where_it_trained(network):
    _stop(network)
    _hold(part for part in _backbone(network) if part.training)


@answers.wrong("hooks-cleared")
def hooks_before_a_pass_cleared(network):
    _stop(network)
    for part in _backbone(network):
        part._forward_pre_hooks.clear()
    _hold(_backbone(network))


@answers.wrong("dropout")
def batch_norm_alone(network):
    _stop(network)
    _hold(part for part in _backbone(network) if isinstance(part, nn.BatchNorm2d))


@answers.wrong("batch-statistics")
def no_running_statistics(network):
    _stop(network)
    for part in _backbone(network):
        if isinstance(part, nn.BatchNorm2d):
            part.track_running_stats = False
        if isinstance(part, nn.Dropout):
            part.p = 0.0


@answers.wrong("still-counts")
def momentum_zero(network):
    _stop(network)
    for part in _backbone(network):
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.0


@answers.wrong("head-frozen")
def the_head_too(network):
    network.requires_grad_(False)
    for parameter in network.parameters():
        parameter.grad = None
    _hold([network])
    network.fc.weight.requires_grad_(True)


@answers.wrong("still-trains")
def stages_alone(network):
    for name, parameter in network.named_parameters():
        if "layer" in name:
            parameter.requires_grad_(False)
            parameter.grad = None
    _hold(_backbone(network))


@answers.wrong("still-trains")
def no_gradients_but_decay(network):
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.register_hook(torch.zeros_like)
    _hold(_backbone(network))


@answers.wrong("replaced")
def frozen_modules_put_in(network):
    _stop(network)
    network.bn1 = nn.Sequential(network.bn1)
    _hold(_backbone(network))


@answers.wrong("replaced")
def copied_weights(network):
    for name, child in list(network.named_children()):
        if name != "fc":
            setattr(network, name, copy.deepcopy(child))
    _stop(network)
    _hold(_backbone(network))


@answers.wrong("copy")
def a_frozen_copy(network):
    network = copy.deepcopy(network)
    _stop(network)
    _hold(_backbone(network))
    return network


@answers.wrong("raises")
def hook_that_returns(network):
    _stop(network)
    for part in _backbone(network):
        part.register_forward_pre_hook(lambda module, inputs: module.eval())


@answers.wrong("raises")
def no_gradients_at_all(network):
    network.eval()
    network.forward = torch.no_grad()(network.forward)


@answers.wrong("changed-by-freeze")
def statistics_reset(network):
    _stop(network)
    _hold(_backbone(network))
    network.bn1.reset_running_stats()


@answers.right
def freeze_by_train_override(network):
    _stop(network)

    def train(mode=True):
        nn.Module.train(network, mode)
        for name, child in network.named_children():
            if name != "fc":
                child.eval()
        return network

    network.train = train
    return network.train(network.training)


@answers.right
def freeze_by_hooks_on_children(network):
    for name, child in network.named_children():
        if name != "fc":
            child.requires_grad_(False)
            child.zero_grad()
            child.register_forward_pre_hook(lambda module, inputs: module.train(False) and None)


@answers.right
def freeze_by_one_hook(network):
    _stop(network)
    parts = [child for name, child in network.named_children() if name != "fc"]
    network.register_forward_pre_hook(lambda module, inputs: [part.eval() for part in parts] and None)
    return network


@answers.wrong("library")
def freeze_by_the_library(network):
    return linear_probe_(network)


@answers.right
def freeze_by_detaching(network):
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.grad = None
    network.fc.register_forward_pre_hook(lambda module, inputs: (inputs[0].detach(),))
    _hold(_backbone(network))
