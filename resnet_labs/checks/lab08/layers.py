"""Untrained layers for the checks to train, and the weights of modules as one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

Layer = tuple[nn.Module, nn.Module]


def new_layers(sizes: Sequence[int]) -> list[Layer]:
    """Return untrained layers; the first gives back values through a sigmoid, the others through a ReLU."""
    return [
        (
            nn.Sequential(nn.Linear(before, after), nn.ReLU()).double(),
            nn.Sequential(nn.Linear(after, before), nn.ReLU() if depth else nn.Sigmoid()).double(),
        )
        for depth, (before, after) in enumerate(pairwise(sizes))
    ]


def flat(*modules: nn.Module) -> Tensor:
    """Return all weights of the modules in one row."""
    return torch.cat([weight.detach().flatten() for module in modules for weight in module.parameters()])
