"""Answers to 04.5 by someone who looked for what its check may not ask."""

import math
from fractions import Fraction
from statistics import NormalDist

from helpers.answers import Answers

from resnet_labs import metrics

LOW, HIGH = metrics.wilson_interval(540, 570)
answers = Answers("04.5", "check_reading", lambda function: (function, 19, 570, LOW, HIGH))


def plain(figure, decimals, sizes):
    """The right function, for the answers whose names are wrong."""
    return [n for n in sizes if round(round(figure * n) / n, decimals) == round(figure, decimals)]


# Right: exact arithmetic. The whole numbers within half a unit of figure * n, bounds included, are there or not.
# The interval is written out, with z from the normal distribution: Wilson's formula, to the last digits.
def _by_hand(correct, total):
    z = NormalDist().inv_cdf(0.975)
    share, extra = correct / total, z * z / total
    middle = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * math.sqrt(share * (1 - share) / total + extra / (4 * total))
    return middle - half, middle + half


def exactly(figure, decimals, sizes):
    printed, half = Fraction(f"{figure:.{decimals}f}"), Fraction(1, 2 * 10**decimals)
    found = []
    for n in sizes:
        lowest = max(0, math.ceil((printed - half) * n))
        highest = min(n, math.floor((printed + half) * n))
        # an exact tie is decided as Python prints it
        if any(f"{right / n:.{decimals}f}" == f"{figure:.{decimals}f}" for right in range(lowest, highest + 1)):
            found.append(n)
    return found


answers.right(exactly, 19, 570, *_by_hand(540, 570))


# Right: asks what would have been printed for the two candidates around the figure, as strings; divisor by gcd.
def printed_strings(figure, decimals, sizes):
    def prints(n):
        around = {math.floor(figure * n), math.ceil(figure * n)}
        return {format(right / n, f".{decimals}f") for right in around if 0 <= right <= n}

    return list(filter(lambda n: format(figure, f".{decimals}f") in prints(n), sizes))


answers.right(
    printed_strings,
    math.gcd(*printed_strings(0.947368, 6, range(1, 1001))),
    *printed_strings(0.947368, 6, [734, 848, 849, 863, 864, 569, 570]),
    *metrics.wilson_interval(round(0.947368 * 570), 570),
)


@answers.wrong(
    "whole-unit", "a whole unit of the last decimal instead of half: the same for six decimals, too many for two"
)
def whole_unit(figure, decimals, sizes):
    return [n for n in sizes if abs(round(figure * n) / n - figure) < 10**-decimals]


@answers.wrong("six-decimals", "always six decimals, whatever is asked")
def six_decimals(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, 6) == round(figure, 6)]


@answers.wrong("exact", "rounds the number of right images up: fits 18 of 19, not a figure that was rounded up")
def rounds_up(figure, decimals, sizes):
    return [n for n in sizes if round(math.ceil(figure * n) / n, decimals) == figure]


@answers.wrong("exact", "cuts the fraction off after the decimals where the figure was rounded: 2 of 3 is never 0.67")
def cut_off(figure, decimals, sizes):
    scale = 10**decimals
    return [n for n in sizes if math.floor(round(figure * n) * scale / n) == round(figure * scale)]


@answers.wrong(
    "sizes",
    "looks for the simplest fraction and takes its multiples: with few decimals other sizes allow the figure too",
)
def simplest_fraction(figure, decimals, sizes):
    for denominator in range(1, 10**decimals + 1):
        if round(round(figure * denominator) / denominator, decimals) == figure:
            return [n for n in sizes if n % denominator == 0]
    return []


@answers.wrong(
    "sizes", "relative tolerance: of a small figure such as 0.05 half a unit is much more than that share of it"
)
def relative(figure, decimals, sizes):
    return [n for n in sizes if math.isclose(round(figure * n) / n, figure, rel_tol=0.5 * 10**-decimals, abs_tol=0)]


@answers.wrong("sizes", "an accuracy of 1 or 0 is never allowed")
def neither_all_nor_none(figure, decimals, sizes):
    return [n for n in sizes if 0 < (right := round(figure * n)) < n and round(right / n, decimals) == figure]


@answers.wrong("changes-input", "strikes the sizes out of the caller's own list")
def strikes_out(figure, decimals, sizes):
    if not isinstance(sizes, list):
        sizes = list(sizes)
    for n in sizes.copy():
        if round(round(figure * n) / n, decimals) != figure:
            sizes.remove(n)
    return sizes


@answers.wrong("sizes", "stops at the first size above 1,000, also if smaller ones follow")
def up_to_thousand(figure, decimals, sizes):
    found = []
    for n in sizes:
        if n > 1000:
            break
        if round(round(figure * n) / n, decimals) == figure:
            found.append(n)
    return found


_found = {}


@answers.wrong("sizes", "remembers the answer by the figure: other sizes get those of the first call")
def remembered(figure, decimals, sizes):
    key = (figure, decimals)
    if key not in _found:
        _found[key] = plain(figure, decimals, sizes)
    return list(_found[key])


@answers.wrong(
    "sizes", "an interval between two sizes: takes every n from the smallest to the largest, not the sizes given"
)
def from_smallest_to_largest(figure, decimals, sizes):
    every = range(min(sizes), max(sizes) + 1)
    return plain(figure, decimals, every)


answers.wrong("interval", "the interval is that of 539 right images: int instead of round")(
    plain, 19, 570, *metrics.wilson_interval(int(0.947368 * 570 - 1e-9), 570)
)


def _wald(correct, total):
    share = correct / total
    half = 1.96 * math.sqrt(share * (1 - share) / total)
    return share - half, share + half


answers.wrong("wald", "the interval is the normal approximation, not Wilson's: its width is about 0.037 too")(
    plain, 19, 570, *_wald(540, 570)
)
answers.wrong("divisor", "the divisor is that of the one size in the table, 57, not of all sizes")(
    plain, 57, 570, LOW, HIGH
)
answers.wrong("interval", "low and high are a number of images, not of the accuracy")(
    plain, 19, 570, LOW * 570, HIGH * 570
)
