"""Answers to 04.5 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

from resnet_labs import metrics

answers = Answers("04.5", "check_reading")

low, high = metrics.wilson_interval(540, 570)


def possible_as_asked(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, decimals) == figure]


# --- wrong: common mistakes -------------------------------------------------------------


def cuts_off(figure, decimals, sizes):
    return [n for n in sizes if round(int(figure * n) / n, decimals) == figure]


answers.wrong(
    "rounded-down", "int cuts off the number of right images instead of rounding; 540 / 570 printed as 0.947368"
)(cuts_off, 19, 570, low, high)


def off_by_a_whole_unit(figure, decimals, sizes):
    unit = 10**-decimals
    return [n for n in sizes if abs(round(figure * n) / n - figure) < unit]


answers.wrong(
    "whole-unit",
    "a fraction may be off by a whole unit of the last decimal instead of half a unit; 2/3 with two decimals allows 0.66",
)(off_by_a_whole_unit, 19, 570, low, high)


def possible_with_wald(figure, decimals, sizes):
    return possible_as_asked(figure, decimals, sizes)


half = 1.96 * math.sqrt(540 / 570 * 30 / 570 / 570)
answers.wrong("wald", "low and high are the interval by the normal approximation, not Wilson's; the values")(
    possible_with_wald, 19, 570, 540 / 570 - half, 540 / 570 + half
)


def possible_with_569(figure, decimals, sizes):
    return possible_as_asked(figure, decimals, sizes)


answers.wrong(
    "not-possible", "size is 569, which does not allow the figure, and the interval belongs to it; the values"
)(possible_with_569, 19, 569, *metrics.wilson_interval(539, 569))


# --- wrong: right for 0.947368 on the sizes of the example -------------------------------


def multiples_of_nineteen(figure, decimals, sizes):
    return [n for n in sizes if n % 19 == 0]


answers.wrong("nineteen", "the figure is never read: multiples of 19; any other figure")(
    multiples_of_nineteen, 19, 570, low, high
)


def always_six_decimals(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, 6) == figure]


answers.wrong("six-decimals", "decimals is never read, always 6; 0.67 with two decimals and three images")(
    always_six_decimals, 19, 570, low, high
)


def every_size_up_to_the_largest(figure, decimals, sizes):
    return possible_as_asked(figure, decimals, range(1, max(sizes) + 1))


answers.wrong(
    "sizes", "all sizes up to the largest are tried, not only the given ones; sizes with gaps such as the table's"
)(every_size_up_to_the_largest, 19, 570, low, high)


def never_none_or_all(figure, decimals, sizes):
    return [
        n
        for n in sizes
        if any(
            round(right / n, decimals) == figure
            for right in (math.floor(figure * n), math.ceil(figure * n))
            if 0 < right < n
        )
    ]


answers.wrong("sizes", "no image right and all images right are forgotten; the figures 0.0 and 1.0 allow every size")(
    never_none_or_all, 19, 570, low, high
)


# --- wrong: a broken promise ------------------------------------------------------------


def removes_from_sizes(figure, decimals, sizes):
    if not isinstance(sizes, list):
        sizes = list(sizes)
    for place in reversed(range(len(sizes))):
        n = sizes[place]
        if round(round(figure * n) / n, decimals) != figure:
            del sizes[place]
    return sizes


answers.wrong("changes-input", "the other sizes are removed from the caller's list; sizes given as a list")(
    removes_from_sizes, 19, 570, low, high
)


def list_between_calls(figure, decimals, sizes, found=[]):
    found.extend(possible_as_asked(figure, decimals, sizes))
    return found


answers.wrong(
    "sizes",
    "the default list is kept between calls: a second call returns the sizes of the first one too; any second call",
)(list_between_calls, 19, 570, low, high)


def candidates_for_sizes(figure, decimals, sizes):
    return [round(figure * n) for n in sizes if round(round(figure * n) / n, decimals) == figure]


answers.wrong("counts", "the numbers of right images come back in place of the sizes; any figure but 1")(
    candidates_for_sizes, 19, 570, low, high
)


# --- right ------------------------------------------------------------------------------


def by_its_printed_text(figure, decimals, sizes):
    printed = f"{figure:.{decimals}f}"
    found = []
    for n in sizes:
        near = math.floor(figure * n)
        if printed in [f"{right / n:.{decimals}f}" for right in (near, near + 1)]:
            found += [n]
    return found


answers.right(by_its_printed_text, 19, 570, low, high)


def in_whole_numbers(figure, decimals, sizes):
    """|right / n - figure| <= half a unit, all of it times 2 n 10^decimals."""
    unit = 10**decimals
    printed = round(figure * unit)

    def allows(n):
        right = (2 * printed * n + unit) // (2 * unit)
        return 2 * abs(right * unit - printed * n) <= n

    return list(filter(allows, sizes))


answers.right(in_whole_numbers, math.gcd(19, 38), round(570.0), *metrics.wilson_interval(540, 570))


def all_at_once(figure, decimals, sizes):
    tried = np.array(list(sizes), dtype=np.int64)
    right = np.rint(figure * tried).astype(np.int64)
    keep = [
        round(a / b, decimals) == round(figure, decimals) for a, b in zip(right.tolist(), tried.tolist(), strict=True)
    ]
    return tried[np.array(keep, dtype=bool)].tolist()


interval = metrics.wilson_interval(30 * 18, 30 * 19)
answers.right(all_at_once, 19, 570, interval[0], interval[1])
