"""Answers to 09.5 by students who know its text alone."""

import math
from typing import NamedTuple

from helpers.answers import Answers

from resnet_labs.metrics import wilson_interval

answers = Answers("09.5", "check_difference")
import cmath
from fractions import Fraction

import numpy as np


def _parts(first_right, first_total, second_right, second_total):
    low_1, high_1 = wilson_interval(first_right, first_total)
    low_2, high_2 = wilson_interval(second_right, second_total)
    return first_right / first_total, low_1, high_1, second_right / second_total, low_2, high_2


@answers.wrong("?", "The arms are mixed up: the lower end takes u1 - p1 and p2 - l2, the upper end the others.")
def arms_mixed_up(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return p - q, p - q - math.hypot(u - p, q - m), p - q + math.hypot(p - l, v - q)


@answers.wrong("?", "The textbook's interval of standard errors instead of Newcombe's; no width at all for 0 and 1.")
def textbook(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    arm = 1.959963984540054 * math.sqrt(p * (1 - p) / first_total + q * (1 - q) / second_total)
    return p - q, p - q - arm, p - q + arm


@answers.wrong("?", "Adds both arms in full: l1 - u2 and u1 - l2, which is too wide.")
def arms_in_full(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return p - q, l - v, u - m


@answers.wrong("?", "Second less first: the signs are the other way round.")
def second_less_first(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return q - p, q - p - math.hypot(q - m, u - p), q - p + math.hypot(v - q, p - l)


@answers.wrong("?", "The square root is missing: the squares of the arms are taken as the width.")
def without_the_root(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return p - q, p - q - ((p - l) ** 2 + (v - q) ** 2), p - q + ((u - p) ** 2 + (q - m) ** 2)


@answers.wrong("?", "The squared arms are averaged, not added: narrower by the root of two.")
def mean_of_squares(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return (
        p - q,
        p - q - math.sqrt(((p - l) ** 2 + (v - q) ** 2) / 2),
        p - q + math.sqrt(((u - p) ** 2 + (q - m) ** 2) / 2),
    )


@answers.wrong("?", "The difference without its sign: wrong where the second is the better one.")
def without_a_sign(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    if p < q:
        p, l, u, q, m, v = q, m, v, p, l, u
    return p - q, p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)


@answers.wrong("?", "Returns percent, not fractions.")
def in_percent(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    ends = p - q, p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)
    return tuple(100 * each for each in ends)


@answers.wrong("?", "The first total for both networks, as in the examples: wrong for test sets of different sizes.")
def one_total(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, first_total)
    return p - q, p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)


@answers.wrong("?", "The ends are limited to 0 and 1, but a difference may be negative.")
def never_negative(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    low, high = p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)
    return p - q, max(0.0, low), min(1.0, max(0.0, high))


@answers.wrong("?", "Another order: lower end, difference, upper end.")
def low_first(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return p - q - math.hypot(p - l, v - q), p - q, p - q + math.hypot(u - p, q - m)


@answers.wrong("?", "The middle of the interval is returned as the difference; the interval is not symmetric.")
def the_middle(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    low, high = p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)
    return (low + high) / 2, low, high


@answers.wrong("?", "Half of Wilson's width as the arm on both sides: symmetric, where the formula is not.")
def half_widths(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    arm = math.hypot((u - l) / 2, (v - m) / 2)
    return p - q, p - q - arm, p - q + arm


@answers.wrong("?", "Lower with lower and upper with upper: p1 - l1 with p2 - l2, u1 - p1 with u2 - p2.")
def lower_with_lower(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return p - q, p - q - math.hypot(p - l, q - m), p - q + math.hypot(u - p, v - q)


@answers.wrong("?", "The ends' own differences, l1 - l2 and u1 - u2: much too narrow.")
def differences_of_ends(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return p - q, min(l - m, u - v), max(l - m, u - v)


@answers.wrong("?", "Rounds everything to four decimals: two images of 100,000 are a difference of nothing.")
def four_decimals(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    ends = p - q, p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)
    return tuple(round(each, 4) for each in ends)


@answers.wrong("?", "Only the longer arm counts, as if the other network's accuracy were certain.")
def longer_arm(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    return p - q, p - q - max(p - l, v - q), p - q + max(u - p, q - m)


@answers.wrong("?", "Wilson's intervals at 90 % (1.645) instead of 95 %.")
def ninety_percent(first_right, first_total, second_right, second_total):
    def wilson(right, total, z=1.6448536269514722):
        p = right / total
        middle = (p + z * z / (2 * total)) / (1 + z * z / total)
        arm = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
        return middle - arm, middle + arm

    p, q = first_right / first_total, second_right / second_total
    (l, u), (m, v) = wilson(first_right, first_total), wilson(second_right, second_total)
    return p - q, p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)


@answers.wrong("?", "An accuracy of exactly 0 or 1 is taken as certain, without an arm of its own.")
def certain_at_the_ends(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    if p in (0, 1):
        l = u = p
    if q in (0, 1):
        m = v = q
    return p - q, p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)


class _AnyNumber(float):
    __hash__ = float.__hash__

    def _yes(self, *others):
        return True

    def _self(self, *others):
        return self

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = _yes
    __sub__ = __rsub__ = __abs__ = _self

    def __ne__(self, other):
        return False


@answers.wrong("?", "Returns three numbers that say yes to every comparison, and computes nothing.")
def any_numbers(first_right, first_total, second_right, second_total):
    return _AnyNumber(0), _AnyNumber(0), _AnyNumber(0)


class _Gap(NamedTuple):
    gap: float
    low: float
    high: float


@answers.right
def named_tuple(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    gap = p - q
    return _Gap(gap=gap, high=gap + math.hypot(u - p, q - m), low=gap - math.hypot(p - l, v - q))


@answers.right
def complex_arms(first_right, first_total, second_right, second_total):
    p, l, u, q, m, v = _parts(first_right, first_total, second_right, second_total)
    lower, upper = complex(p - l, v - q), complex(u - p, q - m)
    return (p - q, p - q - abs(lower), p - q + cmath.polar(upper)[0])


@answers.right
def by_numpy(first_right, first_total, second_right, second_total):
    counts = np.array([[first_right, first_total], [second_right, second_total]])
    shares = counts[:, 0] / counts[:, 1]
    ends = np.array([wilson_interval(int(k), int(n)) for k, n in counts])
    arms = np.abs(ends - shares[:, None])
    gap = shares[0] - shares[1]
    lower = np.linalg.norm([arms[0, 0], arms[1, 1]])
    upper = np.linalg.norm([arms[0, 1], arms[1, 0]])
    return float(gap), float(gap - lower), float(gap + upper)


@answers.right
def by_one_end(first_right, first_total, second_right, second_total):
    # The upper end of the difference is the other difference's lower end, with its sign changed.
    def lower(k, n, other_k, other_n):
        gap = k / n - other_k / other_n
        arm_1 = k / n - min(wilson_interval(k, n))
        arm_2 = max(wilson_interval(other_k, other_n)) - other_k / other_n
        return gap - (arm_1 * arm_1 + arm_2 * arm_2) ** 0.5

    first, second = (first_right, first_total), (second_right, second_total)
    gap = first_right / first_total - second_right / second_total
    return gap, lower(*first, *second), -lower(*second, *first)


@answers.right
def by_fractions(first_right, first_total, second_right, second_total):
    p, q = Fraction(first_right, first_total), Fraction(second_right, second_total)
    (l, u), (m, v) = (
        map(Fraction, wilson_interval(*pair)) for pair in ((first_right, first_total), (second_right, second_total))
    )
    gap = p - q
    below = math.sqrt((p - l) ** 2 + (v - q) ** 2)
    above = math.sqrt((u - p) ** 2 + (q - m) ** 2)
    return float(gap), max(-1.0, float(gap) - below), min(1.0, float(gap) + above)


@answers.right
def as_a_list(first_right, first_total, second_right, second_total):
    networks = []
    for right, total in [(first_right, first_total), (second_right, second_total)]:
        low, high = wilson_interval(right, total)
        share = right / total
        networks.append({"share": share, "down": share - low, "up": high - share})
    one, two = networks
    gap = one["share"] - two["share"]
    return [
        gap,
        gap - math.dist((one["down"], two["up"]), (0, 0)),
        gap + math.dist((one["up"], two["down"]), (0, 0)),
    ]
