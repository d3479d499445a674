"""Answers to 08.3 by students who know its text alone."""

import copy
from collections import OrderedDict

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("08.3", "check_classifier")


def _linear(module):
    return [part for part in module.modules() if isinstance(part, nn.Linear)][-1]


def _width(layers):
    return _linear(layers[-1][0]).out_features


@answers.wrong(
    "shares", "new parameters around the old storage (p.data): training the network changes the pretrained weights"
)
def shared_storage(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    for new, (old, _) in zip(encoders, layers, strict=False):
        for mine, given in zip(new.parameters(), old.parameters(), strict=False):
            mine.data = given.data
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(layers), num_classes))
    return network.requires_grad_(True).train()


@answers.wrong(
    "layers-requires-grad",
    "thaws the pretrained encoders and copies them then: what was frozen in the layers is frozen no longer",
)
def thaws_layers(layers, num_classes):
    encoders = [copy.deepcopy(encoder.requires_grad_(True)) for encoder, _ in layers]
    return nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(layers), num_classes)).train()


@answers.wrong("shape", "num_classes is never read: ten logits also for three classes")
def ten_classes(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(layers), 10))
    return network.requires_grad_(True).train()


@answers.wrong(
    "code-relu",
    "rebuilds each encoder as a linear layer and a ReLU: wrong logits where the code is linear (nn.Identity())",
)
def always_relu(layers, num_classes):
    parts = [nn.Flatten()]
    for encoder, _ in layers:
        parts += [copy.deepcopy(_linear(encoder)), nn.ReLU()]
    network = nn.Sequential(*parts, nn.Linear(_width(layers), num_classes))
    return network.requires_grad_(True).train()


_copies = {}


@answers.wrong(
    "shared-networks",
    "keeps the copies of an encoder: a second network from the same layers begins where the first one ended",
)
def kept_copies(layers, num_classes):
    encoders = [_copies.setdefault(encoder, copy.deepcopy(encoder)) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(layers), num_classes))
    return network.requires_grad_(True).train()


class Squeezed(nn.Module):
    def forward(self, images):
        return images.squeeze().flatten(1)


@answers.wrong(
    "raises", "squeezes the images: a batch of one becomes (H, W) and its rows are taken for images, a crash"
)
def squeezed(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(Squeezed(), *encoders, nn.Linear(_width(layers), num_classes))
    return network.requires_grad_(True).train()


class Viewed(nn.Module):
    def forward(self, images):
        return images.view(len(images), -1)


@answers.wrong("frozen", "thaws the last encoder only: one further down that was frozen stays so in the network")
def last_thawed(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    encoders[-1].requires_grad_(True)
    return nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(layers), num_classes)).train()


@answers.wrong(
    "leaves-behind",
    "seeds torch inside: every head is the same whatever the seed, and the caller's random state is lost",
)
def seeded(layers, num_classes):
    torch.manual_seed(0)
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(layers), num_classes))
    return network.requires_grad_(True).train()


@answers.wrong(
    "layers-gradients", "clears the gradients of the pretrained encoders before it copies them: they do not keep them"
)
def cleared(layers, num_classes):
    encoders = []
    for encoder, _ in layers:
        encoder.zero_grad()
        encoders.append(copy.deepcopy(encoder))
    network = nn.Sequential(nn.Flatten(), *encoders, nn.Linear(_width(layers), num_classes))
    return network.requires_grad_(True).train()


@answers.right
class Network(nn.Module):
    # A class in place of a function: calling it makes the network. The encoders lie in a ModuleList.
    def __init__(self, layers, num_classes):
        super().__init__()
        self.encoders = nn.ModuleList(copy.deepcopy(encoder) for encoder, _ in layers)
        self.head = nn.Linear(_width(layers), num_classes)
        for parameter in self.parameters():
            parameter.requires_grad = True
        self.train()

    def forward(self, images):
        rows = images.reshape(images.shape[0], -1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


@answers.right
def copy_of_all(layers, num_classes):
    # The whole list is copied at once; parts have names; the width is what the last decoder takes; old gradients go.
    pairs = copy.deepcopy(list(layers))
    width = next(part for part in pairs[-1][1].modules() if isinstance(part, nn.Linear)).in_features
    parts = OrderedDict(flat=nn.Flatten(start_dim=1))
    for number, (encoder, _) in enumerate(pairs, 1):
        parts[f"layer{number}"] = encoder
    parts["head"] = nn.Linear(width, num_classes)
    network = nn.Sequential(parts)
    network.zero_grad(set_to_none=True)
    return network.requires_grad_().train(True)


# A lambda, encoders nested in a Sequential of their own.
answers.right(
    lambda layers, num_classes: (
        nn.Sequential(
            nn.Sequential(nn.Flatten(), copy.deepcopy(nn.Sequential(*[pair[0] for pair in layers]))),
            nn.Linear(_width(layers), num_classes),
        )
        .train()
        .requires_grad_(True)
    )
)
