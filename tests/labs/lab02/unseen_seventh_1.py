"""Answers to 02.1 by students who know its text alone."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.resnet import resnet18

answers = Answers("02.1", "check_adapt")


@answers.wrong("?", "the new first layer has a bias, which the old one does not have: 64 parameters too many")
def bias_in_the_first(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding)
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network


@answers.wrong(
    "?", "cuts the old last layer down to its first rows: it is not new, and for more than 1,000 classes it gives 1,000"
)
def cut_head(network, in_channels, num_classes):
    old = network.conv1
    network.conv1 = nn.Conv2d(in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
    fc = network.fc
    fc.weight = nn.Parameter(fc.weight.detach()[:num_classes].clone())
    fc.bias = nn.Parameter(fc.bias.detach()[:num_classes].clone())
    fc.out_features = num_classes
    return network


@answers.wrong(
    "?", "keeps the first in_channels of the old filters: with more than three channels there are only three"
)
def sliced_filters(network, in_channels, num_classes):
    conv = network.conv1
    conv.weight = nn.Parameter(conv.weight.detach()[:, :in_channels].clone())
    conv.in_channels = in_channels
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("?", "a log-softmax behind the last layer: the outputs are log probabilities, not logits")
def log_softmax_head(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    network.fc = nn.Sequential(nn.Linear(512, num_classes), nn.LogSoftmax(dim=1))
    return network


@answers.wrong("?", "lets every weight train: layers that were frozen in the given network are not any more")
def everything_trains(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    network.fc = nn.Linear(512, num_classes)
    for parameter in network.parameters():
        parameter.requires_grad = True
    return network


@answers.wrong("?", "sets training mode: a network that came in evaluation mode leaves it")
def in_training_mode(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    network.fc = nn.Linear(512, num_classes)
    return network.train()


@answers.wrong(
    "?",
    "copies the parameters into a new network, not the running statistics of its batch norms: a trained network loses them",
)
def buffers_lost(network, in_channels, num_classes):
    new = resnet18()
    with torch.no_grad():
        for here, there in zip(new.parameters(), network.parameters()):
            here.copy_(there)
            here.requires_grad_(there.requires_grad)
    new.train(network.training)
    new.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    new.fc = nn.Linear(512, num_classes)
    return new


@answers.wrong("?", "one channel and ten classes, whatever is asked for: shows for three channels or two classes")
def one_and_ten(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    network.fc = nn.Linear(512, 10)
    return network


@answers.wrong(
    "?", "puts two layers around the network in place of replacing two: the old first and last layer are still there"
)
def wrapped(network, in_channels, num_classes):
    return nn.Sequential(nn.Conv2d(in_channels, 3, 1, bias=False), network, nn.Linear(1000, num_classes))


@answers.wrong("?", "replaces the first batch norm too: its weights and running statistics are lost")
def new_norm_too(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    network.bn1 = nn.BatchNorm2d(64)
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("?", "takes the max pooling away, as many do for small images: the text says to touch nothing else")
def without_pooling(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    network.maxpool = nn.Identity()
    network.fc = nn.Linear(512, num_classes)
    return network


@answers.wrong("?", "a 3x3 kernel of stride 1 where the images are grey: for in_channels=1 the geometry does not stay")
def small_kernel_for_grey(network, in_channels, num_classes):
    if in_channels == 1:
        network.conv1 = nn.Conv2d(1, 64, 3, 1, 1, bias=False)
    else:
        network.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    network.fc = nn.Linear(512, num_classes)
    return network


ends = {}


@answers.wrong(
    "?", "keeps the new layers in a dict: a second network of the same shape shares both ends with the first"
)
def shared_ends(network, in_channels, num_classes):
    if (in_channels, num_classes) not in ends:
        ends[in_channels, num_classes] = (
            nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False),
            nn.Linear(512, num_classes),
        )
    network.conv1, network.fc = ends[in_channels, num_classes]
    return network


@answers.wrong("?", "the new last layer has no bias: 5,120 numbers for ten classes in place of 5,130")
def head_without_bias(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    network.fc = nn.Linear(512, num_classes, bias=False)
    return network


@answers.right
def by_setattr(network, in_channels, num_classes):
    new = {
        "conv1": nn.Conv2d(in_channels, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3), bias=False),
        "fc": nn.Linear(in_features=512, out_features=num_classes, bias=True),
    }
    for name, layer in new.items():
        setattr(network, name, layer)
    return network


@answers.right
def into_a_copy(network, in_channels, num_classes):
    network = copy.deepcopy(network)
    old = network.conv1
    network.conv1 = nn.Conv2d(
        in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=old.bias is not None
    )
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network


@answers.right
def with_device_and_type(network, in_channels, num_classes):
    where = {"device": network.fc.weight.device, "dtype": network.fc.weight.dtype}
    options = {
        name: getattr(network.conv1, name) for name in ("kernel_size", "stride", "padding", "dilation", "groups")
    }
    network.conv1 = nn.Conv2d(in_channels, network.conv1.out_channels, **options, bias=False, **where).train(
        network.conv1.training
    )
    network.fc = nn.Linear(network.fc.in_features, num_classes, **where).train(network.fc.training)
    return network


@answers.right
def over_the_children(network, in_channels, num_classes):
    for name, layer in list(network.named_children()):
        if isinstance(layer, nn.Conv2d):
            layer = nn.Conv2d(
                in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding, bias=False
            )
            network.register_module(name, layer)
        elif isinstance(layer, nn.Linear):
            network.register_module(name, nn.Linear(layer.in_features, num_classes))
    return network


@answers.right
def changed_copies(network, in_channels, num_classes):
    conv, fc = copy.deepcopy(network.conv1), copy.deepcopy(network.fc)
    conv.in_channels, fc.out_features = in_channels, num_classes
    conv.weight = nn.Parameter(conv.weight.new_empty(conv.out_channels, in_channels, *conv.kernel_size))
    fc.weight = nn.Parameter(fc.weight.new_empty(num_classes, fc.in_features))
    fc.bias = nn.Parameter(fc.bias.new_empty(num_classes))
    conv.reset_parameters()
    fc.reset_parameters()
    network._modules.update(conv1=conv, fc=fc)
    return network


@answers.right
def with_he_weights(network, in_channels, num_classes):
    first = nn.Conv2d(in_channels, network.conv1.out_channels, 7, padding=3, stride=2, bias=False)
    nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
    last = nn.Linear(network.fc.weight.shape[1], num_classes)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.zeros_(last.bias)
    (network.conv1, network.fc) = (first, last)
    return network
