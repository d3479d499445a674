"""How many images of each class allow printed class-wise accuracies, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from resnet_labs.errors import InputError
from resnet_labs.reports.audit.printed import printed
from resnet_labs.reports.audit.sample_sizes import check_shares, counts, lenient_sizes, possible_sample_sizes

LARGEST = 2_000
_MOST_STEPS = 200_000
_MOST_SOLUTIONS = 1_000


@dataclass(frozen=True)
class ClassSizes:
    """The class sizes found, and whether the search went through all of them before its bound."""

    solutions: list[tuple[int, ...]]
    complete: bool


def class_supports(
    classwise: Sequence[float] | Sequence[Sequence[float]], *, decimals: int, largest: int = LARGEST
) -> list[list[int]]:
    """Return for each class every number of images that allows its accuracies in all runs.

    The smallest is not the true one by itself: 37 of 53 and 74 of 106 print the same. A total, or an overall accuracy,
    decides (`with_total`).

    Args:
        classwise: (K,) class-wise accuracies of one run, or (R, K) of several runs on the same images; fractions.
        decimals: how many decimals they were printed with; programs may have dropped zeros at the end.
        largest: the largest number of images of a class to try.

    Returns:
        K lists of numbers of images, each in ascending order; an empty one for a class whose runs cannot share images.

    Raises:
        InputError: no run, no class, runs of different lengths, or a figure outside 0 to 1.

    Example:
        >>> class_supports([[0.69811321], [0.77358491]], decimals=8, largest=200)
        [[53, 106, 159]]
    """
    runs = _runs(classwise)
    known: dict[frozenset[float], list[int]] = {}  # many classes have the same figures
    found = []
    for accuracies in zip(*runs, strict=True):
        key = frozenset(accuracies)
        if key not in known:
            known[key] = possible_sample_sizes(accuracies, decimals=decimals, largest=largest)
        found.append(known[key])
    return found


def with_total(
    classwise: Sequence[float] | Sequence[Sequence[float]],
    decimals: int,
    total: int,
    *,
    accuracies: Sequence[tuple[float, int]] = (),
    lenient: bool = False,
) -> ClassSizes:
    """Return the class sizes that add up to a total and, with the class-wise figures, to the overall accuracies.

    The search ends after 200,000 steps or 1,000 solutions; `complete` says whether it went through all.

    Args:
        classwise: as for `class_supports`.
        decimals: of the class-wise accuracies.
        total: how many images there are.
        accuracies: for each run its overall accuracy and that figure's decimals; none to leave them out.
        lenient: whether figures that were cut off or computed in float32 count too.

    Example:
        >>> with_total([0.5, 0.25], 2, 6, accuracies=[(0.3333, 4)]).solutions
        [(2, 4)]
    """
    runs = _runs(classwise)
    if len(runs[0]) > total:
        return ClassSizes([], complete=True)
    most = total - len(runs[0]) + 1
    if most * len(runs[0]) > 20 * _MOST_STEPS:
        return ClassSizes([], complete=False)
    if lenient:
        supports = [lenient_sizes(each, decimals, most) for each in zip(*runs, strict=True)]
    else:
        supports = class_supports(runs, decimals=decimals, largest=most)
    if not all(supports):
        return ClassSizes([], complete=True)
    reach = _reachable(supports, total)
    spans = [[_ends(value, decimals) for value in run] for run in runs]
    wanted = [_ends(*accuracy) for accuracy in accuracies]
    found: list[tuple[int, ...]] = []
    steps = 0
    waiting: list[tuple[tuple[int, ...], int]] = [((), total)]
    while waiting:
        chosen, left = waiting.pop()
        if len(chosen) == len(supports):
            if _fits(chosen, spans, total, wanted):
                found.append(chosen)
            if len(found) >= _MOST_SOLUTIONS:
                return ClassSizes(sorted(found), complete=False)
            continue
        steps += len(supports[len(chosen)])
        if steps > _MOST_STEPS:
            return ClassSizes(sorted(found), complete=False)
        after = reach[len(chosen) + 1]
        waiting += [
            ((*chosen, size), left - size)
            for size in supports[len(chosen)]
            if size <= left and after >> (left - size) & 1
        ]
    return ClassSizes(sorted(found), complete=True)


def overall(classwise: Sequence[float], decimals: int, sizes: Sequence[int]) -> range:
    """Return how many images in all may have been right; empty if a class-wise accuracy does not fit its size."""
    parts = [counts(each, decimals, size, lenient=True) for each, size in zip(classwise, sizes, strict=True)]
    if not all(parts):
        return range(0)
    return range(sum(part.start for part in parts), sum(part.stop - 1 for part in parts) + 1)


def _fits(
    sizes: tuple[int, ...], spans: list[list[tuple[float, float]]], total: int, overall_spans: list[tuple[float, float]]
) -> bool:
    """Return whether the images that are right in the classes can add up to the overall accuracies."""
    for run, (low, high) in zip(spans, overall_spans, strict=False):
        fewest = sum(math.ceil(ends[0] * size - 1e-9) for ends, size in zip(run, sizes, strict=True))
        most = sum(math.floor(ends[1] * size + 1e-9) for ends, size in zip(run, sizes, strict=True))
        if fewest > high * total + 1e-9 or most < low * total - 1e-9:
            return False
    return True


def _ends(value: float, decimals: int) -> tuple[float, float]:
    low, high = printed(value, decimals)
    return float(low), float(high)


def _reachable(supports: list[list[int]], total: int) -> list[int]:
    """Return for each class, as bits, the sums that it and the classes after it can make."""
    mask, reach = (1 << (total + 1)) - 1, [1]
    for sizes in reversed(supports):
        sums = 0
        for size in sizes:
            sums |= reach[-1] << size
        reach.append(sums & mask)
    return reach[::-1]


def _runs(classwise: Sequence[float] | Sequence[Sequence[float]]) -> list[list[float]]:
    if len(classwise) == 0:
        raise InputError("classwise is empty.", "Give the accuracies of at least one class.")
    nested = isinstance(classwise[0], Sequence)
    runs = [[*run] for run in classwise] if nested else [[*classwise]]  # type: ignore[misc]
    if {len(run) for run in runs} != {len(runs[0])}:
        raise InputError("The runs have different numbers of classes.", "Give one accuracy a class in each run.")
    for run in runs:
        check_shares(run, "classwise")
    return runs
