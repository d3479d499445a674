"""More answers to 09.3 by someone who knew the exercise and not its check."""

import statistics
from fractions import Fraction

import numpy as np
from helpers.answers import Answers

answers = Answers("09.3", "check_which_score")


def scores(confusion):
    accuracy = sum(row[k] for k, row in enumerate(confusion)) / sum(map(sum, confusion))
    recall = sum(row[k] / sum(row) for k, row in enumerate(confusion)) / len(confusion)
    return accuracy, recall


def word(accuracy, recall):
    if accuracy and recall:
        return "both"
    return "accuracy" if accuracy else "macro recall" if recall else "neither"


# Fractions and whole units, a dictionary for the words.
@answers.right
def by_fractions(figure, decimals, confusion):
    unit = 10**decimals
    printed = Fraction(round(figure * unit), unit)
    own = [Fraction(row[k], sum(row)) for k, row in enumerate(confusion)]
    both = (
        Fraction(sum(row[k] for k, row in enumerate(confusion)), sum(sum(row) for row in confusion)),
        sum(own) / len(own),
    )
    said = {(True, True): "both", (True, False): "accuracy", (False, True): "macro recall", (False, False): "neither"}
    return said[tuple(abs(score - printed) <= Fraction(1, 2 * unit) for score in both)]


# NumPy, on an array made of the rows.
@answers.right
def by_numpy(figure, decimals, confusion):
    table = np.array(confusion, dtype=np.float64)
    found = np.array([np.trace(table) / table.sum(), np.mean(np.diagonal(table) / table.sum(axis=1))])
    fits = np.abs(found - figure) <= 0.5 * 10.0**-decimals + 1e-9 * 10.0**-decimals
    return ["neither", "accuracy", "macro recall", "both"][int(fits @ np.array([1, 2]))]


# The mean of statistics, and the words that fit in a list.
@answers.right
def by_a_list(figure, decimals, confusion):
    right = [row[k] for k, row in enumerate(confusion)]
    found = {
        "accuracy": sum(right) / sum(sum(row) for row in confusion),
        "macro recall": statistics.fmean(r / sum(row) for r, row in zip(right, confusion, strict=False)),
    }
    fit = [name for name, score in found.items() if abs(score - figure) * 10**decimals < 0.5 + 1e-6]
    return "both" if len(fit) == 2 else (fit or ["neither"])[0]


def near(score, figure, decimals):
    return abs(score - figure) <= 0.5 * 10**-decimals + 1e-12


@answers.wrong("missed-macro-recall", "shares of the columns: macro precision in place of macro recall")
def columns(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    named = [sum(column) for column in zip(*confusion, strict=False)]
    precision = sum(row[k] / max(1, named[k]) for k, row in enumerate(confusion)) / len(confusion)
    return word(near(accuracy, figure, decimals), near(precision, figure, decimals))


@answers.wrong("missed-accuracy", "exactly equal: a score that was rounded for printing is never found")
def exact(figure, decimals, confusion):
    accuracy, recall = scores(confusion)
    return word(accuracy == figure, recall == figure)


@answers.wrong("accuracy", "a fixed tolerance of 0.01: with five decimals nearly everything is both")
def one_percent(figure, decimals, confusion):
    accuracy, recall = scores(confusion)
    return word(abs(accuracy - figure) <= 0.01, abs(recall - figure) <= 0.01)


@answers.wrong("missed-both", "decimals is never read, always five: 0.98 with two decimals is neither")
def five_decimals(figure, decimals, confusion):
    accuracy, recall = scores(confusion)
    return word(near(accuracy, figure, 5), near(recall, figure, 5))


@answers.wrong("both", "never both: where the accuracy fits, the macro recall is not looked at")
def never_both(figure, decimals, confusion):
    accuracy, recall = scores(confusion)
    if near(accuracy, figure, decimals):
        return "accuracy"
    return "macro recall" if near(recall, figure, decimals) else "neither"


@answers.wrong("both", "the nearer score wins: never neither and never both")
def nearer(figure, decimals, confusion):
    accuracy, recall = scores(confusion)
    return "accuracy" if abs(accuracy - figure) <= abs(recall - figure) else "macro recall"


@answers.wrong("missed-accuracy", "two classes are assumed: with three the third is not counted")
def two_classes(figure, decimals, confusion):
    (a, b), (c, d) = (row[:2] for row in confusion[:2])
    accuracy, recall = (a + d) / (a + b + c + d), (a / (a + b) + d / (c + d)) / 2
    return word(near(accuracy, figure, decimals), near(recall, figure, decimals))


@answers.wrong("accuracy", "the two words are exchanged")
def exchanged(figure, decimals, confusion):
    accuracy, recall = scores(confusion)
    return word(near(recall, figure, decimals), near(accuracy, figure, decimals))


@answers.wrong(
    "accuracy",
    "the recall is weighted by the sizes of the classes: it is the accuracy again, and so never differs from it",
)
def weighted(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    total = sum(map(sum, confusion))
    recall = sum(sum(row) / total * row[k] / sum(row) for k, row in enumerate(confusion))
    return word(near(accuracy, figure, decimals), near(recall, figure, decimals))


@answers.wrong("missed-macro-recall", "scores are cut off, not rounded: 2 of 3 counts as 0.66, and 0.67 fits nothing")
def cut_off(figure, decimals, confusion):
    unit = 10**decimals
    accuracy, recall = (int(score * unit + 1e-9) for score in scores(confusion))
    return word(accuracy == round(figure * unit), recall == round(figure * unit))


@answers.wrong("too-near", "a whole unit of the last decimal is allowed: the neighbouring figure fits too")
def whole_unit(figure, decimals, confusion):
    accuracy, recall = scores(confusion)
    return word(abs(accuracy - figure) <= 10**-decimals, abs(recall - figure) <= 10**-decimals)


@answers.wrong("no-return", "None where neither fits")
def none_for_neither(figure, decimals, confusion):
    accuracy, recall = scores(confusion)
    found = word(near(accuracy, figure, decimals), near(recall, figure, decimals))
    return None if found == "neither" else found


@answers.wrong("changes-input", "rows are divided in place by their sums: the confusion matrix of the caller changes")
def in_place(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    for row in confusion:
        total = sum(row)
        row[:] = [count / total for count in row]
    recall = sum(row[k] for k, row in enumerate(confusion)) / len(confusion)
    return word(near(accuracy, figure, decimals), near(recall, figure, decimals))


@answers.wrong(
    "unusable", "classes without a right image are left out of the mean: a class of 0 right does not lower the recall"
)
def without_zeros(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    shares = [row[k] / sum(row) for k, row in enumerate(confusion) if row[k]]
    recall = sum(shares) / max(1, len(shares))
    return word(near(accuracy, figure, decimals), near(recall, figure, decimals))


@answers.wrong(
    "missed-macro-recall",
    "each class's recall is rounded before the mean: of three classes the last decimal may be another",
)
def rounded_early(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    recall = sum(round(row[k] / sum(row), decimals) for k, row in enumerate(confusion)) / len(confusion)
    return word(near(accuracy, figure, decimals), near(recall, figure, decimals))
