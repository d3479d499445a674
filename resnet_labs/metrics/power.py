"""How many pairs would show that a gap is real: seeds, images, or both together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist, fmean
from typing import NamedTuple

import torch
from jaxtyping import Shaped
from torch import Tensor

from resnet_labs.errors import InputError
from resnet_labs.metrics.intervals import normal_quantile, standard_error, t_quantile, tail
from resnet_labs.metrics.paired import Shares, error_by_images, pairs_of

MOST_PAIRS = 1_000_000  # `needed` and `plan` look no further


class Plan(NamedTuple):
    """How many seeds, and on how many images, would show a gap."""

    num_seeds: int
    num_images: int


def needed(
    first: Sequence[float] | Shaped[Tensor, "..."],
    second: Sequence[float] | Shaped[Tensor, "..."],
    *,
    confidence: float = 0.95,
    power: float = 0.8,
) -> int:
    """Return how many pairs would show that the gap is real: seeds for figures, images for right or wrong.

    The count is of all pairs, those at hand included, and supposes that the true difference and the true spread are
    those of the pairs at hand. A gap that came out large by chance so looks easier to show than it is; take the number
    as the least to plan for.

    Args:
        first: (S,) floats, one a seed, or (N,) bools, one an image, as for `paired_difference`.
        second: the same of what is compared with it.
        confidence: of the interval that has to exclude zero.
        power: the probability, between 0 and 1, that it does.

    Returns:
        The number of pairs, at least 2, at most a million, which stands for "more than anyone runs".

    Raises:
        InputError: lengths that differ, fewer than two seeds, no difference at all, or a probability outside 0 to 1.

    Source: for seeds the power of Student's paired test; for images Connor 1987, Sample size for testing differences in
        proportions for the paired-sample design.
    Deviations: the images' part of an interval over seeds is left out; `plan` has it.
    Equals: statsmodels' TTestPower().solve_power, rounded up, for seeds.

    Example:
        >>> needed([0.74, 0.71, 0.75], [0.72, 0.72, 0.72])
        22
        >>> image = torch.arange(1000)
        >>> needed(image >= 25, image < 960)
        2266
    """
    beyond = _beyond(confidence, power)
    first, second = pairs_of(first, second)
    differences = _differences(first, second)
    mean = fmean(differences)
    if first.dtype == torch.bool:
        discordant = fmean(map(abs, differences))
        by_chance = normal_quantile(beyond) * math.sqrt(discordant)
        by_effect = NormalDist().inv_cdf(power) * math.sqrt(discordant - mean**2)
        return min(max(math.ceil(((by_chance + by_effect) / mean) ** 2), 2), MOST_PAIRS)
    spread = _spread(differences)
    return _fewest(lambda seeds: _power(mean, spread, seeds, 0.0, beyond) >= power, 2)


def plan(
    first: Sequence[float] | Shaped[Tensor, "..."],
    second: Sequence[float] | Shaped[Tensor, "..."],
    shares: Sequence[Shares],
    *,
    confidence: float = 0.95,
    power: float = 0.8,
) -> Plan:
    """Return how many seeds, and on how many images, would show that the gap is real for new seeds and new images.

    The seeds are those that would be needed if images had no noise and the gap were 0.71 (the square root of a half) as
    large, which leaves the images half of the squared error; the images are the fewest on which these seeds show the
    gap. Where the images at hand are enough, the seeds are the fewest that show it on them. As with `needed`, seeds and
    images at hand are included, and a gap that came out large by chance looks easier to show than it is.

    Args:
        first: (S,) floats, one a seed, as for `paired_difference`.
        second: the same of what is compared with it.
        shares: every share that the difference adds or subtracts, as for `paired_difference`.
        confidence: of the interval that has to exclude zero.
        power: the probability, between 0 and 1, that it does.

    Returns:
        The number of seeds and that of images of the last share, those of the other shares in proportion: each at least
        what is at hand, and at most a million, which stands for "more than anyone runs".

    Raises:
        InputError: as `paired_difference` with shares, no difference at all, or a power outside 0 to 1.

    Equals: how often `paired_difference` excludes zero on such seeds and images.

    Example:
        >>> first, second = [0.74, 0.71, 0.75], [0.72, 0.72, 0.72]
        >>> plan(first, second, [Shares(first, 5000), Shares(second, 5000)])
        Plan(num_seeds=41, num_images=34290)
    """
    beyond = _beyond(confidence, power)
    differences = _differences(*pairs_of(first, second))
    mean, spread = fmean(differences), _spread(differences)
    by_images, at_hand = error_by_images(shares, len(differences)), shares[-1].num_images

    def shown(seeds: int, images: int) -> bool:
        return _power(mean, spread, seeds, by_images * math.sqrt(at_hand / images), beyond) >= power

    part = mean * math.sqrt(0.5)
    seeds = _fewest(lambda seeds: _power(part, spread, seeds, 0.0, beyond) >= power, len(differences))
    if shown(seeds, at_hand):
        return Plan(_fewest(lambda fewer: shown(fewer, at_hand), len(differences)), at_hand)
    return Plan(seeds, _fewest(lambda images: shown(seeds, images), at_hand))


def _beyond(confidence: float, power: float) -> float:
    """Return the tail beyond each end of the interval, once the power is a probability."""
    beyond = tail(confidence)
    if not 0 < power < 1:
        raise InputError(f"power is {power}.", "Choose a probability between 0 and 1, such as 0.8.")
    return beyond


def _differences(first: Tensor, second: Tensor) -> list[float]:
    differences = (first.double() - second.double()).tolist()
    if fmean(differences) == 0:
        raise InputError("The two do not differ on average.", "No number of pairs shows a gap that is not there.")
    return differences


def _spread(differences: Sequence[float]) -> float:
    """Return the standard deviation between the seeds."""
    if len(differences) < 2:
        raise InputError("There is one seed on each side.", "Give at least two; one has no spread.")
    return standard_error(differences) * math.sqrt(len(differences))


def _fewest(enough: Callable[[int], bool], at_least: int) -> int:
    """Return the smallest number that is enough, at most `MOST_PAIRS`."""
    low, high = at_least - 1, at_least  # `low` is too small, and at last `high` is enough
    while high < MOST_PAIRS and not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return min(high, max(at_least, MOST_PAIRS))


def _power(gap: float, spread: float, num_seeds: int, by_images: float, tail: float) -> float:
    """Return the probability that the interval of `paired_difference` excludes zero.

    It is the normal probability for each estimate of the seeds' variance, averaged over the estimates, which are
    distributed as chi squared.
    """
    by_seeds = spread / math.sqrt(num_seeds)
    error = math.hypot(by_seeds, by_images)
    if error == 0:
        return 1.0
    import numpy as np
    from scipy import special

    t, freedom = t_quantile(tail, num_seeds), num_seeds - 1
    steps = 60 + int(min(8 * t, 10_000))  # with two or three seeds, t is large and the probability a steep function
    places = np.linspace(-6, 6, steps + 1)
    estimates = by_seeds * np.sqrt(special.gammaincinv(freedom / 2, special.ndtr(places)) * 2 / freedom)
    half_widths = np.hypot(t * estimates, normal_quantile(tail) * by_images)
    excluded = special.ndtr((gap - half_widths) / error) + special.ndtr((-gap - half_widths) / error)
    return float(np.average(excluded, weights=np.exp(-(places**2) / 2)))
