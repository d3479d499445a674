"""Answers to 09.1 by students who know its text alone."""

import math
from decimal import Decimal
from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.1", "check_sample_sizes")


def _fits(figure, decimals, size):
    unit = 10**decimals
    doubled = 2 * round(figure * unit)
    count = round(figure * size)
    return any(abs(2 * k * unit - doubled * size) <= size for k in (count - 1, count, count + 1) if 0 <= k <= size)


def _by_text(accuracies, decimals, largest):
    return [size for size in range(1, largest + 1) if all(_fits(each, decimals, size) for each in accuracies)]


# (a) common mistakes
@answers.wrong(
    "ties",
    "Compares rounded shares: a tie may be printed either way, but only one of them is found (8 for 0.13 with 2 decimals).",
)
def rounds(accuracies, decimals, largest):
    return [
        size
        for size in range(1, largest + 1)
        if all(round(round(each * size) / size, decimals) == round(each, decimals) for each in accuracies)
    ]


@answers.wrong("too-many", "Only the last accuracy decides: too many sizes where there are several.")
def last_decides(accuracies, decimals, largest):
    sizes = []
    for each in accuracies:
        sizes = [n for n in range(1, largest + 1) if _fits(each, decimals, n)]
    return sizes


@answers.wrong("largest", "The largest size itself is never tried: 8 is missing for 0.125, 3 decimals, up to 8.")
def largest_missing(accuracies, decimals, largest):
    return _by_text(accuracies, decimals, largest - 1)


@answers.wrong("too-many", "A whole unit of the last decimal is allowed instead of half a unit: too many sizes.")
def whole_unit(accuracies, decimals, largest):
    def near(figure, size):
        return abs(round(figure * size) / size - figure) <= 10**-decimals

    return [n for n in range(1, largest + 1) if all(near(a, n) for a in accuracies)]


# (b) right for the visible example
@answers.wrong("ties", "Always rounds half up: the lower neighbour of a tie is lost (8 for 0.12 with 2 decimals).")
def half_up(accuracies, decimals, largest):
    unit = 10**decimals

    def prints(figure, size):
        count = round(figure * size)
        return any(
            (2 * k * unit + size) // (2 * size) == round(figure * unit)
            for k in (count - 1, count, count + 1)
            if 0 <= k <= size
        )

    return [n for n in range(1, largest + 1) if all(prints(a, n) for a in accuracies)]


@answers.wrong(
    "too-many",
    "Never reads `decimals` but counts the digits of each figure: a printed 0.50 is taken for 0.5, so there are too many sizes.",
)
def counts_digits(accuracies, decimals, largest):
    def digits(figure):
        return len(str(figure).partition(".")[2])

    return [size for size in range(1, largest + 1) if all(_fits(each, digits(each), size) for each in accuracies)]


@answers.wrong("none", "Tries counts from 1 to n - 1 only: an accuracy of 0 or of 1 allows no size at all.")
def neither_none_nor_all(accuracies, decimals, largest):
    unit = 10**decimals

    def fits(figure, size):
        count = round(figure * size)
        return any(
            abs(2 * k * unit - 2 * round(figure * unit) * size) <= size
            for k in (count - 1, count, count + 1)
            if 0 < k < size
        )

    return [n for n in range(1, largest + 1) if all(fits(a, n) for a in accuracies)]


@answers.wrong("sizes", "Stops at 10 to the power of `decimals`: sizes above 100 are missing for two decimals.")
def stops_at_unit(accuracies, decimals, largest):
    return _by_text(accuracies, decimals, min(largest, 10**decimals))


# (c) broken promises
@answers.wrong("changes-input", "Turns the caller's accuracies into whole numbers in place.")
def changes_accuracies(accuracies, decimals, largest):
    sizes = _by_text(accuracies, decimals, largest)
    for place, each in enumerate(accuracies):
        accuracies[place] = round(each * 10**decimals)
    return sizes


_found = {}


@answers.wrong(
    "too-many",
    "A tolerance of half a unit and another 0.000001 for floating point: three times as wide for six decimals, more for further ones.",
)
def generous(accuracies, decimals, largest):
    def near(figure, size):
        gap = abs(round(figure * size) / size - figure)
        return gap <= 0.5 * 10**-decimals + 1e-6

    return [n for n in range(1, largest + 1) if all(near(a, n) for a in accuracies)]


# right
@answers.right
def between_whole_numbers(accuracies, decimals, largest):
    half = Fraction(1, 2 * 10**decimals)
    printed = [Fraction(round(each * 10**decimals), 10**decimals) for each in accuracies]

    def allowed(size):
        for figure in printed:
            fewest = max(0, math.ceil((figure - half) * size))
            most = min(size, math.floor((figure + half) * size))
            if fewest > most:
                return False
        return True

    return list(filter(allowed, range(1, largest + 1)))


@answers.right
def sieve(accuracies, decimals, largest):
    # count k of n prints as m / u where n (2m - 1) <= 2 k u <= n (2m + 1)
    unit = 10**decimals
    left = set(range(1, largest + 1))
    for m in (round(each * unit) for each in accuracies):
        if m == 0:
            continue  # none right fits every size
        hit = set()
        for k in range(1, largest + 1):
            first = max(k, -(-2 * k * unit // (2 * m + 1)))
            last = min(largest, 2 * k * unit // (2 * m - 1))
            hit.update(range(first, last + 1))
        left &= hit
    return sorted(left)


@answers.right
def with_decimal(accuracies, decimals, largest):
    unit = Decimal(10) ** decimals
    steps = [int((Decimal(str(each)) * unit).to_integral_value()) for each in accuracies]
    sizes, n = [], 0
    while n < largest:
        n += 1
        for m in steps:
            k, rest = divmod(2 * m * n + int(unit), 2 * int(unit))  # the nearest count
            if abs(2 * int(unit) * k - 2 * m * n) > n:
                break
        else:
            sizes.append(n)
    return sizes
