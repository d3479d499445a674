"""Answers to 04.1 by students who know its text alone."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.1", "check_new_head")


def layer(network, num_classes):
    return nn.Linear(network.fc.in_features, num_classes, device=network.fc.weight.device)


# Right: the number of features is read from the weight's shape, the device from a context, the layer set by setattr.
@answers.right
def by_shape(network, num_classes, learning_rate):
    _, features = network.fc.weight.shape
    with torch.device(network.fc.weight.device):
        network.fc = nn.Linear(features, num_classes)
    return torch.optim.Adam(params=[network.fc.weight, network.fc.bias], lr=learning_rate)


# Right: made empty on the device and filled by its own reset_parameters; one group with its own rate.
@answers.right
def made_empty(network, num_classes, learning_rate):
    old = network.fc
    new = nn.utils.skip_init(nn.Linear, old.in_features, num_classes, device=old.weight.device)
    new.reset_parameters()
    network.fc = new
    return torch.optim.Adam([{"params": list(new.parameters()), "lr": learning_rate}])


# Right: an object; moved to the device after it was made, registered by add_module.
class NewHead:
    def __call__(self, network, num_classes, learning_rate):
        where = next(network.fc.parameters()).device
        network.add_module("fc", nn.Linear(network.fc.in_features, num_classes).to(where))
        return torch.optim.Adam((p for _, p in network.fc.named_parameters()), learning_rate)


answers.right(NewHead())


@answers.wrong("raises", "512 features: crashes in the first pass of a ResNet-50 or -152, which have 2,048")
def always_512(network, num_classes, learning_rate):
    network.fc = nn.Linear(512, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("device", "the new layer is made on the CPU: crashes if the network is on a GPU (or on meta)")
def on_the_cpu(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "old-head",
    "the optimizer is made before the layer is replaced: it holds the old layer, and the new one never moves",
)
def optimizer_first(network, num_classes, learning_rate):
    optimizer = torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
    network.fc = layer(network, num_classes)
    return optimizer


@answers.wrong("all-parameters", "Adam over all parameters of the network: the backbone moves, too")
def moves_everything(network, num_classes, learning_rate):
    network.fc = layer(network, num_classes)
    return torch.optim.Adam(network.parameters(), lr=learning_rate)


@answers.wrong(
    "touched-requires-grad",
    "everything else is frozen: whether the other layers learn is changed (requires_grad False)",
)
def freezes_the_rest(network, num_classes, learning_rate):
    for parameter in network.parameters():
        parameter.requires_grad = False
    network.fc = layer(network, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("learning-rate", "the learning rate is never read: Adam's own 0.001 for any rate")
def own_rate(network, num_classes, learning_rate):
    network.fc = layer(network, num_classes)
    return torch.optim.Adam(network.fc.parameters())


@answers.wrong("num-classes", "five classes always: num_classes = 3 gives five outputs")
def five_classes(network, num_classes, learning_rate):
    network.fc = layer(network, 5)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "not-linear",
    "a softmax after the linear layer: the outputs are probabilities instead of logits, and fc is no linear layer",
)
def with_softmax(network, num_classes, learning_rate):
    network.fc = nn.Sequential(layer(network, num_classes), nn.Softmax(dim=1))
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "touched-modes",
    "network.train() at the end: parts that were in evaluation mode (a frozen batch norm) are in training mode",
)
def into_training_mode(network, num_classes, learning_rate):
    network.fc = layer(network, num_classes)
    network.train()
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "num-classes",
    "works on a deep copy: the caller's network keeps its old head, and the optimizer moves one that nobody has",
)
def on_a_copy(network, num_classes, learning_rate):
    network = copy.deepcopy(network)
    network.fc = layer(network, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "all-parameters", "all parameters that require gradients: right for a frozen network, otherwise the backbone moves"
)
def all_that_learn(network, num_classes, learning_rate):
    network.fc = layer(network, num_classes)
    return torch.optim.Adam((p for p in network.parameters() if p.requires_grad), lr=learning_rate)


@answers.wrong("part-of-head", "the weight alone is in the optimizer: the bias never moves")
def bias_forgotten(network, num_classes, learning_rate):
    network.fc = layer(network, num_classes)
    return torch.optim.Adam([network.fc.weight], lr=learning_rate)
