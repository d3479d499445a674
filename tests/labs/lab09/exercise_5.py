"""Right and wrong answers to exercise 09.5: the interval of a difference."""

from __future__ import annotations

import math

import numpy as np
import torch
from helpers.answers import Answers
from scipy import stats

from resnet_labs.metrics import wilson_interval as wilson

answers = Answers("09.5", "check_difference")


@answers.right
def newcombe(first, first_total, second, second_total):
    p, q = first / first_total, second / second_total
    (low, high), (low2, high2) = (
        wilson(first, first_total),
        wilson(second, second_total),
    )
    lower = math.sqrt((p - low) ** 2 + (high2 - q) ** 2)
    upper = math.sqrt((high - p) ** 2 + (q - low2) ** 2)
    return p - q, p - q - lower, p - q + upper


@answers.right
def with_scipy(first, first_total, second, second_total):
    one, other = (
        stats.binomtest(right, total).proportion_ci(0.95, method="wilson")
        for right, total in ((first, first_total), (second, second_total))
    )
    p, q = first / first_total, second / second_total
    return [p - q, p - q - math.hypot(p - one.low, other.high - q), p - q + math.hypot(one.high - p, q - other.low)]


@answers.right
def by_hand(first, first_total, second, second_total):
    z = 1.96
    ends = []
    for right, total in ((first, first_total), (second, second_total)):
        share = right / total
        middle, below = share + z * z / (2 * total), 1 + z * z / total
        arm = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total**2))
        ends.append((share, (middle - arm) / below, (middle + arm) / below))
    (p, low, high), (q, low2, high2) = ends
    down, up = np.hypot([p - low, high - p], [high2 - q, q - low2])
    return torch.tensor([p - q, p - q - down, p - q + up], dtype=torch.float64)


def changed(order=(0, 1, 2), scale=1, swap=False):
    def answer(first, first_total, second, second_total):
        given = (second, second_total, first, first_total) if swap else (first, first_total, second, second_total)
        found = newcombe(*given)
        return tuple(scale * found[place] for place in order)

    return answer


@answers.wrong("swapped-ends")
def high_before_low(*counts):
    return changed((0, 2, 1))(*counts)


@answers.wrong("second-first")
def second_less_first(*counts):
    return changed(swap=True)(*counts)


@answers.wrong("per-cent")
def in_per_cent(*counts):
    return changed(scale=100)(*counts)


@answers.wrong("wald")
def textbook(first, first_total, second, second_total):
    p, q = first / first_total, second / second_total
    arm = 1.959964 * math.sqrt(p * (1 - p) / first_total + q * (1 - q) / second_total)
    return p - q, p - q - arm, p - q + arm


@answers.wrong("ends-subtracted")
def ends_subtracted(first, first_total, second, second_total):
    p, q = first / first_total, second / second_total
    (low, high), (low2, high2) = (
        wilson(first, first_total),
        wilson(second, second_total),
    )
    return p - q, low - high2, high - low2


@answers.wrong("arms")
def arms_mixed_up(first, first_total, second, second_total):
    p, q = first / first_total, second / second_total
    (low, high), (low2, high2) = (
        wilson(first, first_total),
        wilson(second, second_total),
    )
    return p - q, p - q - math.hypot(high - p, q - low2), p - q + math.hypot(p - low, high2 - q)


@answers.wrong("ends")
def without_the_root(first, first_total, second, second_total):
    p, q = first / first_total, second / second_total
    (low, high), (low2, high2) = (
        wilson(first, first_total),
        wilson(second, second_total),
    )
    return p - q, p - q - (p - low) ** 2 - (high2 - q) ** 2, p - q + (high - p) ** 2 + (q - low2) ** 2


@answers.wrong("ends")
def pooled(first, first_total, second, second_total):
    p = (first + second) / (first_total + second_total)
    arm = 1.959964 * math.sqrt(p * (1 - p) * (1 / first_total + 1 / second_total))
    difference = first / first_total - second / second_total
    return difference, difference - arm, difference + arm


@answers.wrong("how-many")
def the_interval_only(*counts):
    return newcombe(*counts)[1:]


@answers.wrong("difference")
def one_total(first, first_total, second, second_total):
    return newcombe(first, first_total, min(second, first_total), first_total)


@answers.wrong("ends")
def equal_accuracies_are_certain(first, first_total, second, second_total):
    equal = first * second_total == second * first_total
    return (0.0, 0.0, 0.0) if equal else newcombe(first, first_total, second, second_total)


@answers.wrong("ends")
def ends_near_zero_are_zero(first, first_total, second, second_total):
    gap, *ends = newcombe(first, first_total, second, second_total)
    return (gap, *(0.0 if abs(end) < 1e-3 else end for end in ends))
