"""Stratified parts of a data set: every part has each class in the proportion of the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Int64
from torch import Tensor

from resnet_labs.data.images import ImageData
from resnet_labs.errors import InputError


def split(data: ImageData, fractions: Sequence[float], *, seed: int = 0) -> list[ImageData]:
    """Split a data set into disjoint parts, each with every class in the proportion of the whole.

    A part has exactly `fraction * len(data)` images, rounded; if the fractions sum to one, nothing is left over. Within
    a part the images keep their order.

    Args:
        data: what to split, for example the training split, to get a validation part.
        fractions: one share per part, each above 0, together at most 1.
        seed: decides which image goes where.

    Returns:
        One data set per fraction.

    Raises:
        InputError: a fraction that is not above 0, fractions that sum to more than 1, or a class so small that a part
            would have none of it.

    Source: proportional allocation by largest remainders.
    Equals: the class counts of scikit-learn's train_test_split(stratify=...), up to how ties are rounded.

    Example:
        >>> from resnet_labs.data import load
        >>> train, validation = split(load("digits", split="train"), [0.9, 0.1])
        >>> len(train), len(validation)
        (1294, 144)
    """
    parts = cut(data.labels, data.classes, fractions, seed=seed)
    return [data.subset(part) for part in parts]


def cut(
    labels: Int64[Tensor, " N"], classes: Sequence[str], fractions: Sequence[float], *, seed: int
) -> list[Int64[Tensor, " _"]]:
    """Return the sorted indices of each part; see `split`."""
    if not fractions or not all(fraction > 0 for fraction in fractions) or sum(fractions) > 1 + 1e-9:
        raise InputError(
            f"fractions are {list(fractions)}.",
            "Give one per part, each above 0, together at most 1, as in [0.9, 0.1].",
        )
    bounds = [round(len(labels) * math.fsum(fractions[:count])) for count in range(len(fractions) + 1)]
    sizes = [high - low for low, high in pairwise(bounds)]
    counts = labels.bincount(minlength=len(classes))
    used = torch.zeros_like(counts)
    rows = _shuffled_rows(labels, len(classes), seed)
    parts = []
    for size in sizes:
        share = _allocate(counts - used, size)
        _refuse_missing_class(classes, counts, share, size)
        picked = [row[start : start + n] for row, start, n in zip(rows, used.tolist(), share.tolist(), strict=True)]
        parts.append(torch.cat(picked).sort().values)
        used = used + share
    return parts


def choose(labels: Int64[Tensor, " N"], classes: Sequence[str], limit: int, *, seed: int) -> Int64[Tensor, " limit"]:
    """Return the sorted indices of a stratified subset of `limit` images."""
    if not 1 <= limit <= len(labels):
        raise InputError(f"limit is {limit}.", f"It must lie between 1 and {len(labels)}, the number of images there.")
    counts = labels.bincount(minlength=len(classes))
    share = _allocate(counts, limit)
    _refuse_missing_class(classes, counts, share, limit)
    rows = _shuffled_rows(labels, len(classes), seed)
    return torch.cat([row[:n] for row, n in zip(rows, share.tolist(), strict=True)]).sort().values


def _shuffled_rows(labels: Tensor, num_classes: int, seed: int) -> list[Tensor]:
    """Return the indices of each class in random order."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return [order[labels[order] == label] for label in range(num_classes)]


def _allocate(counts: Tensor, size: int) -> Tensor:
    """Return how many of `size` images each class gets: shares rounded down, then one each by largest remainder."""
    products = counts * size  # whole numbers, so that remainders are exact
    total = max(1, int(counts.sum()))  # earlier parts may have taken all
    share = products // total
    left = size - int(share.sum())
    remainders = products % total
    share[remainders.argsort(descending=True, stable=True)[:left]] += 1
    return share


def _refuse_missing_class(classes: Sequence[str], counts: Tensor, share: Tensor, size: int) -> None:
    missing = ((share == 0) & (counts > 0)).nonzero()
    if len(missing):
        label = int(missing[0])
        raise InputError(
            f"Class {classes[label]!r} has {int(counts[label])} of {int(counts.sum())} images, "
            f"so that a stratified part of {size} images gets none of it.",
            "Ask for a larger part, or leave that class out.",
        )
