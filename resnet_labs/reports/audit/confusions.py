"""Which confusion matrices fit printed accuracy, precision, recall and F."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from resnet_labs.errors import InputError
from resnet_labs.reports.audit.printed import Span, printed, rounded
from resnet_labs.reports.audit.sample_sizes import check_shares, counts

Averaging = Literal["macro", "positive"]
Figure = tuple[float, int]  # a figure and its decimals

NAMES = ("accuracy", "precision", "recall", "f_score")
_MOST_CELLS = 40_000_000
_MOST_MATRICES = 10_000


@dataclass(frozen=True)
class Confusions:
    """The matrices found, true classes in the rows, and whether the search went through all of them."""

    matrices: list[tuple[tuple[int, int], tuple[int, int]]]
    complete: bool


def binary_confusions(
    total: int, figures: Mapping[str, Figure], *, averaging: Averaging, strict: bool = False
) -> Confusions:
    """Return every confusion matrix of two classes that fits printed figures.

    It goes through all numbers of images of the first class and all errors in it, up to 40 million pairs, and keeps
    10,000 matrices at most; `complete` says whether it went through all of them.

    Args:
        total: the number of images.
        figures: by name ("accuracy", "precision", "recall", "f_score") the figure and its decimals.
        averaging: "macro", the mean over both classes, or "positive", of the second class.
        strict: whether figures were rounded, and neither cut off nor computed in float32.

    Raises:
        InputError: no image, no figure, an unknown name, or a figure outside 0 to 1.

    Deviations: mlscorecheck is given the class sizes and only says whether there is a matrix; here all of them are
        returned, for all class sizes. A class that is never predicted has precision 0, as in scikit-learn, while
        mlscorecheck has no score there.
    Equals: the answers of mlscorecheck.check.binary.check_1_testset_no_kfold for every pair of class sizes.

    Example:
        >>> found = binary_confusions(10, {"accuracy": (0.9, 4), "recall": (0.8333, 4)}, averaging="macro")
        >>> found.matrices
        [((2, 1), (0, 7)), ((7, 0), (1, 2))]
    """
    _check(total, figures)
    return _found(total, tuple(sorted(figures.items())), averaging, strict)


@lru_cache(maxsize=64)
def _found(total: int, given: tuple[tuple[str, Figure], ...], averaging: Averaging, strict: bool) -> Confusions:
    figures = dict(given)
    spans = {name: (rounded if strict else printed)(*figure) for name, figure in figures.items()}
    right = counts(*figures["accuracy"], total, lenient=not strict) if "accuracy" in figures else range(total + 1)
    found: list[tuple[tuple[int, int], tuple[int, int]]] = []
    cells = sum((total + 1) * (min(k, total - k) + 1) for k in right) if len(right) < 1000 else _MOST_CELLS + 1
    if cells > _MOST_CELLS:
        return Confusions([], complete=False)
    for number in right:
        found += _with_right(total, number, spans, averaging)
        if len(found) > _MOST_MATRICES:
            return Confusions(found[:_MOST_MATRICES], complete=False)
    return Confusions(sorted(found), complete=True)


def _with_right(
    total: int, right: int, spans: Mapping[str, Span], averaging: Averaging
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the fitting matrices with that many right images."""
    wrong = total - right
    if wrong <= right:  # the shorter of the two goes into the columns
        first_wrong = np.arange(wrong + 1)[None]
        size = np.arange(total + 1)[:, None]
        first_right = size - first_wrong
    else:
        first_right = np.arange(right + 1)[None]
        size = np.arange(total + 1)[:, None]
        first_wrong = size - first_right
    second_right, second_wrong = right - first_right, wrong - first_wrong
    keep = (first_right >= 0) & (first_wrong >= 0) & (second_right >= 0) & (second_wrong >= 0)
    a, b, c, d = (
        np.broadcast_to(each, keep.shape)[keep] for each in (first_right, first_wrong, second_wrong, second_right)
    )
    for name, span in spans.items():
        if name == "accuracy":
            continue
        value = _score(name, d, b, c)
        if averaging == "macro":
            value = (value + _score(name, a, c, b)) / 2
        fits = (value >= float(span.low) - 1e-12) & (value <= float(span.high) + 1e-12)
        a, b, c, d = a[fits], b[fits], c[fits], d[fits]
    return [((int(one), int(two)), (int(three), int(four))) for one, two, three, four in zip(a, b, c, d, strict=True)]


def _score(name: str, hits: np.ndarray, false: np.ndarray, missed: np.ndarray) -> np.ndarray:
    below = {"precision": hits + false, "recall": hits + missed, "f_score": 2 * hits + false + missed}[name]
    return (2 if name == "f_score" else 1) * hits / np.maximum(below, 1)


def f_score_fits(precision: Figure, recall: Figure, f_score: Figure) -> str | None:
    """Return why a macro F cannot belong to a macro precision and recall, None if it can.

    Of each class F is at most the mean of both, and at least their sum less one; so it is with means over classes, and
    with the F of the two means.

    Example:
        >>> f_score_fits((0.9, 2), (0.8, 2), (0.87, 2))
        'F is above 0.86, the mean of precision and recall'
    """
    spans = [printed(*each) for each in (precision, recall, f_score)]
    highest = (spans[0].high + spans[1].high) / 2
    lowest = spans[0].low + spans[1].low - 1
    if spans[2].low > highest:
        return f"F is above {float(highest):.{f_score[1]}f}, the mean of precision and recall"
    if spans[2].high < lowest:
        return f"F is below {float(lowest):.{f_score[1]}f}, the sum of precision and recall less one"
    return None


def _check(total: int, figures: Mapping[str, Figure]) -> None:
    if total < 1:
        raise InputError(f"total is {total}.", "Give the number of images, at least 1.")
    if not figures or not {*figures} <= {*NAMES}:
        raise InputError(f"figures hold {', '.join(figures) or 'nothing'}.", f"Known: {', '.join(NAMES)}.")
    for name, (value, _) in figures.items():
        check_shares([value], name)
