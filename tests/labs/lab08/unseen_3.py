"""Answers to 08.3 by someone who knew the exercise and not its check."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("08.3", "check_classifier")


def good(layers, num_classes, *, encoders=None, head=None, tail=()):
    encoders = copy.deepcopy([e for e, _ in layers]) if encoders is None else encoders
    linear = nn.Linear(encoders[-1][0].out_features, num_classes).to(encoders[-1][0].weight)
    return nn.Sequential(nn.Flatten(), *encoders, linear, *tail).requires_grad_(True)


@answers.wrong("device", "1: the head is made on the CPU, the encoders are elsewhere")
def cpu_head(layers, num_classes):
    encoders = copy.deepcopy([e for e, _ in layers])
    head = nn.Linear(encoders[-1][0].out_features, num_classes, device="cpu")
    return nn.Sequential(nn.Flatten(), *encoders, head).requires_grad_(True)


@answers.wrong("device", "1: everything is moved to the CPU")
def to_cpu(layers, num_classes):
    return good(layers, num_classes).to("cpu")


@answers.wrong("raises", "2: 128 values reach the head")
def width(layers, num_classes):
    encoders = copy.deepcopy([e for e, _ in layers])
    return nn.Sequential(
        nn.Flatten(), *encoders, nn.Linear(128, num_classes).to(encoders[-1][0].weight)
    ).requires_grad_(True)


@answers.wrong("shape", "2: ten classes")
def ten(layers, num_classes):
    return good(layers, 10)


@answers.wrong("codes-shape", "2: three encoders, more are left out")
def three(layers, num_classes):
    return good(layers[:3], num_classes)


@answers.wrong("code-relu", "2: new linear layers and ReLUs with copied weights: a code without a ReLU gets one")
def rebuilt(layers, num_classes):
    parts = [nn.Flatten()]
    for encoder, _ in layers:
        new = nn.Linear(encoder[0].in_features, encoder[0].out_features).to(encoder[0].weight)
        new.load_state_dict(encoder[0].state_dict())
        parts += [new, nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(layers[-1][0][0].out_features, num_classes).to(layers[-1][0][0].weight))


@answers.wrong("codes", "3: a single layer: the last but one width")
def single(layers, num_classes):
    return good(
        layers
        if len(layers) > 1
        else [(nn.Sequential(nn.Linear(layers[0][0][0].in_features, layers[0][0][0].out_features), nn.ReLU()), None)],
        num_classes,
    )


@answers.wrong("layers-requires-grad", "4: the pretrained layers are thawed too")
def thaws(layers, num_classes):
    for encoder, decoder in layers:
        encoder.requires_grad_(True)
        decoder.requires_grad_(True)
    return good(layers, num_classes)


@answers.wrong("shares", "4: shallow copies: weights are shared")
def shallow(layers, num_classes):
    return good(layers, num_classes, encoders=[copy.copy(e) for e, _ in layers])


@answers.wrong("shares", "4: the same modules")
def same(layers, num_classes):
    return good(layers, num_classes, encoders=[e for e, _ in layers])


@answers.wrong("mode", "4: comes in evaluation mode")
def evaluating(layers, num_classes):
    return good(layers, num_classes).eval()


@answers.wrong("leaves-behind", "4: seeds")
def seeds(layers, num_classes):
    torch.manual_seed(0)
    return good(layers, num_classes)


@answers.wrong("layers-gradients", "4: old gradients of pretraining are copied along and the layers' own are cleared")
def clears(layers, num_classes):
    for encoder, decoder in layers:
        encoder.zero_grad()
        decoder.zero_grad()
    return good(layers, num_classes)


@answers.wrong("frozen", "4: the encoders that came frozen stay frozen")
def frozen(layers, num_classes):
    encoders = copy.deepcopy([e for e, _ in layers])
    return nn.Sequential(
        nn.Flatten(), *encoders, nn.Linear(encoders[-1][0].out_features, num_classes).to(encoders[-1][0].weight)
    )


@answers.wrong("softmax", "6: softmax at the end")
def softmax(layers, num_classes):
    return good(layers, num_classes, tail=[nn.Softmax(1)])


@answers.wrong("final-relu", "6: ReLU at the end, the report's fault")
def relu(layers, num_classes):
    return good(layers, num_classes, tail=[nn.ReLU()])


@answers.wrong("raises", "6: no flatten")
def no_flatten(layers, num_classes):
    encoders = copy.deepcopy([e for e, _ in layers])
    return nn.Sequential(
        *encoders, nn.Linear(encoders[-1][0].out_features, num_classes).to(encoders[-1][0].weight)
    ).requires_grad_(True)


@answers.wrong("codes", "6: new random weights")
def random(layers, num_classes):
    network = good(layers, num_classes)
    for part in network.modules():
        if isinstance(part, nn.Linear):
            part.reset_parameters()
    return network


@answers.wrong("code-relu", "6: a ReLU between the code and the head")
def relu_code(layers, num_classes):
    encoders = copy.deepcopy([e for e, _ in layers])
    return nn.Sequential(
        nn.Flatten(),
        *encoders,
        nn.ReLU(),
        nn.Linear(encoders[-1][0].out_features, num_classes).to(encoders[-1][0].weight),
    ).requires_grad_(True)


@answers.wrong("raises", "6: encoders and decoders")
def all_parts(layers, num_classes):
    parts = copy.deepcopy([p for e, d in layers for p in (e, d)][:-1])
    return nn.Sequential(
        nn.Flatten(), *parts, nn.Linear(layers[-1][0][0].out_features, num_classes).to(layers[-1][0][0].weight)
    ).requires_grad_(True)


@answers.wrong("unregistered", "6: encoders in a Python list of a module")
def hidden(layers, num_classes):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoders = copy.deepcopy([e for e, _ in layers])
            self.head = nn.Linear(self.encoders[-1][0].out_features, num_classes).to(self.encoders[-1][0].weight)

        def forward(self, x):
            x = x.flatten(1)
            for e in self.encoders:
                x = e(x)
            return self.head(x)

    return Network()


@answers.right
def module(layers, num_classes):
    """A module of its own."""

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoders = nn.ModuleList(copy.deepcopy(e) for e, _ in layers)
            last = [m for m in self.encoders[-1].modules() if isinstance(m, nn.Linear)][-1]
            self.head = nn.Linear(last.out_features, num_classes, device=last.weight.device, dtype=last.weight.dtype)
            for parameter in self.parameters():
                parameter.requires_grad = True

        def forward(self, images):
            rows = images.reshape(images.shape[0], -1)
            for encoder in self.encoders:
                rows = encoder(rows)
            return self.head(rows)

    return Network()


@answers.right
def one_by_one(layers, num_classes):
    """Deep copies one by one; the head by the shape of the weight."""
    network = nn.Sequential(nn.Flatten())
    for encoder, _ in layers:
        network.append(copy.deepcopy(encoder).train())
    weight = layers[-1][0][0].weight
    head = nn.Linear(weight.shape[0], num_classes).to(weight)
    nn.init.zeros_(head.bias)
    network.append(head)
    for parameter in network.parameters():
        parameter.requires_grad_()
    return network


@answers.right
def copy_of_all(layers, num_classes):
    """The whole list is copied, decoders too."""
    copies = copy.deepcopy(layers)
    stack = nn.Sequential(*[encoder for encoder, _ in copies])
    head = nn.Linear(copies[-1][1][0].in_features, num_classes).to(
        copies[-1][0][0].weight.device, copies[-1][0][0].weight.dtype
    )
    return nn.Sequential(nn.Flatten(1), stack, head).requires_grad_()


@answers.right
def state(layers, num_classes):
    """New modules that load the state dict, the activation kept."""
    parts = []
    for encoder, _ in layers:
        linear = nn.Linear(encoder[0].in_features, encoder[0].out_features).to(encoder[0].weight)
        linear.load_state_dict(encoder[0].state_dict())
        parts.append(nn.Sequential(linear, copy.deepcopy(encoder[1])))
    head = nn.Linear(parts[-1][0].out_features, num_classes).to(parts[-1][0].weight)
    return nn.Sequential(nn.Flatten(), *parts, head)
