"""Answers to 03.3 by students who know its text alone."""

import math
from functools import partial

import numpy as np
from helpers.answers import Answers

answers = Answers("03.3", "check_smallest_difference")

# 2.8^2 * 2 p (1 - p) / 0.0004^2, about 1,776,628
NEEDED = 2 * 0.98153 * (1 - 0.98153) * (2.8 / 0.0004) ** 2


def good(accuracy, total):
    return (1.96 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


# Right: norm of the two standard deviations; needed rounded up to whole images.
def by_hypot(accuracy, total):
    each = math.sqrt(accuracy * (1 - accuracy) / total)
    return 2.8 * math.hypot(each, each)


answers.right(by_hypot, math.ceil(NEEDED))


# Right: a partial of a numpy formula; needed as numpy's float, from a difference measured at one image.
def general(z, power, accuracy, total):
    return np.multiply(z + power, np.sqrt(np.divide(2 * accuracy * (1 - accuracy), total)))


answers.right(partial(general, 1.96, 0.84), (general(1.96, 0.84, 0.98153, 1) / 0.0004) ** 2)


# Right: an object; needed by bisection over whole numbers.
class Difference:
    def __call__(self, accuracy, total):
        return ((1.96 + 0.84) ** 2 * 2 * (accuracy - accuracy**2) / total) ** 0.5


def search():
    low, high = 1, 10**8
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if good(0.98153, middle) > 0.0004 else (low, middle)
    return high


answers.right(Difference(), search())


def one_network(accuracy, total):
    return 2.8 * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong("one-network", "no 2 under the root: too small by sqrt(2) on every input")(one_network, NEEDED)


def no_power(accuracy, total):
    return 1.96 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("no-power", "1.96 alone, without 0.84: 0.0043 instead of 0.0062 at 7,500 images")(no_power, NEEDED)


def total_outside(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy)) / total


answers.wrong("difference", "divides by n instead of its root: 0.000071 instead of 0.0062 at 7,500 images")(
    total_outside, NEEDED
)


def accuracy_unread(accuracy, total):
    p = 0.98153
    return 2.8 * math.sqrt(2 * p * (1 - p) / total)


answers.wrong("difference", "the accuracy is never read: at 0.5 it gives the difference of 0.98153")(
    accuracy_unread, NEEDED
)


def total_unread(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy) / 7500)


answers.wrong("difference", "the number of images is never read: it gives the difference for 7,500 at any number")(
    total_unread, NEEDED
)


def rounded(accuracy, total):
    return round(good(accuracy, total), 4)


answers.wrong("difference", "rounded to four decimals: 0.0004 instead of 0.000377 at 2,000,000 images and 0.98153")(
    rounded, NEEDED
)


def in_images(accuracy, total):
    return round(total * good(accuracy, total))


answers.wrong("difference", "the difference in images (46 at 7,500), not as a fraction")(in_images, NEEDED)


def two_outside(accuracy, total):
    return 2.8 * 2 * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong("errors-added", "adds the two standard deviations (2 s) instead of the variances: too large by sqrt(2)")(
    two_outside, NEEDED
)


def solved_linearly(accuracy, total):
    return good(accuracy, total)


answers.wrong(
    "needed-linear",
    "needed is scaled linearly, 7500 * 0.0062 / 0.0004 = 115,431: half the difference needs four times the images",
)(solved_linearly, 7500 * good(0.98153, 7500) / 0.0004)


def needed_in_per_cent(accuracy, total):
    return good(accuracy, total)


answers.wrong("needed-per-cent", "needed for a difference of 0.04 (per cent taken for a fraction): 178 images")(
    needed_in_per_cent, round(NEEDED / 10000)
)


def needed_without_power(accuracy, total):
    return good(accuracy, total)


answers.wrong("needed-no-power", "the function is right, needed is solved with 1.96 alone: 870,548 images")(
    needed_without_power, 2 * 0.98153 * (1 - 0.98153) * (1.96 / 0.0004) ** 2
)


def needed_for_one(accuracy, total):
    return good(accuracy, total)


answers.wrong(
    "needed-one-network",
    "the function is right, needed is solved without the 2 under the root: 888,314, half of the images",
)(needed_for_one, NEEDED / 2)
