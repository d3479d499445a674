"""Answers to 09.1 by students who know its text alone."""

import math
from decimal import Decimal
from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.1", "check_sample_sizes")


def fits(a, n, decimals):
    u = 10**decimals
    m = round(a * u)
    k = (2 * m * n + u) // (2 * u)
    return any(abs(2 * j * u - 2 * m * n) <= n for j in (k - 1, k, k + 1))


@answers.wrong(
    "ties",
    "round(k / n, decimals) == a loses one side of a tie: 0.13 with 2 decimals does not allow 8, though 1/8 may be printed so",
)
def rounds_ties(accuracies, decimals, largest):
    return [
        n
        for n in range(1, largest + 1)
        if all(round(round(a * n) / n, decimals) == round(a, decimals) for a in accuracies)
    ]


@answers.wrong(
    "ties", "float comparison without any slack: |1/8 - 0.13| is 0.0050000000000000044 in floats, so 8 is lost for 0.13"
)
def no_slack(accuracies, decimals, largest):
    half = 0.5 * 10**-decimals
    return [n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= half for a in accuracies)]


@answers.wrong("ties", "strictly less than half a unit: all ties are lost, 0.12 and 0.13 do not allow 8")
def strict(accuracies, decimals, largest):
    u = 10**decimals
    sizes = []
    for n in range(1, largest + 1):
        if all(abs(2 * round(a * n) * u - 2 * round(a * u) * n) < n for a in accuracies):
            sizes.append(n)
    return sizes


@answers.wrong(
    "none",
    "takes the whole number below a * n only: 0.29 with 2 decimals loses 100 (int(28.999...) = 28), and 0.66 loses 50",
)
def cuts_off(accuracies, decimals, largest):
    u = 10**decimals
    return [
        n for n in range(1, largest + 1) if all(abs(2 * int(a * n) * u - 2 * round(a * u) * n) <= n for a in accuracies)
    ]


@answers.wrong("any", "any instead of all: a size that allows one of the accuracies is enough")
def any_of_them(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if any(fits(a, n, decimals) for a in accuracies)]


@answers.wrong("largest", "range(1, largest): the largest size is never tried; 0.5 up to 2 gives []")
def without_largest(accuracies, decimals, largest):
    return [n for n in range(1, largest) if all(fits(a, n, decimals) for a in accuracies)]


@answers.wrong(
    "too-many",
    "counts decimals in the number instead of reading the argument: 0.5 printed as 0.5000 counts as one decimal, so that 11 is allowed (5/11 = 0.4545)",
)
def counts_decimals(accuracies, decimals, largest):
    def of(a):
        return len(str(a).split(".")[1]) if "." in str(a) else 0

    return [n for n in range(1, largest + 1) if all(fits(a, n, of(a)) for a in accuracies)]


@answers.wrong(
    "too-many",
    "the tolerance is a whole unit of the last decimal: 0.34 with 2 decimals allows 3, though 1/3 prints as 0.33",
)
def whole_unit(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= 10**-decimals for a in accuracies)]


@answers.wrong(
    "too-many",
    "a slack of 1e-6 against floating point is larger than half a unit of 6 or 8 decimals: 0.98173133 with 8 decimals allows 1040, 1259, ...",
)
def large_slack(accuracies, decimals, largest):
    half = 0.5 * 10**-decimals + 1e-6
    return [n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= half for a in accuracies)]


@answers.wrong(
    "sizes",
    "the smallest size and its multiples: larger sizes that are no multiples are lost; 0.33 allows 3, and 100 too",
)
def multiples(accuracies, decimals, largest):
    for n in range(1, largest + 1):
        if all(fits(a, n, decimals) for a in accuracies):
            return list(range(n, largest + 1, n))
    return []


@answers.wrong(
    "too-many",
    "a list as default argument is kept between calls: the second call returns the sizes of the first one too",
)
def remembers(accuracies, decimals, largest, sizes=[]):
    for n in range(1, largest + 1):
        if all(fits(a, n, decimals) for a in accuracies):
            sizes.append(n)
    return sizes


@answers.wrong("changes-input", "takes the accuracies out of the caller's list (pop), which is empty afterwards")
def pops(accuracies, decimals, largest):
    sizes = range(1, largest + 1)
    while accuracies:
        a = accuracies.pop()
        sizes = [n for n in sizes if fits(a, n, decimals)]
    return list(sizes)


@answers.right  # exact fractions: is there a whole number in the interval [(a - h) n, (a + h) n]?
def with_fractions(accuracies, decimals, largest):
    half = Fraction(1, 2 * 10**decimals)
    exact = [Fraction(f"{a:.{decimals}f}") for a in accuracies]
    return [
        n for n in range(1, largest + 1) if all(math.floor((a + half) * n) >= math.ceil((a - half) * n) for a in exact)
    ]


@answers.right  # all sizes at once with numpy, in whole numbers
def with_numpy(accuracies, decimals, largest):
    import numpy as np

    n = np.arange(1, largest + 1, dtype=np.int64)
    fine = np.ones(largest, dtype=bool)
    unit = 10**decimals
    for a in accuracies:
        doubled = 2 * round(a * unit) * n
        rest = doubled % (2 * unit)
        fine &= np.minimum(rest, 2 * unit - rest) <= n
    return n[fine].tolist()


class Sizes:
    """An object with a __call__ that goes through sets of sizes, made from the counts."""

    __name__ = "Sizes"

    def allowed(self, a, decimals, largest):
        a, half = Decimal(str(a)), Decimal(5).scaleb(-decimals - 1)
        for n in range(1, largest + 1):
            k = int((a * n).to_integral_value())
            if any(abs(Decimal(j) - a * n) <= half * n for j in (k - 1, k, k + 1)):
                yield n

    def __call__(self, accuracies, decimals, largest):
        return sorted(set.intersection(*(set(self.allowed(a, decimals, largest)) for a in accuracies)))


answers.right(Sizes())  # decimal numbers and sets
