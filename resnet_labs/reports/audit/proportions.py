"""Whether two accuracies differ, and what a test set of that size can show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from resnet_labs.errors import InputError
from resnet_labs.metrics import wilson_interval
from resnet_labs.metrics.intervals import normal_quantile, tail


class Proportions(NamedTuple):
    """First less second: the difference, its interval, and the probability of one as large if both were equal."""

    difference: float
    low: float
    high: float
    p_value: float


def two_proportions(
    first_right: int, first_total: int, second_right: int, second_total: int, *, confidence: float = 0.95
) -> Proportions:
    """Compare two accuracies that were measured independently of each other.

    On the same images the true p-value is smaller or larger, by how often both are right on the same ones; only the
    predictions tell (`metrics.mcnemar`), or both confusion matrices within bounds (`mcnemar_bounds`).

    Args:
        first_right: how many images the first had right, of `first_total`.
        second_right: the same of the second.
        confidence: the probability, between 0 and 1, with which such intervals cover the true difference.

    Raises:
        InputError: no image, counts that do not fit, or a confidence outside 0 to 1.

    Source: Newcombe 1998, Interval estimation for the difference between independent proportions, method 10.
    Equals: the p-value of scipy.stats.chi2_contingency(table, correction=False).

    Example:
        >>> found = two_proportions(7363, 7500, 7360, 7500)
        >>> f"{found.difference:.4f} [{found.low:+.4f}, {found.high:+.4f}], p = {found.p_value:.2f}"
        '0.0004 [-0.0039, +0.0047], p = 0.86'
    """
    spans = [
        wilson_interval(right, total, confidence=confidence)
        for right, total in ((first_right, first_total), (second_right, second_total))
    ]
    first, second = first_right / first_total, second_right / second_total
    difference = first - second
    low = difference - math.hypot(first - spans[0].low, spans[1].high - second)
    high = difference + math.hypot(spans[0].high - first, second - spans[1].low)
    pooled = (first_right + second_right) / (first_total + second_total)
    error = math.sqrt(pooled * (1 - pooled) * (1 / first_total + 1 / second_total))
    p_value = 2 * NormalDist().cdf(-abs(difference) / error) if error else 1.0
    return Proportions(difference, low, high, p_value)


def smallest_difference(accuracy: float, total: int, *, confidence: float = 0.95, power: float = 0.8) -> float:
    """Return the difference that two test sets of that size show with a probability of `power`, as a fraction.

    Example:
        >>> round(smallest_difference(0.98153, 7500), 4)
        0.0062
    """
    return (normal_quantile(tail(confidence)) + NormalDist().inv_cdf(power)) * math.sqrt(
        2 * accuracy * (1 - accuracy) / total
    )


def mcnemar_bounds(
    first_right: Sequence[int], second_right: Sequence[int], class_sizes: Sequence[int]
) -> tuple[float, float]:
    """Return the smallest and the largest p-value that McNemar's exact test can have, from what is right by class.

    In a class of n images on which a and b are right, at least |a - b| and at most min(a + b, 2 n - a - b) images are
    right for one of the two only.

    Args:
        first_right: (K,) how many images of each class the first had right; the diagonal of its confusion matrix.
        second_right: the same of the second, on the same images.
        class_sizes: (K,) images of each class.

    Raises:
        InputError: lengths that differ, or more right than there are.

    Example:
        >>> low, high = mcnemar_bounds([3629, 3734], [3612, 3748], [3713, 3787])
        >>> round(low, 2), round(high, 2)
        (0.72, 0.9)
    """
    from scipy import stats

    if not len(first_right) == len(second_right) == len(class_sizes) or not class_sizes:
        raise InputError("The counts have different numbers of classes.", "Give one count a class each.")
    fewest = most = 0
    for first, second, size in zip(first_right, second_right, class_sizes, strict=True):
        if not 0 <= min(first, second) <= max(first, second) <= size:
            raise InputError(f"{first} and {second} are right of {size}.", "Give counts of images, by class.")
        fewest += abs(first - second)
        most += min(first + second, 2 * size - first - second)
    lead = abs(sum(first_right) - sum(second_right))
    ends = [
        float(stats.binomtest((images + lead) // 2, images, 0.5).pvalue) if images else 1.0 for images in (fewest, most)
    ]
    return min(ends), max(ends)
