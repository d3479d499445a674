"""What lab 07's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from resnet_labs.checks._engine import Probe

_IN_PLACE = (
    "something was changed in place: `masked_fill` makes a new table, `fill_diagonal_` and `table[mask] = 0` do not"
)


def differentiated(
    probe: Probe,
    function: Callable[..., Any],
    inputs: Tensor,
    *args: Any,
    gradient_hint: str,
    number: str = "a Python number is returned; leave out `.item()` and `float(...)`",
    **how: Any,
) -> tuple[Tensor, Callable[[], Tensor]]:
    """Call the function; return its value, and what gives the gradient of the value's weighted sum for the inputs.

    It gets copies, so that an answer that changes them in place spoils no later check. `number` is the cause to name
    where it returns a number.
    """
    leaf = inputs.clone().requires_grad_()
    copies = [it.clone() if isinstance(it, Tensor) else it for it in args]
    value = probe.call(function, leaf.clone(), *copies, **how)
    probe.expect(
        isinstance(value, Tensor),
        "not-a-tensor",
        tested=how["tested"],
        expected="a tensor, so that gradients can flow back",
        got=value,
        cause=number if isinstance(value, (int, float, np.number)) else "return one tensor and nothing else",
        hint=gradient_hint,
    )

    def gradient() -> Tensor:
        tested = f"the gradient of {how['tested']}"
        probe.expect(
            value.requires_grad,
            "no-gradient",
            tested=tested,
            expected="a gradient for every input",
            got="a value that is cut off from the inputs",
            cause="`.detach()`, `.data`, `.item()`, NumPy or `torch.no_grad()` on the way, or a new tensor of zeros",
            hint=gradient_hint,
        )
        try:
            (found,) = torch.autograd.grad((value * weights(value)).sum(), leaf, allow_unused=True)
        except RuntimeError as error:
            if "inplace" not in str(error):
                raise
            got = "torch's error that a tensor the gradient needs was modified by an inplace operation"
            raise probe.failure(
                "in-place", tested=tested, expected="a gradient", got=got, cause=_IN_PLACE, hint=gradient_hint
            ) from error
        return torch.zeros_like(leaf) if found is None else found

    return value, gradient


def gradient_of(function: Callable[..., Tensor], inputs: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    leaf = inputs.clone().requires_grad_()
    value = function(leaf, *args, **kwargs)
    return torch.autograd.grad((value * weights(value)).sum(), leaf)[0]


def weights(value: Tensor) -> Tensor:
    """Return another factor for every entry, so that no two gradients cancel."""
    return torch.linspace(1, 2, value.numel(), dtype=value.dtype).reshape(value.shape)


class Calls(TorchFunctionMode):
    """Notes which of torch's functions are called: a loop over rows calls many."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))


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
    average: str = "usable",
) -> Tensor:
    """Return the mean loss of every usable anchor's hardest triplet; the arguments make it wrong."""
    positive, negative = pairs(labels, itself=itself)
    usable = positive.any(1) & negative.any(1)
    to_positive = _extreme(distance, positive, largest=farthest_positive)[usable]
    to_negative = _extreme(distance, negative, largest=not nearest_negative)[usable]
    losses = (to_positive - to_negative + margin).relu()
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
