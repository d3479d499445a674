"""What summed losses say of the batches, and whether a loss can exist on such a batch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from resnet_labs.errors import InputError
from resnet_labs.reports.audit.form import Experiment, Log, Report
from resnet_labs.reports.audit.known_sets import known
from resnet_labs.reports.audit.logs import rows_of
from resnet_labs.reports.audit.sizes import Size
from resnet_labs.reports.audit.trace import Trace

# In the first epoch a network is no worse than so many times the loss of guessing; if its accuracy is near that of
# guessing, no worse than so many times; and no training that works is so bad in its best epoch.
_GUESS, _EARLY, _WORST = 1.5, 1.15, 5.0


def possible_batch_sizes(loss_sum: float, num_images: int, *, low: float, high: float) -> range:
    """Return the batch sizes for which a sum over batches is a mean loss between two bounds.

    n images in batches of b are ceil(n / b) batches, the last of which may be smaller, and the mean loss of a batch is
    the sum over their number.

    Args:
        loss_sum: the batches' mean losses, added up over an epoch, in nats.
        num_images: the images of the epoch.
        low: the smallest mean loss that can be; at least 0.
        high: the largest.

    Raises:
        InputError: a sum or bound that is not positive, or no image.

    Example:
        >>> possible_batch_sizes(2227.39, 1000, low=0.5, high=3.0)
        range(1, 2)
    """
    if not (0 < loss_sum < math.inf and num_images >= 1 and 0 <= low <= high and high > 0):
        raise InputError(
            f"A sum of {loss_sum} on {num_images} images, from {low} to {high}, is no sum of losses.",
            "Give a positive sum, at least one image, and bounds from 0.",
        )
    fewest = max(1, math.ceil(loss_sum / high * (1 - 1e-9)))
    most = num_images if low == 0 else min(num_images, math.floor(loss_sum / low * (1 + 1e-9)))
    if fewest > most:
        return range(0)
    largest = num_images if fewest == 1 else (num_images - 1) // (fewest - 1)  # ceil(n / b) >= fewest
    smallest = math.ceil(num_images / most)
    return range(smallest, largest + 1)


def lowest_cross_entropy(accuracy: float) -> float:
    """Return the smallest mean cross-entropy that an accuracy allows, in nats.

    A wrong answer has a probability of one half at most for the true class, which costs ln 2 or more.

    Example:
        >>> round(lowest_cross_entropy(0.8), 4)
        0.1386
    """
    return (1 - accuracy) * math.log(2)


def traces(report: Report, sizes: Mapping[tuple[str, str], Size]) -> Iterator[Trace]:
    """Yield the batch sizes that summed losses allow, and losses that cannot exist on such batches."""
    alone: set[str] = set()  # experiments whose test batches hold one image
    for name, experiment in report.experiments.items():
        if experiment.log is None or experiment.log.unit != "sum over batches":
            continue
        for part in ("test", "validation", "train"):
            size = sizes.get((name, part))
            if size is None or (sums := _sums(experiment, experiment.log, part)) is None:
                continue
            least = 0.0
            if part == "train" and name in alone and sums.early:  # the loss falls in this epoch, and is tested after it
                least = 0.95 * _first(experiment.log, "test_loss") / sizes[name, "test"].images
            found = sums.told(size.images, least)
            alone |= {name} if part == "test" and [*found] == [1] else set()
            yield from _said(name, experiment, part, size, found, sums)
    for name, experiment in report.experiments.items():
        kin = next((other for group in report.alike if name in group for other in group if other in alone), None)
        batch = experiment.batch_size.get("test")
        logged = experiment.log is not None and rows_of(experiment.log, "test_loss")
        if experiment.loss == "triplet" and logged and (batch == 1 or (batch is None and kin)):
            says = (
                "a triplet needs two images of one class and one of another, and a test batch holds one image: the "
                "logged test loss is not the triplet loss"
            )
            assumes = f"its test batches are those of {kin}" if kin else ""
            decides = "the code that computes the test loss"
            yield Trace("contradiction", "batches", f"{name}.log.test_loss", says, assumes, decides)


@dataclass(frozen=True)
class _Sums:
    """Summed losses of a part: of the first and of the best epoch, the share of the latter that wrong images cost."""

    first: float
    best: float
    wrong: float
    guess: float
    early: bool

    def told(self, num_images: int, least: float) -> range:
        """Return the batch sizes that the first epoch suggests."""
        high = (_EARLY if self.early and least else _GUESS) * self.guess
        low = max(least, self.wrong)
        return possible_batch_sizes(self.first, num_images, low=low, high=high) if low <= high else range(0)

    def allowed(self, num_images: int) -> range:
        """Return the batch sizes that a network as bad as five times guessing in its best epoch allows."""
        return possible_batch_sizes(self.best, num_images, low=0.0, high=_WORST * self.guess)


def _sums(experiment: Experiment, log: Log, part: str) -> _Sums | None:
    facts = known(experiment.dataset)
    classes = experiment.outputs or experiment.classes or (facts.classes if facts else None)
    losses, accuracies = (dict(rows_of(log, f"{part}_{what}")) for what in ("loss", "accuracy"))
    if experiment.loss not in ("cross_entropy", "center") or not classes or not losses or experiment.mixup:
        return None
    if min(losses.values()) <= 0:
        return None
    first = min(losses)
    right = float(accuracies.get(first, 1.0))
    return _Sums(
        float(losses[first]),
        float(min(losses.values())),
        lowest_cross_entropy(right),
        math.log(classes),
        first in accuracies and right <= 2.5 / classes,
    )


def _first(log: Log, column: str) -> float:
    return float(rows_of(log, column)[0][1])


def _said(name: str, experiment: Experiment, part: str, size: Size, found: range, sums: _Sums) -> Iterator[Trace]:
    place = f"{name}.log.{part}_loss"
    assumes = f"{size.images:,} images, losses in nats, and in the first epoch at most {_GUESS} times that of guessing"
    stated = experiment.batch_size.get(part)
    if stated and stated > size.images:
        return
    if stated and stated not in sums.allowed(size.images):
        batches = math.ceil(size.images / stated)
        says = (
            f"with the stated batches of {stated} the mean loss is {sums.best / batches:.1f} at best, and guessing has "
            f"{sums.guess:.2f}"
        )
        yield Trace("unlikely", "batches", place, says, "losses in nats", "whether the losses are sums, and of what")
    elif found and not stated:
        ends = [math.ceil(size.images / batch) for batch in (found[-1], found[0])]
        says = f"the sums fit batches of {found[0]} to {found[-1]} images, {ends[0]:,} to {ends[1]:,} in an epoch"
        if len(found) == 1:
            says = f"the sums fit batches of {found[0]} only, {ends[0]:,} in an epoch"
        yield Trace("follows", "batches", place, says, assumes)
