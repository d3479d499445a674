"""How many images were evaluated: as stated, or as the figures themselves tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from resnet_labs.reports.audit.form import SPLITS, Experiment, Report, Scores
from resnet_labs.reports.audit.printed import Printed, decimals_of
from resnet_labs.reports.audit.sample_sizes import counts, fitting_sizes, lenient_sizes

BOUND = 20_000
RARE = 1e-6


@dataclass(frozen=True)
class Shares:
    """The figures that are shares of one set of images: places, values, and the decimals each was printed with."""

    places: list[str]
    values: list[tuple[Printed, int]]

    @property
    def distinct(self) -> list[tuple[Printed, int]]:
        """The values once each, without 0 and 1, which every size allows."""
        return [*{(value, decimals): None for value, decimals in self.values if 0 < value < 1}]


def shares_of(name: str, experiment: Experiment, part: str) -> Shares:
    """Return all figures of a part that are shares of its images: accuracies, top-k accuracies and the log's column."""
    scores = experiment.scores.get(part, Scores())
    found: list[tuple[str, Printed]] = []
    for field in ("accuracy", "accuracy_before"):
        value = getattr(scores, field)
        found += [(f"{name}.scores.{part}.{field}", value)] if value is not None else []
    found += [(f"{name}.scores.{part}.top_k.{k}", value) for k, value in scores.top_k.items()]
    own = [(place, value, value.decimals) for place, value in found]
    if experiment.log and (column := experiment.log.columns.get(f"{part}_accuracy")):
        values = [value for value in column if value is not None]
        decimals = decimals_of(list(values)) if values else 0
        own += [(f"{name}.log.{part}_accuracy", value, decimals) for value in values]
    return Shares([place for place, _, _ in own], [(value, decimals) for _, value, decimals in own])


@dataclass(frozen=True)
class Size:
    """A number of images, and whether the report states it; otherwise its figures tell."""

    images: int
    stated: bool


def sizes_of(report: Report) -> dict[tuple[str, str], Size]:
    """Return by experiment and part the number of images, where it is known.

    It is that of a printed confusion matrix, else the one that four or more figures tell (`told_by`), else the stated
    one. Figures of experiments that are said to share their test images are taken together.
    """
    found = {}
    for name, experiment in report.experiments.items():
        for part in SPLITS:
            stated = experiment.images.get(part)
            matrix = experiment.scores.get(part, Scores()).confusion
            figures = shares_of(name, experiment, part).distinct
            if part == "test":
                for group in report.same_images:
                    if name in group:
                        others = (shares_of(other, report.experiments[other], part).distinct for other in group)
                        figures = [*dict.fromkeys(figure for each in others for figure in each)]
            told = None if matrix else told_by(figures, stated)
            if matrix:
                found[name, part] = Size(sum(map(sum, matrix)), stated == sum(map(sum, matrix)))
            elif told is not None and told != stated:
                found[name, part] = Size(told, stated=False)
            elif stated is not None:
                found[name, part] = Size(stated, stated=True)
    return found


def told_by(figures: Sequence[tuple[Printed, int]], stated: int | None) -> int | None:
    """Return the smallest number of images that allows all figures, if they are enough to tell it; else None.

    They are enough if a size that fits by accident is to be expected in fewer than one of ten such reports, and if at
    least four figures are not all even, so that twice as many images would show. A stated size must be excluded too:
    no share of it, or one that hardly gives such figures.
    """
    sizes = fitting_sizes(figures, BOUND) if len(figures) >= 4 else []
    if not sizes or sizes[0] < 2:
        return None
    smallest = sizes[0]
    by_accident = _by_accident(figures, smallest, 1.0)
    shorter = [{*lenient_sizes([value], decimals, smallest)} for value, decimals in figures]
    first = min(set.intersection(*shorter))
    if first < smallest and _by_accident(figures, first, 1.5) < 0.01 * by_accident:
        return None  # figures that were cut off tell a smaller one
    if by_accident > 0.1:
        return None
    if stated is None:
        return smallest
    allowed = all(counts(value, decimals, stated, lenient=True) for value, decimals in figures)
    return None if allowed and chance_of_a_coarse_grid(figures, smallest, stated) > RARE else smallest


def _by_accident(figures: Sequence[tuple[Printed, int]], size: int, units: float) -> float:
    """Return how many smaller sizes are to be expected to fit, if a figure covers so many units of its last decimal."""
    return sum(
        math.prod(min(1.0, units * each * 10.0**-decimals) for _, decimals in figures) for each in range(1, size)
    )


def chance_of_a_coarse_grid(figures: Sequence[tuple[Printed, int]], smallest: int, stated: int) -> float:
    """Return an upper bound of the probability that figures of `stated` images all fit one smaller size."""
    chance = float(stated)  # so many smaller sizes could have fitted
    for _, decimals in figures:
        chance *= min(1.0, smallest * (10.0**-decimals + 1 / stated))
    return chance
