"""Answers to 03.2 by students who know its text alone."""

import math
from fractions import Fraction

import torch
from helpers.answers import Answers
from scipy import stats

answers = Answers("03.2", "check_mcnemar")


def tail(b, c):
    return sum(math.comb(b + c, k) for k in range(min(b, c) + 1))


@answers.wrong("?", "the two counts are swapped in the result; shows where they differ")
def swapped(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return c, b, min(1.0, 2 * tail(b, c) / 2 ** (b + c))


@answers.wrong("?", "the sum ends one before the smaller count")
def one_too_few(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    if b + c == 0:
        return b, c, 1.0
    found = sum(math.comb(b + c, k) for k in range(min(b, c)))
    return b, c, min(1.0, 2 * found / 2 ** (b + c))


@answers.wrong("?", "one tail only, not doubled")
def one_sided(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return b, c, min(1.0, tail(b, c) / 2 ** (b + c))


@answers.wrong("?", "not capped: above 1 where both have as many alone")
def uncapped(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    if b + c == 0:
        return b, c, 1.0
    return b, c, 2 * tail(b, c) / 2 ** (b + c)


@answers.wrong("?", "a float power: OverflowError where the networks differ on 1,024 images or more")
def float_power(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return b, c, min(1.0, 2 * tail(b, c) / 2.0 ** (b + c))


@answers.wrong("?", "where they never disagree p is 0, though the text says 1")
def never_disagree(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    if b + c == 0:
        return 0, 0, 0.0
    return b, c, min(1.0, 2 * tail(b, c) / 2 ** (b + c))


@answers.wrong("?", "the chi-squared approximation with continuity correction, poor for few images")
def chi_squared(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    if b == c:
        return b, c, 1.0
    return b, c, float(stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1))


@answers.wrong("?", "the mid-p variant: counts only half of the probability of the count itself")
def mid_p(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    n = b + c
    if b == c:
        return b, c, 1.0
    twice = 2 * tail(b, c) - math.comb(n, min(b, c))
    return b, c, min(1.0, twice / 2**n)


@answers.wrong("?", "sums up to b and not to the smaller count: 1.0 wherever the first is clearly better")
def up_to_b(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    found = sum(math.comb(b + c, k) for k in range(b + 1))
    return b, c, min(1.0, 2 * found / 2 ** (b + c))


@answers.wrong("?", "tosses a coin for every image, those on which both agree included")
def all_images(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    n = len(first)
    same = n - b - c
    low = min(b, c) + same // 2
    return b, c, min(1.0, 2 * sum(math.comb(n, k) for k in range(low + 1)) / 2**n)


@answers.wrong("?", "changes its first input in place (logical_and_)")
def in_place(first, second):
    c = int((second & ~first).sum())
    b = int(first.logical_and_(~second).sum())
    return b, c, min(1.0, 2 * tail(b, c) / 2 ** (b + c))


@answers.wrong("?", "counts in eight bits: wrong from 256 images on")
def eight_bits(first, second):
    b = int((first & ~second).sum(dtype=torch.uint8))
    c = int((second & ~first).sum(dtype=torch.uint8))
    return b, c, min(1.0, 2 * tail(b, c) / 2 ** (b + c))


@answers.wrong("?", "lgamma in float32: p is off by per cents where thousands of images differ")
def single_precision(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    n = b + c
    k = torch.arange(min(b, c) + 1, dtype=torch.float32)
    top = torch.lgamma(torch.tensor(n + 1.0))
    logs = top - torch.lgamma(k + 1) - torch.lgamma(n - k + 1) - n * math.log(2)
    return b, c, min(1.0, 2 * float(logs.exp().sum()))


seen = {}


@answers.wrong("?", "remembers the p-value by the two numbers of right images, which do not fix the disagreements")
def remembering(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    key = len(first), int(first.sum()), int(second.sum())
    if key not in seen:
        seen[key] = min(1.0, 2 * tail(b, c) / 2 ** (b + c))
    return b, c, seen[key]


@answers.right
def with_fractions(first, second):
    a, d = first.tolist(), second.tolist()
    b = len([1 for x, y in zip(a, d) if x and not y])
    c = len([1 for x, y in zip(a, d) if y and not x])
    chance = 2 * sum((Fraction(math.comb(b + c, k), 2 ** (b + c)) for k in range(min(b, c) + 1)), Fraction(0))
    return b, c, float(min(Fraction(1), chance))


@answers.right
def with_scipy(first, second):
    b = int(torch.count_nonzero(first.logical_and(second.logical_not())))
    c = int(torch.count_nonzero(second.logical_and(first.logical_not())))
    if b == c:
        return b, c, 1.0
    return b, c, float(stats.binomtest(b, b + c, 0.5, alternative="two-sided").pvalue)


@answers.right
def with_bincount(first, second):
    code = 2 * first.long() + second.long()
    _, c, b, _ = torch.bincount(code, minlength=4).tolist()
    total, term, n = 0, 1, b + c
    for k in range(min(b, c) + 1):
        total += term
        term = term * (n - k) // (k + 1)
    whole = 1 << n
    doubled = total << 1
    return b, c, 1.0 if doubled >= whole else doubled / whole


@answers.right
def with_numpy(first, second):
    one, two = first.detach().cpu().numpy().copy(), second.detach().cpu().numpy().copy()
    b, c = int((one > two).sum()), int((one < two).sum())
    return b, c, float(min(1.0, 2 * stats.binom.cdf(min(b, c), b + c, 0.5))) if b + c else 1.0


@answers.right
def from_the_other_end(first, second):
    # 1 minus the middle of the distribution, in whole numbers
    b = (first ^ (first & second)).sum().item()
    c = (second ^ (first & second)).sum().item()
    n, less = b + c, min(b, c)
    middle = sum(math.comb(n, k) for k in range(less + 1, n - less))
    return b, c, (2**n - middle) / 2**n


@answers.right
def with_a_class(first, second):
    class Coin:
        def __init__(self, heads, tails):
            self.heads, self.tails = heads, tails

        @property
        def p(self):
            n = self.heads + self.tails
            row = 0
            for k in reversed(range(min(self.heads, self.tails) + 1)):
                row = row + math.comb(n, k)
            return min(2 * row, 2**n) / 2**n

    coin = Coin(int(first[~second].sum()), int(second[~first].sum()))
    return coin.heads, coin.tails, coin.p
