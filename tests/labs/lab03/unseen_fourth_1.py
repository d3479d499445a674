"""Answers to 03.1 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

answers = Answers("03.1", "check_wilson")


def formula(right, total, z=1.96):
    p = right / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return middle, arm, 1 + z * z / total


# Right: the ends are the two roots of (p - q)^2 = z^2 q (1 - q) / n, which is what Wilson's interval asks.
@answers.right
def roots_of_the_quadratic(right, total):
    p, share = right / total, 1.96**2 / total
    return sorted(np.roots([1 + share, -(2 * p + share), p * p]).real.tolist())


# Right: an array of two ends, by numpy broadcasting.
@answers.right
def array_of_two(right, total):
    z2 = 1.96**2
    wrong = total - right
    ends = right + z2 / 2 + np.array([-1.0, 1.0]) * 1.96 * np.sqrt(right * wrong / total + z2 / 4)
    return np.clip(ends / (total + z2), 0.0, 1.0)


# Right: an object; the lower end by bisection, the upper one by symmetry.
class Bisection:
    def lower(self, p, total):
        low, high = 0.0, p
        for _ in range(200):
            q = (low + high) / 2
            if p - q > 1.96 * math.sqrt(q * (1 - q) / total):
                low = q
            else:
                high = q
        return low

    def __call__(self, right, total):
        return self.lower(right / total, total), 1 - self.lower((total - right) / total, total)


answers.right(Bisection())


@answers.wrong("normal", "the textbook's interval, clipped to 0..1: 20 right of 20 gives (1, 1), a single point")
def clipped_textbook(right, total):
    p = right / total
    arm = 1.96 * math.sqrt(p * (1 - p) / total)
    return max(0.0, p - arm), min(1.0, p + arm)


@answers.wrong("one-sided", "z = 1.645, the one-sided 95 %: too narrow on every input")
def one_sided(right, total):
    middle, arm, below = formula(right, total, 1.645)
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("ends", "4n instead of 4n^2 under the root: too wide, 7363 of 7500 goes above 0.99")
def four_n(right, total):
    z, p = 1.96, right / total
    middle = p + z**2 / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total))
    below = 1 + z**2 / total
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("ends", "only the arm is divided by 1 + z^2/n (a bracket is missing): 10 of 10 gives ends above 1")
def bracket(right, total):
    middle, arm, below = formula(right, total)
    return middle - arm / below, middle + arm / below


@answers.wrong("ends", "z^2/n instead of z^2/2n in the middle: 1 right of 10 gives ends that are too high by 0.14")
def whole_shift(right, total):
    z, p = 1.96, right / total
    middle = p + z**2 / total
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    below = 1 + z**2 / total
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("swapped", "the upper end comes first, on every input")
def high_first(right, total):
    middle, arm, below = formula(right, total)
    return (middle + arm) / below, (middle - arm) / below


@answers.wrong(
    "ends", "total is used for p only, everywhere else n is 7500: 45 of 50 gives an interval that is far too narrow"
)
def always_7500(right, total):
    p, n, z = right / total, 7500, 1.96
    middle = p + z**2 / (2 * n)
    arm = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    below = 1 + z**2 / n
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("rounded", "ends rounded to three decimals: 7363 of 7500 gives 0.978 and 0.985 for 0.9784 and 0.9845")
def rounded(right, total):
    middle, arm, below = formula(right, total)
    return round((middle - arm) / below, 3), round((middle + arm) / below, 3)


@answers.wrong("normal", "all right is taken for certain: 10 of 10 gives (1, 1), where the lower end is 0.72")
def all_right_is_certain(right, total):
    if right == total:
        return 1.0, 1.0
    middle, arm, below = formula(right, total)
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("normal", "nothing right is taken for certain: 0 of 10 gives (0, 0), where the upper end is 0.28")
def nothing_right_is_certain(right, total):
    if not right:
        return 0.0, 0.0
    middle, arm, below = formula(right, total)
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("agresti-coull", "Agresti and Coull's interval ('plus four'), not Wilson's: 10 of 10 reaches above 1")
def plus_four(right, total):
    n = total + 1.96**2
    p = (right + 1.96**2 / 2) / n
    arm = 1.96 * math.sqrt(p * (1 - p) / n)
    return p - arm, p + arm


@answers.wrong("ends", "Wilson's arm around p itself, the middle is not shifted: 10 of 10 reaches above 1")
def not_shifted(right, total):
    _, arm, below = formula(right, total)
    return right / total - arm / below, right / total + arm / below
