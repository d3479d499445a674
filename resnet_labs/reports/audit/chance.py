"""What figures say of guessing: chance level, and one class named for all images."""

from __future__ import annotations

import math
from collections.abc import Iterator

from resnet_labs.reports.audit.form import Experiment, Scores
from resnet_labs.reports.audit.known_sets import known
from resnet_labs.reports.audit.matrices import matrices_of
from resnet_labs.reports.audit.printed import Printed, rounded
from resnet_labs.reports.audit.sizes import Size
from resnet_labs.reports.audit.trace import Trace


def traces(name: str, experiment: Experiment, part: str, size: Size | None) -> Iterator[Trace]:
    """Yield which accuracies are those of a constant answer, of guessing, or far below it."""
    scores = experiment.scores.get(part, Scores())
    facts = known(experiment.dataset)
    sizes = facts.sizes(part) if facts and experiment.images.get(part) in (None, facts.images.get(part)) else None
    classes = experiment.classes or (facts.classes if facts else None) or experiment.outputs
    for field in ("accuracy_before", "accuracy"):
        value = getattr(scores, field)
        if value is None:
            continue
        place = f"{name}.scores.{part}.{field}"
        constant = _constant(value, sizes) if sizes and facts else []
        if constant and facts and sizes and len({*sizes}) > 1:
            says = (
                f"{value.text} is exactly the share of class {constant[0]} (counted from 0) among the {part} images of "
                f"{facts.name}: what a network gets that gives this answer to every image"
            )
            yield Trace("follows", "chance", place, says, f"all {sum(sizes):,} images were used")
        elif classes and _is_chance(value, classes):
            says = f"{value.text} is what guessing gets of {classes} classes: nothing was learned, or nothing is shown"
            yield Trace("follows", "chance", place, says, "classes of about the same size")
        elif classes and size:
            yield from _below(place, value, classes, size, experiment, part)


def _constant(value: Printed, sizes: tuple[int, ...]) -> list[int]:
    span = rounded(value, value.decimals)
    return [number for number, size in enumerate(sizes) if span.low * sum(sizes) <= size <= span.high * sum(sizes)]


def _is_chance(value: Printed, classes: int) -> bool:
    span = rounded(value, value.decimals)
    return span.low * classes <= 1 <= span.high * classes


def _below(place: str, value: Printed, classes: int, size: Size, experiment: Experiment, part: str) -> Iterator[Trace]:
    """Yield where an accuracy is far below guessing, by seven standard deviations."""
    chance, total = 1 / classes, size.images
    found = matrices_of(experiment, part, size)
    if found and found.matrices:
        chance = min(min(map(sum, matrix)) / total for matrix in found.matrices)
    if value < chance - 7 * math.sqrt(chance * (1 - chance) / total):
        says = f"{value.text} is far below the {chance:.3f} that guessing gets of {classes} classes"
        if classes == 2:
            says += f"; the opposite answers would have been right for {1 - value:.{value.decimals}f}"
        decides = "the outputs of that network: more than the classes, or labels in another order"
        yield Trace("follows", "chance", place, says, "classes of about the same size", decides)
