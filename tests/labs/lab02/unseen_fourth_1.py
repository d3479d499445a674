"""Answers to 02.1 by students who know its text alone."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.resnet import resnet18

answers = Answers("02.1", "check_adapt")


def first(in_channels):
    return nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False)


@answers.wrong("stem-bias", "the new first convolution has a bias (the default): 64 parameters too many")
def with_bias(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong(
    "raises",
    "sets the attributes in_channels and out_features only: the weights keep 3 channels and 1,000 outputs, one channel crashes",
)
def attributes_only(network, in_channels, num_classes):
    network.conv1.in_channels = in_channels
    network.fc.out_features = num_classes
    return network


@answers.wrong("weights-lost", "returns a new resnet18 with new ends: all weights between the ends are lost")
def new_network(network, in_channels, num_classes):
    network = resnet18()
    network.conv1 = first(in_channels)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong(
    "head-count", "puts a linear layer behind the old one: 1,000 numbers on the way, two linear layers in fc"
)
def on_top(network, in_channels, num_classes):
    network.conv1 = first(in_channels)
    network.fc = nn.Sequential(network.fc, nn.Linear(1000, num_classes))
    return network


@answers.wrong("softmax", "a softmax behind the last layer: probabilities instead of logits")
def with_softmax(network, in_channels, num_classes):
    network.conv1 = first(in_channels)
    network.fc = nn.Sequential(nn.Linear(network.fc.in_features, num_classes), nn.Softmax(dim=1))
    return network


@answers.wrong("touched-frozen", "freezes everything between the ends: which of the weights train has changed")
def freezes(network, in_channels, num_classes):
    for p in network.parameters():
        p.requires_grad = False
    network.conv1 = first(in_channels)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong(
    "touched-thawed",
    "sets requires_grad for all parameters at the end: layers that were frozen when the network came in train again",
)
def unfreezes(network, in_channels, num_classes):
    network.conv1 = first(in_channels)
    network.fc = nn.Linear(512, num_classes)
    for p in network.parameters():
        p.requires_grad_(True)
    return network


@answers.wrong(
    "stem-geometry",
    "the usual change for small images: 3x3, stride 1, no max pooling; kernel, stride and padding had to stay",
)
def for_small_images(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 3, stride=1, padding=1, bias=False)
    network.maxpool = nn.Identity()
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong(
    "head",
    "builds one channel and ten classes whatever the arguments are: 4 channels and 7 classes come out as 1 and 10",
)
def for_digits(network, in_channels, num_classes):
    network.conv1 = first(1)
    network.fc = nn.Linear(512, 10)
    return network


@answers.wrong(
    "weights-lost", "initialises every convolution and norm anew at the end: the weights between the ends are gone"
)
def initialises_all(network, in_channels, num_classes):
    network.conv1 = first(in_channels)
    network.fc = nn.Linear(512, num_classes)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
    return network


@answers.wrong("stem-geometry", "leaves out the padding of 3: 28 pixels become 11 instead of 14 behind the first layer")
def no_padding(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, bias=False)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong(
    "touched-mode",
    "tries the network in eval mode and leaves it there: a network that came in training mode comes back in evaluation mode",
)
def leaves_eval(network, in_channels, num_classes):
    network.conv1 = first(in_channels)
    network.fc = nn.Linear(512, num_classes)
    network.eval()
    with torch.no_grad():
        out = network(torch.zeros(1, in_channels, 32, 32))
    assert out.shape == (1, num_classes)
    return network


@answers.right  # a deep copy: "it may be changed" does not say that it must be
def on_a_copy(network, in_channels, num_classes):
    mine = copy.deepcopy(network)
    old = mine.conv1
    mine.conv1 = nn.Conv2d(
        in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=old.bias is not None
    )
    mine.fc = nn.Linear(mine.fc.in_features, num_classes)
    return mine


@answers.right  # the new first layer begins with the sum of the old filters, shared among the channels
def from_old_filters(network, in_channels, num_classes):
    conv = first(in_channels)
    with torch.no_grad():
        conv.weight.copy_(network.conv1.weight.sum(1, keepdim=True).expand_as(conv.weight) / in_channels)
    for name, layer in {"conv1": conv, "fc": nn.Linear(512, num_classes)}.items():
        setattr(network, name, layer)
    return network


@answers.right  # puts layers into the dictionary of modules, in the device and type of what was there
def by_modules(network, in_channels, num_classes):
    def like(layer):
        return {"device": layer.weight.device, "dtype": layer.weight.dtype}

    network._modules["conv1"] = nn.Conv2d(in_channels, 64, (7, 7), (2, 2), (3, 3), bias=False, **like(network.conv1))
    network.add_module("fc", nn.Linear(512, num_classes, **like(network.fc)))
    return network
