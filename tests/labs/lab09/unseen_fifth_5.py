"""Answers to 09.5 by students who know its text alone."""

import math
from statistics import NormalDist
from typing import NamedTuple

from helpers.answers import Answers

from resnet_labs.metrics import wilson_interval

answers = Answers("09.5", "check_difference")


def _by_text(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    return p - q, p - q - math.hypot(p - l1, u2 - q), p - q + math.hypot(u1 - p, q - l2)


# (a) common mistakes
@answers.wrong(
    "wald",
    "The textbook's arm of 1.96 standard deviations instead of Wilson's: a single point for 5 of 5 against 5 of 5.",
)
def textbook(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    arm = 1.96 * math.sqrt(p * (1 - p) / first_total + q * (1 - q) / second_total)
    return p - q, p - q - arm, p - q + arm


@answers.wrong("ends-subtracted", "Subtracts opposite ends, which adds both arms in full: too wide.")
def full_arms(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    return p - q, l1 - u2, u1 - l2


@answers.wrong(
    "arms",
    "The two arms are exchanged: both ends are off where the arms are not equally long (9 of 10 against 2 of 10).",
)
def arms_exchanged(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    return p - q, p - q - math.hypot(u1 - p, q - l2), p - q + math.hypot(p - l1, u2 - q)


@answers.wrong("second-first", "Second less first: the sign is the other one for any two different accuracies.")
def second_less_first(first_right, first_total, second_right, second_total):
    return _by_text(second_right, second_total, first_right, first_total)


# (b) right for the visible example
@answers.wrong("raises", "The second total is never read: wrong where the test sets are not equally large.")
def one_total(first_right, first_total, second_right, second_total):
    return _by_text(first_right, first_total, second_right, first_total)


@answers.wrong(
    "second-first", "Puts the better network first: the difference is never negative, also where the first is worse."
)
def better_first(first_right, first_total, second_right, second_total):
    pairs = sorted(
        [(first_right, first_total), (second_right, second_total)],
        key=lambda pair: -pair[0] / pair[1],
    )
    return _by_text(*pairs[0], *pairs[1])


@answers.wrong("ends", "Equal accuracies give 0, 0, 0: the interval shrinks to a point though chance is still there.")
def equal_is_sure(first_right, first_total, second_right, second_total):
    if first_right * second_total == second_right * first_total:
        return 0.0, 0.0, 0.0
    return _by_text(first_right, first_total, second_right, second_total)


@answers.wrong(
    "ends", "All three are rounded to four decimals: off for every input, and merged for very large test sets."
)
def four_decimals(first_right, first_total, second_right, second_total):
    found = _by_text(first_right, first_total, second_right, second_total)
    return tuple(round(each, 4) for each in found)


# (c) broken promises
_known = {}


@answers.wrong(
    "difference", "Remembers results by the two counts alone: the same counts of other totals get the old interval."
)
def remembers(first_right, first_total, second_right, second_total):
    key = first_right, second_right
    if key not in _known:
        _known[key] = _by_text(first_right, first_total, second_right, second_total)
    return _known[key]


@answers.wrong("difference", "Returns low, difference, high instead of difference, low, high.")
def other_order(first_right, first_total, second_right, second_total):
    return tuple(sorted(_by_text(first_right, first_total, second_right, second_total)))


@answers.wrong(
    "draws", "Draws test sets by simulation: the ends are off, and Python's global generator is reseeded for everybody."
)
def simulated(first_right, first_total, second_right, second_total):
    import random

    random.seed(0)
    p, q = first_right / first_total, second_right / second_total
    gaps = sorted(
        sum(random.choices((1, 0), (p, 1 - p), k=first_total)) / first_total
        - sum(random.choices((1, 0), (q, 1 - q), k=second_total)) / second_total
        for _ in range(40)
    )
    return p - q, gaps[0], gaps[-1]


@answers.wrong(
    "difference",
    "Takes the middles of Wilson's intervals for the accuracies: the difference is shrunk towards zero (5 of 5 against 0 of 5).",
)
def from_the_middles(first_right, first_total, second_right, second_total):
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(second_right, second_total)
    gap = (l1 + u1) / 2 - (l2 + u2) / 2
    arm = math.hypot((u1 - l1) / 2, (u2 - l2) / 2)
    return gap, gap - arm, gap + arm


# right
class _Share(NamedTuple):
    share: float
    below: float
    above: float

    @classmethod
    def of(cls, right, total):
        p = right / total
        low, high = wilson_interval(right, total)
        return cls(p, p - low, high - p)

    def __neg__(self):
        return _Share(-self.share, self.above, self.below)

    def __add__(self, other):
        return _Share(
            self.share + other.share,
            math.hypot(self.below, other.below),
            math.hypot(self.above, other.above),
        )


@answers.right
def adds_the_negative(first_right, first_total, second_right, second_total):
    gap = _Share.of(first_right, first_total) + -_Share.of(second_right, second_total)
    return gap.share, gap.share - gap.below, gap.share + gap.above


@answers.right
def complex_arms(first_right, first_total, second_right, second_total):
    (l1, u1), (l2, u2) = map(wilson_interval, (first_right, second_right), (first_total, second_total))
    p1, p2 = first_right / first_total, second_right / second_total
    gap = p1 - p2
    return [gap, gap - abs(complex(p1 - l1, u2 - p2)), gap + abs(complex(u1 - p1, p2 - l2))]


@answers.right
def own_wilson(first_right, first_total, second_right, second_total):
    z = NormalDist().inv_cdf(0.975)

    def ends(right, total):
        root = math.sqrt(right * (total - right) / total + z * z / 4)
        return [(right + z * z / 2 + side * z * root) / (total + z * z) for side in (-1, 1)]

    first, second = ends(first_right, first_total), ends(second_right, second_total)
    p, q = first_right / first_total, second_right / second_total
    found = [p - q]
    for side in (0, 1):
        square = (p - first[side]) ** 2 + (q - second[1 - side]) ** 2
        found.append(p - q + (2 * side - 1) * square**0.5)
    return tuple(found)
