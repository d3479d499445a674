"""Answers to 03.3 by someone who knew the exercise and not its check."""

import math

import numpy as np
import torch
from helpers.answers import Answers

NEEDED = (1.96 + 0.84) ** 2 * 2 * 0.98153 * (1 - 0.98153) / 0.0004**2
answers = Answers("03.3", "check_smallest_difference", place=lambda f: (f, NEEDED))


def good(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


@answers.wrong("difference", "the report's accuracy is written down")
def fixed_accuracy(accuracy, total):
    return good(0.98153, total)


@answers.wrong("difference", "the report's 7,500 images are written down")
def fixed_total(accuracy, total):
    return good(accuracy, 7500)


@answers.wrong("difference", "accuracy 1 gives at least half an image")
def at_least(accuracy, total):
    return max(good(accuracy, total), 0.5 / total)


@answers.wrong("difference", "total // 2")
def halved(accuracy, total):
    return 2.8 * math.sqrt(accuracy * (1 - accuracy) / (total // 2))


@answers.wrong("difference", "never more than 1 %")
def capped(accuracy, total):
    return min(0.01, good(accuracy, total))


@answers.wrong("difference", "n - 1 in place of n")
def minus_one(accuracy, total):
    return good(accuracy, total - 1) if total > 1 else math.inf


@answers.wrong("no-power", "1.96 alone")
def no_power(accuracy, total):
    return 1.96 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


@answers.wrong("one-network", "one standard deviation, without the factor 2")
def one_network(accuracy, total):
    return good(accuracy, total) / math.sqrt(2)


@answers.wrong("errors-added", "2s in place of sqrt(2) s")
def twice(accuracy, total):
    return good(accuracy, total) * math.sqrt(2)


@answers.wrong("images", "images")
def images(accuracy, total):
    return good(accuracy, total) * total


@answers.wrong("difference", "no root")
def no_root(accuracy, total):
    return 2.8 * 2 * accuracy * (1 - accuracy) / total


@answers.wrong("difference", "accuracy in per cent")
def per_cent(accuracy, total):
    return good(accuracy / 100, total)


@answers.wrong("difference", "1.96 - 0.84")
def minus(accuracy, total):
    return good(accuracy, total) / 2.8 * 1.12


@answers.wrong("difference", "numbers that equal everything")
def equal(accuracy, total):
    class Any(float):
        def __eq__(self, other):
            return True

        __sub__ = __rsub__ = lambda self, other: Any(0)
        __hash__ = float.__hash__

    return Any(0)


for reason, value in [
    ("6: half of it", NEEDED / 2),
    ("6: with 1.96 alone", 1.96**2 * 2 * 0.98153 * 0.01847 / 0.0004**2),
    ("6: for 0.04 (per cent)", NEEDED / 100**2),
    ("6: for 4 %", NEEDED * (0.0004 / 0.04) ** 2),
    ("6: the difference instead of the number", 0.0004),
    ("6: as text", "1.78 million"),
    ("6: infinite", math.inf),
    ("6: nan", math.nan),
]:
    answers.wrong(reason)(good, value)


def by_numpy(accuracy, total):
    """NumPy's float64."""
    return (np.float64(1.96) + 0.84) * np.sqrt(2 * accuracy * (1 - accuracy) / total)


def by_tensor(accuracy, total):
    """A float64 tensor."""
    return 2.8 * torch.tensor(2 * accuracy * (1 - accuracy) / total, dtype=torch.float64).sqrt()


def by_parts(accuracy, total):
    s = (accuracy * (1 - accuracy) / total) ** 0.5
    return 1.96 * 2**0.5 * s + 0.84 * 2**0.5 * s


answers.right(by_numpy, math.ceil(NEEDED))
answers.right(by_tensor, torch.tensor(NEEDED))
answers.right(by_parts, round(NEEDED))
answers.right(good, np.float64(NEEDED))
