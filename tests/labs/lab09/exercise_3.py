"""Right and wrong answers to exercise 09.3: accuracy or macro recall."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from helpers.answers import Answers

answers = Answers("09.3", "check_which_score")


def word(accuracy, recall):
    return {(1, 1): "both", (1, 0): "accuracy", (0, 1): "macro recall"}.get((int(accuracy), int(recall)), "neither")


def scores(confusion):
    right = [Fraction(row[number]) for number, row in enumerate(confusion)]
    truth = [sum(row) for row in confusion]
    return sum(right) / sum(truth), sum(a / b for a, b in zip(right, truth, strict=True)) / len(truth)


@answers.right
def by_fractions(figure, decimals, confusion):
    half = Fraction(1, 2 * 10**decimals)
    return word(*(abs(each - Fraction(str(figure))) <= half for each in scores(confusion)))


@answers.right
def by_rounding_with_numpy(figure, decimals, confusion):
    counts = np.array(confusion)
    accuracy = counts.trace() / counts.sum()
    recall = (counts.diagonal() / counts.sum(1)).mean()
    return word(*(abs(each - figure) <= 0.5 * 10**-decimals + 1e-12 for each in (accuracy, recall)))


@answers.right
def by_units(figure, decimals, confusion):
    scale = 10**decimals
    return word(*(abs(float(each) * scale - round(figure * scale)) <= 0.5 + 1e-6 for each in scores(confusion)))


@answers.wrong("missed-accuracy")
def exactly(figure, decimals, confusion):
    return word(*(float(each) == figure for each in scores(confusion)))


@answers.wrong("missed-macro-recall")
def over_columns(figure, decimals, confusion):
    return by_fractions(figure, decimals, [[*column] for column in zip(*confusion, strict=True)])


@answers.wrong("both-accuracy")
def within_a_hundredth(figure, decimals, confusion):
    return word(*(abs(float(each) - figure) <= 0.01 for each in scores(confusion)))


@answers.wrong("both")
def nearest_of_the_two(figure, decimals, confusion):
    accuracy, recall = (abs(float(each) - figure) for each in scores(confusion))
    return "accuracy" if accuracy <= recall else "macro recall"


@answers.wrong("missed-macro-recall")
def accuracy_only(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    return "accuracy" if round(float(accuracy), decimals) == figure else "neither"


@answers.wrong("words")
def two_booleans(figure, decimals, confusion):
    half = 0.5 * 10**-decimals
    return tuple(abs(float(each) - figure) <= half for each in scores(confusion))


@answers.wrong("words")
def recall_alone(figure, decimals, confusion):
    return by_fractions(figure, decimals, confusion).replace("macro recall", "recall")


@answers.wrong("missed-macro-recall")
def divided_by_all(figure, decimals, confusion):
    total = sum(map(sum, confusion))
    right = [row[number] / total for number, row in enumerate(confusion)]
    half = 0.5 * 10**-decimals + 1e-12
    return word(abs(sum(right) - figure) <= half, abs(sum(right) / len(right) - figure) <= half)


@answers.wrong("both")
def first_that_fits(figure, decimals, confusion):
    found = by_fractions(figure, decimals, confusion)
    return "accuracy" if found == "both" else found


@answers.wrong("too-near")
def within_a_unit(figure, decimals, confusion):
    """A whole unit of the last decimal, where half of one is right."""
    return word(*(abs(float(each) - figure) < 10**-decimals for each in scores(confusion)))


@answers.wrong("too-near")
def equal_classes_say_both(figure, decimals, confusion):
    equal = len({sum(row) for row in confusion}) == 1
    return "both" if equal else by_fractions(figure, decimals, confusion)


@answers.wrong("missed-both")
def figure_of_0_is_none(figure, decimals, confusion):
    return by_fractions(figure, decimals, confusion) if figure else "neither"
