"""Which differences between runs, compared seed by seed, hold when all of a table are judged together."""

from __future__ import annotations

import math
from itertools import compress
from statistics import fmean
from typing import NamedTuple

from resnet_labs import metrics, results
from resnet_labs.reports import compared

LEVEL = 0.05  # the probability of one false finding or more among the differences of a table
HEADING = f"seed by seed, all judged together at {100 * LEVEL:g} % (Holm)"
POWER = 0.8  # the probability that so many seeds on so many images show a difference


class Difference(NamedTuple):
    """Two sides of one comparison and the result; as a string, a line of text.

    Attributes:
        first: the name of the first side.
        second: the name of the second side.
        metric: the figure, empty if each side is a figure of its own.
        data: the name of the data set.
        means: the means of both sides.
        level: the level at which Holm's method judges it.
        found: the difference with its interval at that level, for new seeds and, for shares, new images; None if it has
            no interval because no seed differs.
        on_these_images: whether the seeds alone show it, for exactly these test images.
        needed: how many seeds would show it, and on how many images (None if the present ones are enough), as
            `metrics.plan` finds them; None if it is shown already, zero or without an interval. Of gaps these are the
            images judged, with training images in proportion.
    """

    first: str
    second: str
    metric: str
    data: str
    means: tuple[float, float]
    level: float
    found: metrics.PairedDifference | None
    on_these_images: bool
    needed: tuple[int, int | None] | None

    @property
    def is_real(self) -> bool:
        """Whether the interval excludes zero."""
        return self.found is not None and self.found.p_value <= self.level

    @property
    def confidence(self) -> str:
        """The confidence of the interval."""
        return f"{100 * (1 - self.level):.4g} %"

    @property
    def verdict(self) -> str:
        """Whether it is real, and if not, what would show it."""
        if self.is_real:
            return "real"
        if self.needed is None:
            return "none seen" if self.means[0] == self.means[1] else "no spread"
        seeds, images = self.needed
        on = f" on {_rounded(images)} images" if images else ""
        return f"not shown; {_rounded(seeds)} seeds{on} would"

    def __str__(self) -> str:
        names = f"{self.first} less {self.second}" + (f", {compared.plain(self.metric)}" if self.metric else "")
        if self.found is None:
            return f"{names}: {self.means[0] - self.means[1]:+.4f}: {self.verdict}"
        interval = f"{self.found.difference:+.4f} [{self.found.low:+.4f}, {self.found.high:+.4f}] at {self.confidence}"
        return f"{names}: {interval}: {self.verdict}"


def _rounded(count: int) -> str:
    """Return a small count as it is, a large one rounded up to two digits: more would claim too much precision."""
    if count >= metrics.MOST_PAIRS:
        return "over a million"
    step = 10 ** max(len(str(count)) - 2, 0)
    return f"{math.ceil(count / step) * step:,}"


_Values = tuple[list[float], list[float], list[metrics.Shares] | None]  # both sides by seed, and the shares in them


def differences(experiment: str, measured: compared.Measured) -> list[Difference]:
    """Return the differences below an experiment's table, all of them judged together at 5 % (Holm).

    Only runs with the same seeds, on the same images and computed the same way are compared, with at least two seeds.

    Args:
        experiment: such as `r2.c3.ablation`.
        measured: results lines by experiment.
    """
    pairs = [*compared.pairs(experiment, measured)]
    values = [_values(pair) for pair in pairs]
    many = [len(first) > 1 for first, _, _ in values]
    pairs, values = [*compress(pairs, many)], [*compress(values, many)]
    judged = metrics.judged_together(values, level=LEVEL)
    here = metrics.judged_together([(first, second, None) for first, second, _ in values], level=LEVEL)
    shown_here = [found is not None and found.p_value <= level for level, found in here]
    facts = zip(pairs, values, judged, shown_here, strict=True)
    return [_difference(pair, both, *own, shown) for pair, both, own, shown in facts]


def _difference(
    pair: compared.Pair, values: _Values, level: float, found: metrics.PairedDifference | None, shown_here: bool
) -> Difference:
    first, second, _ = values
    means = fmean(first), fmean(second)
    is_settled = found is None or found.p_value <= level or means[0] == means[1]
    needed = None if is_settled else _needed(values, level)
    metric = pair.metrics[0] if pair.metrics[0] == pair.metrics[1] else ""
    data = pair.runs[0][0].data["name"]
    return Difference(pair.names[0], pair.names[1], metric, data, means, level, found, shown_here, needed)


def _needed(values: _Values, level: float) -> tuple[int, int | None]:
    """Return how many seeds would show a difference, and on how many images if the present ones are too few."""
    first, second, shares = values
    if not shares:
        return max(metrics.needed(first, second, confidence=1 - level, power=POWER), len(first) + 1), None
    seeds, images = metrics.plan(first, second, shares, confidence=1 - level, power=POWER)
    return (seeds, images) if images > shares[-1].num_images else (max(seeds, len(first) + 1), None)


def _values(pair: compared.Pair) -> _Values:
    """Return both sides' figures by seed, and the shares of images that are in them."""
    by_seed = [{run.seed: run for run in runs} for runs in pair.runs]
    seeds = sorted(by_seed[0].keys() & by_seed[1].keys())
    sides = [[runs[seed].metrics[name] for seed in seeds] for runs, name in zip(by_seed, pair.metrics, strict=True)]
    return sides[0], sides[1], results.shares_of_both(pair.runs, pair.metrics, seeds)
