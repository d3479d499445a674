"""More answers to 03.3 by someone who knew the exercise and not its check."""

import math

import numpy as np
from helpers.answers import Answers

answers = Answers("03.3", "check_smallest_difference")

P = 0.98153
NEEDED = 2 * P * (1 - P) * (2.8 / 0.0004) ** 2


def _difference(accuracy, total):
    return (1.96 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


def by_variances(accuracy, total):
    variance = accuracy - accuracy**2
    return 2.8 * np.hypot(*[np.sqrt(variance / total)] * 2)


# Two variances added as by Pythagoras; needed from one image's difference.
answers.right(by_variances, (by_variances(0.98153, 1) / 0.0004) ** 2)


def by_bisection(goal):
    low, high = 1, 10**9
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _difference(P, middle) > goal else (low, middle)
    return high


# needed by bisection: the first whole number of images that shows it.
answers.right(lambda accuracy, total: 2.8 * (2 * accuracy * (1 - accuracy) / total) ** 0.5, by_bisection(0.0004))


class Difference:
    z = 1.96, 0.84

    def __call__(self, accuracy, total):
        return math.fsum(self.z) * math.sqrt(2 / total) * math.sqrt(accuracy) * math.sqrt(1 - accuracy)


# An object that can be called; needed rounded up.
answers.right(Difference(), math.ceil(NEEDED))


def one_network(accuracy, total):
    return 2.8 * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong("one-network", "one network's standard deviation: too small by the root of 2")(one_network, NEEDED)


def no_power(accuracy, total):
    return 1.96 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("no-power", "1.96 alone, in the function and in needed")(no_power, 2 * P * (1 - P) * (1.96 / 0.0004) ** 2)


def reports_accuracy(accuracy, total):
    return 2.8 * math.sqrt(2 * P * (1 - P) / total)


answers.wrong("difference", "accuracy is never read: 0.98153 always")(reports_accuracy, NEEDED)


def rounded(accuracy, total):
    return round(_difference(accuracy, total), 4)


answers.wrong("difference", "rounded to four decimals: 0 for very large test sets, a percent off for others")(
    rounded, NEEDED
)


def in_images(accuracy, total):
    return total * _difference(accuracy, total)


answers.wrong("images", "a number of images instead of a fraction: grows with total")(in_images, NEEDED)


def standard_deviations_add(accuracy, total):
    s = math.sqrt(accuracy * (1 - accuracy) / total)
    return 2.8 * (s + s)


answers.wrong("errors-added", "standard deviations are added, not variances: too large by the root of 2")(
    standard_deviations_add, NEEDED
)


def root_of_accuracy(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy)) / total


answers.wrong("difference", "total is outside the root: shrinks too fast, right for one image only")(
    root_of_accuracy, NEEDED
)


answers.wrong("needed-per-cent", "needed for a difference of 0.04 %, taken as 0.04: ten thousand times too few images")(
    _difference, 2 * P * (1 - P) * (2.8 / 0.04) ** 2
)


answers.wrong(
    "needed-linear", "needed in proportion to the difference, not to its square: 7,500 times 0.0062 / 0.0004"
)(_difference, 7500 * _difference(P, 7500) / 0.0004)


answers.wrong("needed-one-network", "needed with one network's variance: half of the images")(_difference, NEEDED / 2)


answers.wrong("needed", "needed is the smallest difference at 7,500 images, not a number of images")(
    _difference, _difference(P, 7500)
)


def one_tail(accuracy, total):
    return (1.645 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("one-sided", "1.645, one-sided, instead of 1.96")(one_tail, 2 * P * (1 - P) * (2.485 / 0.0004) ** 2)
