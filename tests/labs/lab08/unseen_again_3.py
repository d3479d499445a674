"""More answers to 08.3 by someone who knew the exercise and not its check."""

import copy
import pickle

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("08.3", "check_classifier")


def width(layers):
    return [module for module in layers[-1][0].modules() if isinstance(module, nn.Linear)][-1].out_features


# A module of its own with a ModuleList; copies by pickle.
class Network(nn.Module):
    def __init__(self, encoders, size, num_classes):
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.head = nn.Linear(size, num_classes)

    def forward(self, images):
        rows = images.reshape(images.shape[0], -1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


@answers.right
def by_pickle(layers, num_classes):
    encoders = pickle.loads(pickle.dumps([encoder for encoder, _ in layers]))
    network = Network(encoders, width(layers), num_classes).train()
    for p in network.parameters():
        p.requires_grad = True
    return network


# The size from a linear layer among the modules; one deepcopy of all encoders at once; modules added by name.
@answers.right
def by_name(layers, num_classes):
    network = nn.Sequential()
    network.add_module("flat", nn.Flatten(1))
    for depth, encoder in enumerate(copy.deepcopy([pair[0] for pair in layers])):
        network.add_module(f"encoder{depth}", encoder)
    size = [m for m in network.modules() if isinstance(m, nn.Linear)][-1].out_features
    network.add_module("head", nn.Linear(size, num_classes))
    return network.requires_grad_().train()


# Copies of all pairs, of which the decoders are dropped; nested in two sequences; parameters switched on one by one.
@answers.right
def pairs_copied(layers, num_classes):
    encoders, _ = zip(*copy.deepcopy(list(layers)), strict=False)
    body = nn.Sequential(nn.Flatten(), nn.Sequential(*encoders))
    network = nn.Sequential(body, nn.Linear(width(layers), num_classes, bias=True))
    for module in network.modules():
        module.training = True
        for p in module.parameters(recurse=False):
            p.requires_grad_(True)
    return network


def copies(layers):
    return [copy.deepcopy(encoder) for encoder, _ in layers]


@answers.wrong(
    "shares", "no copies: fine-tuning changes the pretrained layers, the second run begins where the first ended"
)
def no_copies(layers, num_classes):
    encoders = [encoder for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


@answers.wrong("frozen", "requires_grad stays as it is: encoders that pretraining froze do not train")
def stays_frozen(layers, num_classes):
    return nn.Sequential(nn.Flatten(), *copies(layers), nn.Linear(width(layers), num_classes)).train()


@answers.wrong(
    "layers-requires-grad",
    "requires_grad is switched on in the given encoders, then they are copied: the frozen layers are thawed",
)
def thaws_the_layers(layers, num_classes):
    for encoder, _ in layers:
        encoder.requires_grad_(True)
    return nn.Sequential(nn.Flatten(), *copies(layers), nn.Linear(width(layers), num_classes)).train()


@answers.wrong("shape", "num_classes is never read, always ten logits")
def ten_classes(layers, num_classes):
    network = nn.Sequential(nn.Flatten(), *copies(layers), nn.Linear(width(layers), 10))
    return network.requires_grad_(True).train()


@answers.wrong("raises", "the code has 16 values by assumption: any other width crashes at the head")
def sixteen_values(layers, num_classes):
    network = nn.Sequential(nn.Flatten(), *copies(layers), nn.Linear(16, num_classes))
    return network.requires_grad_(True).train()


@answers.wrong("codes", "the linear layers of the copies are reset: the network starts from random weights")
def random_start(layers, num_classes):
    encoders = copies(layers)
    for encoder in encoders:
        for module in encoder.modules():
            if isinstance(module, nn.Linear):
                module.reset_parameters()
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


class InAList(nn.Module):
    """Keeps its encoders where parameters() does not see them."""

    def __init__(self, encoders, size, num_classes):
        super().__init__()
        self.encoders = encoders
        self.head = nn.Linear(size, num_classes)

    def forward(self, images):
        rows = images.flatten(1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


@answers.wrong(
    "unregistered", "encoders in a plain list: parameters() has the head alone, and an optimizer trains nothing else"
)
def in_a_list(layers, num_classes):
    encoders = [encoder.requires_grad_(True).train() for encoder in copies(layers)]
    return InAList(encoders, width(layers), num_classes)


@answers.wrong("final-relu", "a ReLU behind the head: logits below zero come out as zero")
def relu_at_the_end(layers, num_classes):
    parts = [*copies(layers), nn.Linear(width(layers), num_classes), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *parts).requires_grad_(True).train()


@answers.wrong("code-relu", "a ReLU behind every encoder, the last too: the linear code loses its negative values")
def relu_behind_the_code(layers, num_classes):
    parts = [part for encoder in copies(layers) for part in (encoder, nn.ReLU())]
    network = nn.Sequential(nn.Flatten(), *parts, nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


@answers.wrong("raises", "no flatten: images (N, 1, H, W) meet a linear layer for H * W values and crash")
def no_flatten(layers, num_classes):
    network = nn.Sequential(*copies(layers), nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


@answers.wrong("shares", "copy.copy is shallow: the copies share their weights with the pretrained layers")
def shallow(layers, num_classes):
    encoders = [copy.copy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


@answers.wrong(
    "layers-gradients", "gradients are cleared in the given encoders before they are copied: the layers lose theirs"
)
def clears_the_layers(layers, num_classes):
    for encoder, _ in layers:
        encoder.zero_grad()
    network = nn.Sequential(nn.Flatten(), *copies(layers), nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()


class Cut(Network):
    def forward(self, images):
        rows = images.flatten(1)
        with torch.no_grad():
            for encoder in self.encoders:
                rows = encoder(rows)
        return self.head(rows)


@answers.wrong("no-gradient", "encoders run under no_grad: requires_grad is on, but only the head ever gets a gradient")
def encoders_get_no_gradient(layers, num_classes):
    return Cut(copies(layers), width(layers), num_classes).requires_grad_(True).train()


class Kept:
    """Makes copies at the first call and uses them again."""

    def __init__(self):
        self.encoders = None

    def __call__(self, layers, num_classes):
        if self.encoders is None or len(self.encoders) != len(layers):
            self.encoders = copies(layers)
        network = nn.Sequential(nn.Flatten(), *self.encoders, nn.Linear(width(layers), num_classes))
        return network.requires_grad_(True).train()


answers.wrong(
    "shared-networks",
    "copies are made at the first call and used again: the second network begins where the first one ended",
)(Kept())


@answers.wrong("shares", "only the first encoder is copied, the others are the layers' own and move with the network")
def first_one_copied(layers, num_classes):
    first, *others = (encoder for encoder, _ in layers)
    network = nn.Sequential(nn.Flatten(), copy.deepcopy(first), *others, nn.Linear(width(layers), num_classes))
    return network.requires_grad_(True).train()
