"""Answers to 03.2 by students who know its text alone."""

import math
from fractions import Fraction

import torch
from helpers.answers import Answers
from scipy import stats

answers = Answers("03.2", "check_mcnemar")


def _counts(first, second):
    return int((first & ~second).sum()), int((second & ~first).sum())


def _p(b, c):
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


# (a) common mistakes
@answers.wrong(
    "off-by-one", "The sum ends before the smaller count: p is too small, and 0 where the smaller count is 0."
)
def ends_too_early(first, second):
    b, c = _counts(first, second)
    tail = sum(math.comb(b + c, k) for k in range(min(b, c)))
    return b, c, min(1.0, 2 * tail / 2 ** (b + c))


@answers.wrong("one-sided", "One tail only, not doubled: half of the p-value (0.125 instead of 0.25 for 3 against 0).")
def one_tail(first, second):
    b, c = _counts(first, second)
    tail = sum(math.comb(b + c, k) for k in range(min(b, c) + 1))
    return b, c, min(1.0, tail / 2 ** (b + c))


@answers.wrong(
    "chi-squared",
    "The chi-squared approximation with Yates' correction instead of the exact test: off for few images (2 against 7).",
)
def chi_squared(first, second):
    b, c = _counts(first, second)
    if b + c == 0:
        return b, c, 1.0
    value = max(0, abs(b - c) - 1) ** 2 / (b + c)
    return b, c, float(stats.chi2.sf(value, 1))


@answers.wrong("above-one", "No limit at 1: a p-value above 1 where both counts are equal (2 for none at all).")
def above_one(first, second):
    b, c = _counts(first, second)
    tail = sum(math.comb(b + c, k) for k in range(min(b, c) + 1))
    return b, c, 2 * tail / 2 ** (b + c)


# (b) right for the visible example
@answers.wrong(
    "p", "All images count as tosses, also those on which both agree: p is too small where they agree on some."
)
def all_images_toss(first, second):
    b, c = _counts(first, second)
    n = len(first)
    tail = sum(math.comb(n, k) for k in range(min(b, c) + 1))
    return b, c, min(1.0, 2 * tail / 2**n)


@answers.wrong(
    "all-right", "Counts how many each has right, also together with the other: wrong where both are right on an image."
)
def right_ones(first, second):
    b, c = int(first.sum()), int(second.sum())
    return b, c, _p(b, c)


@answers.wrong(
    "larger-tail", "Sums up to the second's count and not the smaller: p is 1 wherever the second network is better."
)
def first_is_better(first, second):
    b, c = _counts(first, second)
    tail = sum(math.comb(b + c, k) for k in range(c + 1))
    return b, c, min(1.0, 2 * tail / 2 ** (b + c))


@answers.wrong(
    "raises", "Multiplies each whole number by a float: an OverflowError for more than about 1,030 disagreements."
)
def float_terms(first, second):
    b, c = _counts(first, second)
    n = b + c
    tail = sum(math.comb(n, k) * 0.5**n for k in range(min(b, c) + 1))
    return b, c, min(1.0, 2 * tail)


# (c) broken promises
@answers.wrong("changes-input", "Negates both inputs in place: the caller's tensors are changed.")
def negates_in_place(first, second):
    c = int((second & first.logical_not_()).sum())
    first.logical_not_()
    b = int((first & second.logical_not_()).sum())
    return b, c, _p(b, c)


@answers.wrong("counts", "Counts in int8: more than 127 images that only one has right wrap around.")
def counts_in_a_byte(first, second):
    b = int((first & ~second).sum(dtype=torch.int8))
    c = int((second & ~first).sum(dtype=torch.int8))
    low, n = max(0, min(b, c)), max(0, b + c)
    tail = sum(math.comb(n, k) for k in range(low + 1))
    return b, c, min(1.0, 2 * tail / 2**n)


@answers.wrong("leaves-behind", "Switches gradients off and leaves them off for the rest of the notebook.")
def leaves_no_grad(first, second):
    torch.set_grad_enabled(False)
    b, c = _counts(first, second)
    return b, c, _p(b, c)


_seen = {}


@answers.wrong(
    "off-by-one", "Remembers p by the number of disagreements: 5 against 3 after 8 against 0 gets the old p."
)
def remembers(first, second):
    b, c = _counts(first, second)
    return b, c, _seen.setdefault(b + c, _p(b, c))


# right
@answers.right
def whole_fractions(first, second):
    table = torch.bincount(2 * first.long() + second.long(), minlength=4).tolist()
    c, b = table[1], table[2]
    term, tail = 1, 0
    for k in range(min(b, c) + 1):
        tail += term
        term = term * (b + c - k) // (k + 1)
    return b, c, float(min(Fraction(1), Fraction(2 * tail, 2 ** (b + c))))


@answers.right
def with_scipy(first, second):
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    b, c = pairs.count((True, False)), pairs.count((False, True))
    if b == c:
        return b, c, 1.0
    return b, c, min(1.0, float(2 * stats.binom.cdf(min(b, c), b + c, 0.5)))


@answers.right
def from_the_middle(first, second):
    # 1 less what lies strictly between the two tails
    b = torch.count_nonzero(first > second).item()
    c = torch.count_nonzero(first < second).item()
    n, less = b + c, min(b, c)
    between = sum(math.comb(n, k) for k in range(less + 1, n - less))
    return b, c, (2**n - between) / 2**n if b != c else 1.0
