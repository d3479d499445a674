"""Answers to 09.5 by students who know its text alone."""

import math
from typing import NamedTuple

from helpers.answers import Answers

from resnet_labs.metrics import wilson_interval

answers = Answers("09.5", "check_difference")


def arms(right, total):
    """Return the accuracy and the lengths of its lower and its upper arm."""
    low, high = wilson_interval(right, total)
    return right / total, right / total - low, high - right / total


@answers.wrong("wald", "the textbook's (Wald's) interval: 10 of 10 against 10 of 10 gets a width of zero")
def wald(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    half = 1.96 * math.sqrt(p * (1 - p) / first_total + q * (1 - q) / second_total)
    return p - q, p - q - half, p - q + half


@answers.wrong(
    "ends-subtracted", "l1 - u2 and u1 - l2: both arms in full, too wide unless both accuracies are 1 or both 0"
)
def in_full(first_right, first_total, second_right, second_total):
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    return first_right / first_total - second_right / second_total, l1 - u2, u1 - l2


@answers.wrong(
    "ends",
    "pairs lower with lower and upper with upper arms: wrong wherever the arms differ, as at 9 of 10 against 1 of 10",
)
def wrong_pairs(first_right, first_total, second_right, second_total):
    p, below1, above1 = arms(first_right, first_total)
    q, below2, above2 = arms(second_right, second_total)
    return p - q, p - q - math.hypot(below1, below2), p - q + math.hypot(above1, above2)


@answers.wrong("arms", "exchanges the two ends' arms: the upper ones go down and the lower ones up")
def exchanged_arms(first_right, first_total, second_right, second_total):
    p, below1, above1 = arms(first_right, first_total)
    q, below2, above2 = arms(second_right, second_total)
    return p - q, p - q - math.hypot(above1, below2), p - q + math.hypot(below1, above2)


@answers.wrong("second-first", "second less first: the sign of all three is wrong")
def second_less_first(first_right, first_total, second_right, second_total):
    p, below1, above1 = arms(first_right, first_total)
    q, below2, above2 = arms(second_right, second_total)
    return q - p, q - p - math.hypot(below2, above1), q - p + math.hypot(above2, below1)


@answers.wrong(
    "ends", "the absolute difference: where the second accuracy is higher, the sign is lost and the interval is shifted"
)
def absolute(first_right, first_total, second_right, second_total):
    p, below1, above1 = arms(first_right, first_total)
    q, below2, above2 = arms(second_right, second_total)
    gap = abs(p - q)
    return gap, gap - math.hypot(below1, above2), gap + math.hypot(above1, below2)


@answers.wrong(
    "ends",
    "the first total for both accuracies: right only for test sets of equal size; 90 of 100 against 45 of 50 gives 0.45",
)
def one_total(first_right, first_total, second_right, second_total):
    p, below1, above1 = arms(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    q = second_right / first_total
    below2, above2 = q - l2, u2 - q
    return p - q, p - q - math.hypot(below1, above2), p - q + math.hypot(above1, below2)


@answers.wrong(
    "ends", "the lower arm is mirrored as the upper one: the interval is symmetric, the upper end wrong near 0 and 1"
)
def symmetric(first_right, first_total, second_right, second_total):
    p, below1, _ = arms(first_right, first_total)
    q, _, above2 = arms(second_right, second_total)
    half = math.hypot(below1, above2)
    return p - q, p - q - half, p - q + half


@answers.wrong("ends", "forgets the root: adds the squared arms, an interval far too narrow")
def no_root(first_right, first_total, second_right, second_total):
    p, below1, above1 = arms(first_right, first_total)
    q, below2, above2 = arms(second_right, second_total)
    return p - q, p - q - (below1**2 + above2**2), p - q + above1**2 + below2**2


@answers.wrong("per-cent", "in percent instead of fractions: 8.4 in place of 0.084")
def percent(first_right, first_total, second_right, second_total):
    p, below1, above1 = arms(first_right, first_total)
    q, below2, above2 = arms(second_right, second_total)
    ends = p - q, p - q - math.hypot(below1, above2), p - q + math.hypot(above1, below2)
    return tuple(100 * end for end in ends)


@answers.wrong("ends", "lower end, difference, upper end: the difference had to come first")
def by_size(first_right, first_total, second_right, second_total):
    p, below1, above1 = arms(first_right, first_total)
    q, below2, above2 = arms(second_right, second_total)
    return tuple(sorted((p - q, p - q - math.hypot(below1, above2), p - q + math.hypot(above1, below2))))


@answers.wrong(
    "ends",
    "rounds the accuracies to two decimals first: 7363 and 7360 of 7500 are both 0.98, the difference of 0.0004 becomes 0",
)
def rounds_early(first_right, first_total, second_right, second_total):
    p, q = round(first_right / first_total, 2), round(second_right / second_total, 2)
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    return p - q, p - q - math.hypot(p - l1, u2 - q), p - q + math.hypot(u1 - p, q - l2)


@answers.right  # numpy: arms as arrays, norms of rows; returns a list
def with_numpy(first_right, first_total, second_right, second_total):
    import numpy as np

    right = np.array([first_right, second_right], dtype=float)
    total = np.array([first_total, second_total], dtype=float)
    p = right / total
    ends = np.array([wilson_interval(first_right, first_total), wilson_interval(second_right, second_total)])
    (down1, up1), (down2, up2) = np.abs(ends - p[:, None])
    widths = np.linalg.norm([[down1, up2], [up1, down2]], axis=1)
    return [float(p @ [1, -1]) + float(side) for side in (0.0, -widths[0], widths[1])]


class Gap(NamedTuple):
    """The difference and its ends, with names."""

    gap: float
    low: float
    high: float


@answers.right  # a named tuple; the size of a complex number is the root of the sum of squares
def named(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    (l1, u1), (l2, u2) = wilson_interval(first_right, first_total), wilson_interval(second_right, second_total)
    return Gap(p - q, p - q - abs(complex(p - l1, u2 - q)), p - q + abs(complex(u1 - p, q - l2)))


class Difference:
    """An object with a __call__: the upper end is minus the lower end of the exchanged difference."""

    __name__ = "Difference"

    def low(self, right, total, other_right, other_total):
        p, q = right / total, other_right / other_total
        down, up = wilson_interval(right, total)[0], wilson_interval(other_right, other_total)[1]
        return p - q - math.sqrt((p - down) ** 2 + (up - q) ** 2)

    def __call__(self, first_right, first_total, second_right, second_total):
        gap = first_right / first_total - second_right / second_total
        low = self.low(first_right, first_total, second_right, second_total)
        return gap, low, -self.low(second_right, second_total, first_right, first_total)


answers.right(Difference())  # by symmetry
