"""Answers to 08.3 by someone who looked for what its check may not ask."""

import copy
from collections import OrderedDict
from functools import reduce

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("08.3", "check_classifier")


def width_of(encoder):
    return [part for part in encoder.modules() if isinstance(part, nn.Linear)][-1].out_features


def good(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width_of(encoders[-1]), num_classes))
    return network.requires_grad_(True).train()


class Folded(nn.Module):
    def __init__(self, encoders, num_classes):
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.head = nn.Linear(self.width, num_classes)
        for part in self.modules():
            part.training = True
        for parameter in self.parameters():
            parameter.requires_grad = True

    @property
    def width(self):
        return width_of(self.encoders[-1])

    def forward(self, images):
        return self.head(reduce(lambda rows, encoder: encoder(rows), self.encoders, images.flatten(start_dim=1)))


@answers.right
def folded(layers, num_classes):
    # Right: a class with its own forward; one deepcopy of the list of encoders, every part in training mode, all thawed.
    return Folded(copy.deepcopy([encoder for encoder, _ in layers]), num_classes)


@answers.right
def named_parts(layers, num_classes):
    # Right: named parts in an OrderedDict; the whole network is copied at the end, so nothing is shared with the layers.
    parts = OrderedDict(flatten=nn.Flatten())
    for number, (encoder, _) in enumerate(layers, 1):
        parts[f"encoder{number}"] = encoder
    parts["head"] = nn.Linear(width_of(layers[-1][0]), num_classes)
    network = copy.deepcopy(nn.Sequential(parts))
    network.train()
    for parameter in network.parameters():
        parameter.requires_grad_()
    return network


@answers.wrong("no-relu", "builds the encoders anew, with a ReLU after all but the last, whatever they ended with")
def rebuilt(layers, num_classes):
    parts = [nn.Flatten()]
    for depth, (encoder, _) in enumerate(layers):
        old = [part for part in encoder.modules() if isinstance(part, nn.Linear)][-1]
        new = nn.Linear(old.in_features, old.out_features).to(old.weight.device, old.weight.dtype)
        new.load_state_dict(old.state_dict())
        parts += [new, nn.ReLU()] if depth < len(layers) - 1 else [new]
    return nn.Sequential(*parts, nn.Linear(width_of(layers[-1][0]), num_classes)).train()


_networks = {}


@answers.wrong(
    "shared-networks", "remembers the network of a list of layers: the second fine-tuning begins where the first ended"
)
def remembered(layers, num_classes):
    key = id(layers[0][0]), len(layers), num_classes
    if key not in _networks:
        _networks[key] = layers, good(layers, num_classes)
    return _networks[key][1].requires_grad_(True).train()


class Squeezed(nn.Module):
    def forward(self, images):
        return images.squeeze().flatten(1)


@answers.wrong("raises", "squeeze before flatten: a single image loses its first axis")
def squeezed(layers, num_classes):
    network = good(layers, num_classes)
    network[0] = Squeezed()
    return network.train()


@answers.wrong("layers-gradients", "clears the gradients of the pretrained encoders before it copies them")
def clears_gradients(layers, num_classes):
    for encoder, _ in layers:
        encoder.zero_grad()
    return good(layers, num_classes)


@answers.wrong(
    "shares", "new parameters around the old storage: every step of fine-tuning also changes the pretrained weights"
)
def shared_storage(layers, num_classes):
    network = good(layers, num_classes)
    for new, (old, _) in zip(list(network)[1:-1], layers, strict=True):
        for mine, theirs in zip(new.parameters(), old.parameters(), strict=True):
            mine.data = theirs.data
    return network


@answers.wrong(
    "leaves-behind", "sets torch's seed, so that every run has the same head: the program's random numbers start over"
)
def seeded(layers, num_classes):
    torch.manual_seed(0)
    return good(layers, num_classes)


@answers.wrong("shape", "two classes get a single logit")
def one_logit_for_two(layers, num_classes):
    return good(layers, num_classes if num_classes > 2 else 1)


class OnlyWhileTraining(nn.Sequential):
    def forward(self, images):
        with torch.set_grad_enabled(self.training):
            return super().forward(images)


@answers.wrong("too-many", "decoders come along as parts that are never used: too many parameters")
def with_decoders(layers, num_classes):
    network = good(layers, num_classes)
    network.decoders = nn.ModuleList(copy.deepcopy(decoder) for _, decoder in layers)
    run = list(network)[:-1]
    network.forward = lambda images: reduce(lambda rows, part: part(rows), run, images)
    return network
