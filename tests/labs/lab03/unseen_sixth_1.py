"""Answers to 03.1 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

answers = Answers("03.1", "check_wilson")


Z = 1.96


def _wilson(right, total, z=Z):
    p, n = right / total, total
    middle = p + z * z / (2 * n)
    arm = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    return (middle - arm) / below, (middle + arm) / below


# Wrong answers.


@answers.wrong("?", "the textbook interval, cut off at 0 and 1; shows wherever all images are right")
def clipped_textbook(right, total):
    p = right / total
    arm = 1.96 * math.sqrt(p * (1 - p) / total)
    return max(0.0, p - arm), min(1.0, p + arm)


@answers.wrong("?", "z^2/n instead of z^2/2n in the middle; shows everywhere")
def shift_twice_as_large(right, total):
    p, z = right / total, 1.96
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    below = 1 + z**2 / total
    return (p + z**2 / total - arm) / below, (p + z**2 / total + arm) / below


@answers.wrong("?", "4n instead of 4n^2 under the root; shows everywhere but for one image")
def n_not_squared(right, total):
    p, z = right / total, 1.96
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total))
    below = 1 + z**2 / total
    return (p + z**2 / (2 * total) - arm) / below, (p + z**2 / (2 * total) + arm) / below


@answers.wrong("?", "(4n)^2 instead of 4n^2 under the root; shows for few images and for p near 0 or 1")
def four_squared_too(right, total):
    p, z = right / total, 1.96
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total) ** 2)
    below = 1 + z**2 / total
    return (p + z**2 / (2 * total) - arm) / below, (p + z**2 / (2 * total) + arm) / below


@answers.wrong("?", "not divided by 1 + z^2/n; shows everywhere, goes above 1 for all right")
def nothing_below(right, total):
    p, z = right / total, 1.96
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    middle = p + z**2 / (2 * total)
    return middle - arm, middle + arm


@answers.wrong("?", "only the middle is divided by 1 + z^2/n, the arm is not; shows for few images")
def arm_not_divided(right, total):
    p, z = right / total, 1.96
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    middle = (p + z**2 / (2 * total)) / (1 + z**2 / total)
    return middle - arm, middle + arm


@answers.wrong("?", "z = 1.645, which is a 90 % interval")
def ninety_per_cent(right, total):
    return _wilson(right, total, 1.645)


@answers.wrong("?", "the higher end comes first")
def high_then_low(right, total):
    return _wilson(right, total)[::-1]


@answers.wrong("?", "the ends are rounded to four decimals, as in the expected figures; shows in the fifth")
def as_printed(right, total):
    low, high = _wilson(right, total)
    return round(low, 4), round(high, 4)


@answers.wrong("?", "per cent, not fractions")
def in_per_cent(right, total):
    low, high = _wilson(right, total)
    return 100 * low, 100 * high


@answers.wrong("?", "total is read for the share only, the 7,500 of the example are inside; shows for other sizes")
def always_7500(right, total):
    return _wilson(right / total * 7500, 7500)


@answers.wrong("?", "all right is a special case with a single point, which Wilson's interval avoids")
def sure_of_all_right(right, total):
    if right == total:
        return 1.0, 1.0
    return _wilson(right, total)


@answers.wrong("?", "no image right is taken for missing data and gives 0, 0")
def none_right_is_nothing(right, total):
    if not right:
        return 0.0, 0.0
    return _wilson(right, total)


@answers.wrong("?", "four-byte whole numbers: n^2 overflows from 46,341 images on, silently but for a warning")
def small_integers(right, total):
    with np.errstate(all="ignore"):
        n, z = np.int32(total), 1.96
        p = right / total
        inside = p * (1 - p) / n + z**2 / (4 * np.float64(n * n))
        arm = z * math.sqrt(abs(inside))
        below = 1 + z**2 / total
        return float((p + z**2 / (2 * total) - arm) / below), float((p + z**2 / (2 * total) + arm) / below)


@answers.wrong("?", "the arm is put around p itself, not around the shifted middle")
def around_p(right, total):
    p, z = right / total, 1.96
    arm = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2)) / (1 + z**2 / total)
    return p - arm, p + arm


@answers.wrong("?", "Agresti and Coull's interval: the right middle, another arm; reaches above 1 for all right")
def agresti_coull(right, total):
    z = 1.96
    n = total + z**2
    p = (right + z**2 / 2) / n
    arm = z * math.sqrt(p * (1 - p) / n)
    return p - arm, p + arm


@answers.wrong(
    "?", "Wilson's interval with a continuity correction, which the text does not have; shows for few images"
)
def with_continuity(right, total):
    p, n, z = right / total, total, 1.96
    below = 2 * (n + z**2)
    down = z * math.sqrt(max(0.0, z**2 - 1 / n + 4 * n * p * (1 - p) + (4 * p - 2))) + 1
    up = z * math.sqrt(max(0.0, z**2 - 1 / n + 4 * n * p * (1 - p) - (4 * p - 2))) + 1
    return max(0.0, (2 * n * p + z**2 - down) / below), min(1.0, (2 * n * p + z**2 + up) / below)


@answers.wrong("?", "Wilson for few images only; from 1,000 images on the textbook's interval, 0.0003 too high")
def textbook_when_large(right, total):
    if total < 1000:
        return _wilson(right, total)
    p = right / total
    arm = 1.96 * math.sqrt(p * (1 - p) / total)
    return p - arm, p + arm


_seen = {}


@answers.wrong("?", "results are remembered by the number of right images alone; shows for another total later")
def remembered_by_right(right, total):
    if right not in _seen:
        _seen[right] = _wilson(right, total)
    return _seen[right]


@answers.wrong("?", "the square root spans the first fraction only; shows for few images, and a point's worth at p = 1")
def root_ends_early(right, total):
    p, z = right / total, 1.96
    arm = z * (math.sqrt(p * (1 - p) / total) + z**2 / (4 * total**2))
    below = 1 + z**2 / total
    return (p + z**2 / (2 * total) - arm) / below, (p + z**2 / (2 * total) + arm) / below


# Right answers.


@answers.right
def from_counts(right, total):
    """Everything times n, so that no fraction is left above."""
    square = 1.96**2
    wide = 1.96 * math.sqrt(right * (total - right) / total + square / 4)
    ends = [(right + square / 2 + sign * wide) / (total + square) for sign in (-1, 1)]
    return ends[0], ends[1]


@answers.right
def by_bisection(right, total):
    """Look for the true accuracies that are 1.96 of their own deviations away."""
    p = right / total

    def too_far(truth):
        return (p - truth) ** 2 * total > 1.96**2 * truth * (1 - truth)

    def border(inside, outside):
        for _ in range(200):
            between = (inside + outside) / 2
            if too_far(between):
                outside = between
            else:
                inside = between
        return inside

    low = 0.0 if right == 0 else border(p, 0.0)
    high = 1.0 if right == total else border(p, 1.0)
    return low, high


@answers.right
def as_roots(right, total):
    """The ends solve a quadratic equation."""
    p, square = right / total, 1.96**2
    a, b, c = total + square, -(2 * total * p + square), total * p * p
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    high = (-b + root) / (2 * a)
    return c / a / high, high


@answers.right
def with_decimals(right, total):
    import decimal

    with decimal.localcontext() as context:
        context.prec = 50
        n, z = decimal.Decimal(float(total)), decimal.Decimal("1.96")
        p = decimal.Decimal(float(right)) / n
        middle = p + z * z / (2 * n)
        arm = z * (p * (1 - p) / n + z * z / (4 * n * n)).sqrt()
        return tuple(float((middle + side * arm) / (1 + z * z / n)) for side in (-1, 1))


@answers.right
def with_arrays(right, total):
    ones = np.array([-1.0, 1.0])
    p = np.divide(float(right), float(total))
    shift = np.square(1.96) / total
    ends = (p + shift / 2 + ones * 1.96 * np.sqrt(p * (1 - p) / total + shift / total / 4)) / (1 + shift)
    low, high = ends.tolist()
    return low, high


@answers.right
def mirrored(right, total):
    """The high end is one minus the low end of the wrong images."""

    def lower(share):
        weight = total / (total + 1.96**2)
        middle = weight * share + (1 - weight) / 2
        variance = weight * share * (1 - share) + (1 - weight) / 4
        return middle - 1.96 * math.sqrt(variance / (total + 1.96**2))

    return lower(right / total), 1 - lower((total - right) / total)
