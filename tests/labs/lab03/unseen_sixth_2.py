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
    return min(1.0, float(Fraction(2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)), 2**n)))


# Wrong answers.


@answers.wrong("?", "the sum is not doubled; shows for any uneven counts")
def one_tail(first, second):
    b, c = _counts(first, second)
    n = b + c
    return b, c, min(1.0, sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


@answers.wrong("?", "no min with 1; shows for b = c, where p is above 1")
def more_than_sure(first, second):
    b, c = _counts(first, second)
    n = b + c
    if n == 0:
        return b, c, 1.0
    return b, c, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n


@answers.wrong("?", "the sum ends before the smaller count; shows as soon as there is a disagreement")
def ends_before(first, second):
    b, c = _counts(first, second)
    n = b + c
    if n == 0 or b == c:
        return b, c, 1.0
    return b, c, min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c))) / 2**n)


@answers.wrong("?", "the chi-squared approximation with continuity; shows for few images")
def chi_squared(first, second):
    b, c = _counts(first, second)
    if b + c == 0 or b == c:
        return b, c, 1.0
    return b, c, float(stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1))


@answers.wrong("?", "the normal approximation from 25 disagreements on; shows in the third decimal there")
def approximate_when_large(first, second):
    b, c = _counts(first, second)
    if b + c < 25:
        return b, c, _p(b, c)
    return b, c, float(min(1.0, 2 * stats.norm.sf(abs(b - c) / math.sqrt(b + c))))


@answers.wrong("?", "the counts are in the other order")
def counts_swapped(first, second):
    b, c = _counts(first, second)
    return c, b, _p(b, c)


@answers.wrong("?", "b and c are all right images of each network, those on which both agree among them")
def all_right_ones(first, second):
    b, c = int(first.sum()), int(second.sum())
    return b, c, _p(b, c)


@answers.wrong("?", "0 in place of 1 where they never disagree")
def nothing_found(first, second):
    b, c = _counts(first, second)
    return b, c, _p(b, c) if b + c else 0.0


@answers.wrong("?", "the sum goes to b, not to the smaller count; shows where the first is the better one")
def up_to_b(first, second):
    b, c = _counts(first, second)
    n = b + c
    return b, c, min(1.0, float(Fraction(2 * sum(math.comb(n, k) for k in range(b + 1)), 2**n)))


@answers.wrong("?", "the coins are all N images, not those on which they disagree")
def every_image_a_coin(first, second):
    b, c = _counts(first, second)
    n = len(first)
    return b, c, min(1.0, float(Fraction(2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)), 2**n)))


@answers.wrong("?", "the probability of just this outcome, not of it and all that are more uneven")
def this_outcome(first, second):
    b, c = _counts(first, second)
    n = b + c
    return b, c, min(1.0, float(Fraction(2 * math.comb(n, min(b, c)), 2**n)))


@answers.wrong("?", "the mid-p variant: the outcome itself counts half")
def mid_p(first, second):
    b, c = _counts(first, second)
    n, m = b + c, min(b, c)
    total = 2 * sum(math.comb(n, k) for k in range(m + 1)) - math.comb(n, m)
    return b, c, min(1.0, float(Fraction(total, 2**n)))


@answers.wrong("?", "the inputs are negated in place and stay so")
def in_place(first, second):
    b = int(first.logical_and(second.logical_not_()).sum())
    c = int(second.logical_not_().logical_and(first.logical_not_()).sum())
    return b, c, _p(b, c)


@answers.wrong("?", "powers of two as floats: an error from 1,024 disagreements on")
def floating_powers(first, second):
    b, c = _counts(first, second)
    n = b + c
    return b, c, min(1.0, sum(2 * math.comb(n, k) / 2.0**n for k in range(min(b, c) + 1)))


@answers.wrong("?", "the recursion starts at 0.5 ** n, which is 0 from 1,075 disagreements on: p is 0 there")
def underflow(first, second):
    b, c = _counts(first, second)
    n, term, total = b + c, 0.5 ** (b + c), 0.0
    for k in range(min(b, c) + 1):
        total += term
        term *= (n - k) / (k + 1)
    return b, c, min(1.0, 2 * total)


_known = {}


@answers.wrong("?", "p is remembered by b + c alone: 5 and 5 after 9 and 1 get the first p")
def remembered_by_disagreements(first, second):
    b, c = _counts(first, second)
    return b, c, _known.setdefault(b + c, _p(b, c))


@answers.wrong("?", "p is rounded to two decimals; shows for every small p, which becomes 0")
def two_decimals(first, second):
    b, c = _counts(first, second)
    return b, c, round(_p(b, c), 2)


@answers.wrong("?", "p comes first, the counts after it")
def p_first(first, second):
    b, c = _counts(first, second)
    return _p(b, c), b, c


@answers.wrong("?", "counted in one byte: wrong from 256 images on")
def one_byte(first, second):
    b = int((first & ~second).sum(dtype=torch.uint8))
    c = int((second & ~first).sum(dtype=torch.uint8))
    return b, c, _p(b, c)


@answers.wrong("?", "the loop leaves out the last image")
def without_the_last(first, second):
    b = c = 0
    for k in range(len(first) - 1):
        b += bool(first[k]) and not bool(second[k])
        c += bool(second[k]) and not bool(first[k])
    return b, c, _p(b, c)


# Right answers.


@answers.right
def library_test(first, second):
    only_first = torch.count_nonzero(torch.gt(first, second)).item()
    only_second = torch.count_nonzero(torch.lt(first, second)).item()
    if only_first == only_second:
        return only_first, only_second, 1.0
    return only_first, only_second, float(stats.binomtest(only_first, only_first + only_second).pvalue)


@answers.right
def through_lists(first, second):
    pairs = list(zip(first.tolist(), second.tolist()))
    b, c = pairs.count((True, False)), pairs.count((False, True))
    few, n = min(b, c), b + c
    term = total = 1
    for k in range(few):
        term = term * (n - k) // (k + 1)
        total += term
    return b, c, float(min(Fraction(1), Fraction(2 * total, 1 << n)))


@answers.right
def a_table_of_four(first, second):
    _, c, b, _ = torch.bincount(2 * first.long() + second.long(), minlength=4).tolist()
    return b, c, min(1.0, 2.0 * float(stats.binom.cdf(min(b, c), b + c, 0.5)))


@answers.right
def logarithms_in_double(first, second):
    b = len(torch.nonzero(first & ~second))
    c = len(torch.nonzero(~first & second))
    n, m = b + c, min(b, c)
    k = torch.arange(m + 1, dtype=torch.float64)
    n_ = torch.tensor(float(n), dtype=torch.float64)
    logs = torch.lgamma(n_ + 1) - torch.lgamma(k + 1) - torch.lgamma(n_ - k + 1)
    p = math.exp(torch.logsumexp(logs, 0).item() + (1 - n) * math.log(2.0))
    return b, c, 1.0 if b == c else min(p, 1.0)


@answers.right
def the_other_way_round(first, second):
    """One minus the probability that the coin is more even than what was seen."""
    differ = first != second
    b = int(first[differ].sum())
    c = int(second[differ].sum())
    n = b + c
    even = sum(math.comb(n, k) for k in range(min(b, c) + 1, max(b, c)))
    return b, c, (2**n - even) / 2**n


class _Test:
    def __init__(self, first, second):
        one, two = first.clone().cpu().numpy(), second.clone().cpu().numpy()
        self.b, self.c = int((one > two).sum()), int((two > one).sum())

    def tail(self):
        row, n = [1], self.b + self.c
        while len(row) <= min(self.b, self.c):
            k = len(row)
            row.append(row[-1] * (n - k + 1) // k)
        return Fraction(sum(row), 2**n)

    def __iter__(self):
        yield self.b
        yield self.c
        yield min(1.0, float(2 * self.tail()))


@answers.right
def a_class_that_unpacks(first, second):
    return tuple(_Test(first, second))
