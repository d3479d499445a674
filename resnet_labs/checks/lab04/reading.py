"""The check of exercise 04.5: what a printed accuracy says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab04 import reference
from resnet_labs.metrics import wilson_interval

# A fifth of each public set of five flowers that the lab names, rounded down and up: of 3,670, 4,242, 4,317, 2,848.
_FIFTHS = (734, 848, 849, 863, 864, 569, 570)

# In this order every wrong answer that has a name differs from all others where it first differs from the right one.
_FIGURES: tuple[tuple[float, int, range | tuple[int, ...]], ...] = (
    (0.666667, 6, range(1, 30)),
    (0.9, 1, range(1, 12)),
    (0.947368, 6, range(1, 200)),
    (0.123, 3, range(1, 400)),
    (0.5, 2, range(1, 30)),
    (0.5, 1, range(1, 30)),
    (0.5, 1, range(1, 12)),
    (0.4, 1, range(1, 12)),
    (0.947368, 6, (57, 2831, 2848, 19, 1140, 600, 570, 38)),
)


@check(
    "04.5", "the printed accuracy allows only multiples of 19, and despite six decimals not even the second is certain"
)
def check_reading(
    probe: Probe,
    possible_sizes: Callable[[float, int, Iterable[int]], Iterable[int]],
    divisor: Any,
    size: Any,
    low: Any,
    high: Any,
) -> None:
    """Check the sizes that allow a figure, and what follows for the report's."""
    size_drawn = probe.random.randint(20, 30)
    part = round(probe.random.randint(1, size_drawn - 1) / size_drawn, 5)
    # Below 64 no fraction lies half-way between two numbers of five decimals.
    drawn = [(part, 5, range(probe.random.randint(2, 9), 64)), (1.0, 3, range(1, 28)), (0.0, 2, range(1, 28))]
    for figure, decimals, numbers in (*_FIGURES, *drawn):
        sizes: Sequence[int] = numbers
        if figure == 1:
            sizes = [*numbers][::-1]
        elif figure == part or isinstance(numbers, tuple):
            sizes = list(numbers)
        shown = f"{numbers.start} to {numbers.stop - 1}" if isinstance(numbers, range) else str(list(numbers))
        given = f"possible_sizes({figure}, {decimals}, {shown})"
        got = probe.call(possible_sizes, figure, decimals, sizes, tested=given, hint="a")
        want = reference.possible_sizes(figure, decimals, sizes)
        probe.expect(
            isinstance(got, (list, tuple, set, range, Tensor, np.ndarray)),
            "sizes-type",
            tested=f"what {given} returns",
            expected="a list of sizes",
            got=got,
            cause=(
                "how many there are, or one of them, is returned; return all of them",
                "a generator or `filter` is returned, which is empty after one walk; make a list of it",
            ),
            hint="a",
        )
        got = [int(each) for each in got]
        want = sorted(want)
        counts = [round(figure * each) for each in want]
        floors = [each for each in sizes if round(int(figure * each) / each, decimals) == figure]
        whole = [each for each in sizes if abs(round(figure * each) / each - figure) < 10**-decimals]
        exact = [each for each in sizes if round(figure * each) / each == figure]
        six = reference.possible_sizes(figure, 6, sizes)
        probe.equal(
            sorted(got),
            want,
            "sizes",
            tested=given,
            cause=(
                "a size fits where some whole number of images, from 0 to all of them, divided by it and rounded, "
                "gives the figure; compare numbers, not text",
                "`figure`, `decimals` or `sizes` is not read, or something is written down that fits one figure",
                "sizes are removed from a list while a loop walks through it, which skips the size after each",
                "the first or the last size is cut off, as by `[1:]`",
            ),
            hint="a",
            mistakes=[
                Mistake(
                    [it for it in sorted(sizes) if it % 19 == 0],
                    "nineteen",
                    "multiples of 19, whatever the figure",
                    "a",
                ),
                Mistake(counts, "counts", "these are the numbers of right images; return the sizes", "a"),
                Mistake(floors, "rounded-down", "`int` rounds down; the nearest whole number is wanted", "a"),
                Mistake(six, "six-decimals", "the figure has `decimals` decimals, not always six", "b"),
                Mistake(
                    exact,
                    "exact",
                    (
                        "the printed figure was rounded; round your fraction before comparing",
                        "the number of right images is rounded up: `math.ceil(0.666667 * 3)` is 3; take the nearest "
                        "one, with `round`",
                    ),
                    "b",
                ),
                Mistake(
                    whole,
                    "whole-unit",
                    "rounding changes a figure by at most half a unit of the last digit, not by a whole one",
                    "b",
                ),
                Mistake(list(sizes), "everything", "the tolerance is too wide: every size passes", "b"),
                Mistake(want[:1], "sizes", "the loop ends at the first size that fits; collect all", "a"),
            ],
        )
    probe.equal(
        divisor,
        19,
        "divisor",
        tested="divisor: what divides every size up to 1,000 that allows 0.947368",
        cause="look at the first sizes that you get, and at their differences",
        hint="c",
        mistakes=[Mistake(18, "numerator", "18/19 is the fraction; 18 counts right images", "c")],
    )
    probe.equal(
        size,
        570,
        "size",
        tested="size: the size in the table of public sets that allows 0.947368",
        cause="call `possible_sizes` with the sizes of the table",
        hint="c",
        mistakes=[
            *(
                Mistake(fifth, "not-possible", f"no whole number of right images out of {fifth} gives 0.947368", "c")
                for fifth in _FIFTHS[:-1]
            ),
            *(
                Mistake(other, "not-in-the-table", f"{other} allows it, but is a fifth of none of these sets", "c")
                for other in range(19, 1001, 19)
                if other not in _FIFTHS
            ),
            Mistake(2848, "whole-set", "this is the whole set; a fifth of it was for validation", "c"),
        ],
    )
    right, of_all = wilson_interval(540, 570), wilson_interval(round(0.947368 * 2848), 2848)
    share = 540 / 570
    arm = 1.959964 * (share * (1 - share) / 570) ** 0.5
    for name, got, expected, swapped, wald, larger in (
        ("low", low, right.low, right.high, share - arm, of_all.low),
        ("high", high, right.high, right.low, share + arm, of_all.high),
    ):
        probe.close(
            got,
            expected,
            "interval",
            tested=f"{name}: the {name} end of the 95 % Wilson interval of 540 in 570",
            cause="`metrics.wilson_interval(correct, total)` takes two whole numbers: 540 right images, the one "
            "nearest to 0.947368 * 570, and 570 images in all",
            hint="c",
            mistakes=[
                Mistake(swapped, "swapped", "this is the other end: it returns low first, then high", "c"),
                Mistake(wald, "wald", "this is the normal interval; use Wilson's", "c"),
                Mistake(larger, "all-flowers", "this is for all 2,848 images; `size` of them were validation", "c"),
            ],
            atol=2e-4,
        )
