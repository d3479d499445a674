"""Right and wrong answers to exercise 04.5: reading 0.947368."""

from __future__ import annotations

from fractions import Fraction

import torch
from helpers.answers import Answers

from resnet_labs.metrics import wilson_interval


def _possible(figure, decimals, sizes):
    return [size for size in sizes if round(round(figure * size) / size, decimals) == figure]


LOW, HIGH = wilson_interval(540, 570)


answers = Answers("04.5", "check_reading", place=lambda possible_sizes: (possible_sizes, 19, 570, LOW, HIGH))


@answers.wrong("counts")
def numbers_of_right_images(figure, decimals, sizes):
    return [round(figure * size) for size in _possible(figure, decimals, sizes)]


@answers.wrong("rounded-down")
def rounded_down(figure, decimals, sizes):
    return [size for size in sizes if round(int(figure * size) / size, decimals) == figure]


@answers.wrong("exact")
def compared_exactly(figure, decimals, sizes):
    return [size for size in sizes if round(figure * size) / size == figure]


@answers.wrong("six-decimals")
def always_six_decimals(figure, decimals, sizes):
    return _possible(figure, 6, sizes)


@answers.wrong("whole-unit")
def a_whole_unit(figure, decimals, sizes):
    return [size for size in sizes if abs(round(figure * size) / size - figure) < 10**-decimals]


@answers.wrong("everything")
def everything_near(figure, decimals, sizes):
    return [size for size in sizes if abs(round(figure * size) / size - figure) < 1]


@answers.wrong("sizes")
def the_first_alone(figure, decimals, sizes):
    return _possible(figure, decimals, sizes)[:1]


@answers.wrong("sizes")
def up_to_a_thousand(figure, decimals, sizes):
    below = list(sizes)
    above = next((place for place, size in enumerate(below) if size > 1000), len(below))
    return _possible(figure, decimals, below[:above])


@answers.wrong("sizes")
def all_between_two_sizes(figure, decimals, sizes):
    return _possible(figure, decimals, range(min(sizes), max(sizes) + 1))


answers.wrong("numerator")(_possible, 18, 570, LOW, HIGH)
answers.wrong("divisor")(_possible, 38, 570, LOW, HIGH)
answers.wrong("not-possible")(_possible, 19, 863, LOW, HIGH)
answers.wrong("not-possible")(_possible, 19, 569, LOW, HIGH)
answers.wrong("not-in-the-table")(_possible, 19, 855, LOW, HIGH)
answers.wrong("not-in-the-table")(_possible, 19, 19, LOW, HIGH)
answers.wrong("whole-set")(_possible, 19, 2848, LOW, HIGH)
answers.wrong("size")(_possible, 19, 571, LOW, HIGH)
answers.wrong("wald")(_possible, 19, 570, 0.9290, 0.9657)
answers.wrong("swapped")(_possible, 19, 570, HIGH, LOW)
answers.wrong("all-flowers")(_possible, 19, 570, *wilson_interval(2698, 2848))
answers.wrong("interval")(_possible, 19, 570, *wilson_interval(810, 855))


@answers.right
def sizes_by_half_a_unit(figure, decimals, sizes):
    return {n for n in sizes if any(abs(k / n - figure) < 0.5 * 10**-decimals for k in range(n + 1))}


def sizes_as_printed(figure, decimals, sizes):
    return [n for n in sizes if f"{figure:.{decimals}f}" in {f"{k / n:.{decimals}f}" for k in range(n + 1)}]


answers.right(sizes_as_printed, 19, 570, round(LOW, 4), round(HIGH, 4))


def sizes_by_fractions(figure, decimals, sizes):
    shown, unit = Fraction(str(figure)), Fraction(1, 10**decimals)
    near = [n for n in sizes if abs(Fraction(round(shown * n), n) - shown) <= unit / 2]
    return torch.tensor(near)


answers.right(sizes_by_fractions, 19, 570, torch.tensor(LOW), torch.tensor(HIGH))
