"""Right and wrong answers to exercise 03.1: an interval for an accuracy."""

from __future__ import annotations

import math
from statistics import NormalDist

import torch
from helpers.answers import Answers
from scipy import stats

answers = Answers("03.1", "check_wilson")


@answers.right
def wilson(right, total, *, z=1.96, root=math.sqrt, scale=True):
    p, n = right / total, total
    middle, arm = p + z * z / (2 * n), z * root(p * (1 - p) / n + z * z / (4 * n * n))
    below = 1 + z * z / n if scale else 1
    return (middle - arm) / below, (middle + arm) / below


@answers.wrong("normal")
def normal_interval(right, total):
    p = right / total
    arm = 1.96 * math.sqrt(p * (1 - p) / total)
    return p - arm, p + arm


@answers.wrong("normal")
def normal_interval_cut_off(right, total):
    low, high = normal_interval(right, total)
    return max(low, 0.0), min(high, 1.0)


@answers.wrong("one-sided")
def one_sided_z(right, total):
    return wilson(right, total, z=1.645)


@answers.wrong("no-z")
def one_standard_error(right, total):
    return wilson(right, total, z=1.0)


@answers.wrong("no-root")
def without_root(right, total):
    return wilson(right, total, root=lambda value: value)


@answers.wrong("not-divided")
def not_divided(right, total):
    return wilson(right, total, scale=False)


@answers.wrong("swapped")
def high_before_low(right, total):
    return wilson(right, total)[::-1]


@answers.wrong("per-cent")
def in_per_cent(right, total):
    return tuple(100 * end for end in wilson(right, total))


@answers.wrong("agresti-coull")
def agresti_coull(right, total):
    return normal_interval(right + 1.96**2 / 2, total + 1.96**2)


@answers.wrong("corrected")
def continuity_corrected(right, total):
    return tuple(stats.binomtest(right, total).proportion_ci(0.95, method="wilsoncc"))


@answers.wrong("ends")
def z_not_squared(right, total):
    p, n, z = right / total, total, 1.96
    middle, arm = p + z / (2 * n), z * math.sqrt(p * (1 - p) / n + z / (4 * n * n))
    return (middle - arm) / (1 + z / n), (middle + arm) / (1 + z / n)


@answers.wrong("raises")
def fails_at_no_success(right, total):
    return wilson(right, total, z=NormalDist().inv_cdf(0.975) / (right / right))


@answers.wrong("how-many")
def only_the_arm(right, total):
    low, high = wilson(right, total)
    return (high - low) / 2


@answers.right
def wilson_by_roots(right, total):
    """The two accuracies that lie just z of their own standard errors from the one measured."""
    z2, n = NormalDist().inv_cdf(0.975) ** 2, total
    a, b, c = 1 + z2 / n, -(2 * right / n + z2 / n), (right / n) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


@answers.right
def wilson_in_tensors(right, total):
    p, z = torch.tensor(right / total, dtype=torch.float64), 1.96
    signs = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    return (p + z**2 / (2 * total) + signs * z * (p * (1 - p) / total + (z / (2 * total)) ** 2).sqrt()) / (
        1 + z**2 / total
    )


@answers.right
def wilson_by_scipy(right, total):
    return stats.binomtest(right, total).proportion_ci(0.95, method="wilson")
