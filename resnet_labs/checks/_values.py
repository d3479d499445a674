"""Plain values and comparisons that depend on nothing a notebook may have replaced, such as `torch.isclose`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Unknown:
    """Stands for a value of a kind that no answer has; it equals nothing."""

    def __init__(self, value: Any) -> None:
        self.name = type(value).__name__

    def __repr__(self) -> str:
        return f"an object of type {self.name}"


def plain(value: Any) -> Any:
    """Return the value built of Python's own types, so that `==` is Python's own too."""
    if value is None or type(value) in (bool, int, float, str, bytes, complex):
        return value
    for kind in (int, float, str):  # a subclass may have an `__eq__` of its own
        if isinstance(value, kind):
            return kind.__new__(kind, value)  # type: ignore[type-var]
    if isinstance(value, Tensor):
        return plain_tensor(value).tolist()
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value) if type(value) in (list, tuple) else [*map(plain, value)]
    if isinstance(value, (set, frozenset)):
        return {plain(item) for item in value}
    if isinstance(value, range):
        return list(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    return Unknown(value)


def plain_tensor(value: Tensor) -> Tensor:
    """Return the tensor's values on the CPU, without a graph, as a tensor of torch's own class."""
    return value.detach().as_subclass(Tensor).cpu()


def far(got: Tensor, want: Tensor, *, atol: float, rtol: float) -> Tensor:
    """Return where two float64 tensors of one shape differ by more than the tolerance; NaN agrees with NaN."""
    near = (got == want) | ((got - want).abs() <= atol + rtol * want.abs()) & (want.abs() != torch.inf)
    return ~(near | ((got != got) & (want != want)))


def same_bits(first: Tensor, second: Tensor) -> bool:
    """Return whether two tensors agree in shape, type and every value; NaN agrees with NaN."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    if first.is_meta or second.is_meta:  # without values
        return first.is_meta == second.is_meta
    first, second = first.detach(), second.detach()
    return not ((first != second) & ~((first != first) & (second != second))).any().item()
