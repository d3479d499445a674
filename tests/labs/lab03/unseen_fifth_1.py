"""Answers to 03.1 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

answers = Answers("03.1", "check_wilson")


def _by_text(right, total, z=1.96):
    p = right / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    below = 1 + z * z / total
    return (middle - arm) / below, (middle + arm) / below


# (a) common mistakes
@answers.wrong("normal", "The textbook's interval, clipped to 0 to 1: a single point where all are right (20 of 20).")
def clipped_textbook(right, total):
    p = right / total
    arm = 1.96 * math.sqrt(p * (1 - p) / total)
    return max(0.0, p - arm), min(1.0, p + arm)


@answers.wrong("ends", "The second term below the root has 4n instead of 4n squared: too wide for every input.")
def forgot_square(right, total):
    z = 1.96
    p = right / total
    middle = p + z**2 / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total))
    below = 1 + z**2 / total
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong(
    "ends", "Only the middle is divided by 1 + z*z/n, the arm is not: too wide, plainly for few images (3 of 5)."
)
def arm_not_divided(right, total):
    z = 1.96
    p = right / total
    below = 1 + z**2 / total
    middle = (p + z**2 / (2 * total)) / below
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    return middle - arm, middle + arm


@answers.wrong("one-sided", "z = 1.645, which is the 90 % interval: too narrow for every input.")
def ninety_percent(right, total):
    return _by_text(right, total, z=1.645)


# (b) right for the visible example
@answers.wrong(
    "agresti-coull",
    "Agresti and Coull's arm around Wilson's middle: below 0 or above 1 and too wide for few images (10 of 10).",
)
def agresti_coull(right, total):
    z = 1.96
    more = total + z**2
    p = (right + z**2 / 2) / more
    arm = z * math.sqrt(p * (1 - p) / more)
    return p - arm, p + arm


@answers.wrong("ends", "The total is never read, 7,500 is written into the function: wrong for any other total.")
def always_7500(right, total):
    return _by_text(right, 7500)


@answers.wrong(
    "swapped",
    "Computes with the share of the majority and mirrors back without swapping the ends: high comes first where fewer than half are right.",
)
def mirrored(right, total):
    if 2 * right < total:
        low, high = _by_text(total - right, total)
        return 1 - low, 1 - high
    return _by_text(right, total)


@answers.wrong(
    "ends", "n - 1 below the root, as for a sample's variance: a division by zero for one image, too wide for few."
)
def sample_variance(right, total):
    z = 1.96
    p = right / total
    middle = p + z**2 / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / (total - 1) + z**2 / (4 * total**2))
    below = 1 + z**2 / total
    return (middle - arm) / below, (middle + arm) / below


# (c) broken promises
@answers.wrong("rounded", "Ends are rounded to four decimals, which merges or shifts ends for large test sets.")
def rounded(right, total):
    low, high = _by_text(right, total)
    return round(low, 4), round(high, 4)


_known = {}


@answers.wrong("ends", "Remembers results by `right` alone: the same count of another total gets the old interval.")
def remembers(right, total):
    if right not in _known:
        _known[right] = _by_text(right, total)
    return _known[right]


@answers.wrong("ends", "Computed in float16: ends are off by up to 0.0005 and counts above 65,504 overflow.")
def half_precision(right, total):
    z, n = np.float16(1.96), np.float16(total)
    p = np.float16(right) / n
    middle = p + z * z / (2 * n)
    arm = z * np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    below = 1 + z * z / n
    return float((middle - arm) / below), float((middle + arm) / below)


@answers.wrong(
    "draws", "Draws test sets by simulation: ends are off, and NumPy's global generator is reseeded for everybody."
)
def simulated(right, total):
    np.random.seed(0)
    shares = np.random.binomial(total, right / total, 20_000) / total
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


# right
@answers.right
def roots_of_a_quadratic(right, total):
    # (p - t)^2 = z^2 t (1 - t) / n, solved for t
    z, p = 1.96, right / total
    roots = np.roots([1 + z**2 / total, -(2 * p + z**2 / total), p**2])
    low, high = sorted(roots.real.tolist())
    return low, high


@answers.right
def in_counts(right, total):
    z = 1.96
    wrong = total - right
    arm = z * math.hypot(math.sqrt(right * wrong / total), z / 2)
    ends = (right + z**2 / 2 + sign * arm for sign in (-1, 1))
    return tuple(end / (total + z**2) for end in ends)


@answers.right
def by_halving(right, total):
    p = right / total

    def not_surprising(truth):
        return (p - truth) ** 2 <= 1.96**2 * truth * (1 - truth) / total

    def edge(inside, outside):
        for _ in range(200):
            between = (inside + outside) / 2
            if not_surprising(between):
                inside = between
            else:
                outside = between
        return (inside + outside) / 2

    return edge(p, 0.0), edge(p, 1.0)
