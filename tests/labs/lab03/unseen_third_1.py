"""Answers to 03.1 by someone who looked for what its check may not ask."""

import math
from decimal import Decimal, localcontext
from typing import NamedTuple

from helpers.answers import Answers
from scipy import stats

answers = Answers("03.1", "check_wilson")

Z = 1.96


def ends(p, total, z=Z):
    """Return the right interval."""
    scale = 1 + z * z / total
    middle = (p + z * z / (2 * total)) / scale
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / scale
    return middle - arm, middle + arm


@answers.right
def by_halving(right, total):
    # Right: looks for the true accuracies q that make what was seen exactly 1.96 of their own standard deviations
    # surprising, which is what the formula solves, by halving.
    p = right / total

    def surprising(q):
        return (p - q) ** 2 > 1.96**2 * q * (1 - q) / total

    found = []
    for outside in (0.0, 1.0):
        inside = p
        for _ in range(200):
            middle = (inside + outside) / 2
            if surprising(middle):
                outside = middle
            else:
                inside = middle
        found.append(inside)
    return tuple(found)


class Interval(NamedTuple):
    low: float
    high: float

    @classmethod
    def of(cls, right, total):
        with localcontext() as context:
            context.prec = 60
            z, n = Decimal("1.96"), Decimal(float(total))
            p = Decimal(float(right)) / n
            arm = z * (p * (1 - p) / n + z**2 / (4 * n**2)).sqrt()
            middle = p + z**2 / (2 * n)
            return cls(*(float((middle + sign * arm) / (1 + z**2 / n)) for sign in (-1, 1)))


@answers.right
def in_decimals(right, total):
    # Right: the formula with sixty digits; a named tuple is a tuple of two.
    return Interval.of(right, total)


@answers.right
def by_counts(right, total):
    # Right: both fractions times n, so that it is written in counts; the upper end is one minus the lower end of the
    # wrong ones.
    def low(hits):
        z2 = 1.96**2
        root = math.sqrt(z2 * (hits * (total - hits) / total + z2 / 4))
        return (hits + z2 / 2 - root) / (total + z2)

    return low(right), 1 - low(total - right)


@answers.wrong("ends", "the second term below the root has (4n)^2: hardly to be seen for many images")
def too_much_squared(right, total):
    p = right / total
    scale = 1 + Z**2 / total
    middle = (p + Z**2 / (2 * total)) / scale
    arm = Z * math.sqrt(p * (1 - p) / total + Z**2 / (4 * total) ** 2) / scale
    return middle - arm, middle + arm


@answers.wrong("normal", "a single point where every image is right, or none")
def point_at_the_ends(right, total):
    if right in (0, total):
        return right / total, right / total
    return ends(right / total, total)


@answers.wrong("normal", "the textbook's interval from 10,000 images on")
def textbook_when_large(right, total):
    p = right / total
    if total > 10_000:
        arm = Z * math.sqrt(p * (1 - p) / total)
        return p - arm, p + arm
    return ends(p, total)


@answers.wrong("ends", "the lower end is never below one half, since guessing has as much")
def better_than_guessing(right, total):
    low, high = ends(right / total, total)
    return max(0.5, low), max(0.5, high)


@answers.wrong("ends", "takes up to 1 for a fraction: one right image of many counts as all")
def fraction_or_count(right, total):
    return ends(right if right <= 1 else right / total, total)


@answers.wrong("ends", "Student's t in place of 1.96 for fewer than 30 images")
def student_when_small(right, total):
    z = stats.t.ppf(0.975, total - 1) if 1 < total < 30 else Z
    return ends(right / total, total, z)


@answers.wrong("ends", "divides by n - 1 below the root: a little too wide, and fails for one image")
def bessel(right, total):
    p = right / total
    scale = 1 + Z**2 / total
    middle = (p + Z**2 / (2 * total)) / scale
    arm = Z * math.sqrt(p * (1 - p) / (total - 1) + Z**2 / (4 * total**2)) / scale
    return middle - arm, middle + arm


@answers.wrong("ends", "rounds the accuracy to four decimals first: another interval for two million images")
def rounded_first(right, total):
    return ends(round(right / total, 4), total)


@answers.wrong(
    "corrected", "corrected for continuity: another formula, a little wider, the same to three digits at 7,500"
)
def corrected(right, total):
    interval = stats.binomtest(round(right), total).proportion_ci(0.95, method="wilsoncc")
    return float(interval.low), float(interval.high)


@answers.wrong(
    "ends", "the lower arm is no longer than what is missing to 1: other only where nearly every image is right"
)
def symmetric_cut(right, total):
    low, high = ends(right / total, total)
    p = right / total
    arm = min(p - low, 1 - p)
    return p - arm, high
