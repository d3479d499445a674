"""Answers to 08.3 by students who know its text alone."""

import copy
from collections import OrderedDict

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("08.3", "check_classifier")


def width(layers):
    """Return how many values the last encoder gives."""
    return [part for part in layers[-1][0].modules() if isinstance(part, nn.Linear)][-1].out_features


# (a) what students commonly do


@answers.wrong("shares", "no copy: fine-tuning moves the pretrained encoders")
def no_copy(layers, num_classes):
    network = nn.Sequential(nn.Flatten(), *(encoder for encoder, _ in layers), nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


@answers.wrong("frozen", "nothing is thawed: encoders that the pretraining froze do not train")
def still_frozen(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    return nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes)).train()


@answers.wrong("final-relu", "a ReLU behind the last layer: negative logits become zero")
def relu_at_the_end(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes), nn.ReLU())
    return network.requires_grad_(True).train()


# (b) right for the visible count of parameters


@answers.wrong("codes", "new encoders of the same sizes: random weights instead of the pretrained ones")
def random_again(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes))
    for part in network.modules():
        if isinstance(part, nn.Linear):
            part.reset_parameters()
    return network.requires_grad_(True).train()


@answers.wrong(
    "code-relu",
    "builds linear layers with a ReLU behind each: shows for the code, which has none, and for other functions",
)
def relu_behind_each(layers, num_classes):
    parts = [nn.Flatten()]
    for encoder, _ in layers:
        linear = next(part for part in encoder.modules() if isinstance(part, nn.Linear))
        parts += [copy.deepcopy(linear), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(width(layers), num_classes)).requires_grad_(True).train()


class Squeezing(nn.Module):
    def __init__(self, encoders, head):
        super().__init__()
        self.encoders, self.head = nn.Sequential(*encoders), head

    def forward(self, images):
        return self.head(self.encoders(images.squeeze().flatten(1)))


@answers.wrong("raises", "squeezes the images: shows for a batch of one, which loses its axis")
def squeezes(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    return Squeezing(encoders, nn.Linear(width(layers), num_classes)).requires_grad_(True).train()


@answers.wrong("codes", "copies the weights and forgets the biases: shows once these are not as new ones are")
def biases_forgotten(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    for encoder in encoders:
        for part in encoder.modules():
            if isinstance(part, nn.Linear):
                nn.init.zeros_(part.bias)
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


# (c) promises broken


@answers.wrong("layers-requires-grad", "thaws the pretrained encoders before it copies: their requires_grad changes")
def thaws_the_layers(layers, num_classes):
    encoders = [encoder.requires_grad_(True) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes))
    return copy.deepcopy(network).train()


@answers.wrong("layers-gradients", "clears the gradients of the pretrained encoders before it copies")
def clears_gradients(layers, num_classes):
    encoders = []
    for encoder, _ in layers:
        encoder.zero_grad()
        encoders.append(copy.deepcopy(encoder))
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


_networks = {}


@answers.wrong(
    "shared-networks",
    "gives the same network again for the same layers: a second fine-tuning begins where the first ended",
)
def built_once(layers, num_classes):
    key = (*(id(encoder) for encoder, _ in layers), num_classes)
    if key not in _networks:
        encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
        network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes))
        _networks[key] = layers, network.requires_grad_(True).train()  # the layers too, so that no id comes again
    return _networks[key][1]


class Cut(nn.Module):
    def __init__(self, encoders, head):
        super().__init__()
        self.encoders, self.head = nn.Sequential(nn.Flatten(), *encoders), head

    def forward(self, images):
        with torch.no_grad():
            codes = self.encoders(images)
        return self.head(codes)


@answers.wrong("no-gradient", "runs the encoders without a graph: requires_grad is on, and yet they get no gradient")
def cut_below_the_head(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    return Cut(encoders, nn.Linear(width(layers), num_classes)).requires_grad_(True).train()


# right


@answers.right
def copied_at_once(layers, num_classes):
    parts = OrderedDict(flat=nn.Flatten())
    for number, (encoder, _) in enumerate(layers, start=1):
        parts[f"layer{number}"] = encoder
    body = copy.deepcopy(parts)
    example = next(layers[-1][0].parameters())
    head = nn.Linear(width(layers), num_classes, device=example.device, dtype=example.dtype)
    network = nn.Sequential(OrderedDict([*body.items(), ("head", head)]))
    network.train(True)
    for parameter in network.parameters():
        parameter.requires_grad = True
    return network


class Classifier(nn.Module):
    def __init__(self, encoders, num_features, num_classes):
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.head = nn.Linear(num_features, num_classes)

    def forward(self, images):
        rows = images.reshape(images.shape[0], -1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


@answers.right
def a_class(layers, num_classes):
    encoders = copy.deepcopy([encoder for encoder, _ in layers])
    weights = [value for encoder in encoders for value in encoder.parameters() if value.ndim == 2]
    network = Classifier(encoders, len(weights[-1]), num_classes).to(weights[-1])
    return network.requires_grad_().train()


def body(layers):
    """Return copies of the encoders behind a Flatten, built from the last one down."""
    if not layers:
        return nn.Sequential(nn.Flatten())
    *lower, (encoder, _) = layers
    return body(lower).append(copy.deepcopy(encoder))


@answers.right
def by_recursion(layers, num_classes):
    network = body(layers)
    last = [part for part in network.modules() if isinstance(part, nn.Linear)].pop()
    head = nn.Linear(last.weight.shape[0], num_classes).to(last.weight)
    return network.append(head).train().requires_grad_(True)
