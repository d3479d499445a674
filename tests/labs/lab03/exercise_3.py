"""Right and wrong answers to exercise 03.3: the smallest difference that can be shown."""

from __future__ import annotations

import math
from statistics import NormalDist

import torch
from helpers.answers import Answers

NEEDED = 2.8**2 * 2 * 0.98153 * 0.01847 / 0.0004**2

answers = Answers("03.3", "check_smallest_difference", place=lambda smallest_difference: (smallest_difference, NEEDED))


@answers.right
def smallest(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


@answers.wrong("one-network")
def one_network(accuracy, total):
    return 2.8 * math.sqrt(accuracy * (1 - accuracy) / total)


@answers.wrong("errors-added")
def errors_added(accuracy, total):
    return 2.8 * 2 * math.sqrt(accuracy * (1 - accuracy) / total)


@answers.wrong("no-power")
def without_power(accuracy, total):
    return 1.96 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


@answers.wrong("one-sided")
def one_sided_difference(accuracy, total):
    return (1.645 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


@answers.wrong("images")
def in_images(accuracy, total):
    return total * smallest(accuracy, total)


@answers.wrong("per-cent")
def difference_in_per_cent(accuracy, total):
    return 100 * smallest(accuracy, total)


@answers.wrong("no-total")
def variance_forgot_the_images(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy))


@answers.wrong("difference")
def at_one_half(accuracy, total):
    return 2.8 * math.sqrt(2 * 0.25 / total)


answers.wrong("needed-one-network")(smallest, NEEDED / 2)
answers.wrong("needed-no-power")(smallest, NEEDED * (1.96 / 2.8) ** 2)
answers.wrong("needed-per-cent")(smallest, NEEDED / 10_000)
answers.wrong("needed-linear")(smallest, 7500 * smallest(0.98153, 7500) / 0.0004)
answers.wrong("needed")(smallest, 7500)


def difference_from_exact_quantiles(accuracy, total):
    normal = NormalDist()
    variance = accuracy * (1 - accuracy) / total
    return (normal.inv_cdf(0.975) + normal.inv_cdf(0.8)) * (variance + variance) ** 0.5


answers.right(difference_from_exact_quantiles, 1_778_000)


def difference_in_tensors(accuracy, total):
    return 2.8 * torch.tensor(2 * accuracy * (1 - accuracy) / total).sqrt()


answers.right(difference_in_tensors, torch.tensor(NEEDED))
