"""Right and wrong answers to exercise 03.2: two networks on the same images."""

from __future__ import annotations

import math

from helpers.answers import Answers
from scipy import stats


def _counts(first, second):
    return int((first & ~second).sum()), int((second & ~first).sum())


def _p(b, c):
    return min(1.0, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c))


answers = Answers("03.2", "check_mcnemar")


@answers.wrong("concordant")
def concordant_pairs(first, second):
    b, c = int((first & second).sum()), int((~first & ~second).sum())
    return b, c, _p(b, c)


@answers.wrong("all-right")
def all_that_were_right(first, second):
    b, c = int(first.sum()), int(second.sum())
    return b, c, _p(b, c)


@answers.wrong("swapped")
def counts_swapped(first, second):
    c, b = _counts(first, second)
    return b, c, _p(b, c)


@answers.wrong("one-sided")
def one_tail(first, second):
    b, c = _counts(first, second)
    return b, c, stats.binom.cdf(min(b, c), b + c, 0.5)


@answers.wrong("larger-tail")
def tail_of_the_first(first, second):
    b, c = _counts(first, second)
    return b, c, min(1.0, 2 * stats.binom.cdf(b, b + c, 0.5))


@answers.wrong("larger-tail")
def tail_of_the_larger(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * stats.binom.cdf(max(b, c), b + c, 0.5)


@answers.wrong("larger-tail")
def tail_of_the_second(first, second):
    b, c = _counts(first, second)
    return b, c, min(1.0, 2 * stats.binom.cdf(c, b + c, 0.5))


@answers.wrong("above-one")
def beyond_one(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * stats.binom.cdf(min(b, c), b + c, 0.5)


@answers.wrong("chi-squared")
def chi_squared(first, second):
    b, c = _counts(first, second)
    return b, c, stats.chi2.sf((b - c) ** 2 / (b + c), 1)


@answers.wrong("chi-squared")
def chi_squared_corrected(first, second):
    b, c = _counts(first, second)
    return b, c, stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1)


@answers.wrong("one-outcome")
def this_split_alone(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * stats.binom.pmf(b, b + c, 0.5)


@answers.wrong("mid-p")
def mid_p(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * stats.binom.cdf(min(b, c), b + c, 0.5) - stats.binom.pmf(b, b + c, 0.5)


@answers.wrong("unpaired")
def two_proportions(first, second):
    b, c = _counts(first, second)
    n, p1, p2 = len(first), first.double().mean().item(), second.double().mean().item()
    p = (p1 + p2) / 2
    return b, c, 2 * stats.norm.sf(abs(p1 - p2) / math.sqrt(2 * p * (1 - p) / n))


@answers.wrong("how-many")
def only_p(first, second):
    return _p(*_counts(first, second))


@answers.wrong("p")
def never_different_is_a_nan(first, second):
    b, c = _counts(first, second)
    return b, c, _p(b, c) if b + c else math.nan


@answers.right
def mcnemar_by_scipy(first, second):
    b, c = _counts(first, second)
    return b, c, stats.binomtest(b, b + c).pvalue if b + c else 1.0


@answers.right
def mcnemar_by_both_tails(first, second):
    gap = first.int() - second.int()
    b, c = (gap > 0).sum(), (gap < 0).sum()
    tosses = int(b + c)
    chances = [math.comb(tosses, k) / 2**tosses for k in range(tosses + 1)]
    return [b, c, sum(p for p in chances if p <= chances[int(b)] * (1 + 1e-9))]


@answers.right
def mcnemar_in_a_loop(first, second):
    b = c = 0
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        b += one and not other
        c += other and not one
    return b, c, _p(b, c)


@answers.wrong("tiny-p")
def one_minus_the_rest(first, second):
    b, c = _counts(first, second)
    rest = sum(math.comb(b + c, k) for k in range(min(b, c) + 1, b + c + 1)) / 2 ** (b + c)
    return b, c, min(1.0, 2 * (1 - rest))


_kept = {}


@answers.wrong("remembered")
def kept_by_name(first, second):
    key = id(first), id(second)
    if key not in _kept:
        b, c = _counts(first, second)
        _kept[key] = first, second, (b, c, _p(b, c))
    return _kept[key][2]
