"""More answers to 09.1 by someone who knew the exercise and not its check."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
from helpers.answers import Answers

answers = Answers("09.1", "check_sample_sizes")


# Fractions: is there a whole number between both ends of the interval times n?
@answers.right
def by_fractions(accuracies, decimals, largest):
    unit = 10**decimals
    ends = [
        (Fraction(2 * round(a * unit) - 1, 2 * unit), Fraction(2 * round(a * unit) + 1, 2 * unit)) for a in accuracies
    ]
    return [n for n in range(1, largest + 1) if all(math.ceil(low * n) <= math.floor(high * n) for low, high in ends)]


# NumPy's whole numbers for all sizes at once; the nearest k by floor division.
@answers.right
def by_numpy(accuracies, decimals, largest):
    n, unit = np.arange(1, largest + 1, dtype=object), 10**decimals
    fits = np.ones(largest, dtype=bool)
    for a in accuracies:
        m = round(a * unit)
        k = (2 * m * n + unit) // (2 * unit)
        fits &= (abs(2 * k * unit - 2 * m * n) <= n).astype(bool)
    return [int(size) for size in n[fits]]


# Decimal numbers from the text of the figure, an object that is called.
class Decimals:
    def fits(self, figure, n, decimals):
        near = int(figure * n)
        return any(abs(2 * (k - figure * n)) * 10**decimals <= n for k in (near, near + 1))

    def __call__(self, accuracies, decimals, largest):
        figures = [Decimal(f"{a:.{decimals}f}") for a in accuracies]
        found, n = [], 1
        while n <= largest:
            if all(self.fits(figure, n, decimals) for figure in figures):
                found.append(n)
            n += 1
        return found


answers.right(Decimals())


def fits(a, n, decimals):
    unit = 10**decimals
    m = round(a * unit)
    k = round(Fraction(m * n, unit))
    return abs(2 * k * unit - 2 * m * n) <= n


@answers.wrong("ties", "round(k / n, d) == a: of a tie one of both figures is lost, 8 images for 0.13")
def rounded(accuracies, decimals, largest):
    return [
        n
        for n in range(1, largest + 1)
        if all(round(round(a * n) / n, decimals) == round(a, decimals) for a in accuracies)
    ]


@answers.wrong(
    "none", "cut off in place of the nearest whole number: 0.33 is not allowed for 3 images, since int(0.99) is 0"
)
def cut_off(accuracies, decimals, largest):
    return [
        n
        for n in range(1, largest + 1)
        if all(abs(int(a * n) / n - a) <= 0.5 * 10**-decimals + 1e-12 for a in accuracies)
    ]


@answers.wrong("first-only", "only the first accuracy decides")
def the_first(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if fits(accuracies[0], n, decimals)]


@answers.wrong("any", "any in place of all: one accuracy that fits is enough")
def any_of_them(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if any(fits(a, n, decimals) for a in accuracies)]


@answers.wrong("largest", "the largest size is left out: range(1, largest)")
def without_the_largest(accuracies, decimals, largest):
    return [n for n in range(1, largest) if all(fits(a, n, decimals) for a in accuracies)]


@answers.wrong("sizes", "a single image is left out, though it allows 0 and 1")
def from_two(accuracies, decimals, largest):
    return [n for n in range(2, largest + 1) if all(fits(a, n, decimals) for a in accuracies)]


@answers.wrong(
    "too-many", "decimals are read off the number: 0.5 printed with four decimals, 0.5000, counts as one decimal"
)
def decimals_of_the_number(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(fits(a, n, len(str(a).split(".")[-1])) for a in accuracies)]


@answers.wrong("ties", "strictly less than half a unit: ties are lost, 1 of 8 for 0.12 and 0.13")
def ties_lost(accuracies, decimals, largest):
    unit = 10**decimals

    def inside(a, n):
        m = round(a * unit)
        return abs(2 * round(Fraction(m * n, unit)) * unit - 2 * m * n) < n

    return [n for n in range(1, largest + 1) if all(inside(a, n) for a in accuracies)]


@answers.wrong(
    "ties", "floating point without care: abs(0.125 - 0.12) is a little more than 0.005, so this tie is lost"
)
def floating_point(accuracies, decimals, largest):
    return [
        n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= 0.5 * 10**-decimals for a in accuracies)
    ]


@answers.wrong("too-many", "a whole unit of the last decimal is allowed, not half of one: too many sizes")
def whole_unit(accuracies, decimals, largest):
    return [
        n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= 10**-decimals + 1e-12 for a in accuracies)
    ]


@answers.wrong("sizes", "five decimals are assumed: figures with two or six get other sizes")
def five_decimals(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(fits(a, n, 5) for a in accuracies)]


@answers.wrong("none", "k runs from 1 to n: an accuracy of 0 is allowed by no size")
def none_right(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(fits(a, n, decimals) and round(a * n) >= 1 for a in accuracies)]


@answers.wrong("none", "k stays below n: an accuracy of 1 is allowed by no small size")
def all_right(accuracies, decimals, largest):
    unit = 10**decimals
    return [
        n
        for n in range(1, largest + 1)
        if all(fits(a, n, decimals) and round(Fraction(round(a * unit) * n, unit)) < n for a in accuracies)
    ]


@answers.wrong("sizes", "stops at the first size: its multiples and all others are missing")
def the_smallest(accuracies, decimals, largest):
    for n in range(1, largest + 1):
        if all(fits(a, n, decimals) for a in accuracies):
            return [n]
    return []


@answers.wrong("sizes", "figures are cut to whole units, int(a * 10**d): 0.29 becomes 28 hundredths")
def cut_figure(accuracies, decimals, largest):
    unit = 10**decimals
    return [n for n in range(1, largest + 1) if all(fits(int(a * unit) / unit, n, decimals) for a in accuracies)]
