"""Answers to 03.2 by someone who looked for what its check may not ask."""

import functools
import math
from fractions import Fraction

import torch
from helpers.answers import Answers
from scipy import stats

answers = Answers("03.2", "check_mcnemar")


def count(first, second):
    return int((first & ~second).sum()), int((second & ~first).sum())


def exact(b, c):
    return min(1.0, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c))


@answers.right
def by_indexing(first, second):
    # Right: counts by picking; the tail is built as an exact fraction, each binomial from the one before.
    b, c = first[~second].sum().item(), second[~first].sum().item()
    term = tail = Fraction(1, 2 ** (b + c))
    for k in range(1, min(b, c) + 1):
        term = term * (b + c - k + 1) / k
        tail += term
    return b, c, float(min(Fraction(1), 2 * tail))


@answers.right
def by_scipy(first, second):
    # Right: for a fair coin SciPy's two-sided binomial test is twice the smaller tail, and 1 for no tosses. True is
    # greater than False.
    b, c = (int((one > other).sum()) for one, other in ((first, second), (second, first)))
    p = float(stats.binomtest(b, b + c).pvalue) if b + c else 1.0
    return b, c, p


@answers.right
def by_lists(first, second):
    # Right: plain Python over pairs; in whole numbers up to one division, which Python rounds rightly at any size.
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    b, c = pairs.count((True, False)), pairs.count((False, True))
    if abs(b - c) <= 1:  # both tails together are everything
        return b, c, 1.0
    ways = [1]
    for k in range(min(b, c)):
        ways.append(ways[-1] * (b + c - k) // (k + 1))
    return b, c, sum(ways) / (1 << (b + c - 1))


@answers.wrong("chi-squared", "the chi-squared table from 25 disagreements on")
def table_when_many(first, second):
    b, c = count(first, second)
    if b + c > 25:
        return b, c, float(stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1))
    return b, c, exact(b, c)


@answers.wrong("raises", "0.5 ** (b + c) is 0 from 1,075 disagreements on, and the binomials are too large for a float")
def float_power(first, second):
    b, c = count(first, second)
    return b, c, min(1.0, 2 * sum(math.comb(b + c, k) * 0.5 ** (b + c) for k in range(min(b, c) + 1)))


@answers.wrong("p", "logarithms of factorials in float32: wrong in the third digit for thousands of disagreements")
def short_logarithms(first, second):
    b, c = count(first, second)
    n, k = torch.tensor(float(b + c)), torch.arange(min(b, c) + 1, dtype=torch.float32)
    logs = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1) - n * math.log(2)
    return b, c, min(1.0, 2 * logs.exp().sum().item())


@answers.wrong(
    "larger-tail", "adds up to the second's count, as if it were the smaller one: 1 where the second is ahead"
)
def first_is_ahead(first, second):
    b, c = count(first, second)
    return b, c, min(1.0, 2 * sum(math.comb(b + c, k) for k in range(c + 1)) / 2 ** (b + c))


@answers.wrong("changes-input", "works in place: the first's answers are overwritten")
def in_place(first, second):
    c = int((second & ~first).sum())
    first &= ~second
    b = int(first.sum())
    return b, c, exact(b, c)


@answers.wrong("p", "rounds the p-value to four decimals: 0 where it is small")
def rounded(first, second):
    b, c = count(first, second)
    return b, c, round(exact(b, c), 4)


@answers.wrong("p", "adds no more than the first hundred terms: the largest ones are missing for many disagreements")
def hundred_terms(first, second):
    b, c = count(first, second)
    terms = range(min(b, c, 100) + 1)
    return b, c, min(1.0, 2 * sum(math.comb(b + c, k) for k in terms) / 2 ** (b + c))


@answers.wrong("swapped", "the larger count comes first, whoever it belongs to")
def larger_first(first, second):
    c, b = sorted(count(first, second))
    return b, c, exact(b, c)


@answers.wrong("tiny-p", "the tail is one minus the rest: p-values below 1e-16 are 0 or negative")
def from_the_rest(first, second):
    b, c = count(first, second)
    n, m = b + c, min(b, c)
    rest = 0.0
    for k in range(m + 1, n + 1):
        rest += math.comb(n, k) / 2**n
    return b, c, min(1.0, 2 * (1 - rest))


@answers.wrong("raises", "one call inside the other for each image: Python's stack ends at about a thousand")
def recursive(first, second):
    b, c = count(first, second)

    def tail(k):
        return 0 if k < 0 else math.comb(b + c, k) + tail(k - 1)

    return b, c, min(1.0, 2 * tail(min(b, c)) / 2 ** (b + c))


@answers.wrong(
    "raises", "counts pairs by bincount, which ends at the largest pair: fails where the first has nothing right"
)
def short_bincount(first, second):
    counts = (2 * first.long() + second.long()).bincount()
    b, c = int(counts[2]), int(counts[1])
    return b, c, exact(b, c)


@answers.wrong(
    "mid-p", "half of the middle is left out (mid-p) from 100 disagreements on, where it is thought to be nothing"
)
def mid_p_when_many(first, second):
    b, c = count(first, second)
    p = exact(b, c)
    if b + c >= 100 and b != c:
        p -= math.comb(b + c, min(b, c)) / 2 ** (b + c)
    return b, c, p


@answers.wrong(
    "remembered", "remembers the result by the tensors and not by what they hold: old counts after a change in place"
)
@functools.lru_cache
def remembered(first, second):
    b, c = count(first, second)
    return b, c, exact(b, c)
