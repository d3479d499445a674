"""What lab 05's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from resnet_labs.features import stage_features
from resnet_labs.train.evaluation import evaluating

# Why an answer can be right for few rows and wrong for many.
MANY_ROWS = "indices are kept in a type that is too small, or a number of rows or of neighbours is written down"


def means(network: nn.Module, images: Tensor, stages: Sequence[str]) -> dict[str, Tensor]:
    """Return what the collector should: each stage's mean over the pixels."""
    return {name: found.mean((2, 3)) for name, found in maps(network, images, stages).items()}


def maps(network: nn.Module, images: Tensor, stages: Sequence[str]) -> dict[str, Tensor]:
    return stage_features(network, images, stages)


def inputs(network: nn.Module, images: Tensor, stages: Sequence[str]) -> dict[str, Tensor]:
    """Return the mean over the pixels of what goes into each stage."""
    found: dict[str, Tensor] = {}

    def keep(name: str, given: Tensor) -> None:
        found[name] = given.mean((2, 3))

    handles = [
        network.get_submodule(name).register_forward_pre_hook(lambda part, given, name=name: keep(name, given[0]))
        for name in stages
    ]
    try:
        with evaluating(network), torch.no_grad():
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    return found


def neighbours(features: Tensor, count: int, *, largest: bool = False, itself: bool = False, power: int = 2) -> Tensor:
    """Return the rows' nearest rows, computed in float64: (N, count) indices, nearest first."""
    distances = torch.cdist(features.double(), features.double(), p=power)
    if not itself:
        distances.fill_diagonal_(-1.0 if largest else float("inf"))
    return distances.topk(min(count, len(features)), largest=largest).indices


def purity(near: Tensor, labels: Tensor) -> float:
    return (labels[near] == labels[:, None]).double().mean().item()


def vote(near: Tensor, labels: Tensor) -> float:
    """Return the share of rows whose neighbours' commonest label is the row's own."""
    return (labels[near].mode(1).values == labels).double().mean().item()


def kept(first: Tensor, second: Tensor) -> float:
    """Return the share of the first table's neighbours that are in the same row of the second."""
    return (first[:, :, None] == second[:, None, :]).any(2).double().mean().item()
