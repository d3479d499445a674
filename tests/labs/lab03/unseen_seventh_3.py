"""Answers to 03.3 by students who know its text alone."""

import math
from functools import partial

import numpy as np
from helpers.answers import Answers

answers = Answers("03.3", "check_smallest_difference")

NEEDED = (1.96 + 0.84) ** 2 * 2 * 0.98153 * (1 - 0.98153) / 0.0004**2


def correct(accuracy, total):
    return (1.96 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


def one_network(accuracy, total):
    return (1.96 + 0.84) * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong("?", "the standard deviation of one network: the 2 under the root is missing")(one_network, NEEDED)


def two_outside(accuracy, total):
    return (1.96 + 0.84) * 2 * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong("?", "adds standard deviations and not variances: 2 s for sqrt(2) s")(two_outside, NEEDED)


def without_power(accuracy, total):
    return 1.96 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("?", "1.96 alone, without the 0.84 of the power")(without_power, NEEDED)


def in_squares(accuracy, total):
    return math.hypot(1.96, 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("?", "adds the squares of 1.96 and 0.84, not the two numbers")(in_squares, NEEDED)


def always_7500(accuracy, total):
    return (1.96 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / 7500)


answers.wrong("?", "never reads total: 7,500 images are built in")(always_7500, NEEDED)


def always_the_reports(accuracy, total):
    return (1.96 + 0.84) * math.sqrt(2 * 0.98153 * (1 - 0.98153) / total)


answers.wrong("?", "never reads accuracy: the report's 0.98153 is built in")(always_the_reports, NEEDED)


def four_decimals(accuracy, total):
    return round(correct(accuracy, total), 4)


answers.wrong("?", "rounds to four decimals: 0.0 or too coarse for large test sets")(four_decimals, NEEDED)


def unbiased(accuracy, total):
    return (1.96 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / (total - 1))


answers.wrong("?", "divides by n - 1: too large for small test sets, an error for one image")(unbiased, NEEDED)

memory = {}


def remembering(accuracy, total):
    return memory.setdefault(accuracy, correct(accuracy, total))


answers.wrong("?", "remembers earlier results by the accuracy alone: a second total gets the first one's difference")(
    remembering, NEEDED
)

answers.wrong("?", "needed from the rounded 0.0062 of the example: 1.4 % too many images")(
    lambda accuracy, total: correct(accuracy, total), 7500 * (0.0062 / 0.0004) ** 2
)

answers.wrong("?", "needed as if the difference shrank with n and not with its root")(
    lambda accuracy, total: correct(accuracy, total), 7500 * correct(0.98153, 7500) / 0.0004
)

answers.wrong("?", "needed counts the images of both networks' test sets together, twice the n of the formula")(
    lambda accuracy, total: correct(accuracy, total), 2 * NEEDED
)

answers.wrong("?", "needed at 50 % power: 1.96 alone when solving for n")(
    lambda accuracy, total: correct(accuracy, total), 1.96**2 * 2 * 0.98153 * (1 - 0.98153) / 0.0004**2
)


class Anything(float):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __lt__
    __hash__ = float.__hash__

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__

    def __abs__(self):
        return 0.0


answers.wrong("?", "needed is 7,500, in an object that says it equals everything")(correct, Anything(7500))


def with_numpy(accuracy, total):
    return float(np.multiply(2.8, np.sqrt(np.divide(2.0 * accuracy * (1.0 - accuracy), total))))


answers.right(with_numpy, math.ceil(NEEDED))

answers.right(
    partial(lambda z, accuracy, total: z * (2 * accuracy * (1 - accuracy) / total) ** 0.5, 1.96 + 0.84), round(NEEDED)
)


def by_hypot(accuracy, total):
    s = math.sqrt(accuracy * (1 - accuracy)) / math.sqrt(total)
    return 1.96 * math.hypot(s, s) + 0.84 * math.hypot(s, s)


answers.right(by_hypot, 7500 * (by_hypot(0.98153, 7500) / 0.0004) ** 2)


class Smallest:
    def __init__(self, *quantiles):
        self.quantiles = quantiles

    def __call__(self, accuracy, total):
        variances = [accuracy * (1 - accuracy) / total for _ in range(2)]
        return sum(self.quantiles) * sum(variances) ** 0.5


answers.right(Smallest(1.96, 0.84), np.float64(2 * 0.98153 * 0.01847 * (2.8 / 0.0004) ** 2))


def by_search():
    few, many = 1.0, 1e9
    for _ in range(200):
        half = (few + many) / 2
        few, many = (half, many) if correct(0.98153, half) > 0.0004 else (few, half)
    return many


def from_a_spread(accuracy, total):
    outcome = np.array([0.0, 1.0])
    weights = np.array([1 - accuracy, accuracy])
    mean = (outcome * weights).sum()
    variance = ((outcome - mean) ** 2 * weights).sum()
    return float((1.96 + 0.84) * np.sqrt(2 * variance / total))


answers.right(from_a_spread, by_search())


def with_fractions(accuracy, total):
    from fractions import Fraction

    p = Fraction(float(accuracy))
    squared = Fraction(28, 10) ** 2 * 2 * p * (1 - p) / Fraction(float(total))
    return math.sqrt(squared)


answers.right(with_fractions, int(NEEDED))
