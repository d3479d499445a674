"""Several paired comparisons, judged together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from resnet_labs.errors import InputError
from resnet_labs.metrics.paired import PairedDifference, Shares, paired_difference

# Both sides, and the number of images or the shares, as `paired_difference` takes them
Comparison = tuple[Sequence[float], Sequence[float], int | Sequence[Shares] | None]


class Judged(NamedTuple):
    """The level of one comparison, and its difference with the interval at that level; None if it has no interval."""

    level: float
    found: PairedDifference | None


def holm(p_values: Sequence[float], *, level: float = 0.05) -> list[float]:
    """Return the level for each of several p-values, so that any false finding among them is as rare as `level`.

    The smallest is judged at level / m, the next at level / (m - 1) and so on; from the first that is above its level,
    all are judged at that one. A difference is found where its p-value is at most its level. Its interval with
    confidence one less the level excludes zero then, and only then.

    Args:
        p_values: one a comparison.
        level: the probability, between 0 and 1, of one false finding or more.

    Raises:
        InputError: a p-value or the level is no probability.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.
    Equals: the findings of statsmodels' multipletests(p_values, level, method="holm").

    Example:
        >>> holm([0.03, 0.001, 0.2])
        [0.025, 0.016666666666666666, 0.025]
    """
    if not 0 < level < 1:
        raise InputError(f"level is {level}.", "Choose a probability between 0 and 1, such as 0.05.")
    if not all(0 <= p_value <= 1 for p_value in p_values):
        raise InputError(f"p_values are {list(p_values)}.", "Give probabilities from 0 to 1.")
    found = [level] * len(p_values)
    current, stopped = level, False
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if not stopped:
            current = level / (len(p_values) - rank)
            stopped = p_values[i] > current
        found[i] = current
    return found


def judged_together(comparisons: Iterable[Comparison], *, level: float = 0.05) -> list[Judged]:
    """Return each difference at its own level, so that any false finding among them is as rare as `level` (Holm).

    A comparison of one seed, or of seeds that do not differ, has no interval and is never found.

    Args:
        comparisons: the figures of both sides by seed, and the number of images behind them or the shares in them;
            None if they are not known.
        level: the probability, between 0 and 1, of one false finding or more.

    Equals: `holm` of the p-values of `paired_difference`, and `paired_difference` with one less each level.

    Example:
        >>> judged = judged_together([([0.2, 0.3], [0.1, 0.2], 100), ([0.5], [0.4], 100)])
        >>> [(each.level, each.found is None) for each in judged]
        [(0.025, False), (0.025, True)]
    """
    asked = list(comparisons)
    rough = [_difference(each, level) for each in asked]
    levels = holm([each.p_value if each else 1.0 for each in rough], level=level)
    return [Judged(own, _difference(each, own)) for each, own in zip(asked, levels, strict=True)]


def _difference(comparison: Comparison, level: float) -> PairedDifference | None:
    first, second, images = comparison
    try:
        if images is None or isinstance(images, int):
            return paired_difference(first, second, num_images=images, confidence=1 - level)
        return paired_difference(first, second, shares=images, confidence=1 - level)
    except InputError:  # one seed, or no spread
        return None
