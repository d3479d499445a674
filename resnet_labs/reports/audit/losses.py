"""Whether logged losses can belong to the logged accuracies, and what both show together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from resnet_labs.reports.audit.batches import lowest_cross_entropy
from resnet_labs.reports.audit.form import Experiment, Log
from resnet_labs.reports.audit.known_sets import known
from resnet_labs.reports.audit.logs import rows_of
from resnet_labs.reports.audit.printed import Printed, decimals_of, printed, short
from resnet_labs.reports.audit.sizes import Size
from resnet_labs.reports.audit.trace import Trace

_PARTS = ("validation", "test")
_FAR = 5.0  # a network that learned something is not so many times worse than guessing in its best epoch
_SLACK = 0.7  # a small last batch counts as much as the others in a mean over batches


def traces(name: str, experiment: Experiment, sizes: Mapping[tuple[str, str], Size]) -> Iterator[Trace]:
    """Yield losses that no network with that accuracy has, and losses that rise."""
    log = experiment.log
    if log is None:
        return
    for part in _PARTS:
        yield from _rising(name, log, part)
        size = sizes.get((name, part))
        if experiment.loss == "cross_entropy" and not experiment.mixup:
            yield from _possible(name, experiment, log, part, size)
    train, held_out = rows_of(log, "train_loss"), rows_of(log, "validation_loss") or rows_of(log, "test_loss")
    if log.unit == "mean" and train and held_out and train[0][0] == held_out[0][0] and train[0][1] > held_out[0][1]:
        says = (
            f"in epoch {train[0][0]} the training loss {short(train[0][1])} is above the {short(held_out[0][1])} of "
            "other images: it was taken while the network learned, or with augmentation, and the other one afterwards"
        )
        yield Trace("follows", "losses", f"{name}.log.train_loss", says)


def _possible(name: str, experiment: Experiment, log: Log, part: str, size: Size | None) -> Iterator[Trace]:
    losses, accuracies = (dict(rows_of(log, f"{part}_{what}")) for what in ("loss", "accuracy"))
    divisor = _divisor(log, experiment, part, size)
    if not losses or divisor is None:
        return
    both = [epoch for epoch in losses if epoch in accuracies]
    yield from _far_above_guessing(f"{name}.log.{part}_loss", experiment, losses, accuracies, divisor)
    if not both:
        return
    decimals = decimals_of([accuracies[epoch] for epoch in both])
    for epoch in both:
        highest = float(printed(losses[epoch], losses[epoch].decimals).high) / divisor
        accuracy = min(1.0, float(printed(accuracies[epoch], decimals).high))
        if highest < _SLACK * lowest_cross_entropy(accuracy):
            says = (
                f"in epoch {epoch} {short(accuracies[epoch])} are right, and a mean loss of {highest:.4f} is below "
                f"{lowest_cross_entropy(accuracy):.4f}, the least that the wrong images cost (ln 2 each)"
            )
            place = f"{name}.log.{part}_loss"
            yield Trace(
                "contradiction", "losses", place, says, "cross-entropy in nats", "what was added up or averaged"
            )
            return


def _far_above_guessing(
    place: str,
    experiment: Experiment,
    losses: Mapping[int, Printed],
    accuracies: Mapping[int, Printed],
    divisor: float,
) -> Iterator[Trace]:
    """Yield mean losses far above that of guessing in every epoch: sums that are called means, most likely."""
    classes, smallest = _classes(experiment), min(losses.values()) / divisor
    best = max((float(value) for value in accuracies.values()), default=None)
    if classes is None or (best is not None and best <= 1.2 / classes):
        return
    times = smallest / math.log(classes)
    if times > (_FAR if best is not None else 4 * _FAR):
        says = f"the smallest mean loss is {smallest:.2f}, {times:.0f} times that of guessing (ln {classes})"
        says += f", while up to {best:g} are right" if best is not None else ""
        yield Trace("unlikely", "losses", place, says, "cross-entropy in nats", "whether the losses are means or sums")


def _divisor(log: Log, experiment: Experiment, part: str, size: Size | None) -> float | None:
    """Return by what to divide a logged loss for the mean; None if that is not known."""
    if log.unit == "mean":
        return 1.0
    if size is None:
        return None
    if log.unit == "sum over images":
        return float(size.images)
    batch = experiment.batch_size.get(part)
    return float(math.ceil(size.images / batch)) if batch else None


def _classes(experiment: Experiment) -> int | None:
    facts = known(experiment.dataset)
    return experiment.outputs or experiment.classes or (facts.classes if facts else None)


def _rising(name: str, log: Log, part: str) -> Iterator[Trace]:
    losses, accuracies = rows_of(log, f"{part}_loss"), rows_of(log, f"{part}_accuracy")
    if len(losses) < 3:
        return
    epoch, lowest = min(losses, key=lambda row: row[1])
    last_epoch, last = losses[-1]
    if last <= 1.05 * lowest:
        return
    says = f"the {part} loss is lowest in epoch {epoch}, {short(lowest)}, and {short(last)} in epoch {last_epoch}"
    by_epoch = dict(accuracies)
    if epoch in by_epoch and last_epoch in by_epoch:
        before, after = by_epoch[epoch], by_epoch[last_epoch]
        if after > before:
            says += f", while the accuracy rises from {short(before)} to {short(after)}: wrong answers get surer"
        elif after < before:
            says += f", and the accuracy falls from {short(before)} to {short(after)}"
    yield Trace("follows", "losses", f"{name}.log.{part}_loss", says)
