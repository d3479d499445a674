"""Answers to 04.5 by someone who knew the exercise and not its check."""

import math

import numpy as np
import torch
from helpers.answers import Answers

from resnet_labs import metrics

LOW, HIGH = metrics.wilson_interval(round(0.947368 * 570), 570)
answers = Answers("04.5", "check_reading", place=lambda f: (f, 19, 570, LOW, HIGH))


def good(figure, decimals, sizes):
    return [size for size in sizes if round(round(figure * size) / size, decimals) == figure]


@answers.wrong("nineteen", "multiples of 19, for any figure")
def nineteen(figure, decimals, sizes):
    return [size for size in sizes if size % 19 == 0]


@answers.wrong("six-decimals", "six decimals, whatever was given")
def six(figure, decimals, sizes):
    return good(figure, 6, sizes)


@answers.wrong("six-decimals", "half a unit of the sixth decimal")
def tolerance(figure, decimals, sizes):
    return [s for s in sizes if abs(round(figure * s) / s - figure) <= 5e-7]


@answers.wrong("sizes", "multiples of the first size that fits")
def multiples(figure, decimals, sizes):
    found = good(figure, decimals, sizes)
    return [s for s in sizes if found and s % found[0] == 0]


@answers.wrong("rounded-down", "int cuts off, so the candidate is too small where the figure was rounded down")
def cuts(figure, decimals, sizes):
    return [s for s in sizes if round(int(figure * s) / s, decimals) == figure]


@answers.wrong("whole-unit", "a whole unit of the last decimal is allowed")
def whole_unit(figure, decimals, sizes):
    return [s for s in sizes if abs(round(figure * s) / s - figure) < 10**-decimals]


@answers.wrong("sizes", "stops at the first size that does not fit after one that does")
def first_run(figure, decimals, sizes):
    found = []
    for s in sizes:
        if round(round(figure * s) / s, decimals) == figure:
            found.append(s)
        elif len(found) > 3:
            break
    return found


@answers.wrong("nothing", "the figures 0 and 1 are refused")
def no_ends(figure, decimals, sizes):
    return good(figure, decimals, sizes) if 0 < figure < 1 else []


@answers.wrong("changes-input", "the list of sizes is emptied in place")
def in_place(figure, decimals, sizes):
    if isinstance(sizes, list):
        for s in list(sizes):
            if s not in good(figure, decimals, [s]):
                sizes.remove(s)
        return sizes
    return good(figure, decimals, sizes)


@answers.wrong("changes-input", "sizes are sorted in place")
def sorts(figure, decimals, sizes):
    if isinstance(sizes, list):
        sizes.sort()
    return good(figure, decimals, sizes)


@answers.wrong("counts", "the candidates, not the sizes")
def candidates(figure, decimals, sizes):
    return [round(figure * s) for s in good(figure, decimals, sizes)]


@answers.wrong("sizes", "True or False for each size")
def flags(figure, decimals, sizes):
    return [round(round(figure * s) / s, decimals) == figure for s in sizes]


@answers.wrong("sizes-type", "how many")
def count(figure, decimals, sizes):
    return len(good(figure, decimals, sizes))


@answers.wrong("nothing", "a list that equals everything")
def equal(figure, decimals, sizes):
    class Any(list):
        def __eq__(self, other):
            return True

        def __ne__(self, other):
            return False

        __hash__ = None

    return Any()


for reason, values in [
    ("6: divisor as the number of right images", (18, 570, LOW, HIGH)),
    ("6: divisor as the first multiple", (38, 570, LOW, HIGH)),
    ("6: the other neighbor", (19, 569, LOW, HIGH)),
    ("6: the whole set in place of a fifth", (19, 2848, LOW, HIGH)),
    ("6: the interval exchanged", (19, 570, HIGH, LOW)),
    ("6: per cent", (19, 570, 100 * LOW, 100 * HIGH)),
    (
        "6: the textbook's interval",
        (
            19,
            570,
            0.947368 - 1.96 * math.sqrt(0.947368 * 0.052632 / 570),
            0.947368 + 1.96 * math.sqrt(0.947368 * 0.052632 / 570),
        ),
    ),
    ("6: the interval of 19 images", (19, 570, *metrics.wilson_interval(18, 19))),
    ("6: divisor 1", (1, 570, LOW, HIGH)),
    ("6: size in a list of its own kind", (19, [570, 569], LOW, HIGH)),
    ("6: rounded to two decimals", (19, 570, round(LOW, 2), round(HIGH, 2))),
]:
    answers.wrong(reason)(good, *values)


def fractions(figure, decimals, sizes):
    """Tries all counts; a tuple."""
    return tuple(
        n for n in sizes if any(round(k / n, decimals) == figure for k in range(int(figure * n), int(figure * n) + 2))
    )


def by_numpy(figure, decimals, sizes):
    """NumPy, an array."""
    sizes = np.array(list(sizes))
    counts = np.rint(figure * sizes)
    return sizes[np.isclose(counts / sizes, figure, rtol=0, atol=0.5 * 10.0**-decimals)]


def by_text(figure, decimals, sizes):
    """By text; a set would lose the order, so a list."""
    return [s for s in sizes if f"{round(figure * s) / s:.{decimals}f}" == f"{figure:.{decimals}f}"]


def generator(figure, decimals, sizes):
    return list(filter(lambda s: round(round(figure * s) / s, decimals) == figure, sizes))


answers.right(fractions, 19, 570, LOW, HIGH)
answers.right(by_numpy, np.int64(19), torch.tensor(570), torch.tensor(LOW), torch.tensor(HIGH))
answers.right(by_text, 19, 570, round(LOW, 6), round(HIGH, 6))
answers.right(generator, 19, 570, np.float64(LOW), np.float64(HIGH))
