"""More answers to 09.5 by someone who knew the exercise and not its check."""

import math
from statistics import NormalDist

import numpy as np
from helpers.answers import Answers

from resnet_labs.metrics import wilson_interval

answers = Answers("09.5", "check_difference")


# Complex numbers: the length of a number is the root of the sum of squares.
@answers.right
def by_complex(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    (low, u), (m, v) = wilson_interval(first_right, first_total), wilson_interval(second_right, second_total)
    return p - q, p - q - abs(complex(p - low, v - q)), p - q + abs(complex(u - p, q - m))


# Wilson's interval by hand, NumPy arrays, a list in place of a tuple.
@answers.right
def wilson_by_hand(*counts):
    right, total = np.array(counts, dtype=np.float64).reshape(2, 2).T
    z = NormalDist().inv_cdf(0.975)
    share = right / total
    middle = (right + z * z / 2) / (total + z * z)
    arm = z / (total + z * z) * np.sqrt(right * (total - right) / total + z * z / 4)
    down, up = share - (middle - arm), (middle + arm) - share
    gap = float(share[0] - share[1])
    return [gap, gap - float(np.hypot(down[0], up[1])), gap + float(np.hypot(up[0], down[1]))]


# The upper end as minus the lower end of the exchanged difference.
def lower_end(k, n, j, m):
    return k / n - j / m - math.dist((k / n, wilson_interval(j, m)[1]), (wilson_interval(k, n)[0], j / m))


answers.right(lambda k, n, j, m: (k / n - j / m, lower_end(k, n, j, m), -lower_end(j, m, k, n)))


def parts(k, n, j, m):
    return k / n, *wilson_interval(k, n), j / m, *wilson_interval(j, m)


def newcombe(first_right, first_total, second_right, second_total):
    p, low, u, q, m, v = parts(first_right, first_total, second_right, second_total)
    return p - q, p - q - math.hypot(p - low, v - q), p - q + math.hypot(u - p, q - m)


@answers.wrong("wald", "the textbook's interval, 1.96 standard errors: of no width where all are right")
def textbook(first_right, first_total, second_right, second_total):
    p, q = first_right / first_total, second_right / second_total
    arm = 1.96 * math.sqrt(p * (1 - p) / first_total + q * (1 - q) / second_total)
    return p - q, p - q - arm, p - q + arm


@answers.wrong("ends-subtracted", "l1 - u2 and u1 - l2: both arms in full, too wide")
def full_arms(first_right, first_total, second_right, second_total):
    p, low, u, q, m, v = parts(first_right, first_total, second_right, second_total)
    return p - q, low - v, u - m


@answers.wrong("ends", "the lower ends of both for the lower end: l2 where u2 belongs, and vice versa")
def wrong_arms(first_right, first_total, second_right, second_total):
    p, low, u, q, m, v = parts(first_right, first_total, second_right, second_total)
    return p - q, p - q - math.hypot(p - low, q - m), p - q + math.hypot(u - p, v - q)


@answers.wrong("arms", "the ends' arms are exchanged: the interval leans to the other side")
def exchanged_arms(first_right, first_total, second_right, second_total):
    p, low, u, q, m, v = parts(first_right, first_total, second_right, second_total)
    return p - q, p - q - math.hypot(u - p, q - m), p - q + math.hypot(p - low, v - q)


@answers.wrong("second-first", "second less first: every sign is wrong")
def second_less_first(first_right, first_total, second_right, second_total):
    return newcombe(second_right, second_total, first_right, first_total)


@answers.wrong("per-cent", "in percent, not fractions")
def percent(first_right, first_total, second_right, second_total):
    return tuple(100 * value for value in newcombe(first_right, first_total, second_right, second_total))


@answers.wrong("ends", "lower end, upper end, difference: another order")
def another_order(first_right, first_total, second_right, second_total):
    gap, low, high = newcombe(first_right, first_total, second_right, second_total)
    return low, high, gap


@answers.wrong("raises", "second_total is never read: right only for test sets of equal size")
def first_total_twice(first_right, first_total, second_right, second_total):
    return newcombe(first_right, first_total, second_right, first_total)


@answers.wrong("ends", "the difference without its sign: wrong where the second is better")
def without_sign(first_right, first_total, second_right, second_total):
    p, low, u, q, m, v = parts(first_right, first_total, second_right, second_total)
    gap = abs(p - q)
    return gap, gap - math.hypot(p - low, v - q), gap + math.hypot(u - p, q - m)


@answers.wrong("ends", "accuracies are rounded to two decimals first: 98.173 % and 98.133 % have no difference")
def rounded_early(first_right, first_total, second_right, second_total):
    _, low, u, _, m, v = parts(first_right, first_total, second_right, second_total)
    p, q = round(first_right / first_total, 2), round(second_right / second_total, 2)
    return p - q, p - q - math.hypot(p - low, v - q), p - q + math.hypot(u - p, q - m)


@answers.wrong("ends", "arms of equal length, the longer of both: right only for accuracies of equal arms")
def symmetric(first_right, first_total, second_right, second_total):
    gap, low, high = newcombe(first_right, first_total, second_right, second_total)
    arm = max(gap - low, high - gap)
    return gap, gap - arm, gap + arm


@answers.wrong("ends", "the lower end is cut at zero: chance never explains anything below")
def cut_at_zero(first_right, first_total, second_right, second_total):
    gap, low, high = newcombe(first_right, first_total, second_right, second_total)
    return gap, max(0.0, low), high


@answers.wrong("ends", "the root is forgotten: arms are sums of squares, far too short")
def no_root(first_right, first_total, second_right, second_total):
    p, low, u, q, m, v = parts(first_right, first_total, second_right, second_total)
    return p - q, p - q - (p - low) ** 2 - (v - q) ** 2, p - q + (u - p) ** 2 + (q - m) ** 2


@answers.wrong(
    "ends", "the middle of both ends in place of the difference: off where the arms are unequal, as with all right"
)
def middle(first_right, first_total, second_right, second_total):
    _, low, high = newcombe(first_right, first_total, second_right, second_total)
    return (low + high) / 2, low, high


@answers.wrong(
    "ends", "a share of exactly 0 or 1 has no arms here: all right against 90 of 100 gets too narrow an interval"
)
def no_arms_at_the_ends(first_right, first_total, second_right, second_total):
    p, low, u, q, m, v = parts(first_right, first_total, second_right, second_total)
    if p in (0, 1):
        low = u = p
    if q in (0, 1):
        m = v = q
    return p - q, p - q - math.hypot(p - low, v - q), p - q + math.hypot(u - p, q - m)
