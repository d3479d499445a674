"""Answers to 02.1 by someone who knew the exercise and not its check."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("02.1", "check_adapt")


def good(network, in_channels, num_classes):
    place = network.conv1.weight.device
    network.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False, device=place)
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=place)
    return network


@answers.wrong("stem-channels", "one input channel is written down")
def one_channel(network, in_channels, num_classes):
    return good(network, 1, num_classes)


@answers.wrong("head", "ten outputs are written down")
def ten(network, in_channels, num_classes):
    return good(network, in_channels, 10)


@answers.wrong("stem-channels", "grey or colour: everything but 1 becomes 3")
def grey_or_colour(network, in_channels, num_classes):
    return good(network, 1 if in_channels == 1 else 3, num_classes)


@answers.wrong("between", "the pooling is removed")
def no_pooling(network, in_channels, num_classes):
    network.maxpool = nn.Identity()
    return good(network, in_channels, num_classes)


@answers.wrong("touched-frozen", "the middle is frozen")
def frozen(network, in_channels, num_classes):
    network.requires_grad_(False)
    return good(network, in_channels, num_classes)


@answers.wrong("weights-lost", "the batch norms' running statistics are reset")
def reset(network, in_channels, num_classes):
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    return good(network, in_channels, num_classes)


@answers.wrong("touched-mode", "the network comes back in evaluation mode")
def evaluating(network, in_channels, num_classes):
    return good(network, in_channels, num_classes).eval()


@answers.wrong("between", "dropout in front of the last layer")
def dropout(network, in_channels, num_classes):
    network = good(network, in_channels, num_classes)
    network.fc = nn.Sequential(nn.Dropout(0.2), network.fc)
    return network


@answers.wrong("touched-hooks", "a hook is left on the network")
def hooked(network, in_channels, num_classes):
    network.fc.register_forward_hook(lambda *_: None)
    network.layer4.register_forward_hook(lambda *_: None)
    return good(network, in_channels, num_classes)


@answers.wrong("leaves-behind", "seeds the global generator: every seed gives the same layers")
def seeded(network, in_channels, num_classes):
    torch.manual_seed(0)
    return good(network, in_channels, num_classes)


@answers.wrong("weights-lost", "the convolutions between are drawn anew")
def redrawn(network, in_channels, num_classes):
    network = good(network, in_channels, num_classes)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
    return network


@answers.wrong("weights-lost", "the first batch norm is renewed too")
def new_norm(network, in_channels, num_classes):
    network.bn1 = nn.BatchNorm2d(64).to(network.bn1.weight.device)
    return good(network, in_channels, num_classes)


@answers.wrong("between", "the second stage no longer halves the map (no weight changes)")
def strides(network, in_channels, num_classes):
    for layer in network.layer2[0].modules():
        if isinstance(layer, nn.Conv2d):
            layer.stride = (1, 1)
    return good(network, in_channels, num_classes)


@answers.wrong("leaves-behind", "the default dtype is left at float64")
def default_dtype(network, in_channels, num_classes):
    network = good(network, in_channels, num_classes)
    torch.set_default_dtype(torch.float64)
    return network


@answers.wrong("between", "momentum of the norms is changed")
def momentum(network, in_channels, num_classes):
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.5
    return good(network, in_channels, num_classes)


@answers.wrong("touched-frozen", "the new first layer does not learn")
def frozen_first(network, in_channels, num_classes):
    network = good(network, in_channels, num_classes)
    network.conv1.requires_grad_(False)
    return network


@answers.wrong("stem-geometry", "kernel 3 and stride 1, as for small images")
def small(network, in_channels, num_classes):
    network = good(network, in_channels, num_classes)
    network.conv1 = nn.Conv2d(in_channels, 64, 3, 1, 1, bias=False).to(network.fc.weight.device)
    return network


@answers.wrong("head-count", "a second linear layer behind the 1,000 outputs")
def two_layers(network, in_channels, num_classes):
    old = network.fc
    network = good(network, in_channels, num_classes)
    network.fc = nn.Sequential(old, nn.Linear(1000, num_classes).to(old.weight.device))
    return network


@answers.wrong("head-bias", "the last layer has no bias")
def no_bias(network, in_channels, num_classes):
    network = good(network, in_channels, num_classes)
    network.fc = nn.Linear(512, num_classes, bias=False).to(network.conv1.weight.device)
    return network


@answers.wrong("stem-geometry", "a network around it: nn.Sequential(new conv, network)")
def in_front(network, in_channels, num_classes):
    network.fc = nn.Linear(512, num_classes)
    return nn.Sequential(nn.Conv2d(in_channels, 3, 1, bias=False), network)


@answers.right
def as_before(network, in_channels, num_classes):
    """Geometry and device from the old layers."""
    old = network.conv1
    network.conv1 = nn.Conv2d(
        in_channels,
        old.out_channels,
        old.kernel_size,
        old.stride,
        old.padding,
        bias=old.bias is not None,
        device=old.weight.device,
        dtype=old.weight.dtype,
    )
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=old.weight.device, dtype=old.weight.dtype)
    return network


@answers.right
def a_copy(network, in_channels, num_classes):
    """Changes a copy."""
    return as_before(copy.deepcopy(network), in_channels, num_classes)


@answers.right
def summed_filters(network, in_channels, num_classes):
    """The new first layer begins with the mean of the old filters."""
    old = network.conv1.weight.detach().mean(1, keepdim=True).repeat(1, in_channels, 1, 1)
    network = as_before(network, in_channels, num_classes)
    with torch.no_grad():
        network.conv1.weight.copy_(old)
    return network


@answers.right
def by_setattr(network, in_channels, num_classes):
    """setattr, `to` the place of the weights, and a zero bias at first."""
    like = next(network.parameters())
    for name, layer in {
        "fc": nn.Linear(512, num_classes),
        "conv1": nn.Conv2d(in_channels, 64, (7, 7), (2, 2), (3, 3), bias=False),
    }.items():
        setattr(network, name, layer.to(like))
    nn.init.zeros_(network.fc.bias)
    return network
