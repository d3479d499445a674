"""Answers to 03.1 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

answers = Answers("03.1", "check_wilson")


@answers.wrong("?", "the textbook's p +- 1.96 s, not Wilson's; shrinks to a point where all are right")
def textbook(right, total):
    p = right / total
    arm = 1.96 * math.sqrt(p * (1 - p) / total)
    return max(0.0, p - arm), min(1.0, p + arm)


@answers.wrong("?", "z = 1.645, a 90 % interval, for every input")
def ninety(right, total):
    z, p = 1.645, right / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    return (middle - arm) / (1 + z * z / total), (middle + arm) / (1 + z * z / total)


@answers.wrong("?", "the higher end comes first, for every input")
def high_first(right, total):
    z, p = 1.96, right / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    return (middle + arm) / (1 + z * z / total), (middle - arm) / (1 + z * z / total)


@answers.wrong("?", "the middle is moved by z^2 / n and not by half of it; shows most for small test sets")
def middle_too_far(right, total):
    z, p = 1.96, right / total
    below = 1 + z * z / total
    middle = p + z * z / total
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("?", "the root spans the first fraction only, the second one is added outside; shows for few images")
def short_root(right, total):
    z, p = 1.96, right / total
    below = 1 + z * z / total
    middle = p + z * z / (2 * total)
    arm = z * (math.sqrt(p * (1 - p) / total) + z * z / (4 * total**2))
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("?", "4n for 4n^2 under the root: the interval is too wide for every n above 1")
def four_n(right, total):
    z, p = 1.96, right / total
    below = 1 + z * z / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total))
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("?", "rounds both ends to four decimals, so that large test sets lose their interval")
def four_decimals(right, total):
    z, p = 1.96, right / total
    below = 1 + z * z / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    return round((middle - arm) / below, 4), round((middle + arm) / below, 4)


@answers.wrong(
    "?", "Agresti and Coull's interval: Wilson's middle, but the arm of p +- z s around it; shows for few images"
)
def agresti_coull(right, total):
    z = 1.96
    n = total + z * z
    p = (right + z * z / 2) / n
    arm = z * math.sqrt(p * (1 - p) / n)
    return p - arm, p + arm


@answers.wrong("?", "Clopper and Pearson's exact interval, which is wider than Wilson's")
def exact(right, total):
    from scipy import stats

    low = stats.beta.ppf(0.025, right, total - right + 1) if right > 0 else 0.0
    high = stats.beta.ppf(0.975, right + 1, total - right) if right < total else 1.0
    return float(low), float(high)


@answers.wrong("?", "takes Student's t for 1.96, nearly the same for 7,500 images and not for ten")
def student(right, total):
    from scipy import stats

    z, p = float(stats.t.ppf(0.975, max(1, total - 1))), right / total
    below = 1 + z * z / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("?", "a special case for no right image at all, which gives a single point at 0")
def none_right(right, total):
    if right == 0:
        return 0.0, 0.0
    z, p = 1.96, right / total
    below = 1 + z * z / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("?", "4 n n in 32 bits overflows from 23,171 images on, for example 50,000 of 50,000 right")
def thirty_two_bits(right, total):
    z, p = 1.96, right / total
    with np.errstate(all="ignore"):
        n = np.array([total]).astype(np.int32)
        four = float((np.int32(4) * n * n)[0])
        four = four or 1.0
    below = 1 + z * z / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(abs(p * (1 - p) / total + z * z / four))
    return (middle - arm) / below, (middle + arm) / below


remembered = {}


@answers.wrong(
    "?", "remembers earlier results by `right` alone: another total with the same count gets the old interval"
)
def remembering(right, total):
    if right not in remembered:
        z, p = 1.96, right / total
        below = 1 + z * z / total
        middle = p + z * z / (2 * total)
        arm = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
        remembered[right] = (middle - arm) / below, (middle + arm) / below
    return remembered[right]


@answers.wrong("?", "the visible example's 7,500 images are built in under the root; shows for any other total")
def always_7500(right, total):
    z, p = 1.96, right / total
    below = 1 + z * z / total
    middle = p + z * z / (2 * total)
    arm = z * math.sqrt(p * (1 - p) / 7500 + z * z / (4 * 7500**2))
    return (middle - arm) / below, (middle + arm) / below


@answers.right
def in_counts(right, total):
    wrong, z2 = total - right, 1.96**2
    centre = right + z2 / 2
    reach = 1.96 * (right * wrong / total + z2 / 4) ** 0.5
    return [(centre - reach) / (total + z2), (centre + reach) / (total + z2)]


@answers.right
def by_bisection(right, total):
    p, z = right / total, 1.96

    def plausible(q):
        return (p - q) ** 2 * total <= z * z * q * (1 - q)

    def border(inside, outside):
        for _ in range(200):
            half = (inside + outside) / 2
            if plausible(half):
                inside = half
            else:
                outside = half
        return (inside + outside) / 2

    return border(p, 0.0) if right > 0 else 0.0, border(p, 1.0) if right < total else 1.0


@answers.right
def with_numpy(right, total):
    z = 1.96
    p = np.float64(right) / np.float64(total)
    arm = z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    ends = (p + z**2 / (2 * total) + np.array([-1.0, 1.0]) * arm) / (1 + z**2 / total)
    low, high = np.clip(ends, 0.0, 1.0)
    return low, high


@answers.right
def with_a_lambda(right, total):
    z, p, n = 1.96, right / total, float(total)
    end = lambda sign: (p + z**2 / 2 / n + sign * z * (p * (1 - p) / n + z**2 / 4 / n**2) ** 0.5) / (1 + z**2 / n)
    return tuple(map(end, (-1, +1)))


@answers.right
def by_the_quadratic(right, total):
    # the ends solve (p - q)^2 = z^2 q (1 - q) / n
    from fractions import Fraction

    p, t = Fraction(float(right)) / Fraction(float(total)), Fraction(196, 100) ** 2 / Fraction(float(total))
    a, b, c = 1 + t, -(2 * p + t), p * p
    root = math.sqrt(b * b - 4 * a * c)
    return (float(-b) - root) / float(2 * a), (float(-b) + root) / float(2 * a)


@answers.right
def with_a_named_tuple(right, total):
    from collections import namedtuple

    Ends = namedtuple("Ends", "low high")

    def low_end(share):
        z = 1.96
        arm = z * math.hypot(math.sqrt(share * (1 - share) / total), z / (2 * total))
        return (share + z * z / (2 * total) - arm) / (1 + z * z / total)

    # the upper end is the lower end of the wrong ones, seen from 1
    return Ends(low=low_end(right / total), high=1 - low_end(1 - right / total))
