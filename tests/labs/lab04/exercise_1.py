"""Right and wrong answers to exercise 04.1: a new head."""

from __future__ import annotations

import torch
from helpers.answers import Answers
from torch import nn
from torch.optim import SGD, Adam, AdamW


def _head(network, num_classes):
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network.fc


answers = Answers("04.1", "check_new_head")


@answers.wrong("old-head")
def optimizer_before_the_layer(network, num_classes, rate):
    optimizer = Adam(network.fc.parameters(), lr=rate)
    _head(network, num_classes)
    return optimizer


@answers.wrong("all-parameters")
def optimizer_over_everything(network, num_classes, rate):
    _head(network, num_classes)
    return Adam(network.parameters(), lr=rate)


@answers.wrong("part-of-head")
def optimizer_without_the_bias(network, num_classes, rate):
    return Adam([_head(network, num_classes).weight], lr=rate)


@answers.wrong("nothing-of-head")
def optimizer_over_the_stages(network, num_classes, rate):
    _head(network, num_classes)
    return Adam(network.layer1.parameters(), lr=rate)


@answers.wrong("not-adam")
def sgd(network, num_classes, rate):
    return SGD(_head(network, num_classes).parameters(), lr=rate)


@answers.wrong("not-adam")
def adam_with_decay(network, num_classes, rate):
    return AdamW(_head(network, num_classes).parameters(), lr=rate)


@answers.wrong("learning-rate")
def default_rate(network, num_classes, rate):
    return Adam(_head(network, num_classes).parameters())


@answers.wrong("learning-rate")
def zero_is_no_rate(network, num_classes, rate):
    return Adam(_head(network, num_classes).parameters(), lr=rate or 1e-3)


@answers.wrong("num-classes")
def two_at_least(network, num_classes, rate):
    return Adam(_head(network, max(num_classes, 2)).parameters(), lr=rate)


_HEADS: dict[tuple[int, int], nn.Linear] = {}


@answers.wrong("shared-head")
def one_head_for_a_size(network, num_classes, rate):
    width = network.fc.in_features
    network.fc = _HEADS.setdefault((width, num_classes), nn.Linear(width, num_classes))
    return Adam(network.fc.parameters(), lr=rate)


@answers.wrong("not-an-optimizer")
def returns_the_network(network, num_classes, rate):
    _head(network, num_classes)
    return network


@answers.wrong("no-return")
def returns_nothing(network, num_classes, rate):
    _head(network, num_classes)


@answers.wrong("raises")
def width_by_heart(network, num_classes, rate):
    network.fc = nn.Linear(2048, num_classes)
    return Adam(network.fc.parameters(), lr=rate)


@answers.wrong("num-classes")
def five_classes_always(network, num_classes, rate):
    return Adam(_head(network, 5).parameters(), lr=rate)


@answers.wrong("num-classes")
def outputs_renamed(network, num_classes, rate):
    network.fc.out_features = num_classes
    return Adam(network.fc.parameters(), lr=rate)


@answers.wrong("head-parameters")
def head_behind_the_old(network, num_classes, rate):
    network.fc = nn.Sequential(network.fc, nn.Linear(network.fc.out_features, num_classes))
    return Adam(network.fc.parameters(), lr=rate)


@answers.wrong("not-linear")
def softmax_head(network, num_classes, rate):
    network.fc = nn.Sequential(nn.Linear(network.fc.in_features, num_classes), nn.Softmax(1))
    return Adam(network.fc.parameters(), lr=rate)


@answers.wrong("weights-lost")
def everything_drawn_anew(network, num_classes, rate):
    for part in network.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
    return Adam(_head(network, num_classes).parameters(), lr=rate)


@answers.wrong("old-head-kept")
def new_layer_only_for_other_numbers(network, num_classes, rate):
    if network.fc.out_features != num_classes:
        network.fc = nn.Linear(network.fc.in_features, num_classes)
    return Adam(network.fc.requires_grad_().parameters(), lr=rate)


@answers.wrong("head-frozen")
def as_frozen_as_the_old_layer(network, num_classes, rate):
    learns = network.fc.weight.requires_grad
    network.fc = nn.Linear(network.fc.in_features, num_classes).requires_grad_(learns)
    return Adam(network.fc.parameters(), lr=rate)


@answers.wrong("touched-modes")
def all_into_training_mode(network, num_classes, rate):
    network.train().fc = nn.Linear(network.fc.in_features, num_classes)
    return Adam(network.fc.parameters(), lr=rate)


@answers.right
def head_by_setattr(network, num_classes, rate):
    old = network.fc.weight
    setattr(network, "fc", nn.Linear(old.shape[1], num_classes).to(old.device))  # noqa: B010
    return Adam([{"params": list(network.fc.parameters()), "lr": rate}])


@answers.right
def head_in_a_sequence(network, num_classes, rate):
    device = network.fc.weight.device
    network.fc = nn.Sequential(nn.Linear(network.fc.in_features, num_classes, device=device))
    return Adam([p for name, p in network.named_parameters() if name.startswith("fc.")], lr=rate)


@answers.right
def head_by_attributes(network, num_classes, rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, dtype=old.weight.dtype, device=old.weight.device)
    return torch.optim.Adam(params=[network.fc.weight, network.fc.bias], lr=rate, foreach=False)


class _AdamForTheHead(Adam):
    def __init__(self, network, rate):
        super().__init__(network.fc.parameters(), lr=rate)


@answers.right
def subclass_of_adam(network, num_classes, rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    return _AdamForTheHead(network, rate)
