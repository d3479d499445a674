"""Answers to 02.1 by someone who looked for what its check may not ask."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("02.1", "check_adapt")


def new_conv(old, in_channels):
    return nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False).to(old.weight)


def new_fc(old, num_classes):
    return nn.Linear(old.in_features, num_classes).to(old.weight)


@answers.right
def of_a_copy(network, in_channels, num_classes):
    # Right: the network *may* be changed, and need not be. A deep copy keeps weights, buffers, modes and what trains.
    network = copy.deepcopy(network)
    first, last = network.conv1, network.fc
    with torch.device(first.weight.device):
        network.conv1 = nn.Conv2d(
            in_channels,
            first.out_channels,
            first.kernel_size,
            first.stride,
            first.padding,
            bias=first.bias is not None,
            dtype=first.weight.dtype,
        )
        network.fc = nn.Linear(last.in_features, num_classes, dtype=last.weight.dtype)
    return network


class Ends:
    def __init__(self, in_channels, num_classes):
        self.sizes = {"conv1": in_channels, "fc": num_classes}

    def __call__(self, old, name):
        like = {"device": old.weight.device, "dtype": old.weight.dtype}
        out, size = old.weight.shape[0], self.sizes[name]
        if name == "fc":
            return type(old)(old.weight.shape[1], size, **like)
        geometry = {key: getattr(old, key) for key in ("kernel_size", "stride", "padding")}
        return type(old)(size, out, bias=False, **geometry, **like)


@answers.right
def by_table(network, in_channels, num_classes):
    # Right: a table of what to make for which name, with sizes read from the weights, and their type and device.
    make = Ends(in_channels, num_classes)
    for name in make.sizes:
        setattr(network, name, make(network.get_submodule(name), name))
    return network


@answers.right
def by_children(network, in_channels, num_classes):
    # Right: the two children are found by walking, and replaced in the parent's own table, which keeps their order.
    for name, child in list(network.named_children()):
        if name == "conv1":
            network._modules[name] = new_conv(child, in_channels)
        elif name == "fc":
            network._modules[name] = new_fc(child, num_classes)
    return network


@answers.wrong("touched-thawed", "makes every weight train: layers that were frozen are no longer")
def thaws(network, in_channels, num_classes):
    network.conv1 = new_conv(network.conv1, in_channels)
    network.fc = new_fc(network.fc, num_classes)
    for weight in network.parameters():
        weight.requires_grad = True
    return network


@answers.wrong("weights-lost", "resets the running statistics of bn1, since its input is new: touches what was to stay")
def resets_statistics(network, in_channels, num_classes):
    network.conv1 = new_conv(network.conv1, in_channels)
    network.fc = new_fc(network.fc, num_classes)
    network.bn1.reset_running_stats()
    return network


@answers.wrong("between", "a dropout before the last layer: the same counts, and the same outputs in evaluation")
def with_dropout(network, in_channels, num_classes):
    network.conv1 = new_conv(network.conv1, in_channels)
    network.fc = nn.Sequential(nn.Dropout(0.2), new_fc(network.fc, num_classes))
    return network


@answers.wrong("head", "two classes get one output, as for a binary cross-entropy")
def one_for_two(network, in_channels, num_classes):
    network.conv1 = new_conv(network.conv1, in_channels)
    network.fc = new_fc(network.fc, 1 if num_classes == 2 else num_classes)
    return network


@answers.wrong(
    "leaves-behind",
    "seeds the generator: both new layers are the same for every seed of the caller, and what follows too",
)
def seeded(network, in_channels, num_classes):
    torch.manual_seed(0)
    network.conv1 = new_conv(network.conv1, in_channels)
    network.fc = new_fc(network.fc, num_classes)
    return network


@answers.wrong("stem-constant", "all filters begin equal, and so do all classes: filters that are twins stay twins")
def constant_ends(network, in_channels, num_classes):
    network.conv1 = new_conv(network.conv1, in_channels)
    network.fc = new_fc(network.fc, num_classes)
    nn.init.constant_(network.conv1.weight, 0.01)
    nn.init.constant_(network.fc.weight, 0.01)
    nn.init.zeros_(network.fc.bias)
    return network


@answers.wrong("touched-inference", "made in inference mode: runs, but the new weights cannot be trained")
def never_trains(network, in_channels, num_classes):
    with torch.inference_mode():
        network.conv1 = new_conv(network.conv1, in_channels)
        network.fc = new_fc(network.fc, num_classes)
    return network


_ends = {}


@answers.wrong("device", "remembers both layers by their sizes: a second network shares them with the first")
def shared_ends(network, in_channels, num_classes):
    key = in_channels, num_classes
    if key not in _ends:
        _ends[key] = new_conv(network.conv1, in_channels), new_fc(network.fc, num_classes)
    network.conv1, network.fc = _ends[key]
    return network


@answers.wrong(
    "stem-channels", "takes repeated grey: more than three channels are cut to three, so that other images do not fit"
)
def three_at_most(network, in_channels, num_classes):
    network.conv1 = new_conv(network.conv1, min(in_channels, 3))
    network.fc = new_fc(network.fc, num_classes)
    return network
