"""Answers to 03.2 by someone who knew the exercise and not its check."""

import math

import numpy as np
import torch
from helpers.answers import Answers

from resnet_labs import metrics

answers = Answers("03.2", "check_mcnemar")


def p_of(b, c):
    return min(1.0, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c))


def counts(first, second):
    return int((first & ~second).sum()), int((second & ~first).sum())


def good(first, second):
    b, c = counts(first, second)
    return b, c, p_of(b, c)


@answers.wrong("device", "compared with a mask on the CPU")
def cpu_mask(first, second):
    yes = torch.ones(len(first), dtype=torch.bool)
    b, c = int(((first == yes) & (second != yes)).sum()), int(((second == yes) & (first != yes)).sum())
    return b, c, p_of(b, c)


@answers.wrong("larger-tail", "the first is always the better one: sum up to c")
def first_better(first, second):
    b, c = counts(first, second)
    return b, c, min(1.0, 2 * sum(math.comb(b + c, k) for k in range(c + 1)) / 2 ** (b + c))


@answers.wrong("never-differ", "no disagreement gives 0")
def no_disagreement(first, second):
    b, c = counts(first, second)
    return b, c, p_of(b, c) if b + c else 0.0


@answers.wrong("raises", "no disagreement divides by zero")
def divides(first, second):
    b, c = counts(first, second)
    return b, c, p_of(b, c) if abs(b - c) / (b + c) >= 0 else 1.0


@answers.wrong("above-one", "b = c gives more than one")
def above_one(first, second):
    b, c = counts(first, second)
    return b, c, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)


# Passes, for good or bad: 2.0 ** n overflows with more than a thousand disagreements
def overflows(first, second):
    b, c = counts(first, second)
    return b, c, min(1.0, 2 * sum(float(math.comb(b + c, k)) for k in range(min(b, c) + 1)) / 2.0 ** (b + c))


# Passes, for good or bad: 0.5 ** n underflows: p is 0 for more than 1,100 disagreements
def underflows(first, second):
    b, c = counts(first, second)
    if b + c > 1000:
        return b, c, 0.0
    return good(first, second)


@answers.wrong("chi-squared", "chi-squared above 25 disagreements")
def approximate(first, second):
    b, c = counts(first, second)
    if b + c < 25:
        return good(first, second)
    return b, c, math.erfc(math.sqrt((abs(b - c) - 1) ** 2 / (b + c) / 2))


@answers.wrong("changes-input", "the second is negated in place")
def in_place(first, second):
    b = int((first & second.logical_not_()).sum())
    c = int(((~second) & ~first).sum())
    return b, c, p_of(b, c)


@answers.wrong("changes-input", "first &= ...: the first is changed")
def in_place_and(first, second):
    c = int((second & ~first).sum())
    first &= ~second
    b = int(first.sum())
    return b, c, p_of(b, c)


@answers.wrong("one-sided", "one tail")
def one_tail(first, second):
    b, c = counts(first, second)
    return b, c, min(1.0, p_of(b, c) / 2) if b != c else 1.0


@answers.wrong("off-by-one", "range ends before the smaller count")
def off_by_one(first, second):
    b, c = counts(first, second)
    return b, c, min(1.0, 2 * sum(math.comb(b + c, k) for k in range(min(b, c))) / 2 ** (b + c))


@answers.wrong("swapped", "counts exchanged")
def exchanged(first, second):
    b, c, p = good(first, second)
    return c, b, p


@answers.wrong("all-right", "right images of each, also where both are right")
def all_right(first, second):
    b, c = int(first.sum()), int(second.sum())
    return b, c, p_of(b, c)


@answers.wrong("counts", "the p-value first")
def p_first(first, second):
    b, c, p = good(first, second)
    return p, b, c


@answers.wrong("p", "over all images, not only those on which they disagree")
def over_all(first, second):
    b, c = counts(first, second)
    n = len(first)
    return b, c, min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


@answers.wrong("p", "1 - p")
def complement(first, second):
    b, c, p = good(first, second)
    return b, c, 1 - p


for name in ("mcnemar", "mcnemar_test"):
    if hasattr(metrics, name):
        answers.wrong("library", "the library's own function is handed in (passing is fine if the check says so)")(
            getattr(metrics, name)
        )


@answers.right
def tensor_counts(first, second):
    """Counts as tensors without axes; a list."""
    b, c = (first > second).sum(), (second > first).sum()
    return [b, c, p_of(int(b), int(c))]


@answers.right
def in_numpy(first, second):
    """NumPy, log of binomials by lgamma."""
    a, b = first.cpu().numpy(), second.cpu().numpy()
    x, y = np.sum(a & ~b), np.sum(b & ~a)
    n = int(x + y)
    tail = sum(
        math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
        for k in range(int(min(x, y)) + 1)
    )
    return x, y, min(1.0, 2 * tail)


@answers.right
def looped(first, second):
    """Loops over pairs; whole-number arithmetic."""
    pairs = list(zip(first.tolist(), second.tolist(), strict=False))
    b, c = pairs.count((True, False)), pairs.count((False, True))
    ways = sum(math.comb(b + c, k) for k in range(min(b, c) + 1))
    return b, c, 1 if 2 * ways >= 2 ** (b + c) else 2 * ways / 2 ** (b + c)


@answers.right
def scipy_test(first, second):
    """SciPy's binomial test."""
    from scipy.stats import binomtest

    b, c = counts(first, second)
    return b, c, float(binomtest(b, b + c).pvalue) if b + c else 1.0
