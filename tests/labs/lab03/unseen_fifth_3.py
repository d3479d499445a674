"""Answers to 03.3 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

answers = Answers("03.3", "check_smallest_difference")


def _by_text(accuracy, total, factor=1.96 + 0.84):
    return factor * math.sqrt(2 * accuracy * (1 - accuracy) / total)


_needed = 2 * 0.98153 * (1 - 0.98153) * (2.8 / 0.0004) ** 2


# (a) common mistakes
def one_network(accuracy, total):
    return 2.8 * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong(
    "one-network",
    "The 2 is missing below the root, as if only one network were drawn: too small by sqrt 2, `needed` too.",
)(one_network, 0.98153 * (1 - 0.98153) * (2.8 / 0.0004) ** 2)


def without_power(accuracy, total):
    return 1.96 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong(
    "no-power", "1.96 alone: such a difference is found every other time; `needed` is half of what it should be."
)(without_power, 2 * 0.98153 * (1 - 0.98153) * (1.96 / 0.0004) ** 2)


def adds_deviations(accuracy, total):
    return 2.8 * 2 * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong("errors-added", "Adds standard deviations instead of variances: 2 s instead of sqrt 2 s.")(
    adds_deviations, 4 * 0.98153 * (1 - 0.98153) * (2.8 / 0.0004) ** 2
)


def per_cent(accuracy, total):
    return 100 * _by_text(accuracy, total)


answers.wrong("per-cent", "The difference is in per cent instead of a fraction: 0.62 instead of 0.0062.")(
    per_cent, _needed
)


# (b) right for the visible example
def never_reads_accuracy(accuracy, total):
    return _by_text(0.98153, total)


answers.wrong("difference", "The accuracy is never read, 0.98153 is written in: wrong for any other accuracy.")(
    never_reads_accuracy, _needed
)


def sample_variance(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy) / (total - 1))


answers.wrong("difference", "n - 1 instead of n: a division by zero for one image, too large for few.")(
    sample_variance, _needed
)


def four_decimals(accuracy, total):
    return round(_by_text(accuracy, total), 4)


answers.wrong("rounded", "Rounded to four decimals: 0.0 for very large test sets, and off for all.")(
    four_decimals, _needed
)


def at_least_chance(accuracy, total):
    return _by_text(max(accuracy, 0.5), total)


answers.wrong("difference", "An accuracy below one half is taken for one half: too large for many classes (0.1).")(
    at_least_chance, _needed
)


# (c) broken promises
_known = {}


def remembers(accuracy, total):
    if accuracy not in _known:
        _known[accuracy] = _by_text(accuracy, total)
    return _known[accuracy]


answers.wrong("difference", "Remembers the result by accuracy alone: another total gets the first one's difference.")(
    remembers, _needed
)


def half_precision(accuracy, total):
    p, n = np.float16(accuracy), np.float16(total)
    return float(np.float16(2.8) * np.sqrt(np.float16(2) * p * (1 - p) / n))


answers.wrong("rounded", "Computed in float16: off by about a per cent, and 0 for more than 65,504 images.")(
    half_precision, _needed
)


def both_sets(accuracy, total):
    return _by_text(accuracy, total)


answers.wrong("needed", "`needed` counts the images of both test sets together, twice the size of the one asked for.")(
    both_sets, 2 * _needed
)


def at_the_first(accuracy, total):
    return _by_text(accuracy, total)


answers.wrong(
    "needed", "`needed` is computed at the first network's accuracy of 0.98173, not at 0.98153: one per cent off."
)(at_the_first, 2 * 0.98173 * (1 - 0.98173) * (2.8 / 0.0004) ** 2)


# right
def two_variances(accuracy, total):
    variances = np.full(2, accuracy * (1 - accuracy)) / total
    return float((1.96 + 0.84) * np.sqrt(variances.sum()))


answers.right(two_variances, math.ceil(_needed))


class Difference:
    """A test that finds a true difference in four of five cases."""

    def __init__(self, *arms):
        self.arms = arms

    def __call__(self, accuracy, total):
        deviation = math.hypot(*2 * [math.sqrt(accuracy * (1 - accuracy))])
        return sum(arm * deviation for arm in self.arms) / math.sqrt(total)

    def solve(self, accuracy, gap):
        return (self(accuracy, 1) / gap) ** 2


_test = Difference(1.96, 0.84)
answers.right(_test, _test.solve(0.98153, 0.0004))


def squared_first(accuracy, total):
    square = 2.8 * 2.8 * 2 * accuracy * (1 - accuracy) / total
    return max(square, 0.0) ** 0.5


answers.right(squared_first, round(7500 * (squared_first(0.98153, 7500) / 0.0004) ** 2))
