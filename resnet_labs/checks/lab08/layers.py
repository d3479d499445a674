"""Untrained layers for the checks to train, and the weights of modules as one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

Layer = tuple[nn.Module, nn.Module]


def new_layers(sizes: Sequence[int], *, code_relu: bool = False) -> list[Layer]:
    """Return untrained layers; the first gives back values through a sigmoid, the others through a ReLU.

    Args:
        sizes: values of an image, then the width of each layer.
        code_relu: whether a ReLU follows the last encoder, as it follows the others.
    """
    code = len(sizes) - 2
    return [
        (
            nn.Sequential(nn.Linear(before, after), nn.ReLU() if depth < code or code_relu else nn.Identity()).double(),
            nn.Sequential(nn.Linear(after, before), nn.ReLU() if depth else nn.Sigmoid()).double(),
        )
        for depth, (before, after) in enumerate(pairwise(sizes))
    ]


def flat(*modules: nn.Module) -> Tensor:
    """Return all weights of the modules in one row."""
    return torch.cat([weight.detach().flatten() for module in modules for weight in module.parameters()])
