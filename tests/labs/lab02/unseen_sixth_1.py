"""Answers to 02.1 by students who know its text alone."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.resnet import resnet18

answers = Answers("02.1", "check_adapt")


def ends(network, in_channels, num_classes):
    """Replace both ends as they should be."""
    old, last = network.conv1, network.fc
    like = {"device": old.weight.device, "dtype": old.weight.dtype}
    network.conv1 = nn.Conv2d(
        in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False, **like
    )
    network.fc = nn.Linear(last.in_features, num_classes, **like)
    return network


@answers.wrong("?", "the new convolution has a bias, 64 parameters more than there were")
def with_bias(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    network.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3)
    return network


@answers.wrong(
    "?", "the first layer becomes a 3x3 with stride 1, as for small images, where kernel, stride and padding stay"
)
def for_small_images(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    network.conv1 = nn.Conv2d(in_channels, 64, 3, 1, 1, bias=False)
    return network


@answers.wrong(
    "?", "the padding of the first layer is forgotten: the weights have the right shape and the map is smaller"
)
def without_padding(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    network.conv1 = nn.Conv2d(in_channels, 64, 7, 2, bias=False)
    return network


@answers.wrong("?", "in_channels is not read: the first layer has one channel, as in the visible example")
def always_grey(network, in_channels, num_classes):
    return ends(network, 1, num_classes)


@answers.wrong("?", "num_classes is not read: there are ten outputs, as in the visible example")
def always_ten(network, in_channels, num_classes):
    return ends(network, in_channels, 10)


@answers.wrong("?", "everything between the two ends is frozen, where the text leaves which weights train as it was")
def frozen(network, in_channels, num_classes):
    for parameter in network.parameters():
        parameter.requires_grad = False
    return ends(network, in_channels, num_classes)


@answers.wrong("?", "every weight is made to train, also those that the caller had frozen")
def thawed(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    for parameter in network.parameters():
        parameter.requires_grad = True
    return network


@answers.wrong("?", "a new network is returned: the weights between the ends are gone")
def a_new_one(network, in_channels, num_classes):
    return resnet18(in_channels=in_channels, num_classes=num_classes)


@answers.wrong("?", "the new last layer gets the name classifier, which nobody calls: 1,000 outputs remain")
def another_name(network, in_channels, num_classes):
    last = network.fc
    network = ends(network, in_channels, num_classes)
    network.fc, network.classifier = last, network.fc
    return network


@answers.wrong("?", "a linear layer from 1,000 to num_classes is put behind the old one, which stays")
def on_top(network, in_channels, num_classes):
    last = network.fc
    network = ends(network, in_channels, num_classes)
    network.fc = nn.Sequential(last, nn.Linear(1000, num_classes))
    return network


@answers.wrong("?", "a softmax stands behind the last layer, which should give logits")
def with_softmax(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    network.fc = nn.Sequential(network.fc, nn.Softmax(dim=1))
    return network


@answers.wrong("?", "the last layer has no bias: 11,175,360 parameters in place of 11,175,370")
def without_bias(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    network.fc = nn.Linear(512, num_classes, bias=False)
    return network


@answers.wrong("?", "the network comes back in evaluation mode, whatever mode it had")
def evaluating(network, in_channels, num_classes):
    return ends(network, in_channels, num_classes).eval()


@answers.wrong("?", "all layers that can draw new weights do so, those between the ends too")
def drawn_anew(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.reset_parameters()
    return network


@answers.wrong(
    "?", "the first batch norm is replaced along with the convolution, and its weights and statistics are lost"
)
def with_a_new_norm(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    network.bn1 = nn.BatchNorm2d(64)
    return network


@answers.wrong("?", "the pooling is taken out, because digits are small: a third layer is replaced")
def without_pooling(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    network.maxpool = nn.Identity()
    return network


@answers.wrong("?", "the old first filters are cut to in_channels, which leaves three where four are wanted")
def cut_filters(network, in_channels, num_classes):
    old = network.conv1.weight
    network = ends(network, in_channels, num_classes)
    network.conv1.weight = nn.Parameter(old.detach()[:, :in_channels].clone())
    return network


@answers.wrong("?", "for three channels the network is returned at once, with 1,000 outputs")
def early_return(network, in_channels, num_classes):
    if in_channels == network.conv1.in_channels:
        return network
    return ends(network, in_channels, num_classes)


@answers.wrong(
    "?", "the statistics of the batch norms are reset: running means and variances are those of a new network"
)
def forgets_statistics(network, in_channels, num_classes):
    network = ends(network, in_channels, num_classes)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    return network


@answers.wrong("?", "gradients are switched off for making the layers and never on again: nothing trains afterwards")
def leaves_no_grad(network, in_channels, num_classes):
    torch.set_grad_enabled(False)
    return ends(network, in_channels, num_classes)


@answers.right
def by_copying_a_layer(network, in_channels, num_classes):
    """Copies of the old layers, changed, with weights of their own."""
    weight = network.conv1.weight
    conv, linear = copy.deepcopy(network.conv1), copy.deepcopy(network.fc)
    conv.in_channels = in_channels
    conv.weight = nn.Parameter(weight.new_empty(weight.shape[0], in_channels, *weight.shape[2:]))
    linear.out_features = num_classes
    linear.weight = nn.Parameter(weight.new_empty(num_classes, linear.in_features))
    linear.bias = nn.Parameter(weight.new_empty(num_classes))
    conv.reset_parameters()
    linear.reset_parameters()
    network.conv1, network.fc = conv, linear
    return network


@answers.right
def in_a_copy(network, in_channels, num_classes):
    """The network that was given stays as it is."""
    return ends(copy.deepcopy(network), in_channels, num_classes)


@answers.right
def by_geometry(network, in_channels, num_classes):
    names = "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode"
    options = {name: getattr(network.conv1, name) for name in names}
    first = nn.Conv2d(in_channels, bias=network.conv1.bias is not None, **options)
    last = nn.Linear(network.fc.weight.shape[1], num_classes)
    for name, layer in (("conv1", first), ("fc", last)):
        setattr(network, name, layer.to(network.conv1.weight))
    return network


@answers.right
def from_old_filters(network, in_channels, num_classes):
    """The new first layer begins with the mean of the old filters."""
    grey = network.conv1.weight.detach().mean(1, keepdim=True)
    network = ends(network, in_channels, num_classes)
    with torch.no_grad():
        network.conv1.weight.copy_(grey.expand_as(network.conv1.weight))
        nn.init.normal_(network.fc.weight, std=0.01)
        nn.init.zeros_(network.fc.bias)
    return network


@answers.right
def from_another_network(network, in_channels, num_classes):
    """Takes both ends of a network that was made for them."""
    other = resnet18(in_channels=in_channels, num_classes=num_classes).to(network.conv1.weight)
    for name in ("conv1", "fc"):
        network.add_module(name, getattr(other, name))
    return network


@answers.right
def in_numbers(network, in_channels, num_classes):
    where = next(network.parameters())
    network.register_module("conv1", nn.Conv2d(in_channels, 64, (7, 7), (2, 2), (3, 3), bias=False))
    network.register_module("fc", nn.Linear(512, num_classes, bias=True))
    network.conv1.to(where.device, where.dtype)
    network.fc.to(where.device, where.dtype)
    return network
