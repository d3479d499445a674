"""What a probe saw in an answer against what it saw in the solution: as data, within a tolerance, in trusted hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from resnet_labs.grading import codec
from resnet_labs.grading.probe import Probe

_NUMBERS = ("$array", "$float", "$int")


@dataclass(frozen=True)
class Case:
    """The verdict on one case: whether it passed, and else why not, in words that hold no value of the reference."""

    passed: bool
    reason: str = ""


def verdicts(probe: Probe, payload: Any, references: list[Any]) -> list[Case]:
    """Return the verdict on every case of an exercise.

    Args:
        probe: the exercise's probe.
        payload: what the probe cell displayed, from a process that is not trusted; None if there was nothing.
        references: what the same probe saw in the solution, one for each case.

    Returns:
        One verdict for each reference, whatever the payload is.

    Raises:
        ValueError: there is no reference.
    """
    if not references:
        raise ValueError(f"exercise {probe.exercise} has no reference")
    seen = payload.get("cases") if isinstance(payload, dict) else None
    if not isinstance(seen, list) or len(seen) != len(references):
        return [Case(False, "the check gave no result")] * len(references)
    return [_verdict(probe, one, reference) for one, reference in zip(seen, references, strict=True)]


def _verdict(probe: Probe, one: Any, reference: Any) -> Case:
    if not isinstance(one, dict) or set(one) not in ({"observed"}, {"error"}):
        return Case(False, "the check gave no result for this case")
    if "error" in one:
        return Case(False, f"the answer raised {one['error'][:500]}" if isinstance(one["error"], str) else "an error")
    reason = difference(one["observed"], reference, rtol=probe.rtol, atol=probe.atol)
    return Case(not reason, reason)


def difference(observed: Any, reference: Any, *, rtol: float, atol: float, at: str = "the result") -> str:
    """Return where data differ from the reference, without its values; an empty string if they agree.

    Floats agree within the tolerance, NaN with NaN, whole numbers and truth values only exactly; an array without axes
    is a number. The walk follows the reference, so it ends however deep or large the observed data are.

    Args:
        observed: JSON data of `codec.encode`, or anything else.
        reference: JSON data of `codec.encode`.
        rtol: relative tolerance.
        atol: absolute tolerance.
        at: what is compared, in words.

    Example:
        >>> difference([1, 2.0], [1, 2.5], rtol=0, atol=0.1)
        'the result, entry 1 has another value'
    """
    if isinstance(reference, list):
        if not isinstance(observed, list) or len(observed) != len(reference):
            return f"{at} has another length" if isinstance(observed, list) else f"{at} is not a list"
        pairs = [(f"{at}, entry {number}", *pair) for number, pair in enumerate(zip(observed, reference, strict=True))]
    elif isinstance(reference, dict) and not any(key.startswith("$") for key in reference):
        if not isinstance(observed, dict) or set(observed) != set(reference):
            return f"{at} has other parts"
        pairs = [(f"{at}, {key}", observed[key], reference[key]) for key in reference]
    elif isinstance(reference, dict) and "$dict" in reference:
        if not isinstance(observed, dict) or set(observed) != {"$dict"}:
            return f"{at} has other parts"
        pairs = [(at, observed["$dict"], reference["$dict"])]
    elif isinstance(reference, (str, type(None))):
        return "" if type(observed) is type(reference) and observed == reference else f"{at} is another"
    else:
        return _number_difference(observed, reference, rtol, atol, at)
    return next(filter(None, (difference(a, b, rtol=rtol, atol=atol, at=where) for where, a, b in pairs)), "")


def _number_difference(observed: Any, reference: Any, rtol: float, atol: float, at: str) -> str:
    marked = isinstance(observed, dict) and any(mark in observed for mark in _NUMBERS)
    if not marked and not isinstance(observed, (bool, int, float)):
        return f"{at} is not a number or an array"
    shape = reference["shape"] if isinstance(reference, dict) and "shape" in reference else []
    if (observed.get("shape", []) if isinstance(observed, dict) else []) != shape:
        return f"{at} has another shape"
    try:
        got, want = np.asarray(codec.decode(observed)), np.asarray(codec.decode(reference))
    except (ValueError, OverflowError, RecursionError):
        return f"{at} cannot be read"
    if got.shape != want.shape:
        return f"{at} has another shape"
    if got.dtype == object or want.dtype == object:  # whole numbers beyond 64 bits
        return "" if got == want else f"{at} has another value"
    kinds = {"u": "i"}
    got_kind, want_kind = kinds.get(got.dtype.kind, got.dtype.kind), kinds.get(want.dtype.kind, want.dtype.kind)
    if got_kind != want_kind and (want.ndim or "b" in (got_kind, want_kind)):
        return f"{at} has another dtype"
    if want_kind != "f":
        return "" if np.array_equal(got, want) else f"{at} has another value"
    close = np.isclose(got.astype("float64"), want.astype("float64"), rtol=rtol, atol=atol, equal_nan=True)
    return "" if close.all() else f"{at} has another value"
