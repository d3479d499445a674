"""Which numbers of images allow a printed accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from resnet_labs.errors import InputError
from resnet_labs.reports.audit.printed import Span, printed, rounded, units

LARGEST = 10_000_000
_INT64 = 2**62


def possible_sample_sizes(accuracies: Sequence[float], *, decimals: int, largest: int) -> list[int]:
    """Return every number of images on which all accuracies can have been measured.

    A share of n images is k / n for a whole k, so that n is possible if for each accuracy some k / n rounds to it. No
    size up to `largest` is left out; above about 10^decimals every size is possible.

    Args:
        accuracies: fractions from 0 to 1, all measured on images of the same number.
        decimals: how many decimals they were printed with, zeros at the end included; at most 12.
        largest: the largest number of images to try, at most 10,000,000.

    Returns:
        Numbers of images, in ascending order; empty if none up to `largest` is possible.

    Raises:
        InputError: no accuracy, one outside 0 to 1 or with more decimals, or a bound outside 1 to 10,000,000.

    Source: Brown and Heathers 2017, The GRIM test, for means of whole numbers.
    Deviations: ties may round either way; GRIM asks about one given size.

    Example:
        >>> possible_sample_sizes([0.98173, 0.60507, 0.98133, 0.26547], decimals=5, largest=15_000)
        [7500, 15000]
    """
    check_shares(accuracies, "accuracies")
    if not 1 <= largest <= LARGEST:
        raise InputError(f"largest is {largest}.", f"Choose a number of images from 1 to {LARGEST:,}.")
    wanted = {units(each, decimals) for each in accuracies}
    scale = 10**decimals
    fits = np.ones(largest + 1, dtype=bool)
    fits[0] = False
    totals = np.arange(largest + 1) if 2 * largest * scale < _INT64 else np.arange(largest + 1).astype(object)
    for figure in wanted:
        left = totals[fits]
        rest = (figure * left) % scale  # distance of figure * n / scale to the whole numbers, in units of 1 / scale
        fits[fits] = (2 * np.minimum(rest, scale - rest) <= left).astype(bool)
    return np.flatnonzero(fits).tolist()


def lenient_sizes(values: Sequence[float], decimals: int, largest: int) -> list[int]:
    """Return the sizes that remain if figures may be cut off or computed in float32: a superset, for accusations."""
    totals = np.arange(1, largest + 1)
    fits = np.ones(largest, dtype=bool)
    for value in {*values}:
        low, high = (float(end) for end in printed(value, decimals))
        lowest = np.maximum(np.ceil(low * totals - 1e-9), 0)
        fits &= lowest <= np.minimum(np.floor(high * totals + 1e-9), totals)
    return totals[fits].tolist()


def counts(accuracy: float, decimals: int, total: int, *, lenient: bool = False) -> range:
    """Return how many of `total` images may have been right; empty if no count rounds to the accuracy.

    Args:
        lenient: whether figures that were cut off or computed in float32 count too.

    Example:
        >>> counts(0.98173, 5, 7500)
        range(7363, 7364)
    """
    span = (printed if lenient else rounded)(accuracy, decimals)
    return _whole(span, total)


def mean_over_batches(accuracy: float, decimals: int, total: int, batch_size: int) -> bool:
    """Return whether a figure can be the mean of the batches' accuracies, the last batch being smaller.

    Example:
        >>> mean_over_batches(0.5833, 4, 10, 4)
        True
    """
    full, rest = divmod(total, batch_size)
    if rest == 0:
        return bool(counts(accuracy, decimals, total, lenient=True))
    span = printed(accuracy, decimals)
    low, high = (end * (full + 1) for end in span)
    lasts = (Fraction(right, rest) for right in range(rest + 1))
    return any(_whole(Span(low - last, high - last), batch_size, full) for last in lasts)


def _whole(span: Span, total: int, times: int = 1) -> range:
    low, high = math.ceil(span.low * total), math.floor(span.high * total)
    return range(max(low, 0), min(high, total * times) + 1)


def check_shares(shares: Sequence[float], name: str) -> None:
    """Raise InputError if there are no shares, or one that is not from 0 to 1."""
    if len(shares) == 0:
        raise InputError(f"{name} is empty.", "Give at least one figure.")
    for share in shares:
        if not 0 <= share <= 1:
            fix = f"Write {share / 100:g} for {share:g} %." if 1 < share <= 100 else "Give fractions from 0 to 1."
            raise InputError(f"{name} holds {share}.", fix)


def fitting_sizes(figures: Sequence[tuple[float, int]], largest: int) -> list[int]:
    """Return the numbers of images that allow figures of different decimals."""
    by_decimals: dict[int, list[float]] = {}
    for value, decimals in figures:
        by_decimals.setdefault(decimals, []).append(value)
    found = [
        {*possible_sample_sizes(values, decimals=decimals, largest=largest)} for decimals, values in by_decimals.items()
    ]
    return sorted(set.intersection(*found)) if found else []
