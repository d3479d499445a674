"""More answers to 04.1 by someone who knew the exercise and not its check."""

import copy
from functools import partial

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.1", "check_new_head")


def _replace(network, num_classes, **options):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device, **options)
    return network.fc


# setattr, and the optimizer from named groups.
@answers.right
def in_groups(network, num_classes, learning_rate):
    _outside, inside = network.fc.weight.shape
    head = nn.Linear(inside, num_classes).to(network.fc.weight)
    network.fc = head
    return torch.optim.Adam([{"params": [head.weight]}, {"params": [head.bias]}], lr=learning_rate)


# The type of the old head, and a partial for the optimizer.
@answers.right
def by_type(network, num_classes, learning_rate):
    adam = partial(torch.optim.Adam, lr=learning_rate)
    old = network.get_submodule("fc")
    network.add_module("fc", type(old)(old.in_features, num_classes, bias=True, device=old.weight.device))
    return adam([parameter for name, parameter in network.named_parameters() if name in ("fc.weight", "fc.bias")])


# Within a device context, as an object.
class NewHead:
    def __call__(self, network, num_classes, learning_rate):
        with network.fc.weight.device:
            network._modules["fc"] = nn.Linear(network.fc.in_features, out_features=num_classes)
        return torch.optim.Adam(list(network.fc.parameters()), learning_rate)


answers.right(NewHead())


@answers.wrong("raises", "512 features always: crashes on a ResNet-50 or a narrow network")
def always_512(network, num_classes, learning_rate):
    network.fc = nn.Linear(512, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("all-parameters", "the optimizer holds all parameters, not the head's alone")
def over_all(network, num_classes, learning_rate):
    _replace(network, num_classes)
    return torch.optim.Adam(network.parameters(), lr=learning_rate)


@answers.wrong("old-head", "the optimizer is made before the new layer: it moves the old one")
def old_parameters(network, num_classes, learning_rate):
    optimizer = torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
    _replace(network, num_classes)
    return optimizer


@answers.wrong("device", "the new layer is on the CPU, wherever the network is")
def on_the_cpu(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes, device="cpu")
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("not-linear", "a softmax behind the layer: outputs are no logits, and fc is no linear layer")
def with_softmax(network, num_classes, learning_rate):
    head = _replace(network, num_classes)
    network.fc = nn.Sequential(head, nn.Softmax(dim=1))
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("learning-rate", "the learning rate is never read: Adam's 0.001")
def default_rate(network, num_classes, learning_rate):
    return torch.optim.Adam(_replace(network, num_classes).parameters())


@answers.wrong("touched-modes", "puts the network into training mode: parts in evaluation mode lose it")
def into_train(network, num_classes, learning_rate):
    _replace(network, num_classes)
    network.train()
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("num-classes", "works on a copy: the caller's network keeps its old head")
def on_a_copy(network, num_classes, learning_rate):
    return torch.optim.Adam(_replace(copy.deepcopy(network), num_classes).parameters(), lr=learning_rate)


@answers.wrong("part-of-head", "only the weight is given to the optimizer: the bias never moves")
def weight_only(network, num_classes, learning_rate):
    return torch.optim.Adam([_replace(network, num_classes).weight], lr=learning_rate)


@answers.wrong(
    "head-frozen", "takes requires_grad over from the old head: in a frozen network the new layer does not train"
)
def as_frozen_as_the_old(network, num_classes, learning_rate):
    trains = network.fc.weight.requires_grad
    _replace(network, num_classes).requires_grad_(trains)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "leaves-behind", "seeds torch's random state: every seed gets the same head, and all draws afterwards are the same"
)
def seeds(network, num_classes, learning_rate):
    torch.manual_seed(0)
    return torch.optim.Adam(_replace(network, num_classes).parameters(), lr=learning_rate)


@answers.wrong(
    "old-head-kept", "a new layer only where the number of classes differs: with as many classes the old one stays"
)
def only_if_other(network, num_classes, learning_rate):
    if network.fc.out_features != num_classes:
        _replace(network, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
