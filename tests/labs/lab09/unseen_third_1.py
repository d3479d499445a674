"""Answers to 09.1 by someone who looked for what its check may not ask."""

import math
from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.1", "check_sample_sizes")


def allows(size, figure, decimals):
    """Right, in whole numbers."""
    unit = 10**decimals
    printed = round(figure * unit)
    low = printed * size // unit
    return any(abs(2 * count * unit - 2 * printed * size) <= size for count in (low, low + 1))


@answers.right
def exact_interval(accuracies, decimals, largest):
    # Right: with exact fractions, a size fits if a whole number lies between n * low and n * high, ends included.
    unit = 10**decimals
    ends = [
        (Fraction(2 * m - 1, 2 * unit), Fraction(2 * m + 1, 2 * unit)) for m in (round(a * unit) for a in accuracies)
    ]
    return [n for n in range(1, largest + 1) if all(math.floor(n * high) >= math.ceil(n * low) for low, high in ends)]


@answers.right
def sets_met(accuracies, decimals, largest):
    # Right: each figure crosses sizes off; from 10**decimals images on every figure fits, so only smaller ones are tried.
    unit = 10**decimals
    left = set(range(1, largest + 1))
    for figure in accuracies:
        printed = round(figure * unit)
        for size in range(1, min(largest + 1, unit)):
            distance = (2 * printed * size) % (2 * unit)
            if min(distance, 2 * unit - distance) > size:
                left.discard(size)
    return sorted(left)


@answers.right
def counted_up(accuracies, decimals, largest):
    # Right: for each figure the count goes up with the size, so that it is never searched; whole numbers throughout.
    unit, fits = 10**decimals, [0] * (largest + 1)
    for figure in accuracies:
        printed, count = round(figure * unit), 0
        for size in range(1, largest + 1):
            while 2 * (count + 1) * unit <= (2 * printed + 1) * size:
                count += 1
            fits[size] += 2 * count * unit >= (2 * printed - 1) * size
    return [size for size in range(1, largest + 1) if fits[size] == len(accuracies)]


@answers.wrong("ties", "no slack at all: floating point decides ties, so 8 images do not allow 0.12")
def no_slack(accuracies, decimals, largest):
    half = 0.5 * 10**-decimals
    return [n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= half for a in accuracies)]


@answers.wrong(
    "too-many", "sizes from half of 10**decimals on are taken to allow every figure; that is true from 10**decimals on"
)
def large_ones_unseen(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if 2 * n > 10**decimals or all(allows(n, a, decimals) for a in accuracies)]


@answers.wrong("sizes", "the smallest size and its multiples: others that fit are missing")
def multiples(accuracies, decimals, largest):
    for n in range(1, largest + 1):
        if all(allows(n, a, decimals) for a in accuracies):
            return list(range(n, largest + 1, n))
    return []


@answers.wrong("changes-input", "sorts the caller's list of accuracies")
def sorts_in_place(accuracies, decimals, largest):
    accuracies.sort(reverse=True)
    return [n for n in range(1, largest + 1) if all(allows(n, a, decimals) for a in accuracies)]


@answers.wrong("none", "at least one image has to be right: an accuracy of 0 allows no small size")
def at_least_one_right(accuracies, decimals, largest):
    unit = 10**decimals

    def fits(n, figure):
        printed = round(figure * unit)
        low = printed * n // unit
        return any(k >= 1 and abs(2 * k * unit - 2 * printed * n) <= n for k in (low, low + 1))

    return [n for n in range(1, largest + 1) if all(fits(n, a) for a in accuracies)]


@answers.wrong(
    "twice", "a size is listed once for each count that fits, so twice where two do, as from 10**decimals images on"
)
def twice(accuracies, decimals, largest):
    unit, first = 10**decimals, accuracies[0]
    printed = round(first * unit)
    return [
        n
        for n in range(1, largest + 1)
        for k in (printed * n // unit, printed * n // unit + 1)
        if k <= n and abs(2 * k * unit - 2 * printed * n) <= n and all(allows(n, a, decimals) for a in accuracies)
    ]


@answers.wrong("none", "an accuracy of 1.0 is read as one percent")
def percent(accuracies, decimals, largest):
    if any(a >= 1 for a in accuracies):
        accuracies, decimals = [a / 100 for a in accuracies], decimals + 2
    return [n for n in range(1, largest + 1) if all(allows(n, a, decimals) for a in accuracies)]


_lists = {}


@answers.wrong(
    "too-many", "counts the decimals of the number itself: 0.9700, printed with four, is taken for 0.97 with two"
)
def own_decimals(accuracies, decimals, largest):
    def digits(figure):
        text = str(figure)
        return len(text.split(".")[1]) if "." in text and "e" not in text else decimals

    return [n for n in range(1, largest + 1) if all(allows(n, a, digits(a)) for a in accuracies)]
