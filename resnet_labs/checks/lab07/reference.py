"""What lab 07's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def distances(points: Tensor, *, power: float = 2) -> Tensor:
    """Return all distances; coincident rows are apart by zero, with a gradient of zero."""
    gaps = (points[:, None] - points).abs()
    together = (gaps == 0).all(2)
    summed = (gaps.masked_fill(together[:, :, None], 1) ** power).sum(2)
    return (summed ** (1 / power)).masked_fill(together, 0)


def pairs(labels: Tensor, *, itself: bool = False) -> tuple[Tensor, Tensor]:
    """Return which pairs are positive and which negative; an example is its own positive only where asked for."""
    same = labels[:, None] == labels
    return same if itself else same & ~torch.eye(len(labels), dtype=torch.bool), ~same


def batch_hard(
    distance: Tensor,
    labels: Tensor,
    margin: float,
    *,
    farthest_positive: bool = True,
    nearest_negative: bool = True,
    itself: bool = False,
    hinge: bool = True,
    average: str = "usable",
) -> Tensor:
    """Return the mean loss of every usable anchor's hardest triplet; the arguments make it wrong."""
    positive, negative = pairs(labels, itself=itself)
    usable = positive.any(1) & negative.any(1)
    to_positive = _extreme(distance, positive, largest=farthest_positive)[usable]
    to_negative = _extreme(distance, negative, largest=not nearest_negative)[usable]
    losses = to_positive - to_negative + margin
    losses = losses.relu() if hinge else losses
    if average == "each":
        return losses
    counts = {
        "usable": int(usable.sum()),
        "sum": 1,
        "active": int((losses > 0).sum()),
        "batch": len(labels),
    }
    return losses.sum() / max(1, counts[average])


def _extreme(distance: Tensor, wanted: Tensor, *, largest: bool) -> Tensor:
    if largest:
        return distance.masked_fill(~wanted, -math.inf).amax(1)
    return distance.masked_fill(~wanted, math.inf).amin(1)


def all_triplets(
    distance: Tensor,
    labels: Tensor,
    margin: float,
    *,
    counted: str = "positive loss",
    itself: bool = False,
    hinge: bool = True,
    average: str = "counted",
) -> Tensor:
    """Return the mean loss of the triplets that count; the arguments make it wrong."""
    positive, negative = pairs(labels, itself=itself)
    losses = distance[:, :, None] - distance[:, None, :] + margin
    valid = positive[:, :, None] & negative[:, None, :]
    farther = distance[:, None, :] > distance[:, :, None]
    chosen = {
        "positive loss": valid & (losses > 0),
        "semihard": valid & (losses > 0) & farther,
        "every": valid,
        "farther": valid & farther,
        "nearer": valid & ~farther,
    }[counted]
    found = (losses.relu() if hinge else losses).masked_fill(~chosen, 0)
    if average == "anchor":
        means = found.sum((1, 2)) / chosen.sum((1, 2)).clamp(min=1)
        return means.sum() / chosen.any(2).any(1).sum().clamp(min=1)
    counts = {"counted": int(chosen.sum()), "sum": 1, "batch": len(labels), "table": chosen.numel()}
    return found.sum() / max(1, counts[average])


def center_loss(features: Tensor, labels: Tensor, centers: Tensor) -> Tensor:
    return (features - centers[labels]).square().sum(1).mean() / 2


def move_centers(features: Tensor, labels: Tensor, centers: Tensor, alpha: float, *, plus: int = 1) -> Tensor:
    """Return the centers after equation 4 of Wen et al.; `plus` is what is added to a class's count."""
    moved = centers.clone()
    for label in range(len(centers)):
        own = features[labels == label]
        if len(own):
            moved[label] -= alpha * (centers[label] - own).sum(0) / (plus + len(own))
    return moved
