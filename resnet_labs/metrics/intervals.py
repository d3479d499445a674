"""Intervals: of one share, and of a mean over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import Literal, NamedTuple

from resnet_labs.errors import InputError


class Interval(NamedTuple):
    """The two ends of an interval."""

    low: float
    high: float


def wilson_interval(correct: int, total: int, *, confidence: float = 0.95) -> Interval:
    """Return the Wilson score interval of a proportion, such as an accuracy on a test set.

    Args:
        correct: the number of successes.
        total: the number of trials.
        confidence: the probability, between 0 and 1, with which such intervals cover the true proportion.

    Returns:
        Lower and upper end, fractions between 0 and 1.

    Raises:
        InputError: no trial, more successes than trials, or a confidence outside 0 to 1.

    Source: Wilson 1927, without continuity correction.
    Equals: scipy.stats.binomtest(correct, total).proportion_ci(confidence, method="wilson").

    Example:
        >>> low, high = wilson_interval(9745, 10000)
        >>> f"{low:.4f} to {high:.4f}"
        '0.9712 to 0.9774'
    """
    if total < 1 or not 0 <= correct <= total or correct % 1 != 0:
        raise InputError(
            f"correct is {correct} of a total of {total}.", "Give counts: total at least 1, correct from 0 to total."
        )
    return _wilson(correct / total, normal_quantile(tail(confidence)) ** 2 / total)


def share_interval(shares: Sequence[float], num_images: int, *, confidence: float = 0.95) -> Interval:
    """Return the interval of the mean of shares, such as accuracies, that several seeds got on the same images.

    It holds the mean over new seeds on new images, so two things make it wide: how far the seeds lie apart, and that
    the images are a sample. All seeds share the images, so more seeds do not make that part smaller. Lines hold no
    results image by image, so it is taken as large as it can be, when all seeds are wrong on the same images:
    m (1 - m) / num_images for a mean m. This is Wilson's interval of m with

        z^2 / n   replaced by   z^2 / num_images + t^2 s^2 / (seeds m (1 - m)),

    z and t the quantiles of the normal and of Student's distribution, s the standard deviation between the seeds.
    It stays within 0 and 1. Where no seed differs, it is Wilson's interval for the images, never a point.

    How much of the true means it covers where 95 % are asked for, beside Student's t over the seeds and Wilson's
    interval of all seeds' images pooled, with 3 and 5 seeds and 200 to 10,000 images, lowest and mean over the 96 cases
    of `python tests/helpers/interval_coverage.py` (seed 0, 2,000 draws each): 93.8 and 98.5 %, Student's 60.8 and
    88.8 %, pooled 6.7 and 61.8 %.

    Args:
        shares: (S,) fractions, one a seed, at least two.
        num_images: the images that each of them was measured on.
        confidence: the probability, between 0 and 1, with which such intervals cover the true mean, at least.

    Returns:
        Lower and upper end, fractions between 0 and 1.

    Raises:
        InputError: fewer than two shares, one outside 0 to 1, no image, or a confidence outside 0 to 1.

    Source: Wilson 1927; the two parts are joined as in Zou and Donner 2008, Construction of confidence limits about
        effect measures, section 2; that seeds vary as m (1 - m) is the beta-binomial's variance (Williams 1982).
    Equals: wilson_interval(m * num_images, num_images) where the shares are equal.

    Example:
        >>> low, high = share_interval([0.97, 0.98, 0.975], 10_000)
        >>> f"{low:.3f} to {high:.3f}"
        '0.959 to 0.985'
    """
    _check_seeds(shares, "shares")
    if not all(0 <= share <= 1 for share in shares):
        raise InputError(f"shares are {list(shares)}.", "Give fractions from 0 to 1, not per cent.")
    if num_images < 1:
        raise InputError(f"num_images is {num_images}.", "Give the number of images behind each share.")
    mean, beyond = fmean(shares), tail(confidence)
    spread = normal_quantile(beyond) ** 2 / num_images
    if error := standard_error(shares):
        spread += (t_quantile(beyond, len(shares)) * error) ** 2 / (mean * (1 - mean))
    return _wilson(mean, spread)


def mean_interval(
    values: Sequence[float], *, scale: Literal["real", "positive", "fraction"] = "real", confidence: float = 0.95
) -> Interval:
    """Return Student's t interval of the mean of a quantity that is no share of images, such as a loss, over seeds.

    It knows the seeds only: on other images the mean would be another one.

    Args:
        values: (S,) one a seed, at least two, which are not all equal.
        scale: where the quantity lies, and so the interval: "real" anywhere; "positive" above 0, by the logarithm;
            "fraction" between 0 and 1, by the logit, for what is no mean over images, such as an F score.
        confidence: the probability, between 0 and 1, with which such intervals cover the true mean.

    Returns:
        Lower and upper end, in the quantity's unit.

    Raises:
        InputError: fewer than two values, all of them equal, one outside the scale, or a confidence outside 0 to 1.

    Source: Student 1908; on the other scales by the delta method, around the arithmetic mean.
    Equals: scipy.stats.t.interval for "real".

    Example:
        >>> low, high = mean_interval([0.002, 0.001, 0.008], scale="positive")
        >>> f"{low:.4f} to {high:.4f}"
        '0.0003 to 0.0477'
    """
    _check_seeds(values, "values")
    ends = {"real": (-math.inf, math.inf), "positive": (0.0, math.inf), "fraction": (0.0, 1.0)}
    if scale not in ends:
        raise InputError(f"scale is {scale!r}.", f"Choose one of {', '.join(ends)}.")
    lowest, highest = ends[scale]
    if not all(lowest <= value <= highest for value in values):
        raise InputError(f"values are {list(values)}, and the scale is {scale!r}.", "Choose another scale.")
    error = standard_error(values)
    if error == 0:
        raise InputError(f"values are all {values[0]}.", "Values without spread have no such interval; leave it out.")
    mean, half = fmean(values), t_quantile(tail(confidence), len(values)) * error
    if scale == "real":
        return Interval(mean - half, mean + half)
    if scale == "positive":
        return Interval(mean * math.exp(-half / mean), mean * _exp(half / mean))
    odds, half = mean / (1 - mean), half / (mean * (1 - mean))
    low, high = odds * math.exp(-half), odds * _exp(half)
    return Interval(low / (1 + low), high / (1 + high))


def prediction_interval(
    values: Sequence[float], num_images: int | None = None, *, confidence: float = 0.95
) -> Interval:
    """Return the interval in which one further seed's figure lies, such as the single run of a report.

    The interval of a mean gets narrower with every seed; one more run stays as far from the mean as the runs are from
    each other.

    Args:
        values: (S,) one a seed, at least two.
        num_images: for shares the images that each was measured on; the further run is judged on as many others.
        confidence: the probability, between 0 and 1, with which such intervals cover the further figure.

    Returns:
        Lower and upper end, in the values' unit; shares between 0 and 1.

    Raises:
        InputError: fewer than two values, all equal where there are no images, or a confidence outside 0 to 1.

    Source: Hahn and Meeker 1991, Statistical Intervals, section 4.7; the images' part is added as in `share_interval`.
    Equals: mean +- t s sqrt(1 + 1 / S) without images, t Student's quantile and s the standard deviation.

    Example:
        >>> low, high = prediction_interval([0.97, 0.98, 0.975], 10_000)
        >>> f"{low:.3f} to {high:.3f}"
        '0.950 to 1.000'
    """
    _check_seeds(values, "values")
    mean, beyond = fmean(values), tail(confidence)
    half = t_quantile(beyond, len(values)) * standard_error(values) * math.sqrt(len(values) + 1)
    if num_images is None:
        if half == 0:
            raise InputError(f"values are all {values[0]}.", "Values without spread have no such interval.")
        return Interval(mean - half, mean + half)
    half = math.hypot(half, normal_quantile(beyond) * math.sqrt(2 * mean * (1 - mean) / num_images))
    return Interval(max(0.0, mean - half), min(1.0, mean + half))


def _wilson(share: float, spread: float) -> Interval:
    """Return Wilson's interval around a share; `spread` is the squared quantile over the number of trials."""
    middle, scale = share + spread / 2, 1 + spread
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4)
    # The ends are exactly 0 and 1 there; rounding would miss them.
    low = 0.0 if share == 0 else (middle - half) / scale
    high = 1.0 if share == 1 else (middle + half) / scale
    return Interval(low, high)


def _exp(exponent: float) -> float:
    return math.exp(min(exponent, 600.0))  # as good as infinite


def tail(confidence: float) -> float:
    """Return the probability beyond each end of an interval."""
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}.", "Choose a probability between 0 and 1, such as 0.95.")
    return (1 - confidence) / 2


def normal_quantile(tail: float) -> float:
    """Return how many standard deviations above its mean a normal distribution has that much left."""
    return -NormalDist().inv_cdf(tail)


def t_quantile(tail: float, num_values: int) -> float:
    """Return the same of Student's distribution, for a mean of so many values."""
    from scipy import special  # takes a while, which `import resnet_labs.train` need not wait for

    return -float(special.stdtrit(num_values - 1, tail))


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of a mean, exactly 0 where all values are equal but for rounding."""
    equal = max(values) - min(values) <= 1e-12 * max(map(abs, values))
    return 0.0 if equal else stdev(values) / math.sqrt(len(values))


def _check_seeds(values: Sequence[float], name: str) -> None:
    if len(values) < 2:
        raise InputError(
            f"{name} hold {len(values)} value{'' if len(values) == 1 else 's'}.", "Give one a seed, at least two."
        )
