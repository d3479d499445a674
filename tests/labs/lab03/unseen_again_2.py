"""More answers to 03.2 by someone who knew the exercise and not its check."""

import math
from fractions import Fraction

import torch
from helpers.answers import Answers
from scipy import stats

answers = Answers("03.2", "check_mcnemar")


def _counts(first, second):
    return int((first & ~second).sum()), int((~first & second).sum())


def _p(b, c):
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


# Python lists and exact fractions.
@answers.right
def exact(first, second):
    pairs = list(zip(first.tolist(), second.tolist(), strict=False))
    b, c = pairs.count((True, False)), pairs.count((False, True))
    tail = sum(math.comb(b + c, k) for k in range(1 + min(b, c)))
    return b, c, float(min(Fraction(1), Fraction(2 * tail, 2 ** (b + c))))


# scipy's exact test of a fair coin.
@answers.right
def by_scipy(first, second):
    first, second = first.cpu().numpy(), second.cpu().numpy()
    b, c = (first > second).sum().item(), (first < second).sum().item()
    p = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    return [b, c, min(1.0, p)]


# Logarithms, for many images.
@answers.wrong("device", "a tensor is made on the CPU")
def by_logarithms(first, second):
    b = torch.logical_and(first, second.logical_not()).sum()
    c = torch.logical_and(first.logical_not(), second).sum()
    n, k = (b + c).double(), torch.arange(int(min(b, c)) + 1, dtype=torch.float64)
    logs = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1) - n * math.log(2)
    return int(b), int(c), min(1.0, 2 * torch.logsumexp(logs, 0).exp().item())


@answers.wrong("one-sided", "one tail only: half the p-value")
def one_tail(first, second):
    b, c = _counts(first, second)
    return b, c, sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)


@answers.wrong("above-one", "no end at 1: with b = c the p-value is above 1")
def above_one(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)


@answers.wrong(
    "larger-tail", "the sum goes up to c, not to the smaller count: p is 1 where the second network is better"
)
def up_to_second(first, second):
    b, c = _counts(first, second)
    return b, c, min(1.0, 2 * sum(math.comb(b + c, k) for k in range(c + 1)) / 2 ** (b + c))


@answers.wrong("off-by-one", "the smaller count itself is left out: too small a p, 0 where c is 0")
def off_by_one(first, second):
    b, c = _counts(first, second)
    if b + c == 0:
        return b, c, 1.0
    return b, c, min(1.0, 2 * sum(math.comb(b + c, k) for k in range(min(b, c))) / 2 ** (b + c))


@answers.wrong("p", "p is rounded to three decimals: 0.0004 becomes 0")
def rounded(first, second):
    b, c = _counts(first, second)
    return b, c, round(_p(b, c), 3)


@answers.wrong("changes-input", "writes into `first`: the caller's tensor is changed")
def changes_first(first, second):
    c = int((~first & second).sum())
    first &= ~second
    b = int(first.sum())
    return b, c, _p(b, c)


@answers.wrong("chi-squared", "the chi-squared approximation with 25 or more disagreements: another p-value")
def chi_squared(first, second):
    b, c = _counts(first, second)
    if b + c < 25:
        return b, c, _p(b, c)
    return b, c, float(stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1))


@answers.wrong("p", "a coin toss for every image, also those on which both agree: n is N")
def all_images(first, second):
    b, c = _counts(first, second)
    n = len(first)
    return b, c, min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


@answers.wrong("swapped", "the counts are swapped: only the second, only the first")
def swapped(first, second):
    b, c = _counts(first, second)
    return c, b, _p(b, c)


@answers.wrong("never-differ", "no disagreement gives a p-value of 0 instead of 1")
def zero_if_equal(first, second):
    b, c = _counts(first, second)
    return b, c, _p(b, c) if b + c else 0.0


@answers.wrong(
    "counts",
    "the first count is the difference of the totals: wrong (or negative) where the second has any image alone",
)
def difference_of_totals(first, second):
    b = max(0, int(first.sum()) - int(second.sum()))
    c = max(0, int(second.sum()) - int(first.sum()))
    return b, c, _p(b, c)
