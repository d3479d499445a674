"""Answers to 09.1 by students who know its text alone."""

import math
from decimal import Decimal
from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.1", "check_sample_sizes")


def _fits(figure, decimals, size):
    unit = 10**decimals
    marks = round(figure * unit)
    count = (2 * marks * size + unit) // (2 * unit)
    return abs(2 * count * unit - 2 * marks * size) <= size


@answers.wrong(
    "?", "rounds k / n half to even, so that 1 of 8 prints as 0.12 only and 0.13 with 2 decimals loses size 8"
)
def rounds_to_even(accuracies, decimals, largest):
    return [
        size
        for size in range(1, largest + 1)
        if all(
            any(
                round(count / size, decimals) == round(figure, decimals)
                for count in range(max(0, int(figure * size) - 1), min(size, int(figure * size) + 2) + 1)
            )
            for figure in accuracies
        )
    ]


@answers.wrong(
    "?", "rounds half up only, so the other print of a tie is lost: size 8 is missing for 0.12 with 2 decimals"
)
def rounds_half_up(accuracies, decimals, largest):
    unit = 10**decimals
    sizes = []
    for size in range(1, largest + 1):
        for figure in accuracies:
            marks = round(figure * unit)
            near = marks * size // unit
            prints = {
                (2 * count * unit + size) // (2 * size) for count in (near - 1, near, near + 1) if 0 <= count <= size
            }
            if marks not in prints:
                break
        else:
            sizes.append(size)
    return sizes


@answers.wrong("?", "compares with < in whole numbers, so that no tie counts: 0.12 or 0.13 with 2 decimals lose size 8")
def strictly_inside(accuracies, decimals, largest):
    unit = 10**decimals
    return [
        size
        for size in range(1, largest + 1)
        if all(abs(2 * round(figure * size) * unit - 2 * round(figure * unit) * size) < size for figure in accuracies)
    ]


@answers.wrong(
    "?", "compares floats with <= and no slack, which misses ties by a hair: |0.125 - 0.12| > 0.005 loses size 8"
)
def floats_without_slack(accuracies, decimals, largest):
    return [
        size
        for size in range(1, largest + 1)
        if all(abs(round(figure * size) / size - figure) <= 0.5 * 10**-decimals for figure in accuracies)
    ]


@answers.wrong(
    "?", "adds a fixed slack of 1e-6, which is twice the half unit of 6 decimals: 0.333332 with 6 decimals gets size 3"
)
def generous_slack(accuracies, decimals, largest):
    return [
        size
        for size in range(1, largest + 1)
        if all(abs(round(figure * size) / size - figure) <= 0.5 * 10**-decimals + 1e-6 for figure in accuracies)
    ]


@answers.wrong(
    "?",
    "counts the decimals of the float itself and never reads `decimals`: 0.5 printed as 0.500 gets size 9 (5 of 9 are 0.556)",
)
def decimals_from_text(accuracies, decimals, largest):
    def digits(figure):
        return max(1, -Decimal(str(figure)).as_tuple().exponent)

    return [size for size in range(1, largest + 1) if all(_fits(figure, digits(figure), size) for figure in accuracies)]


@answers.wrong("?", "tries only k = 0 to n - 1, so a figure of 1.0 loses all small sizes")
def never_all_right(accuracies, decimals, largest):
    unit = 10**decimals
    sizes = []
    for size in range(1, largest + 1):
        fits = True
        for figure in accuracies:
            marks = round(figure * unit)
            count = min((2 * marks * size + unit) // (2 * unit), size - 1)
            fits = fits and abs(2 * count * unit - 2 * marks * size) <= size
        if fits:
            sizes.append(size)
    return sizes


@answers.wrong(
    "?", "takes the smallest size and its multiples only, so for 0.33 with 2 decimals size 100 (33 of 100) is missing"
)
def multiples_only(accuracies, decimals, largest):
    for size in range(1, largest + 1):
        if all(_fits(figure, decimals, size) for figure in accuracies):
            return list(range(size, largest + 1, size))
    return []


@answers.wrong("?", "stops at `largest` - 1, so the largest size itself is missing: [0.5], 1, 2 gives no size")
def largest_left_out(accuracies, decimals, largest):
    return [size for size in range(1, largest) if all(_fits(figure, decimals, size) for figure in accuracies)]


@answers.wrong(
    "?",
    "the last of several figures is never looked at: [0.5, 0.33] with 2 decimals and largest 5 gets sizes 2 and 4, though 0.33 excludes both",
)
def last_figure_unread(accuracies, decimals, largest):
    some = list(accuracies)
    some = some[:-1] if len(some) > 1 else some  # an off-by-one in the loop over figures
    return [size for size in range(1, largest + 1) if all(_fits(some[i], decimals, size) for i in range(len(some)))]


@answers.wrong("?", "NumPy with int32, in which marks * n overflows with 8 decimals, so that 0.69811321 loses size 53")
def thirty_two_bits(accuracies, decimals, largest):
    import numpy as np

    unit = 10**decimals
    sizes = np.arange(1, largest + 1, dtype=np.int32)
    keep = np.ones(len(sizes), dtype=bool)
    for figure in accuracies:
        marks = round(figure * unit)
        count = (sizes * marks + unit // 2) // unit
        keep &= np.abs((count * unit - sizes * marks).astype(np.int64)) * 2 <= sizes
    return sizes[keep].tolist()


@answers.wrong(
    "?", "allows a whole unit of the last decimal instead of half a unit: 0.32 and 0.34 with 2 decimals get size 3"
)
def whole_unit(accuracies, decimals, largest):
    unit = 10**decimals
    return [
        size
        for size in range(1, largest + 1)
        if all(abs(round(figure * size) * unit - round(figure * unit) * size) <= size for figure in accuracies)
    ]


@answers.wrong(
    "?",
    "remembers results by the figures and decimals alone, so a second call with another `largest` gets the first call's sizes",
)
def remembers(accuracies, decimals, largest, memory={}):
    key = (tuple(accuracies), decimals)
    if key not in memory:
        memory[key] = [
            size for size in range(1, largest + 1) if all(_fits(figure, decimals, size) for figure in accuracies)
        ]
    return memory[key]


@answers.wrong("?", "empties the caller's list of accuracies by pop, so the figures are gone after the call")
def eats_the_list(accuracies, decimals, largest):
    sizes = list(range(1, largest + 1))
    accuracies = accuracies if isinstance(accuracies, list) else list(accuracies)
    while accuracies:
        figure = accuracies.pop()
        sizes = [size for size in sizes if _fits(figure, decimals, size)]
    return sizes


@answers.right
def whole_numbers(accuracies, decimals, largest):
    unit = 10**decimals
    marks = [round(each * unit) for each in accuracies]
    result = []
    size = 0
    while size < largest:
        size += 1
        for mark in marks:
            rest = 2 * mark * size % (2 * unit)
            if min(rest, 2 * unit - rest) > size:
                break
        else:
            result += [size]
    return result


@answers.right
def with_fractions(accuracies, decimals, largest):
    half = Fraction(1, 2 * 10**decimals)
    exact = [Fraction(round(each * 10**decimals), 10**decimals) for each in accuracies]

    def possible(size):
        # a whole number lies between both ends
        return all(math.ceil((each - half) * size) <= math.floor((each + half) * size) for each in exact)

    return list(filter(possible, range(1, largest + 1)))


@answers.right
def with_sets(accuracies, decimals, largest):
    left = set(range(1, largest + 1))
    for figure in accuracies:
        mark = round(figure * 10**decimals)
        good = set()
        for size in left:
            for count in {mark * size // 10**decimals, mark * size // 10**decimals + 1}:
                if 0 <= count <= size and (2 * mark - 1) * size <= 2 * count * 10**decimals <= (2 * mark + 1) * size:
                    good.add(size)
        left &= good
    return sorted(left)


@answers.right
def with_numpy(accuracies, decimals, largest):
    import numpy as np

    sizes = np.arange(1, largest + 1).astype(object)  # Python's whole numbers: no overflow
    unit = 10**decimals
    keep = np.ones(sizes.shape, dtype=bool)
    for figure in np.asarray(list(accuracies), dtype=np.float64):
        mark = round(float(figure) * unit)
        counts = (sizes * mark * 2 + unit) // (2 * unit)
        keep = keep & (abs(counts * unit - sizes * mark) * 2 <= sizes).astype(bool)
    return [int(size) for size in sizes[keep]]


@answers.right
def with_decimal(accuracies, decimals, largest):
    from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP

    step = Decimal(1).scaleb(-decimals)
    wanted = [Decimal(repr(float(each))).quantize(step) for each in accuracies]

    def prints(size, figure):
        near = int(figure * size)
        for count in (near, near + 1):
            share = Decimal(count) / Decimal(size)
            for way in (ROUND_HALF_DOWN, ROUND_HALF_UP):
                if count <= size and share.quantize(step, way) == figure:
                    return True
        return False

    sizes = []
    for size in range(1, largest + 1):
        if False not in (prints(size, figure) for figure in wanted):
            sizes.append(size)
    return sizes


@answers.right
def recursive(accuracies, decimals, largest):
    def narrow(figures, sizes):
        if not figures:
            return sizes
        first, *others = figures
        # floating point with a slack far below any step k / n, and far above its errors
        limit = 0.5 * 10.0**-decimals + 3e-16
        return narrow(
            others,
            [n for n in sizes if abs(math.floor(first * n + 0.5) / n - first) <= limit],
        )

    return narrow(list(accuracies), list(range(1, largest + 1)))
