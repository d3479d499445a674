"""Answers to 08.3 by students who know its text alone."""

import copy
from collections import OrderedDict

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("08.3", "check_classifier")


def _width(encoder):
    return [part for part in encoder.modules() if isinstance(part, nn.Linear)][-1].out_features


def _right(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(encoders[-1]), num_classes))
    return network.requires_grad_(True).train()


# ---------------------------------------------------------------- wrong


@answers.wrong("?", "no copy: the network shares its encoders with the layers, and fine-tuning changes them")
def no_copy(layers, num_classes):
    encoders = [encoder for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(encoders[-1]), num_classes))
    return network.train()


@answers.wrong("?", "a shallow copy.copy of each encoder: new modules, and the same weights inside")
def shallow_copy(layers, num_classes):
    encoders = [copy.copy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(encoders[-1]), num_classes))
    return network.train()


@answers.wrong("?", "requires_grad stays off where the pretraining left it off: such encoders do not train")
def frozen_parts_stay(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(encoders[-1]), num_classes))
    return network.train()


@answers.wrong("?", "thaws the given encoders and copies them after it: the layers do not keep their requires_grad")
def thaws_the_originals(layers, num_classes):
    for encoder, _ in layers:
        encoder.requires_grad_(True)
    return _right(layers, num_classes)


class _InAList(nn.Module):
    def __init__(self, encoders, head):
        super().__init__()
        self.encoders, self.head = encoders, head

    def forward(self, images):
        rows = images.flatten(1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


@answers.wrong("?", "the encoders are in a plain list: parameters() has the head alone, so nothing else trains")
def in_a_plain_list(layers, num_classes):
    encoders = [copy.deepcopy(encoder).requires_grad_(True).train() for encoder, _ in layers]
    return _InAList(encoders, nn.Linear(_width(encoders[-1]), num_classes))


@answers.wrong("?", "a ReLU behind the head, the report's own fault: logits below zero become zero")
def relu_at_the_end(layers, num_classes):
    return _right(layers, num_classes).append(nn.ReLU())


@answers.wrong("?", "a softmax behind the head: shares, not logits")
def softmax_at_the_end(layers, num_classes):
    return _right(layers, num_classes).append(nn.Softmax(dim=1))


@answers.wrong("?", "the encoders start from new random weights, not from the pretrained ones")
def starts_from_anew(layers, num_classes):
    network = _right(layers, num_classes)
    for part in network.modules():
        if isinstance(part, nn.Linear):
            part.reset_parameters()
    return network


@answers.wrong("?", "one more ReLU behind every encoder: a code below zero, which is linear, is cut to zero")
def relu_behind_the_code(layers, num_classes):
    parts = []
    for encoder, _ in layers:
        parts += [copy.deepcopy(encoder), nn.ReLU()]
    head = nn.Linear(_width(layers[-1][0]), num_classes)
    return nn.Sequential(nn.Flatten(), *parts, head).requires_grad_(True).train()


@answers.wrong("?", "new linear layers around the old weight.data: the memory is shared, and an optimizer changes both")
def shared_data(layers, num_classes):
    network = _right(layers, num_classes)
    for copied, (encoder, _) in zip(list(network)[1:], layers):
        for parameter, old in zip(copied.parameters(), encoder.parameters()):
            parameter.data = old.data
    return network


@answers.wrong("?", "clears the gradients of the given encoders before it copies, and the layers keep theirs")
def clears_old_gradients(layers, num_classes):
    for encoder, decoder in layers:
        encoder.zero_grad()
        decoder.zero_grad()
    return _right(layers, num_classes)


@answers.wrong("?", "ten logits whatever num_classes says: shows for another number of classes")
def always_ten(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(encoders[-1]), 10))
    return network.requires_grad_(True).train()


_built = {}


@answers.wrong(
    "?", "a second call for the same layers returns the first network: the second run begins where the first ended"
)
def remembers_the_network(layers, num_classes):
    key = (*(id(encoder) for encoder, _ in layers), num_classes)
    if key not in _built:
        _built[key] = _right(layers, num_classes), layers
    return _built[key][0]


# ---------------------------------------------------------------- right


@answers.right
def copies_the_whole(layers, num_classes):
    network = nn.Sequential(OrderedDict(flat=nn.Flatten()))
    for number, (encoder, _) in enumerate(layers):
        network.add_module(f"encoder_{number}", encoder)
    network = copy.deepcopy(network)  # everything at once
    network.add_module("head", nn.Linear(_width(network[-1]), num_classes))
    for parameter in network.parameters():
        parameter.requires_grad = True
        parameter.grad = None
    network.train()
    return network


class _Classifier(nn.Module):
    def __init__(self, encoders, num_classes):
        super().__init__()
        self.encoders = nn.ModuleList(copy.deepcopy(list(encoders)))
        self.head = nn.Linear(_width(self.encoders[-1]), num_classes)
        self.requires_grad_(True)
        self.train(True)

    def forward(self, images):
        rows = images.reshape(len(images), -1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


@answers.right
def with_a_class(layers, num_classes):
    return _Classifier((encoder for encoder, _ in layers), num_classes)


class _AndThen(nn.Module):
    def __init__(self, first, then):
        super().__init__()
        self.first, self.then = first, then

    def forward(self, rows):
        return self.then(self.first(rows))


@answers.right
def nested(layers, num_classes):
    network = nn.Flatten(start_dim=1)
    for encoder in next(zip(*layers)):
        network = _AndThen(network, copy.deepcopy(encoder).requires_grad_())
    network = _AndThen(network, nn.Linear(_width(layers[-1][0]), num_classes))
    return network.train()


@answers.right
def width_found_by_trying(layers, num_classes):
    encoders = nn.Sequential()
    for encoder, _decoder in layers:
        encoders.append(copy.deepcopy(encoder))
    first = next(encoders.parameters())
    with torch.no_grad():
        width = encoders(first.new_zeros(1, first.shape[1])).shape[-1]
    head = nn.Linear(width, num_classes, device=first.device, dtype=first.dtype)
    network = nn.Sequential(nn.Flatten(), encoders, head)
    for part in network.modules():
        part.training = True
        for parameter in part.parameters(recurse=False):
            parameter.requires_grad_(True)
    return network


@answers.right
def loaded_by_name(layers, num_classes):
    blank = copy.deepcopy([encoder for encoder, _ in layers])
    for new, (old, _) in zip(blank, layers):
        for parameter in new.parameters():
            parameter.data = torch.zeros_like(parameter.data)
            parameter.grad = None
        new.load_state_dict(old.state_dict())
    parts = [nn.Flatten(), *blank, nn.Linear(_width(blank[-1]), num_classes)]
    network = nn.Sequential(OrderedDict((f"part{k}", part) for k, part in enumerate(parts)))
    return network.train().requires_grad_()


class _Code(nn.Sequential):
    """The code of an image; a subclass adds what comes behind it."""

    def __init__(self, layers):
        super().__init__(*(copy.deepcopy(encoder) for encoder, _ in layers))

    def forward(self, images):
        return super().forward(torch.flatten(images, start_dim=1))


class _Logits(_Code):
    def __init__(self, layers, num_classes):
        super().__init__(layers)
        self.add_module("logits", nn.Linear(_width(self[len(self) - 1]), num_classes))


@answers.right
def by_inheritance(layers, num_classes):
    network = _Logits(layers, num_classes)
    network.requires_grad_(requires_grad=True)
    return network.train(mode=True)
