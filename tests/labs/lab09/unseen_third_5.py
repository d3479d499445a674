"""Answers to 09.5 by someone who looked for what its check may not ask."""

import math
from typing import NamedTuple

from helpers.answers import Answers

from resnet_labs.metrics import wilson_interval

answers = Answers("09.5", "check_difference")


def good(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    gap = p1 - p2
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


class _Share:
    def __init__(self, right, total):
        self.share = right / total
        self.ends = wilson_interval(right, total)

    @property
    def down(self):
        return self.share - self.ends[0]

    @property
    def up(self):
        return self.ends[1] - self.share


class Gap(NamedTuple):
    gap: float
    low: float
    high: float


@answers.right
def complex_arms(first_right, first_total, second_right, second_total):
    # Right: the length of a complex number is the root of the sum of two squares; a named tuple is a tuple of three.
    first, second = _Share(first_right, first_total), _Share(second_right, second_total)
    gap = first.share - second.share
    return Gap(gap, gap - abs(complex(first.down, second.up)), gap + abs(complex(first.up, second.down)))


@answers.right
def points_apart(first_right, first_total, second_right, second_total):
    # Right: an arm of the difference is the distance between two points, (p1, p2) and the corner (l1, u2) or (u1, l2).
    shares = first_right / first_total, second_right / second_total
    (l1, u1), (l2, u2) = wilson_interval(first_right, first_total), wilson_interval(second_right, second_total)
    gap = shares[0] - shares[1]
    return tuple(
        gap + sign * math.dist(shares, corner) for sign, corner in ((0, shares), (-1, (l1, u2)), (1, (u1, l2)))
    )


@answers.wrong(
    "swapped-ends", "works with the better network first and turns the signs back, but not the order of the ends"
)
def ends_swapped(first_right, first_total, second_right, second_total):
    if first_right / first_total >= second_right / second_total:
        return good(first_right, first_total, second_right, second_total)
    gap, low, high = good(second_right, second_total, first_right, first_total)
    return -gap, -low, -high


@answers.wrong("ends", "the first number of images is used for both intervals; in both examples the two are equal")
def one_total(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(min(second_right, first_total), first_total)
    gap = p1 - p2
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong("ends", "rounds its results to four decimals, as the table prints them")
def rounded(first_right, first_total, second_right, second_total):
    return tuple(round(each, 4) for each in good(first_right, first_total, second_right, second_total))


@answers.wrong("ends", "takes the middle of Wilson's interval for the accuracy")
def middles(first_right, first_total, second_right, second_total):
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    p1, p2 = (l1 + u1) / 2, (l2 + u2) / 2
    gap = p1 - p2
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong(
    "wald", "the textbook's formula where both test sets have more than 1,000 images, which is nearly the same"
)
def textbook_if_large(first_right, first_total, second_right, second_total):
    if min(first_total, second_total) <= 1000:
        return good(first_right, first_total, second_right, second_total)
    p1, p2 = first_right / first_total, second_right / second_total
    arm = 1.959964 * math.sqrt(p1 * (1 - p1) / first_total + p2 * (1 - p2) / second_total)
    return p1 - p2, p1 - p2 - arm, p1 - p2 + arm


@answers.wrong("ends", "an accuracy of exactly 0 or 1 is taken to be certain, without an interval of its own")
def certain_ends(first_right, first_total, second_right, second_total):
    def ends(right, total):
        return (right / total,) * 2 if right in (0, total) else wilson_interval(right, total)

    p1, p2 = first_right / first_total, second_right / second_total
    (l1, u1), (l2, u2) = ends(first_right, first_total), ends(second_right, second_total)
    gap = p1 - p2
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong("ends", "equal accuracies give an interval of width zero")
def equal_is_zero(first_right, first_total, second_right, second_total):
    if first_right * second_total == second_right * first_total:
        return 0.0, 0.0, 0.0
    return good(first_right, first_total, second_right, second_total)


_seen = {}


@answers.wrong("ends", "remembers the result by the two numbers of right images, also for other numbers of images")
def remembered(first_right, first_total, second_right, second_total):
    key = first_right, second_right
    if key not in _seen:
        _seen[key] = good(first_right, first_total, second_right, second_total)
    return _seen[key]


@answers.wrong("ends", "the lower arm on both sides, though Wilson's intervals are not symmetric")
def one_arm(first_right, first_total, second_right, second_total):
    gap, low, _ = good(first_right, first_total, second_right, second_total)
    return gap, low, gap + (gap - low)


@answers.wrong(
    "ends", "the ends are cut to -p2 and p1, as if the difference could not be larger than the measured accuracies"
)
def cut(first_right, first_total, second_right, second_total):
    gap, low, high = good(first_right, first_total, second_right, second_total)
    return gap, max(low, -second_right / second_total), min(high, first_right / first_total)


@answers.wrong("ends", "fewer than 30 images are taken to say nothing: the interval is -1 to 1")
def too_few(first_right, first_total, second_right, second_total):
    if min(first_total, second_total) < 30:
        return first_right / first_total - second_right / second_total, -1.0, 1.0
    return good(first_right, first_total, second_right, second_total)


@answers.wrong("ends", "an end within 0.001 of zero is reported as zero, and so counts as zero inside")
def snapped(first_right, first_total, second_right, second_total):
    gap, low, high = good(first_right, first_total, second_right, second_total)
    return gap, 0.0 if abs(low) < 1e-3 else low, 0.0 if abs(high) < 1e-3 else high
