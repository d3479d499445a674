"""Right and wrong answers to exercise 09.1: which sample sizes allow printed accuracies."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("09.1", "check_sample_sizes")


def fits(figure, decimals, total, *, low=1, high=1):
    """Whether a count lies in so many halves of the last decimal below and above."""
    unit = 2 * 10**decimals
    middle = round(figure * unit)
    return -(-(middle - low) * total // unit) <= (middle + high) * total // unit


@answers.right
def by_fractions(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(fits(each, decimals, n) for each in accuracies)]


@answers.right
def by_nearest_counts(accuracies, decimals, largest):
    found = set()
    for n in range(1, largest + 1):
        for figure in accuracies:
            near = round(figure * n)
            counts = [k for k in (near - 1, near, near + 1) if 0 <= k <= n]
            if not any(abs(k / n - figure) <= 0.5 * 10**-decimals * (1 + 1e-9) for k in counts):
                break
        else:
            found.add(n)
    return found


@answers.right
def by_whole_numbers(accuracies, decimals, largest):
    """In units of half the last decimal, without any fraction."""
    scale = 10**decimals
    sizes = torch.arange(1, largest + 1)
    keep = torch.ones(largest, dtype=torch.bool)
    for each in accuracies:
        rest = (round(each * scale) * sizes) % scale
        keep &= 2 * torch.minimum(rest, scale - rest) <= sizes
    return sizes[keep]


@answers.right
def by_every_count(accuracies, decimals, largest):
    half = Decimal(5).scaleb(-decimals - 1)
    figures = [Decimal(str(each)) for each in accuracies]
    return np.array(
        [
            n
            for n in range(1, largest + 1)
            if all(
                any(abs(Decimal(k) - f * n) <= half * n for k in range(int(f * n) - 1, int(f * n) + 3)) for f in figures
            )
        ],
        dtype=int,
    )


@answers.wrong("any")
def any_of_them(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if any(fits(each, decimals, n) for each in accuracies)]


@answers.wrong("first-only")
def the_first_only(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if fits(accuracies[0], decimals, n)]


@answers.wrong("largest")
def without_the_largest(accuracies, decimals, largest):
    return by_fractions(accuracies, decimals, largest - 1)


@answers.wrong("none")
def whole_products(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all((each * n).is_integer() for each in accuracies)]


@answers.wrong("zero")
def from_zero(accuracies, decimals, largest):
    return [0, *by_fractions(accuracies, decimals, largest)]


@answers.wrong("too-many")
def a_whole_unit(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(fits(each, decimals, n, low=2, high=2) for each in accuracies)]


@answers.wrong("none")
def cut_off(accuracies, decimals, largest):
    """Only shares from the figure up count, as if it had been cut off at half a unit."""
    return [n for n in range(1, largest + 1) if all(fits(each, decimals, n, low=0) for each in accuracies)]


@answers.wrong("none")
def by_int(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(round(int(each * n) / n, decimals) == each for each in accuracies)]


@answers.wrong("ties")
def by_round(accuracies, decimals, largest):
    """Python rounds to even, so that ties go one way only."""
    return [
        n for n in range(1, largest + 1) if all(round(round(each * n) / n, decimals) == each for each in accuracies)
    ]


@answers.wrong("kind")
def whether_each(accuracies, decimals, largest):
    return [all(fits(each, decimals, n) for each in accuracies) for n in range(1, largest + 1)]


@answers.wrong("none")
def the_reports_only(accuracies, decimals, largest):
    return [7500] if largest >= 7500 else []


@answers.wrong("twice")
def once_for_each_count(accuracies, decimals, largest):
    sizes = by_fractions(accuracies, decimals, largest)
    return [n for n in sizes for _ in range(2 if n >= 10**decimals else 1)]


@answers.wrong("too-many")
def a_millionth_more(accuracies, decimals, largest):
    span = 0.5 * 10**-decimals + 1e-6
    return [n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= span for a in accuracies)]


@answers.wrong("stored")
def one_list_for_equal_questions(figures, decimals, largest, known={}):  # noqa: B006
    key = tuple(figures), decimals, largest
    if key not in known:
        known[key] = [*by_fractions(figures, decimals, largest)]
    return known[key]
