"""What a training log says: its epochs, the epoch of the reported figure, and how fast the network learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_labs.reports.audit.form import SPLITS, Experiment, Log
from resnet_labs.reports.audit.known_sets import known
from resnet_labs.reports.audit.printed import Printed, decimals_of, printed, short
from resnet_labs.reports.audit.trace import Trace

Rows = list[tuple[int, Printed]]  # epochs and values


def traces(name: str, experiment: Experiment) -> Iterator[Trace]:
    """Yield where a log contradicts the stated epochs or the reported figures, and what it shows besides."""
    log = experiment.log
    if log is None:
        return
    yield from _epochs(name, experiment, log)
    for part in SPLITS:
        rows = rows_of(log, f"{part}_accuracy")
        if rows and all(value == 0 for _, value in rows):
            says = f"the {part} accuracy is 0 in every epoch: it was not measured, or is no accuracy of this network"
            yield Trace("follows", "logs", f"{name}.log.{part}_accuracy", says)
        elif rows:
            yield from _reported(name, experiment, log, part, rows)
            yield from _fast(name, experiment, part, rows)
    train, test = (rows_of(log, f"{part}_accuracy") for part in ("train", "test"))
    if train and test and train[-1][1] - test[-1][1] > 0.1:
        says = f"at the end {short(train[-1][1])} of the training and {short(test[-1][1])} of the test images are right"
        yield Trace("follows", "logs", f"{name}.log", f"{says}: it fits the training images better")


def rows_of(log: Log, column: str) -> Rows:
    """Return the epochs and values of a column, those that are given."""
    values = log.columns.get(column, ())
    return [(epoch, value) for epoch, value in zip(log.epoch, values, strict=False) if value is not None]


def _epochs(name: str, experiment: Experiment, log: Log) -> Iterator[Trace]:
    first, last = log.epoch[0], log.epoch[-1]
    missing = [*dict.fromkeys(range(first, last + 1)).keys() - {*log.epoch}]
    if missing:
        says = f"the log gives {len(log.epoch)} of the epochs {first} to {last}; {_list(sorted(missing))} are missing"
        yield Trace("undecided", "logs", f"{name}.log.epoch", says)
    counted = last + (1 if first == 0 else 0)
    if experiment.epochs and counted != experiment.epochs:
        says = f"the log ends after epoch {counted}, and {experiment.epochs} epochs are stated"
        assumes = "" if counted > experiment.epochs else "the log is whole, and the training was not stopped early"
        yield Trace("contradiction", "logs", f"{name}.epochs", says, assumes, "the log, or the code")


def _reported(name: str, experiment: Experiment, log: Log, part: str, rows: Rows) -> Iterator[Trace]:
    scores = experiment.scores.get(part)
    if scores is None or scores.accuracy is None:
        return
    figure, decimals = scores.accuracy, decimals_of([value for _, value in rows])
    span = printed(figure, figure.decimals)
    fits = [
        epoch for epoch, value in rows if (own := printed(value, decimals)).low <= span.high and span.low <= own.high
    ]
    place = f"{name}.scores.{part}.accuracy"
    best = max(value for _, value in rows)
    bests = [epoch for epoch, value in rows if value == best]
    gaps = len(rows) < log.epoch[-1] - log.epoch[0] + 1
    if not fits:
        says = f"{figure.text} is the {part} accuracy of no epoch in the log"
        if gaps:
            yield Trace("undecided", "logs", place, f"{says}, which has gaps")
        elif span.low > printed(best, decimals).high:
            says += f"; the best is {short(best)}"
            yield Trace("contradiction", "logs", place, says, "log and figure are of the same run and images")
        else:
            yield Trace("contradiction", "logs", place, says, "log and figure are of the same run and images")
    elif rows[-1][0] in fits:
        says = f"{figure.text} is the last epoch's, {rows[-1][0]}"
        if rows[-1][0] not in bests:
            says += f"; the best is {short(best)} in epoch {bests[0]}"
        if experiment.epochs and experiment.epochs < rows[-1][0]:
            at = next((value for epoch, value in rows if epoch == experiment.epochs), None)
            says += f"; after the stated {experiment.epochs} epochs it is {short(at)}" if at is not None else ""
        yield Trace("follows", "logs", place, says)
    else:
        says = f"{figure.text} is that of epoch {_list(fits)}, not of the last, {rows[-1][0]}"
        if {*fits} & {*bests}:
            says += f": the best of {len(rows)} epochs, chosen on the {part} images themselves"
        yield Trace("follows", "logs", place, says)


def _fast(name: str, experiment: Experiment, part: str, rows: Rows) -> Iterator[Trace]:
    facts = known(experiment.dataset)
    classes = experiment.outputs or experiment.classes or (facts.classes if facts else None)
    first, last = rows[0], rows[-1]
    values = [value for _, value in rows]
    if len(rows) >= 5 and values[-5:] == sorted(set(values[-5:])) and values[-1] - values[-2] >= 0.01:
        says = f"the {part} accuracy still rises at the end, from {short(values[-2])} to {short(values[-1])}"
        yield Trace("follows", "logs", f"{name}.log.{part}_accuracy", says, decides="a longer training")
    if part == "train" or classes is None or classes < 5 or first[0] != 1 or len(rows) < 5:
        return
    if first[1] >= 0.9 * last[1] and first[1] >= max(0.5, 5 / classes):
        says = (
            f"after the first epoch {short(first[1])} of the {part} images are right, and {short(last[1])} after the "
            "last: nearly all was known after one epoch, as with pretrained weights"
        )
        yield Trace("follows", "logs", f"{name}.log.{part}_accuracy", says, decides="the weights it began from")


def _list(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return f"{shown} and more" if len(numbers) > 10 else shown
