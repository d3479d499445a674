"""Answers to 09.1 by students who know its text alone."""

import math
from decimal import Decimal
from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.1", "check_sample_sizes")
import numpy as np


@answers.wrong(
    "?", "Compares round(k / n, decimals), which sends a tie to one side: 8 images are missing for 0.13 or 0.12."
)
def rounds_the_share(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(round(round(a * n) / n, decimals) == a for a in accuracies)]


@answers.wrong(
    "?",
    "Tries only the count below a * n, not the nearest: 0.67 with 3 images (2.01 is fine), 0.33 with 3 (0.99 gives 0) fails.",
)
def count_below(accuracies, decimals, largest):
    u = 10**decimals
    found = []
    for n in range(1, largest + 1):
        good = True
        for a in accuracies:
            m = round(a * u)
            k = m * n // u
            if abs(2 * k * u - 2 * m * n) > n:
                good = False
        if good:
            found.append(n)
    return found


@answers.wrong("?", "Strictly less than half a unit: 8 images are missing for 0.12 and for 0.13.")
def strictly_less(accuracies, decimals, largest):
    u = 10**decimals

    def fits(a, n):
        m = round(a * u)
        k = round(m * n / u)
        return abs(2 * k * u - 2 * m * n) < n

    return [n for n in range(1, largest + 1) if all(fits(a, n) for a in accuracies)]


@answers.wrong("?", "Bare floating point: 1 / 8 - 0.12 is 0.0050000000000000044, so the tie is lost by a hair.")
def bare_floats(accuracies, decimals, largest):
    half = 0.5 * 10**-decimals
    return [n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= half for a in accuracies)]


@answers.wrong("?", "A slack of 1e-6 is far too generous for 5 or more decimals: sizes are returned that do not fit.")
def generous_slack(accuracies, decimals, largest):
    half = 0.5 * 10**-decimals + 1e-6
    return [n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= half for a in accuracies)]


@answers.wrong("?", "One accuracy that fits is enough here; the text wants all of them.")
def any_of_them(accuracies, decimals, largest):
    u = 10**decimals
    found = []
    for n in range(1, largest + 1):
        for a in accuracies:
            m = round(a * u)
            if abs(2 * round(m * n / u) * u - 2 * m * n) <= n:
                found.append(n)
                break
    return found


@answers.wrong("?", "range(1, largest) leaves the largest size out: [0.5], 2, 2 should give [2].")
def largest_is_missing(accuracies, decimals, largest):
    u = 10**decimals
    return [
        n
        for n in range(1, largest)
        if all(abs(2 * round(round(a * u) * n / u) * u - 2 * round(a * u) * n) <= n for a in accuracies)
    ]


@answers.wrong("?", "Begins with 0 images, which the text does not allow (from 1).")
def begins_with_zero(accuracies, decimals, largest):
    u = 10**decimals
    return [
        n
        for n in range(largest + 1)
        if all(abs(2 * round(round(a * u) * n / u) * u - 2 * round(a * u) * n) <= n for a in accuracies)
    ]


@answers.wrong("?", "The argument `decimals` is never read, 5 as in the visible example: [0.33], 2, 3 should give [3].")
def always_five_decimals(accuracies, decimals, largest):
    u = 10**5
    found = []
    for n in range(1, largest + 1):
        if all(abs(2 * round(round(a * u) * n / u) * u - 2 * round(a * u) * n) <= n for a in accuracies):
            found.append(n)
    return found


@answers.wrong(
    "?", "Looks for the smallest size and returns its multiples: [0.33], 2 has 3, but also 40 and many others."
)
def multiples_of_the_smallest(accuracies, decimals, largest):
    u = 10**decimals
    for n in range(1, largest + 1):
        if all(abs(2 * round(round(a * u) * n / u) * u - 2 * round(a * u) * n) <= n for a in accuracies):
            return list(range(n, largest + 1, n))
    return []


@answers.wrong("?", "A whole unit of the last decimal instead of half a unit: too many sizes.")
def whole_unit(accuracies, decimals, largest):
    u = 10**decimals
    return [
        n
        for n in range(1, largest + 1)
        if all(abs(round(round(a * u) * n / u) * u - round(a * u) * n) <= n for a in accuracies)
    ]


@answers.wrong(
    "?", "No size above 10 ** decimals is returned, though every such size fits: [0.5], 1, 20 should have 11 to 20."
)
def only_telling_sizes(accuracies, decimals, largest):
    u = 10**decimals
    return [
        n
        for n in range(1, min(largest, u) + 1)
        if all(abs(2 * round(round(a * u) * n / u) * u - 2 * round(a * u) * n) <= n for a in accuracies)
    ]


@answers.wrong("?", "Takes the figures as cut off, not as rounded: 2 of 3 are then 0.66 and not 0.67.")
def figures_cut_off(accuracies, decimals, largest):
    u = 10**decimals
    found = []
    for n in range(1, largest + 1):
        good = True
        for a in accuracies:
            m = round(a * u)
            k = -(-m * n // u)
            good = good and k * u // n == m
        if good:
            found.append(n)
    return found


@answers.wrong(
    "?", "The counts run from 1 to n - 1, so that accuracies of 0 and 1 (no or all images right) allow no small size."
)
def neither_none_nor_all(accuracies, decimals, largest):
    u = 10**decimals
    found = []
    for n in range(1, largest + 1):
        good = True
        for a in accuracies:
            m = round(a * u)
            near = m * n // u
            good = good and any(abs(2 * k * u - 2 * m * n) <= n for k in (near, near + 1) if 1 <= k <= n - 1)
        if good:
            found.append(n)
    return found


@answers.wrong("?", "Rounds ties upwards only: 1 of 8 may be printed as 0.12 too.")
def school_rounding(accuracies, decimals, largest):
    u = 10**decimals

    def fits(a, n):
        m = round(a * u)
        near = m * n // u
        return any((2 * k * u + n) // (2 * n) == m for k in (near, near + 1))

    return [n for n in range(1, largest + 1) if all(fits(a, n) for a in accuracies)]


@answers.wrong(
    "?", "int(a * u) instead of round: 0.29 becomes 28 hundredths, because 0.29 * 100 is 28.999999999999996."
)
def cut_off_figure(accuracies, decimals, largest):
    u = 10**decimals
    return [
        n
        for n in range(1, largest + 1)
        if all(abs(2 * round(int(a * u) * n / u) * u - 2 * int(a * u) * n) <= n for a in accuracies)
    ]


@answers.wrong(
    "?", "A size is returned once for each count that fits: above 10 ** decimals images, sizes come twice or more."
)
def once_for_each_count(accuracies, decimals, largest):
    u = 10**decimals
    first, rest = round(accuracies[0] * u), [round(a * u) for a in accuracies[1:]]
    found = []
    for n in range(1, largest + 1):
        near = first * n // u
        reach = n // (2 * u) + 1
        for k in range(max(0, near - reach), min(n, near + reach + 1) + 1):
            if abs(2 * k * u - 2 * first * n) <= n and all(
                abs(2 * round(m * n / u) * u - 2 * m * n) <= n for m in rest
            ):
                found.append(n)
    return found


@answers.wrong("?", "The list of finds is a mutable default, so a second call returns the first call's sizes as well.")
def remembers_finds(accuracies, decimals, largest, found=[]):
    u = 10**decimals
    for n in range(1, largest + 1):
        if all(abs(2 * round(round(a * u) * n / u) * u - 2 * round(a * u) * n) <= n for a in accuracies):
            found.append(n)
    return found


@answers.wrong(
    "?",
    "Whole numbers of 32 bits: m * n overflows, with 8 decimals from 22 images on (0.99 of 100 images is not found).",
)
def thirty_two_bits(accuracies, decimals, largest):
    n = np.arange(1, largest + 1, dtype=np.int32)
    u = np.int32(10**decimals)
    good = np.ones(largest, dtype=bool)
    for a in accuracies:
        m = np.int32(round(a * 10**decimals))
        with np.errstate(all="ignore"):
            rest = m * n % u
        good &= 2 * np.minimum(rest, u - rest) <= n
    return n[good].tolist()


@answers.wrong("?", "Empties the caller's list of accuracies while it works: the input is changed in place.")
def empties_its_input(accuracies, decimals, largest):
    u = 10**decimals
    sizes = list(range(1, largest + 1))
    while accuracies:
        m = round(accuracies.pop() * u)
        sizes = [n for n in sizes if abs(2 * round(m * n / u) * u - 2 * m * n) <= n]
    return sizes


@answers.right
def by_fractions(accuracies, decimals, largest):
    half = Fraction(1, 2 * 10**decimals)
    exact = [Fraction(f"{a:.{decimals}f}") for a in accuracies]
    sizes = []
    for n in range(1, largest + 1):
        # Is there a whole number in [(a - half) n, (a + half) n]?
        for a in exact:
            if math.floor((a + half) * n) < math.ceil((a - half) * n):
                break
        else:
            sizes += [n]
    return sizes


@answers.right
def by_decimals(accuracies, decimals, largest):
    unit = Decimal(10) ** -decimals
    exact = [Decimal(f"{a:.{decimals}f}") for a in accuracies]

    def allowed(n, a):
        k = (a * n).to_integral_value()
        return 2 * abs(k - a * n) <= unit * n

    sizes = range(1, largest + 1)
    return list(filter(lambda n: all(map(lambda a: allowed(n, a), exact)), sizes))


@answers.right
def by_sets(accuracies, decimals, largest):
    unit = 10**decimals
    left = set(range(1, largest + 1))
    for a in set(accuracies):
        m = round(a * unit)
        left &= {n for n in left if ((2 * m + 1) * n) // (2 * unit) * 2 * unit >= (2 * m - 1) * n}
    return sorted(left)


@answers.right
def by_numpy(accuracies, decimals, largest):
    unit = 10**decimals
    n = np.arange(1, largest + 1, dtype=np.int64)[:, None]
    m = np.rint(np.array(list(accuracies), dtype=np.float64) * unit).astype(np.int64)[None]
    rest = (m * n) % unit
    gap = np.minimum(rest, unit - rest)  # to the nearest whole count, in units of 1 / unit
    return [int(each) for each in n[(2 * gap <= n).all(axis=1), 0]]


@answers.right
def by_recursion(accuracies, decimals, largest):
    def narrowed(sizes, figures):
        if not figures:
            return sizes
        m, *others = figures
        keep = []
        for n in sizes:
            quotient, rest = divmod(m * n, 10**decimals)
            if min(rest, 10**decimals - rest) * 2 <= n:
                keep.append(n)
        return narrowed(keep, others)

    return narrowed([*range(1, largest + 1)], [round(a * 10**decimals) for a in accuracies])


@answers.right
def by_a_class(accuracies, decimals, largest):
    class Figure:
        def __init__(self, value):
            self.digits = int(f"{value:.{decimals}f}".replace(".", ""))

        def __contains__(self, n):
            u = 10**decimals
            below = self.digits * n // u
            return any(
                abs(k * 2 * u - 2 * self.digits * n) <= n
                for k in (below - 1, below, below + 1, below + 2)
                if 0 <= k <= n
            )

    figures = tuple(Figure(a) for a in tuple(accuracies))
    sizes, n = [], 1
    while n <= largest:
        if not [f for f in figures if n not in f]:
            sizes.append(n)
        n += 1
    return sizes
