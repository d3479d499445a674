"""Answers to 09.3 by someone who looked for what its check may not ask."""

import math
from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.3", "check_which_score")

WORDS = {(True, True): "both", (True, False): "accuracy", (False, True): "macro recall", (False, False): "neither"}


def scores_of(confusion):
    right = [row[k] for k, row in enumerate(confusion)]
    accuracy = sum(right) / sum(map(sum, confusion))
    recall = math.fsum(hit / sum(row) for hit, row in zip(right, confusion, strict=True)) / len(confusion)
    return accuracy, recall


def good(figure, decimals, confusion):
    half = 0.5 * 10**-decimals + 1e-12
    accuracy, recall = scores_of(confusion)
    return WORDS[abs(accuracy - figure) <= half, abs(recall - figure) <= half]


@answers.right
def exact(figure, decimals, confusion):
    # Right: exact fractions; a score may print as the figure if it is at most half a unit away, ties both ways.
    unit = 10**decimals
    printed = round(figure * unit)
    accuracy = Fraction(sum(confusion[k][k] for k in range(len(confusion))), sum(sum(row) for row in confusion))
    recall = sum((Fraction(row[k], sum(row)) for k, row in enumerate(confusion)), Fraction()) / len(confusion)
    said = [
        name
        for name, score in (("accuracy", accuracy), ("macro recall", recall))
        if abs(2 * unit * score - 2 * printed) <= 1
    ]
    return "neither" if not said else "both" if len(said) == 2 else said[0]


class _Scores:
    def __init__(self, confusion):
        self.rows = [tuple(row) for row in confusion]

    @property
    def accuracy(self):
        return math.fsum(row[k] for k, row in enumerate(self.rows)) / math.fsum(map(sum, self.rows))

    @property
    def recall(self):
        total = 0.0
        for k, row in enumerate(self.rows):
            total += row[k] / sum(row)
        return total / len(self.rows)


@answers.right
def properties(figure, decimals, confusion):
    # Right: a class with a property for each score; half a unit and a few rounding errors.
    scores, unit = _Scores(confusion), 10**decimals
    fits = [abs(score - figure) <= 0.5 / unit + 1e-15 for score in (scores.accuracy, scores.recall)]
    return ("neither", "accuracy", "macro recall", "both")[fits[0] + 2 * fits[1]]


@answers.wrong(
    "too-near", "counts the decimals of the number itself: 0.9700, printed with four, is taken for 0.97 with two"
)
def own_decimals(figure, decimals, confusion):
    text = str(figure)
    if "." in text and "e" not in text:
        decimals = len(text.split(".")[1])
    return good(figure, decimals, confusion)


@answers.wrong("too-near", "the slack for floating point is 1e-6, twice half a unit of a figure with six decimals")
def generous(figure, decimals, confusion):
    half = 0.5 * 10**-decimals + 1e-6
    accuracy, recall = scores_of(confusion)
    return WORDS[abs(accuracy - figure) <= half, abs(recall - figure) <= half]


@answers.wrong("missed-macro-recall", "the recall of the first two classes only, as in the example of cats and dogs")
def two_classes(figure, decimals, confusion):
    half = 0.5 * 10**-decimals + 1e-12
    accuracy, _ = scores_of(confusion)
    first, second = confusion[0], confusion[-1]
    recall = (first[0] / sum(first) + second[-1] / sum(second)) / 2
    return WORDS[abs(accuracy - figure) <= half, abs(recall - figure) <= half]


@answers.wrong(
    "changes-input",
    "turns the rows of the caller's matrix into shares: a second call takes the recall for the accuracy",
)
def in_place(figure, decimals, confusion):
    half = 0.5 * 10**-decimals + 1e-12
    accuracy = sum(row[k] for k, row in enumerate(confusion)) / sum(map(sum, confusion))
    for k, row in enumerate(confusion):
        total = sum(row)
        confusion[k] = [count / total for count in row]
    recall = sum(row[k] for k, row in enumerate(confusion)) / len(confusion)
    return WORDS[abs(accuracy - figure) <= half, abs(recall - figure) <= half]


@answers.wrong("too-near", 'equal classes are always "both", also where the figure fits neither')
def equal_classes(figure, decimals, confusion):
    if len({sum(row) for row in confusion}) == 1:
        return "both"
    return good(figure, decimals, confusion)


@answers.wrong(
    "missed-macro-recall",
    "the recall of each class is rounded before the mean is taken, so the mean may print as another figure",
)
def rounded_shares(figure, decimals, confusion):
    half = 0.5 * 10**-decimals + 1e-12
    accuracy, _ = scores_of(confusion)
    recall = sum(round(row[k] / sum(row), decimals) for k, row in enumerate(confusion)) / len(confusion)
    return WORDS[abs(accuracy - figure) <= half, abs(recall - figure) <= half]


@answers.wrong("missed-macro-recall", "classes that are never right do not count in the mean")
def only_found_classes(figure, decimals, confusion):
    half = 0.5 * 10**-decimals + 1e-12
    accuracy, _ = scores_of(confusion)
    shares = [row[k] / sum(row) for k, row in enumerate(confusion) if row[k]]
    recall = sum(shares) / max(1, len(shares))
    return WORDS[abs(accuracy - figure) <= half, abs(recall - figure) <= half]


_said = {}


@answers.wrong("too-near", "remembers what it said of a figure, also for another matrix")
def remembered(figure, decimals, confusion):
    key = figure, decimals
    if key not in _said:
        _said[key] = good(figure, decimals, confusion)
    return _said[key]


@answers.wrong("missed-both", 'a figure of 0 counts as missing: "neither"')
def falsy(figure, decimals, confusion):
    if not figure:
        return "neither"
    return good(figure, decimals, confusion)


@answers.wrong(
    "columns", "takes the mean over the columns for a macro recall, too, in case the matrix is the other way round"
)
def either_way(figure, decimals, confusion):
    half = 0.5 * 10**-decimals + 1e-12
    accuracy, recall = scores_of(confusion)
    turned = [list(column) for column in zip(*confusion, strict=True)]
    means = [recall]
    if all(sum(row) for row in turned):
        means.append(scores_of(turned)[1])
    return WORDS[abs(accuracy - figure) <= half, any(abs(mean - figure) <= half for mean in means)]
