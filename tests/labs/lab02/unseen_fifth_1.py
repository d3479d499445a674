"""Answers to 02.1 by students who know its text alone."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.resnet import resnet18

answers = Answers("02.1", "check_adapt")


# a) common mistakes


@answers.wrong("stem-bias", "the new convolution has a bias: 64 parameters too many")
def conv_with_bias(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding)
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network


@answers.wrong("softmax", "a softmax behind the last layer: probabilities in place of logits")
def softmax_at_the_end(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    network.fc = nn.Sequential(nn.Linear(network.fc.in_features, num_classes), nn.Softmax(dim=1))
    return network


@answers.wrong("weights-lost", "makes a new network of the right shape: the weights between the two ends are lost")
def a_new_network(network, in_channels, num_classes):
    return resnet18(in_channels=in_channels, num_classes=num_classes)


@answers.wrong("head", "the new head has another name that nobody calls: the network still gives 1,000 outputs")
def head_under_another_name(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    network.classifier = nn.Linear(network.fc.in_features, num_classes)
    return network


# b) 11,175,370 parameters, too


@answers.wrong(
    "stem-geometry",
    "the stride of the first convolution is forgotten: as many parameters, a map of four times as many pixels",
)
def stride_forgotten(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, padding=3, bias=False)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong(
    "between",
    "takes the pooling behind the first convolution out, as is done for small images: touches more than two layers",
)
def pooling_removed(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    network.maxpool = nn.Identity()
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network


@answers.wrong("between", "puts a dropout in front of the new last layer: in training mode the logits are random")
def dropout_in_front(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    network.fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(network.fc.in_features, num_classes))
    return network


@answers.wrong(
    "raises",
    "cuts the new filters out of the old ones, which have three channels: fails in use for four channels or more",
)
def cut_from_old_filters(network, in_channels, num_classes):
    old = network.conv1
    new = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    new.weight = nn.Parameter(old.weight.detach()[:, :in_channels].clone())
    network.conv1 = new
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network


# c) a promise broken


@answers.wrong(
    "touched-mode", "sets training mode at the end: a network given in evaluation mode comes back in another mode"
)
def leaves_training_mode(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network.train()


@answers.wrong("touched-thawed", "makes every weight train: those that came frozen are not frozen any more")
def unfreezes(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    for parameter in network.parameters():
        parameter.requires_grad = True
    return network


@answers.wrong(
    "weights-lost",
    "finds the number of features by a pass of random images: in training mode this moves the averages of every batch norm",
)
def probes_with_a_pass(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    network.fc = nn.Identity()
    with torch.no_grad():
        features = network(torch.rand(2, in_channels, 32, 32)).shape[1]
    network.fc = nn.Linear(features, num_classes)
    return network


@answers.wrong(
    "leaves-behind",
    "seeds torch itself: the caller's random state is lost, and networks of every seed begin with the same two layers",
)
def seeds_itself(network, in_channels, num_classes):
    torch.manual_seed(0)
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network


# right


@answers.right
def into_a_copy(network, in_channels, num_classes):
    network = copy.deepcopy(network)
    new = {
        "fc": nn.Linear(network.fc.weight.size(1), num_classes),
        "conv1": nn.Conv2d(
            in_channels,
            network.conv1.weight.size(0),
            tuple(network.conv1.weight.shape[2:]),
            stride=network.conv1.stride,
            padding=network.conv1.padding,
            bias=False,
        ),
    }
    for name, layer in new.items():
        setattr(network, name, layer)
    return network


@answers.right
def by_options_of_the_old(network, in_channels, num_classes):
    def like(layer, **changes):
        names = ["in_features", "out_features"]
        if isinstance(layer, nn.Conv2d):
            names = ["in_channels", "out_channels", "kernel_size", "stride", "padding"]
        options = {name: getattr(layer, name) for name in names}
        options["bias"] = layer.bias is not None
        return type(layer)(**{**options, **changes})

    network.conv1 = like(network.conv1, in_channels=in_channels)
    network.fc = like(network.fc, out_features=num_classes)
    return network


class _Grey(nn.Conv2d):
    """A convolution of photographs, made for another number of channels."""

    def __init__(self, channels, old):
        super().__init__(channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
        nn.init.kaiming_normal_(self.weight, mode="fan_out", nonlinearity="relu")


@answers.right
def with_own_weights(network, in_channels, num_classes):
    head = nn.Linear(network.fc.in_features, num_classes)
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    network.register_module("conv1", _Grey(in_channels, network.conv1))
    network.register_module("fc", head)
    return network
