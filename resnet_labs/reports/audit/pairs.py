"""What two experiments say together: the same test images or not, the same start or not, a difference or none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations

from resnet_labs.metrics import wilson_interval
from resnet_labs.reports.audit.class_sizes import class_supports, with_total
from resnet_labs.reports.audit.form import Report, Scores
from resnet_labs.reports.audit.known_sets import known
from resnet_labs.reports.audit.logs import rows_of
from resnet_labs.reports.audit.matrices import matrices_of
from resnet_labs.reports.audit.printed import decimals_of, short
from resnet_labs.reports.audit.proportions import mcnemar_bounds, smallest_difference, two_proportions
from resnet_labs.reports.audit.sample_sizes import counts
from resnet_labs.reports.audit.sizes import RARE, Size
from resnet_labs.reports.audit.trace import Kind, Trace

_MOST_PAIRS = 300
Sizes = Mapping[tuple[str, str], Size]


def traces(report: Report, sizes: Sizes) -> Iterator[Trace]:
    """Yield what follows from two experiments together."""
    pairs = [*combinations(report.experiments, 2)]
    for first, second in pairs[:_MOST_PAIRS]:
        yield from _test_images(report, sizes, first, second)
    if len(pairs) > _MOST_PAIRS:
        says = f"{len(pairs):,} pairs of experiments; the first {_MOST_PAIRS} were compared"
        yield Trace("undecided", "pairs", "experiments", says)
    for group in report.alike:
        for first, second in combinations(group, 2):
            yield from _first_epochs(report, first, second)
    for number, each in enumerate(report.comparisons):
        yield from _comparison(report, sizes, number, each)


def _test_images(report: Report, sizes: Sizes, first: str, second: str) -> Iterator[Trace]:
    """Judge whether two experiments can have had the same test images, from the sizes of the classes."""
    place = f"{first} and {second}"
    stated = any({first, second} <= {*group} for group in report.same_images)
    runs = [report.experiments[name].scores.get("test", Scores()).classwise for name in (first, second)]
    if all(runs) and len(runs[0]) <= 1000:
        if len(runs[0]) != len(runs[1]):
            if stated:
                says = f"{len(runs[0])} and {len(runs[1])} classes cannot be of the same test images"
                yield Trace("contradiction", "pairs", place, says)
            return
        yield from _by_classes(report, sizes, first, second, stated)
        return
    found = [matrices_of(report.experiments[name], "test", sizes.get((name, "test"))) for name in (first, second)]
    if all(each and each.complete and each.matrices for each in found):
        own = [{tuple(map(sum, matrix)) for matrix in each.matrices} for each in found if each]
        both = own[0] & own[1]
        if not both and stated:
            says = "no sizes of the two classes fit the scores of both, which are said to be of the same images"
            yield Trace("contradiction", "pairs", place, says, "figures were rounded, not cut off")
        elif len(both) <= 2 and both:
            says = f"the scores of both leave the same sizes of the two classes, {' and '.join(map(str, min(both)))}"
            yield Trace("follows", "pairs", place, f"{says}: the same test images")


def _by_classes(report: Report, sizes: Sizes, first: str, second: str, stated: bool) -> Iterator[Trace]:
    place = f"{first} and {second}"
    runs = [report.experiments[name].scores["test"].classwise for name in (first, second)]
    decimals = decimals_of([*runs[0], *runs[1]])
    largest = 20_000_000 // (20 * len(runs[0]) + 1_000)
    shared = class_supports(runs, decimals=decimals, largest=min(largest, 10_000))
    if decimals >= 3 and not all(shared):
        number = next(number for number, each in enumerate(shared, 1) if not each)
        says = (
            f"no number of images of class {number} up to {min(largest, 10_000):,} allows both accuracies: they are "
            "not of the same test images"
        )
        yield Trace("unlikely" if stated else "follows", "pairs", place, says, "figures were rounded, not cut off")
        return
    own, other = (sizes.get((name, "test")) for name in (first, second))
    if own is None or other is None or own.images != other.images:
        return
    figures = [report.experiments[name].scores["test"].accuracy for name in (first, second)]
    accuracies = [(value, value.decimals) for value in figures if value is not None] if all(figures) else []
    found = with_total(runs, decimals, own.images, accuracies=accuracies)
    if not found.complete or len(found.solutions) != 1 or len({*found.solutions[0]}) < 3:
        return
    (solution,) = found.solutions
    telling = [size for size, *values in zip(solution, *runs, strict=True) if all(0 < value < 1 for value in values)]
    by_accident = math.prod(min(1.0, size * 10.0**-decimals) for size in telling)
    if by_accident > RARE:
        return
    says = f"both leave the same {len(solution)} sizes of the classes, {', '.join(map(str, solution[:20]))}"
    names = [known(report.experiments[name].dataset) for name in (first, second)]
    if names[0] and names[1] and names[0] != names[1]:
        says += f": the same test images, though {names[0].name} is stated for one and {names[1].name} for the other"
        yield Trace("contradiction", "pairs", place, says, "unequal sizes do not agree so by chance")
    else:
        yield Trace(
            "follows", "pairs", place, f"{says}: the same test images", "unequal sizes do not agree so by chance"
        )


def _first_epochs(report: Report, first: str, second: str) -> Iterator[Trace]:
    """Compare first epochs of experiments said to start alike: one at chance level, the other far above it."""
    for part in ("test", "validation", "train"):
        ends = []
        for name in (first, second):
            experiment = report.experiments[name]
            rows = rows_of(experiment.log, f"{part}_accuracy") if experiment.log else []
            facts = known(experiment.dataset)
            classes = experiment.outputs or experiment.classes or (facts.classes if facts else None)
            if rows and rows[0][0] == 1 and classes:
                ends.append((rows[0][1], name, classes))
        if len(ends) != 2 or ends[0][2] != ends[1][2] or ends[0][2] < 5:
            continue
        (low, low_name, classes), (high, high_name, _) = sorted(ends)
        if low <= 2 / classes and high >= max(0.5, 5 / classes):
            says = (
                f"after one epoch {high_name} has {short(high)} of the {part} images right, and {low_name} "
                f"{short(low)}, where guessing gets {1 / classes:g}: they did not start from the same weights with the "
                "same settings"
            )
            yield Trace("unlikely", "pairs", f"{first} and {second}", says, decides="weights and rates of both")
            return


def _comparison(report: Report, sizes: Sizes, number: int, comparison: Mapping[str, str]) -> Iterator[Trace]:
    """Judge a stated difference of two accuracies."""
    part, names = comparison["images"], (comparison["better"], comparison["worse"])
    place = f"comparisons[{number}]"
    figures = [report.experiments[name].scores.get(part, Scores()).accuracy for name in names]
    totals = [sizes.get((name, part)) for name in names]
    better, worse = figures
    if better is None or worse is None:
        missing = names[0] if better is None else names[1]
        yield Trace("undecided", "pairs", place, f"{missing} has no accuracy on {part} images")
        return
    if better <= worse:
        says = f"{names[0]} is called better than {names[1]}, with {better.text} against {worse.text}"
        yield Trace("contradiction", "pairs", place, says)
        return
    assumes = "one run of each, judged apart"
    for side, name in enumerate(names):
        facts = known(report.experiments[name].dataset)
        whole = facts.images.get(part) if facts else None
        if totals[side] is None and facts and whole:
            totals[side] = Size(whole, stated=False)
            assumes = f"all {whole:,} {part} images of {facts.name}, one run of each, judged apart"
    if totals[0] is None or totals[1] is None:
        says = f"{better.text} and {worse.text} were measured on an unknown number of images"
        yield Trace("undecided", "pairs", place, says, decides="the number of images")
        return
    right = [
        counts(figure, figure.decimals, each.images, lenient=True)
        for figure, each in zip((better, worse), totals, strict=True)
        if each
    ]
    if not all(right):
        return
    first, second = (each[len(each) // 2] for each in right)
    found = two_proportions(first, totals[0].images, second, totals[1].images)
    spans = " and ".join(
        f"[{span.low:.4f}, {span.high:.4f}]"
        for span in (wilson_interval(first, totals[0].images), wilson_interval(second, totals[1].images))
    )
    least = smallest_difference((better + worse) / 2, min(each.images for each in totals if each))
    says = (
        f"{better.text} and {worse.text} of {totals[0].images:,} images, 95 % intervals {spans}, differ by "
        f"{found.difference:.4f} [{found.low:+.4f}, {found.high:+.4f}], p {_p(found.p_value)}; so many images show "
        f"differences from about {least:.4f}"
    )
    says += _mcnemar(report, sizes, names, part)
    kind: Kind = "follows" if found.p_value < 0.05 else "not shown"
    yield Trace(kind, "pairs", place, says, assumes, "more seeds, and the predictions")


def _p(value: float) -> str:
    return f"= {value:.2g}" if value > 1e-12 else "below 1e-12"


def _mcnemar(report: Report, sizes: Sizes, names: tuple[str, str], part: str) -> str:
    """Return what McNemar's test can give at best, where both confusion matrices are known."""
    found = [matrices_of(report.experiments[name], part, sizes.get((name, part))) for name in names]
    if not all(each and each.complete and 0 < len(each.matrices) <= 2 for each in found):
        return ""
    first, second = (each.matrices for each in found if each)
    ends = [
        mcnemar_bounds([one[0][0], one[1][1]], [other[0][0], other[1][1]], [*map(sum, one)])
        for one in first
        for other in second
        if [*map(sum, one)] == [*map(sum, other)]
    ]
    if not ends:
        return ""
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    return f"; on the same images McNemar's p is {low:.2f} to {high:.2f}, from both confusion matrices"
