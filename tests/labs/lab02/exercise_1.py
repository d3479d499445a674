"""Right and wrong answers to exercise 02.1: a new first and a new last layer."""

from __future__ import annotations

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.resnet import resnet18


def _stem(channels, **changes):
    return nn.Conv2d(channels, 64, **{"kernel_size": 7, "stride": 2, "padding": 3, "bias": False} | changes)


answers = Answers("02.1", "check_adapt")


@answers.wrong("stem-channels")
def head_only(network, in_channels, num_classes):
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("stem-channels")
def one_channel_always(network, in_channels, num_classes):
    network.conv1 = _stem(1)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("stem-bias")
def stem_with_bias(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels, bias=True)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("stem-geometry")
def small_stem(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels, kernel_size=3, stride=1, padding=1)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("stem-geometry")
def no_padding(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels, padding=0)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("head")
def stem_only(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    return network


@answers.wrong("head")
def ten_classes_always(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.fc = nn.Linear(512, 10)
    return network


@answers.wrong("head")
def head_under_another_name(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.classifier = nn.Linear(512, num_classes)
    return network


@answers.wrong("head-count")
def head_appended(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    return nn.Sequential(network, nn.Linear(1000, num_classes))


@answers.wrong("weights-lost")
def new_network(network, in_channels, num_classes):
    return resnet18(in_channels=in_channels, num_classes=num_classes)


@answers.wrong("softmax")
def softmax_head(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.fc = nn.Sequential(nn.Linear(512, num_classes), nn.Softmax(1))
    return network


@answers.wrong("touched-thawed")
def adapt_and_thaw_all(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network.requires_grad_(True)


@answers.wrong("raises")
def old_filters_cut_to_the_channels(network, in_channels, num_classes):
    stem = _stem(in_channels)
    stem.weight = nn.Parameter(network.conv1.weight.detach()[:, :in_channels].clone())
    network.conv1 = stem
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network


@answers.wrong("no-return")
def adapt_without_return(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.fc = nn.Linear(512, num_classes)


@answers.wrong("stem-geometry")
def reflected_borders(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False, padding_mode="reflect")
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("stem-constant")
def equal_filters(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    nn.init.constant_(network.conv1.weight, 0.01)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("head")
def never_more_than_ten_classes(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.fc = nn.Linear(512, min(num_classes, 10))
    return network


@answers.right
def adapt_by_setattr(network, in_channels, num_classes):
    for name, layer in {"conv1": _stem(in_channels), "fc": nn.Linear(network.fc.in_features, num_classes)}.items():
        setattr(network, name, layer)
    return network


@answers.right
def adapt_into_a_new_network(network, in_channels, num_classes):
    fresh = resnet18(in_channels=in_channels, num_classes=num_classes)
    old = {name: value for name, value in network.state_dict().items() if not name.startswith(("conv1", "fc"))}
    fresh.load_state_dict(old, strict=False)
    return fresh


@answers.right
def adapt_as_a_sequence(network, in_channels, num_classes):
    layers = dict(network.named_children())
    body = [layer for name, layer in layers.items() if name not in ("conv1", "bn1", "fc")]
    stem = [_stem(in_channels), layers["bn1"], nn.ReLU()]
    return nn.Sequential(*stem, *body, nn.Flatten(), nn.Linear(512, num_classes))


@answers.wrong("touched-inference")
def in_inference_mode(network, in_channels, num_classes):
    with torch.inference_mode():
        network.conv1, network.fc = _stem(in_channels), nn.Linear(512, num_classes)
    return network


@answers.wrong("head-cut")
def head_cut_down(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    head = nn.Linear(512, num_classes)
    head.weight.data = network.fc.weight.data[:num_classes].clone()
    network.fc = head
    return network


_ENDS = {}


@answers.wrong("shared")
def ends_of_an_earlier_call(network, in_channels, num_classes):
    sizes = in_channels, num_classes
    if sizes not in _ENDS:
        _ENDS[sizes] = _stem(in_channels), nn.Linear(512, num_classes)
    network.conv1, network.fc = _ENDS[sizes]
    return network
