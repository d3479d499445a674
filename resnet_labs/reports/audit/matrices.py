"""What precision, recall and F, or a printed confusion matrix, say beside the accuracy."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from resnet_labs.reports.audit.confusions import Averaging, Confusions, Figure, binary_confusions, f_score_fits
from resnet_labs.reports.audit.form import Experiment, Scores
from resnet_labs.reports.audit.known_sets import known
from resnet_labs.reports.audit.printed import Printed, decimals_of, printed
from resnet_labs.reports.audit.sizes import Size
from resnet_labs.reports.audit.trace import Kind, Trace

_NAMES = ("accuracy", "precision", "recall", "f_score")


def traces(name: str, experiment: Experiment, part: str, size: Size | None) -> Iterator[Trace]:
    """Yield what the scores of one part say of its confusion matrix."""
    scores = experiment.scores.get(part, Scores())
    place = f"{name}.scores.{part}"
    yield from _against_the_matrix(place, scores, experiment, part)
    named = figures_of(scores)
    if {"precision", "recall", "f_score"} <= {*named} and scores.averaging != "positive":
        problem = f_score_fits(named["precision"], named["recall"], named["f_score"])
        if problem:
            yield Trace("contradiction", "matrices", f"{place}.f_score", problem, "all three are macro averages")
    yield from _balanced(place, scores, experiment, part)
    if experiment.classes == 2 and size and len(named) >= 3 and scores.averaging:
        yield from _binary(place, size.images, named, scores, stated=size.stated)


def figures_of(scores: Scores) -> dict[str, Figure]:
    """Return accuracy, precision, recall and F, those that are given, with their decimals.

    Precision, recall and F come from one table: zeros at their ends may have been dropped.
    """
    found = {name: value for name in _NAMES if (value := getattr(scores, name)) is not None}
    table = [value for name, value in found.items() if name != "accuracy"]
    decimals = decimals_of(table) if table else 0
    return {name: (value, value.decimals if name == "accuracy" else decimals) for name, value in found.items()}


def matrices_of(experiment: Experiment, part: str, size: Size | None) -> Confusions | None:
    """Return the confusion matrices of two classes that fit the scores of one part; None where they do not tell."""
    scores = experiment.scores.get(part, Scores())
    named = figures_of(scores)
    if experiment.classes != 2 or size is None or len(named) < 3 or scores.averaging is None:
        return None
    averaging: Averaging = "macro" if scores.averaging == "macro" else "positive"
    return binary_confusions(size.images, named, averaging=averaging, strict=True)


def _binary(place: str, total: int, named: dict[str, Figure], scores: Scores, *, stated: bool) -> Iterator[Trace]:
    averaging: Averaging = "macro" if scores.averaging == "macro" else "positive"
    found = binary_confusions(total, named, averaging=averaging, strict=True)
    listed = ", ".join(f"{key.replace('_score', '')} {value.text}" for key in named if (value := getattr(scores, key)))
    if not found.complete:
        says = f"the search for confusion matrices of {total:,} images reached its bound"
        yield Trace("undecided", "matrices", place, says)
    elif not found.matrices:
        again = binary_confusions(total, named, averaging=averaging)
        if again.complete and not again.matrices:
            says = f"no confusion matrix of {total:,} images has {listed}"
            kind: Kind = "contradiction" if stated else "unlikely"
            yield Trace(kind, "matrices", place, says, f"averages are {scores.averaging}, of two classes")
    else:
        yield Trace("follows", "matrices", place, *_says(found, total, listed, scores.averaging == "macro"))


def _says(found: Confusions, total: int, listed: str, macro: bool) -> tuple[str, str]:
    matrices = found.matrices
    unlike = {frozenset((matrix[0], matrix[1][::-1])) for matrix in matrices} if macro else {*matrices}
    if len(unlike) == 1:
        (a, b), (c, d) = matrices[0]
        order = ", up to the order of the classes" if macro and len(matrices) == 2 else ""
        says = (
            f"one confusion matrix of {total:,} images alone has {listed}{order}: classes of {a + b:,} and {c + d:,} "
            f"images with {b:,} and {c:,} errors"
        )
    else:
        firsts = [sum(matrix[0]) for matrix in matrices]
        says = f"{len(matrices):,} confusion matrices have {listed}, with {min(firsts):,} to {max(firsts):,} in a class"
    return says, "the figures were rounded, not cut off"


def _balanced(place: str, scores: Scores, experiment: Experiment, part: str) -> Iterator[Trace]:
    """Where all classes have the same number of images, macro recall is the accuracy."""
    facts = known(experiment.dataset)
    sizes: tuple[int, ...] | None = None
    if experiment.class_images.get(part):
        whose, sizes = "stated", (experiment.class_images[part],)
    elif facts and experiment.images.get(part) == facts.images.get(part) and facts.images.get(part):
        whose, sizes = f"of {facts.name}", facts.sizes(part)
    if sizes is None or len({*sizes}) != 1 or scores.averaging == "positive":
        return
    accuracy, recall = scores.accuracy, scores.recall
    if accuracy is None or recall is None or scores.averaging is None:
        return
    one, other = printed(accuracy, accuracy.decimals), printed(recall, recall.decimals)
    if one.low > other.high or other.low > one.high:
        says = (
            f"with {sizes[0]:,} images in every class, as {whose}, macro recall is the accuracy; {recall.text} and "
            f"{accuracy.text} are given"
        )
        yield Trace("contradiction", "matrices", f"{place}.recall", says)


def _against_the_matrix(place: str, scores: Scores, experiment: Experiment, part: str) -> Iterator[Trace]:
    matrix = scores.confusion
    if not matrix:
        return
    size = len(matrix)
    total, right = sum(map(sum, matrix)), sum(matrix[k][k] for k in range(size))
    truth, said = [sum(row) for row in matrix], [sum(row[k] for row in matrix) for k in range(size)]
    own = [Fraction(matrix[k][k], max(1, truth[k])) for k in range(size)]
    exact: dict[str, tuple[Printed | None, list[Fraction]]] = {"accuracy": (scores.accuracy, [Fraction(right, total)])}
    if scores.averaging:
        precision = [Fraction(matrix[k][k], max(1, said[k])) for k in range(size)]
        f_score = [Fraction(2 * matrix[k][k], max(1, truth[k] + said[k])) for k in range(size)]
        for name, values in (("precision", precision), ("recall", own), ("f_score", f_score)):
            value = sum(values, Fraction()) / size if scores.averaging == "macro" else values[-1]
            exact[name] = (getattr(scores, name), [value])
        if scores.averaging == "macro":  # some programs take F of the two means
            means = [sum(values, Fraction()) / size for values in (precision, own)]
            exact["f_score"][1].append(2 * means[0] * means[1] / (sum(means, Fraction()) or Fraction(1)))
    for name, (figure, values) in exact.items():
        if figure is None:
            continue
        span = printed(figure, figure.decimals)
        if not any(span.low <= value <= span.high for value in values):
            says = f"{figure.text} is given, and the confusion matrix makes {float(values[0]):.{figure.decimals}f}"
            yield Trace("contradiction", "matrices", f"{place}.{name}", says, "its rows are the true classes")
    if scores.classwise and len(scores.classwise) == size:
        decimals = decimals_of(list(scores.classwise))
        for number, (given, value) in enumerate(zip(scores.classwise, own, strict=True)):
            span = printed(given, decimals)
            if truth[number] and not span.low <= value <= span.high:
                says = f"{given.text} is given, and the confusion matrix makes {float(value):.{decimals}f}"
                yield Trace("contradiction", "matrices", f"{place}.classwise[{number}]", says)
                break
    if experiment.classes and experiment.classes != size:
        says = f"the confusion matrix has {size} classes, and {experiment.classes} are stated"
        yield Trace("contradiction", "matrices", f"{place}.confusion", says)
    stated = experiment.images.get(part)
    if stated and stated != total:
        says = f"the confusion matrix holds {total:,} images, and {stated:,} are stated"
        yield Trace("contradiction", "matrices", f"{place}.confusion", says)
