"""Values, differences and errors in a few words, so that a check message fits on a screen."""

from __future__ import annotations

import dataclasses
import inspect
import linecache
import sysconfig
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped
from torch import Tensor, nn

from resnet_labs.checks._values import far, same_bits

_FEW = 8
_NOT_THE_LEARNERS = (
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(Path(__file__).parents[1]),
)


def show(value: Any) -> str:
    """Return the value where it is short, else its kind and shape."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (Tensor, np.ndarray)):
        size = value.numel() if isinstance(value, Tensor) else value.size
        return str(value.tolist()) if size <= _FEW else kind(value)
    text = repr(value)
    return text if len(text) <= 100 else kind(value)


def kind(value: Any) -> str:
    """Return what sort of value it is: `float32 (4, 1, 8, 8)` of a tensor, `ResNet` of a module, a number itself."""
    if isinstance(value, (Tensor, np.ndarray)):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:37] + "...")
    if isinstance(value, (list, tuple, set, Mapping)):
        return f"{type(value).__name__} of {len(value)}"
    return getattr(value, "__name__", type(value).__name__)


def counted(number: int, noun: str, plural: str = "s") -> str:
    """Return a number of things in words: `1 hook`, `2 hooks`."""
    return f"{number} {noun}{plural if number != 1 else ''}"


def call_text(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Return the call as one would write it, with kinds in the place of values."""
    parts = [*map(kind, args), *(f"{name}={kind(value)}" for name, value in kwargs.items())]
    return f"{kind(function)}({', '.join(parts)})"


def error_text(error: BaseException) -> str:
    """Return the error in one line, with the last line of the learner's own code that it went through."""
    message = " ".join(str(error).split())
    text = f"{type(error).__name__}: {message if len(message) <= 300 else message[:297] + '...'}"
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        filename = frame.f_code.co_filename
        if filename.startswith(_NOT_THE_LEARNERS) or (filename[0] == "<" and not filename.startswith("<ipython-input")):
            continue
        line = linecache.getline(filename, number).strip()
        return f"{text}\n  in {frame.f_code.co_name}, line {number} of your code: {line}".rstrip(": ")
    return text


def first_difference(
    got: Shaped[Tensor, "*shape"], want: Shaped[Tensor, "*shape"], *, atol: float, rtol: float
) -> tuple[str, str] | None:
    """Return the first entry that differs, as (expected, got) in words; None where all agree."""
    got, want = got.detach().cpu().double(), want.detach().cpu().double()
    wrong = far(got, want, atol=atol, rtol=rtol)
    if not wrong.any():
        return None
    place = tuple(wrong.nonzero()[0].tolist())
    where = f" at {list(place)}" if place else ""
    gap = (got - want)[wrong].abs()
    up_to = f", by up to {gap.max().item():.3g}" if gap.isfinite().all() else ""
    how_much = f"; {int(wrong.sum())} of {wrong.numel()} entries differ{up_to}"
    return f"{want[place].item():.6g}{where}", f"{got[place].item():.6g}{where}{how_much if place else ''}"


def named(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by the names that the function gives them, or by their numbers."""
    try:
        signature = inspect.signature(function.forward if isinstance(function, nn.Module) else function)
    except (TypeError, ValueError):
        signature = inspect.Signature()
    names = [one.name for one in signature.parameters.values() if one.kind is one.POSITIONAL_OR_KEYWORD][: len(args)]
    if len(names) < len(args):  # such as `*given`
        names = [f"argument {number}" for number in range(1, len(args) + 1)]
    return {**dict(zip(names, args, strict=True)), **kwargs}


def why_changed(value: Any) -> str:
    """Return how an argument of this kind is changed by accident."""
    if isinstance(value, nn.Module):
        return "its weights or statistics were changed, as by a step of an optimizer, or by a pass in training mode"
    if isinstance(value, (list, dict)) and not any(isinstance(leaf, Tensor) for _, leaf in _leaves(value, "")):
        return "what was given is changed, as by `pop`, `remove`, `sort()` or `x[0] -= 1`; work on a copy, `list(x)`"
    return (
        "an in-place operation on an argument or on a view of it, such as `x += 1`, `x.relu_()`, `x[0].zero_()` or "
        "`x.requires_grad_()`"
    )


def snapshot(value: Any, name: str = "") -> dict[str, Any]:
    """Return copies of everything in the value that a call could change in place, by the path that leads to it."""
    return {path: leaf.clone() if isinstance(leaf, Tensor) else _copy(leaf) for path, leaf in _leaves(value, name)}


def changed(before: Mapping[str, Any], value: Any, name: str = "") -> str | None:
    """Return the path of the first part that differs from its snapshot, or None."""
    after = dict(_leaves(value, name))
    for path in {**before, **after}:
        if path not in before or path not in after or not _same(before[path], after[path]):
            return path
    return None


def put_back(before: Mapping[str, Any], value: Any, name: str = "") -> None:
    """Write a snapshot back into the tensors and arrays that were changed in place."""
    for path, leaf in _leaves(value, name):
        if path in before and isinstance(leaf, (Tensor, np.ndarray)) and leaf.shape == before[path].shape:
            leaf[...] = before[path]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, nn.Module):
        value = value.state_dict()
    if isinstance(value, Tensor):
        yield path, value.detach()
        yield f"requires_grad of {path}", value.requires_grad
    elif isinstance(value, (np.ndarray, int, float, str)):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _leaves(getattr(value, field.name), f"{path}.{field.name}")


def _copy(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        return same_bits(before, after)
    if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        return before.dtype == after.dtype and np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
    return type(before) is type(after) and (before == after or before != before)
