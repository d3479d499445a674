"""What class-wise accuracies say of the classes' sizes and of the overall accuracy."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_labs.reports.audit.class_sizes import overall, with_total
from resnet_labs.reports.audit.form import Experiment, Scores
from resnet_labs.reports.audit.known_sets import known
from resnet_labs.reports.audit.printed import decimals_of, printed
from resnet_labs.reports.audit.sample_sizes import counts
from resnet_labs.reports.audit.sizes import Size
from resnet_labs.reports.audit.trace import Kind, Trace

_LISTED = 20


def traces(name: str, experiment: Experiment, part: str, size: Size | None) -> Iterator[Trace]:
    """Yield what the class-wise accuracies of one part say."""
    scores = experiment.scores.get(part, Scores())
    if not scores.classwise:
        return
    place, values = f"{name}.scores.{part}.classwise", scores.classwise
    decimals = decimals_of(list(values))
    zero = [str(number) for number, value in enumerate(values, 1) if value == 0]
    if zero:
        says = f"class {', '.join(zero[:_LISTED])} of {len(values)} has no right image: it may never be predicted"
        yield Trace("follows", "classwise", place, says, decides="how often each class is predicted")
    facts = known(experiment.dataset)
    classes = experiment.classes or (facts.classes if facts else None)
    if classes and classes != len(values):
        of = f"{facts.name} has" if facts and not experiment.classes else "the report states"
        says = f"{len(values)} class-wise accuracies are given, and {of} {classes} classes"
        yield Trace("contradiction", "classwise", place, says, "every class is listed")
    yield from _stated_sizes(place, experiment, part, decimals, scores)
    accuracy = scores.accuracy
    if accuracy is not None:
        span = printed(accuracy, accuracy.decimals)
        if printed(min(values), decimals).low > span.high or printed(max(values), decimals).high < span.low:
            says = f"the accuracy {accuracy.text} is outside its classes' {min(values)} to {max(values)}"
            yield Trace("contradiction", "classwise", place, says)
            return
    if size:
        yield from _with_total(place, scores, decimals, size.images, stated=size.stated)


def _stated_sizes(place: str, experiment: Experiment, part: str, decimals: int, scores: Scores) -> Iterator[Trace]:
    each = experiment.class_images.get(part)
    facts = known(experiment.dataset)
    sizes = (each,) * len(scores.classwise) if each else None
    whose = "stated"
    whole = facts and experiment.images.get(part) in (None, facts.images.get(part))
    if sizes is None and facts and whole and facts.classes == len(scores.classwise):
        sizes, whose = facts.sizes(part), f"of {facts.name}"
    if sizes is None:
        return
    wrong = [
        number
        for number, (value, size) in enumerate(zip(scores.classwise, sizes, strict=True), 1)
        if not counts(value, decimals, size, lenient=True)
    ]
    if wrong:
        first = wrong[0] - 1
        says = (
            f"{scores.classwise[first].text} of class {wrong[0]} is no share of {sizes[first]:,} images, the number "
            f"{whose}; so it is for {len(wrong)} of {len(sizes)} classes"
        )
        kind: Kind = "contradiction" if each else "false" if part in experiment.images else "follows"
        yield Trace(kind, "classwise", place, says, decides="how many images of each class were evaluated")


def _with_total(place: str, scores: Scores, decimals: int, total: int, *, stated: bool) -> Iterator[Trace]:
    accuracies = [(scores.accuracy, scores.accuracy.decimals)] if scores.accuracy is not None else []
    found = with_total(scores.classwise, decimals, total, accuracies=accuracies)
    said = f"{total:,} images"
    if found.complete and not found.solutions:
        again = with_total(scores.classwise, decimals, total, accuracies=accuracies, lenient=True)
        if again.complete and not again.solutions:
            says = f"no class sizes that add up to {said} allow the class-wise figures"
            says += f" and the accuracy {scores.accuracy.text}" if scores.accuracy is not None else ""
            assumes = "all are of the same images" + ("" if stated else f", {total:,} as their figures suggest")
            yield Trace("contradiction" if stated else "unlikely", "classwise", place, says, assumes)
    elif found.complete and len(found.solutions) == 1:
        sizes = found.solutions[0]
        right = overall(scores.classwise, decimals, sizes)
        says = f"of {said}, the classes have {_list(sizes)}; {right.start:,} are right in all"
        yield Trace("follows", "classwise", place, says, "the figures were rounded, not cut off")
    elif found.complete:
        says = f"{len(found.solutions):,} sets of class sizes add up to {said} and allow the figures"
        yield Trace("follows", "classwise", place, says, "the figures were rounded, not cut off")
    else:
        says = f"the search for class sizes of {said} reached its bound after {len(found.solutions):,} that fit"
        yield Trace("undecided", "classwise", place, says)


def _list(sizes: tuple[int, ...]) -> str:
    shown = ", ".join(f"{size:,}" for size in sizes[:_LISTED])
    return f"{shown} and more" if len(sizes) > _LISTED else shown
