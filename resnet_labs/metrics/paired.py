"""Paired comparisons: of two classifiers on the same images, or of two ways to train from the same seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist, fmean
from typing import NamedTuple

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

from resnet_labs.errors import InputError
from resnet_labs.metrics.intervals import normal_quantile, standard_error, t_quantile, tail
from resnet_labs.metrics.scores import check_pair


class McNemar(NamedTuple):
    """How many examples only the first, and only the second, got right, and the probability of so uneven a split."""

    only_first: int
    only_second: int
    p_value: float


class Shares(NamedTuple):
    """Shares of images, one a seed, and the number of images that each was measured on."""

    values: Sequence[float]
    num_images: int


class PairedDifference(NamedTuple):
    """First less second: the difference of the means, its interval, its p-value, and how many pairs it rests on."""

    difference: float
    low: float
    high: float
    p_value: float
    num_pairs: int


def mcnemar(first_correct: Bool[Tensor, "..."], second_correct: Bool[Tensor, "..."]) -> McNemar:
    """Test whether two classifiers, judged on the same examples, differ in accuracy.

    Args:
        first_correct: (N,) whether the first classifier was right on each example.
        second_correct: (N,) the same of the second classifier, in the same order.

    Returns:
        The two counts of examples on which only one was right, and the two-sided p-value: the probability of a split
        at least as uneven if both were equally good. It is 1 where they never differ.

    Raises:
        InputError: no example, or shapes that differ.

    Source: McNemar 1947; Dietterich 1998, section 3.1.
    Deviations: exact binomial probabilities instead of the chi-squared approximation.
    Equals: scipy.stats.binomtest(only_first, only_first + only_second, 0.5).pvalue.

    Example:
        >>> first = torch.tensor([True, True, True, True, True, False])
        >>> second = torch.tensor([True, False, False, False, False, False])
        >>> mcnemar(first, second)
        McNemar(only_first=4, only_second=0, p_value=0.125)
    """
    check_pair(first_correct, second_correct, ("first_correct", "second_correct"))
    from scipy import stats  # takes a second or two, which `import resnet_labs.train` need not wait for

    only_first = int((first_correct & ~second_correct).sum())
    only_second = int((second_correct & ~first_correct).sum())
    discordant = only_first + only_second
    p_value = stats.binomtest(only_first, discordant, 0.5).pvalue if discordant else 1.0
    return McNemar(only_first, only_second, float(p_value))


def paired_difference(
    first: Sequence[float] | Shaped[Tensor, "..."],
    second: Sequence[float] | Shaped[Tensor, "..."],
    *,
    num_images: int | None = None,
    shares: Sequence[Shares] = (),
    confidence: float = 0.95,
) -> PairedDifference:
    """Return by how much the first is above the second, with an interval: is the gap real?

    It is where the interval excludes zero. Pairs are compared, not means, so that what both sides of a pair share (the
    seed's split, an image that is hard) cancels. Two kinds of pairs can be given:

    - Figures, one a seed: Student's t interval of the differences. For shares of the same `num_images` images the
      images are a sample too: the interval is then wider by their part, which is taken as if the two were right
      independently, a (1 - a) / num_images + b (1 - b) / num_images for means a and b; it is smaller where they are
      right on the same images, which figures alone do not show. It stays within -1 and 1. Where a figure is itself a
      difference of shares (training less test accuracy), or each side has images of its own, `shares` holds all the
      shares in it, two or four; the images' part is the sum of a (1 - a) / images over them. Where that is zero,
      since every share is exactly 0 or 1, each is taken with one image more that is right and one that is wrong.
    - Right or wrong, one an image, of one trained network on each side. The interval holds for new images, and for
      these two networks only: with other seeds the difference would be another one.

    Args:
        first: (S,) floats, one a seed, or (N,) bools, one an image.
        second: the same of what is compared with it, in the same order.
        num_images: the images that all seeds were judged on; only for shares of them, such as accuracies.
        shares: in place of `num_images`, every share that the difference adds or subtracts.
        confidence: the probability, between 0 and 1, with which such intervals cover the true difference.

    Returns:
        Difference, both ends, the two-sided p-value, which is below 1 - confidence where the interval excludes zero,
        and the number of pairs.

    Raises:
        InputError: lengths that differ, fewer than two seeds, no image, differences that are all equal where no number
            of images is given, shares outside 0 to 1, too few of them, or a confidence outside 0 to 1.

    Source: Student 1908 for seeds, with the images' part joined as in Zou and Donner 2008, section 2; Bonett and Price
        2012, Adjusted Wald confidence interval for a difference of binomial proportions based on paired data; the added
        images are those of Agresti and Caffo 2000, Simple and effective confidence intervals for proportions.
    Deviations: the p-values are those at which the intervals touch zero, so that of images is not `mcnemar`'s.
    Equals: scipy.stats.ttest_rel, interval and p-value, for seeds without a number of images.

    Example:
        Three seeds, each with and without a change, on the same 5,000 images:

        >>> found = paired_difference([0.155, 0.158, 0.151], [0.131, 0.137, 0.127], num_images=5000)
        >>> f"{found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
        '+0.0230 [+0.0086, +0.0374]'

        One network against another on the same 1,000 images, where 40 were right with the first only, 25 with the
        second only:

        >>> image = torch.arange(1000)
        >>> found = paired_difference(image >= 25, image < 960)
        >>> f"{found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
        '+0.0150 [-0.0010, +0.0310]'
    """
    beyond = tail(confidence)
    first, second = pairs_of(first, second)
    if first.dtype == torch.bool:
        if num_images is not None or shares:
            given = "shares are given" if shares else f"num_images is {num_images}"
            raise InputError(f"{given}, beside one bool an image.", "Leave it out.")
        center, error = _of_images(first, second)
        low, high = center - normal_quantile(beyond) * error, center + normal_quantile(beyond) * error
        difference = float(first.double().mean() - second.double().mean())
        return PairedDifference(difference, low, high, 2 * NormalDist().cdf(-abs(center) / error), len(first))
    differences = (first - second).tolist()
    if len(differences) < 2:
        raise InputError("There is one seed on each side.", "Give at least two; one has no spread.")
    mean, seeds = fmean(differences), standard_error(differences)
    if num_images is not None:
        if shares:
            raise InputError("Both num_images and shares are given.", "Give one of them.")
        shares = [Shares(first.tolist(), num_images), Shares(second.tolist(), num_images)]
    images = error_by_images(shares, len(differences))
    if seeds == images == 0:
        raise InputError(
            f"The differences are all {mean:.6g}.", "Without spread there is no interval; give num_images for shares."
        )

    def half_width(tail: float) -> float:
        return math.hypot(t_quantile(tail, len(differences)) * seeds, normal_quantile(tail) * images)

    low, high = mean - half_width(beyond), mean + half_width(beyond)
    if shares:
        most = len(shares) / 2
        low, high = max(low, -most), min(high, most)
    return PairedDifference(mean, low, high, _p_value(abs(mean), half_width), len(differences))


def pairs_of(first: Sequence[float] | Tensor, second: Sequence[float] | Tensor) -> tuple[Tensor, Tensor]:
    """Return both as tensors of bools, or of float64."""
    given = [one if isinstance(one, Tensor) else torch.tensor(one, dtype=torch.float64) for one in (first, second)]
    check_pair(given[0], given[1], ("first", "second"))
    kinds = {one.dtype == torch.bool for one in given}
    if len(kinds) > 1:
        raise InputError("One side holds bools, the other figures.", "Give both of one kind.")
    return (given[0], given[1]) if kinds == {True} else (given[0].double(), given[1].double())


def _of_images(first: Tensor, second: Tensor) -> tuple[float, float]:
    """Return the middle of Bonett and Price's interval, and the standard error."""
    total = len(first) + 2
    only_first = (int((first & ~second).sum()) + 1) / total
    only_second = (int((second & ~first).sum()) + 1) / total
    middle = only_first - only_second
    return middle, math.sqrt((only_first + only_second - middle**2) / total)


def error_by_images(shares: Sequence[Shares], num_seeds: int) -> float:
    """Return the standard error, at most, that comes from the images: of the sum or difference of mean shares."""
    variance = 0.0
    for values, num_images in shares:
        if num_images < 1:
            raise InputError(f"num_images is {num_images}.", "Give the number of images behind each share.")
        if len(values) != num_seeds:
            raise InputError(f"There are {num_seeds} pairs and {len(values)} shares.", "Give one share a seed.")
        if not all(0 <= value <= 1 for value in values):
            given = [[*each.values] for each in shares]
            raise InputError(f"The shares are {given}.", "Give fractions from 0 to 1; leave num_images out else.")
        mean = fmean(values)
        variance += mean * (1 - mean) / num_images
    if variance == 0:  # with one image right and one wrong added
        variance = sum((num_images + 1) / (num_images + 2) ** 3 for _, num_images in shares)
    return math.sqrt(variance)


def _p_value(size: float, half_width: Callable[[float], float]) -> float:
    """Return the two-sided p-value of a difference, twice the tail whose interval touches zero."""
    low, high = -690.0, math.log(0.5)  # of the logarithm of the tail; the half width at one half is 0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if half_width(math.exp(middle)) > size else (low, middle)
    return min(2 * math.exp(high), 1.0)
