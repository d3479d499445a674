"""Answers to 09.5 by students who know its text alone."""

import math
from typing import NamedTuple

from helpers.answers import Answers

from resnet_labs.metrics import wilson_interval

answers = Answers("09.5", "check_difference")


def _ends(right, total):
    low, high = wilson_interval(right, total)
    return low, high


@answers.wrong(
    "?", "the textbook's interval (Wald), which has no width where both accuracies are 0 or 1, instead of Newcombe's"
)
def textbook(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    arm = 1.96 * math.sqrt(p1 * (1 - p1) / first_total + p2 * (1 - p2) / second_total)
    return p1 - p2, p1 - p2 - arm, p1 - p2 + arm


@answers.wrong("?", "adds both arms in full (l1 - u2 and u1 - l2) instead of as squares, so the interval is too wide")
def full_arms(first_right, first_total, second_right, second_total):
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    return first_right / first_total - second_right / second_total, l1 - u2, u1 - l2


@answers.wrong(
    "?", "the arms of the two ends are swapped, which shows where Wilson's intervals are not symmetric, as for 5 of 5"
)
def arms_swapped(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    return p1 - p2, p1 - p2 - math.hypot(u1 - p1, p2 - l2), p1 - p2 + math.hypot(p1 - l1, u2 - p2)


@answers.wrong(
    "?",
    "takes both lower arms for the lower end and both upper arms for the upper end, though the difference is lowest where p2 is high",
)
def same_sides(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    return p1 - p2, p1 - p2 - math.hypot(p1 - l1, p2 - l2), p1 - p2 + math.hypot(u1 - p1, u2 - p2)


@answers.wrong("?", "the square root is forgotten, so the arms are sums of squares and far too short")
def no_root(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    gap = p1 - p2
    return gap, gap - ((p1 - l1) ** 2 + (u2 - p2) ** 2), gap + (u1 - p1) ** 2 + (p2 - l2) ** 2


@answers.wrong(
    "?",
    "half widths of Wilson's intervals for the arms make both ends equally far from the difference, which is wrong for 1 of 10 against 9 of 10",
)
def half_widths(first_right, first_total, second_right, second_total):
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    gap = first_right / first_total - second_right / second_total
    arm = math.hypot((u1 - l1) / 2, (u2 - l2) / 2)
    return gap, gap - arm, gap + arm


@answers.wrong("?", "takes the middles of Wilson's intervals for the accuracies: 5 of 5 less 0 of 5 is then not 1")
def middles(first_right, first_total, second_right, second_total):
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    p1, p2 = (l1 + u1) / 2, (l2 + u2) / 2
    gap = p1 - p2
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong(
    "?", "divides both counts by the first total, which the visible example allows: wrong for 8 of 10 against 50 of 100"
)
def one_total(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / first_total
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(min(second_right, first_total), first_total)
    gap = p1 - p2
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong("?", "puts the better network first, so the difference is never negative though it is first less second")
def better_first(first_right, first_total, second_right, second_total):
    if first_right / first_total < second_right / second_total:
        return better_first(second_right, second_total, first_right, first_total)
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    gap = p1 - p2
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong(
    "?",
    "rounds all three to the four decimals of the table: for 500,001 of 1,000,000 against 500,000 the difference becomes 0",
)
def four_decimals(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    gap = p1 - p2
    low, high = gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)
    return round(gap, 4), round(low, 4), round(high, 4)


@answers.wrong(
    "?",
    "cuts off both ends at 0 and 1 as if the difference were an accuracy, so no end is ever negative and zero is always inside or at the border: 1 of 5 less 4 of 5",
)
def clipped(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    gap = p1 - p2
    low, high = gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)
    return gap, min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)


@answers.wrong("?", "gives an accuracy of exactly 0 or 1 no arm, as if it were certain: 5 of 5 has a lower arm of 0.43")
def certain(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = _ends(first_right, first_total) if 0 < p1 < 1 else (p1, p1)
    l2, u2 = _ends(second_right, second_total) if 0 < p2 < 1 else (p2, p2)
    gap = p1 - p2
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong("?", "the lower end, the difference, the upper end: another order than the docstring's")
def in_order(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    l1, u1 = _ends(first_right, first_total)
    l2, u2 = _ends(second_right, second_total)
    gap = p1 - p2
    return gap - math.hypot(p1 - l1, u2 - p2), gap, gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong(
    "?",
    "remembers the interval by the two right counts alone, so the same counts with other totals get the first call's result",
)
def remembers(first_right, first_total, second_right, second_total, memory={}):
    key = first_right, second_right
    if key not in memory:
        p1, p2 = first_right / first_total, second_right / second_total
        l1, u1 = _ends(first_right, first_total)
        l2, u2 = _ends(second_right, second_total)
        gap = p1 - p2
        memory[key] = (
            gap,
            gap - math.hypot(p1 - l1, u2 - p2),
            gap + math.hypot(u1 - p1, p2 - l2),
        )
    return memory[key]


class Gap(NamedTuple):
    value: float
    low: float
    high: float


@answers.right
def named(first_right, first_total, second_right, second_total):
    p1, p2 = first_right / first_total, second_right / second_total
    one, two = wilson_interval(first_right, first_total), wilson_interval(second_right, second_total)
    down = ((p1 - one[0]) ** 2 + (two[1] - p2) ** 2) ** 0.5
    up = ((one[1] - p1) ** 2 + (p2 - two[0]) ** 2) ** 0.5
    return Gap(low=p1 - p2 - down, value=p1 - p2, high=p1 - p2 + up)


@answers.right
def complex_numbers(first_right, first_total, second_right, second_total):
    # the length of a complex number is the root of the sum of squares
    (l1, u1), (l2, u2) = (wilson_interval(*pair) for pair in ((first_right, first_total), (second_right, second_total)))
    p = first_right / first_total
    q = second_right / second_total
    return (p - q, (p - q) - abs(complex(p - l1, u2 - q)), (p - q) + abs(complex(u1 - p, q - l2)))


@answers.right
def with_numpy(first_right, first_total, second_right, second_total):
    import numpy as np

    right = np.array([first_right, second_right], dtype=np.float64)
    total = np.array([first_total, second_total], dtype=np.float64)
    shares = right / total
    ends = np.array([wilson_interval(first_right, first_total), wilson_interval(second_right, second_total)])
    arms = np.abs(ends - shares[:, None])  # networks, (lower, upper)
    arms[1] = arms[1, ::-1]  # the second counts negatively
    low, high = np.linalg.norm(arms, axis=0)
    gap = shares[0] - shares[1]
    return float(gap), float(gap - low), float(gap + high)


@answers.right
def lower_end_twice(first_right, first_total, second_right, second_total):
    # the upper end is the lower end of the opposite difference, with the other sign
    def lower(a, n, b, m):
        arms = (a / n - wilson_interval(a, n).low, wilson_interval(b, m).high - b / m)
        return a / n - b / m - math.sqrt(sum(arm * arm for arm in arms))

    return (
        first_right / first_total - second_right / second_total,
        lower(first_right, first_total, second_right, second_total),
        -lower(second_right, second_total, first_right, first_total),
    )


@answers.right
def mirrored(first_right, first_total, second_right, second_total):
    # the second network's mistakes: its accuracy is 1 less their share, and its arms change sides
    wrong = second_total - second_right
    l1, u1 = wilson_interval(first_right, first_total)
    l2, u2 = wilson_interval(wrong, second_total)
    p1, q2 = first_right / first_total, wrong / second_total
    gap = first_right / first_total - second_right / second_total
    return gap, gap - math.dist((p1, q2), (l1, l2)), gap + math.dist((u1, u2), (p1, q2))


@answers.right
def own_wilson(first_right, first_total, second_right, second_total):
    from statistics import NormalDist

    z = NormalDist().inv_cdf(0.975)

    def arms(right, total):
        share = right / total
        centre = (right + z * z / 2) / (total + z * z)
        half = z / (total + z * z) * math.sqrt(right * (total - right) / total + z * z / 4)
        return share, share - (centre - half), centre + half - share

    p1, down1, up1 = arms(first_right, first_total)
    p2, down2, up2 = arms(second_right, second_total)
    gap = p1 - p2
    result = [gap]
    for sign, arm in ((-1, math.hypot(down1, up2)), (1, math.hypot(up1, down2))):
        result.append(gap + sign * arm)
    return tuple(result)
