"""More answers to 03.1 by someone who knew the exercise and not its check."""

import math
from statistics import NormalDist

import numpy as np
from helpers.answers import Answers
from scipy import stats

answers = Answers("03.1", "check_wilson")


def _wilson(right, total, z=1.96):
    p = right / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return (middle - arm) / scale, (middle + arm) / scale


# The roots of (p - t)^2 = z^2 t (1 - t) / n.
@answers.right
def by_roots(right, total):
    p, share = right / total, 1.96**2 / total
    half = (2 * p + share) / (2 * (1 + share))
    root = math.sqrt(max(0.0, half**2 - p * p / (1 + share)))
    return [half - root, min(1.0, half + root)]


# A numpy array of both ends, all in counts.
@answers.right
def in_counts(right, total):
    z2 = np.float64(1.96) ** 2
    arm = 1.96 * np.sqrt(right * (total - right) / total + z2 / 4)
    return (right + z2 / 2 + np.array([-1.0, 1.0]) * arm) / (total + z2)


# z from the normal distribution, 1.959964: the same to five digits.
@answers.right
class Interval:
    z = NormalDist().inv_cdf(0.975)

    def __new__(cls, right, total):
        return _wilson(right, total, cls.z)


@answers.wrong("normal", "an interval of a single point where all or none are right")
def ends_are_certain(right, total):
    if right == total:
        return 1.0, 1.0
    return (0.0, 0.0) if right == 0 else _wilson(right, total)


@answers.wrong(
    "normal", "the textbook's p plus and minus 1.96 s from 30 images on: above 1 near there, and not Wilson's"
)
def wald_if_large(right, total):
    if total < 30:
        return _wilson(right, total)
    p = right / total
    arm = 1.96 * math.sqrt(p * (1 - p) / total)
    return p - arm, p + arm


@answers.wrong("rounded", "both ends rounded to four decimals: for large test sets 0.00002 wide becomes 0")
def rounded(right, total):
    return tuple(round(end, 4) for end in _wilson(right, total))


@answers.wrong("ends", "total is never read: 7,500 images always")
def always_7500(right, total):
    return _wilson(right, 7500)


@answers.wrong("ends", "2 n^2 instead of 4 n^2 under the root: too wide for small test sets")
def two_n_squared(right, total):
    z, p = 1.96, right / total
    middle, arm = p + z * z / (2 * total), z * math.sqrt(p * (1 - p) / total + z * z / (2 * total**2))
    return (middle - arm) / (1 + z * z / total), (middle + arm) / (1 + z * z / total)


@answers.wrong(
    "agresti-coull", "Agresti and Coull's interval: the right middle, too wide an arm, above 1 if all of 20 are right"
)
def agresti_coull(right, total):
    z = 1.96
    n = total + z * z
    p = (right + z * z / 2) / n
    arm = z * math.sqrt(p * (1 - p) / n)
    return p - arm, p + arm


@answers.wrong("ends", "Clopper and Pearson's exact interval: wider than Wilson's")
def clopper_pearson(right, total):
    low = stats.beta.ppf(0.025, right, total - right + 1) if right else 0.0
    high = stats.beta.ppf(0.975, right + 1, total - right) if right < total else 1.0
    return float(low), float(high)


@answers.wrong("whole-share", "p is cut to whole numbers by //: 0 unless all are right")
def floor_division(right, total):
    return _wilson(right // total * total, total)


@answers.wrong("one-sided", "1.645 instead of 1.96: 90 %, too narrow")
def ninety(right, total):
    return _wilson(right, total, 1.645)


@answers.wrong("ends", "only the arm is divided by 1 + z^2/n: the middle is off for small test sets")
def half_divided(right, total):
    z, p = 1.96, right / total
    middle, arm = p + z * z / (2 * total), z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    arm /= 1 + z * z / total
    return middle - arm, middle + arm


@answers.wrong("middle-arm", "the middle and the arm instead of both ends")
def middle_and_arm(right, total):
    low, high = _wilson(right, total)
    return (low + high) / 2, (high - low) / 2


@answers.wrong("ends", "the lower end is a mirror of the upper around p: right above, wrong below")
def mirrored(right, total):
    high = _wilson(right, total)[1]
    return 2 * right / total - high, high
