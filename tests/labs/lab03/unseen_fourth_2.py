"""Answers to 03.2 by students who know its text alone."""

import math
from fractions import Fraction

import torch
from helpers.answers import Answers
from scipy import stats

answers = Answers("03.2", "check_mcnemar")


def exact(b, c):
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


# Right: scipy's exact binomial test; two-sided with a fair coin it is the same number. It needs at least one toss.
@answers.right
def by_scipy(first, second):
    b = torch.logical_and(first, torch.logical_not(second)).sum().item()
    c = torch.logical_and(second, torch.logical_not(first)).sum().item()
    return [b, c, float(stats.binomtest(b, b + c).pvalue) if b + c else 1.0]


# Right: the four cells at once by bincount, exact fractions until the end.
@answers.right
def by_bincount(first, second):
    cells = torch.bincount(2 * first.long() + second.long(), minlength=4).tolist()
    _, c, b, _ = cells
    term, tail = 1, 0
    for k in range(min(b, c) + 1):
        tail += term
        term = term * (b + c - k) // (k + 1)
    return b, c, float(min(Fraction(1), Fraction(2 * tail, 2 ** (b + c))))


# Right: plain Python over lists; the sum from the middle outwards, as 1 minus the middle part.
@answers.right
def by_lists(first, second):
    pairs = list(zip(first.tolist(), second.tolist(), strict=False))
    b, c = pairs.count((True, False)), pairs.count((False, True))
    if b == c:
        return b, c, 1.0
    n, least = b + c, min(b, c)
    middle = sum(math.comb(n, k) for k in range(least + 1, n - least))
    return b, c, (2**n - middle) / 2**n


@answers.wrong("off-by-one", "the sum ends before min(b, c): b = 3, c = 0 gives p = 0 instead of 0.25")
def ends_before(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    n = b + c
    if n == 0:
        return b, c, 1.0
    return b, c, min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c))) / 2**n)


@answers.wrong("one-sided", "the tail is not doubled: b = 3, c = 0 gives 0.125 instead of 0.25")
def one_tail(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    n = b + c
    return b, c, sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n


@answers.wrong("above-one", "no min(1, ...): b = c = 1 gives 1.5, no disagreement gives 2")
def above_one(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    n = b + c
    return b, c, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n


@answers.wrong(
    "chi-squared",
    "McNemar's chi-squared with continuity correction, an approximation: b = 3, c = 0 gives 0.248, b = 10, c = 2 0.043 for 0.039",
)
def chi_squared(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    if b == c:
        return b, c, 1.0
    return b, c, float(stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1))


@answers.wrong("never-differ", "if they never disagree p is 0 instead of 1")
def zero_without_disagreement(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    if b + c == 0:
        return 0, 0, 0.0
    return b, c, exact(b, c)


@answers.wrong("swapped", "the counts are swapped: first alone right on 3 gives (0, 3, p)")
def swapped(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    return c, b, exact(b, c)


@answers.wrong(
    "raises",
    "floating terms comb(n, k) * 0.5**n: OverflowError where the networks disagree on some 1,100 images about evenly",
)
def overflows(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    n = b + c
    return b, c, min(1.0, 2 * sum(math.comb(n, k) * 0.5**n for k in range(min(b, c) + 1)))


@answers.wrong(
    "all-right",
    "counts all right images of each network instead of those that it alone has right: images that both have right count",
)
def all_right_images(first, second):
    b, c = int(first.sum()), int(second.sum())
    return b, c, exact(b, c)


@answers.wrong("changes-input", "negates the second tensor in place: `second` is inverted after the call")
def in_place(first, second):
    b = int((first & second.logical_not_()).sum())
    c = int((~first & ~second).sum())
    return b, c, exact(b, c)


@answers.wrong("p", "the coin is tossed for all N images, not for b + c: two agreeing images more change p")
def all_tosses(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    n = len(first)
    return b, c, min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


@answers.wrong(
    "larger-tail",
    "the sum goes to c, not to the smaller count: right if the first has more, but b = 0, c = 3 gives 1 instead of 0.25",
)
def always_second(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    n = b + c
    return b, c, min(1.0, 2 * sum(math.comb(n, k) for k in range(c + 1)) / 2**n)


@answers.wrong(
    "one-outcome", "the probability of exactly min(b, c), no sum: b = 5, c = 1 gives 0.1875 instead of 0.21875"
)
def single_term(first, second):
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    return b, c, min(1.0, 2 * math.comb(b + c, min(b, c)) / 2 ** (b + c))
