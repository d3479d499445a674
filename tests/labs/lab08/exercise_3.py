"""Right and wrong answers to exercise 08.3: a classifier on the pretrained encoders."""

from __future__ import annotations

import copy

import torch
from helpers.answers import Answers
from torch import nn


def _encoders(layers):
    return copy.deepcopy([encoder for encoder, _ in layers])


def _build(*parts):
    return nn.Sequential(nn.Flatten(), *parts).requires_grad_(True)


def _width(layers):
    return layers[-1][0][0].out_features


answers = Answers("08.3", "check_classifier")


@answers.wrong("codes")
def new_encoders(layers, num_classes):
    fresh = _encoders(layers)
    for encoder in fresh:
        encoder[0].reset_parameters()
    return _build(*fresh, nn.Linear(_width(layers), num_classes))


@answers.wrong("raises")
def without_flatten(layers, num_classes):
    return nn.Sequential(*_encoders(layers), nn.Linear(_width(layers), num_classes)).requires_grad_(True)


@answers.wrong("final-relu")
def the_report_s_relu(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), num_classes), nn.ReLU())


@answers.wrong("softmax")
def softmax_at_the_end(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), num_classes), nn.Softmax(1))


@answers.wrong("no-relu")
def last_relu_lost(layers, num_classes):
    encoders = _encoders(layers)
    return _build(*encoders[:-1], encoders[-1][0], nn.Linear(_width(layers), num_classes))


@answers.wrong("code-relu")
def relu_behind_the_code(layers, num_classes):
    return _build(*_encoders(layers), nn.ReLU(), nn.Linear(_width(layers), num_classes))


@answers.wrong("layer-missing")
def last_encoder_left_out(layers, num_classes):
    encoders = _encoders(layers)
    return _build(*encoders[:-1], nn.Linear(encoders[-1][0].in_features, num_classes))


@answers.wrong("shape")
def ten_classes_always(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), 10))


@answers.wrong("codes-shape")
def decoders_inside(layers, num_classes):
    layers = copy.deepcopy(layers)
    downs, ups = [down for down, _ in layers], [up for _, up in reversed(layers)]
    return _build(*downs, *ups, nn.Linear(layers[0][0][0].in_features, num_classes))


@answers.wrong("frozen")
def stays_frozen(layers, num_classes):
    return nn.Sequential(nn.Flatten(), *_encoders(layers), nn.Linear(_width(layers), num_classes))


@answers.wrong("frozen")
def only_the_head_trains(layers, num_classes):
    network = _build(*_encoders(layers), nn.Linear(_width(layers), num_classes))
    network[1:-1].requires_grad_(False)
    return network


@answers.wrong("shares")
def no_copy(layers, num_classes):
    return _build(*(encoder for encoder, _ in layers), nn.Linear(_width(layers), num_classes))


@answers.wrong("unregistered")
class _ListOfEncoders(nn.Module):
    def __init__(self, layers, num_classes):
        super().__init__()
        self.encoders, self.head = _encoders(layers), nn.Linear(_width(layers), num_classes)

    def forward(self, images):
        rows = images.flatten(1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


@answers.wrong("no-gradient")
class _Fixed(nn.Module):
    def __init__(self, layers, num_classes):
        super().__init__()
        self.encoders = nn.Sequential(*_encoders(layers))
        self.head = nn.Linear(_width(layers), num_classes)
        self.requires_grad_(True)

    def forward(self, images):
        with torch.no_grad():
            rows = self.encoders(images.flatten(1))
        return self.head(rows)


@answers.wrong("codes-shape")
def two_heads(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), 12), nn.Linear(12, num_classes))


@answers.wrong("no-return")
def classifier_without_return(layers, num_classes):
    _build(*_encoders(layers), nn.Linear(_width(layers), num_classes))


@answers.right
class _Own(nn.Module):
    def __init__(self, layers, num_classes):
        super().__init__()
        self.body = nn.ModuleList(_encoders(layers))
        self.last = nn.Linear(_width(layers), num_classes)
        for weight in self.parameters():
            weight.requires_grad = True

    def forward(self, x):
        x = x.reshape(len(x), -1)
        for part in self.body:
            x = part(x)
        return self.last(x)


@answers.right
def classifier_by_state_dicts(layers, num_classes):
    fresh = []
    for encoder, _ in layers:
        linear = nn.Linear(encoder[0].in_features, encoder[0].out_features)
        linear.double().load_state_dict(encoder[0].state_dict())
        fresh += [linear, *encoder[1:]]
    return nn.Sequential(nn.Flatten(), *fresh, nn.Linear(_width(layers), num_classes).double())


@answers.right
def classifier_head_first(layers, num_classes):
    head = nn.Linear(_width(layers), num_classes)
    whole = copy.deepcopy(nn.ModuleList([encoder for encoder, _ in layers]))
    network = nn.Sequential()
    network.add_module("flat", nn.Flatten(start_dim=1))
    for number, encoder in enumerate(whole):
        network.add_module(f"layer{number}", encoder)
    network.add_module("fc", head)
    for weight in network.parameters():
        weight.requires_grad_()
    return network


@answers.wrong("shape")
def one_logit_for_two_classes(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), num_classes if num_classes > 2 else 1))
