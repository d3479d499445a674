"""Answers to 04.5 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

from resnet_labs import metrics

answers = Answers("04.5", "check_reading")


def _sizes(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, decimals) == round(figure, decimals)]


LOW, HIGH = metrics.wilson_interval(540, 570)


# Wrong answers: the function.


def cut_off(figure, decimals, sizes):
    return [n for n in sizes if round(int(figure * n) / n, decimals) == figure]


answers.wrong("?", "int cuts the candidate off: 18 of 19 becomes 17")(cut_off, 19, 570, LOW, HIGH)


def exactly(figure, decimals, sizes):
    return [n for n in sizes if round(figure * n) / n == figure]


answers.wrong("?", "no rounding of the fraction: no size comes out for 0.947368")(exactly, 19, 570, LOW, HIGH)


def right_images(figure, decimals, sizes):
    return [round(figure * n) for n in _sizes(figure, decimals, sizes)]


answers.wrong("?", "the numbers of right images, not the sizes")(right_images, 19, 570, LOW, HIGH)


def six_decimals(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, 6) == round(figure, 6)]


answers.wrong("?", "six decimals always, the argument is never read; shows for 0.95 with two")(
    six_decimals, 19, 570, LOW, HIGH
)


def a_whole_unit(figure, decimals, sizes):
    return [n for n in sizes if abs(round(figure * n) / n - figure) <= 10**-decimals]


answers.wrong("?", "a whole unit of the last decimal is allowed, not half of one; shows for two decimals")(
    a_whole_unit, 19, 570, LOW, HIGH
)


def truncated(figure, decimals, sizes):
    unit = 10**decimals
    return [n for n in sizes if math.floor(round(figure * n) / n * unit + 1e-9) == round(figure * unit)]


answers.wrong("?", "decimals are cut off, not rounded; shows for 0.667, which is two of three")(
    truncated, 19, 570, LOW, HIGH
)


def first_find(figure, decimals, sizes):
    for n in sizes:
        if _sizes(figure, decimals, [n]):
            return [n]
    return []


answers.wrong("?", "ends at the first size that fits")(first_find, 19, 570, LOW, HIGH)


def multiples_of_nineteen(figure, decimals, sizes):
    return [n for n in sizes if n % 19 == 0]


answers.wrong("?", "multiples of 19, whatever the figure is")(multiples_of_nineteen, 19, 570, LOW, HIGH)


def the_next_above(figure, decimals, sizes):
    return [n for n in sizes if round(math.ceil(figure * n) / n, decimals) == round(figure, decimals)]


answers.wrong("?", "the candidate is always rounded up; shows for figures that were rounded up, as 0.667")(
    the_next_above, 19, 570, LOW, HIGH
)


def taken_out_of_the_list(figure, decimals, sizes):
    fitting = set(_sizes(figure, decimals, sizes))
    for n in list(sizes):
        if n not in fitting:
            sizes.remove(n)
    return sizes


answers.wrong("?", "the others are taken out of the caller's own list; an error for a range")(
    taken_out_of_the_list, 19, 570, LOW, HIGH
)


def never_none_right(figure, decimals, sizes):
    found = []
    for n in sizes:
        candidate = round(figure * n)
        if candidate and round(candidate / n, decimals) == round(figure, decimals):
            found.append(n)
    return found


answers.wrong("?", "0 right images are taken for no candidate; shows for the figure 0.0")(
    never_none_right, 19, 570, LOW, HIGH
)


def never_all_right(figure, decimals, sizes):
    return [n for n in _sizes(figure, decimals, sizes) if round(figure * n) < n]


answers.wrong("?", "all images right is not allowed; shows for the figure 1.0")(never_all_right, 19, 570, LOW, HIGH)


def up_to_a_thousand(figure, decimals, sizes):
    return [n for n in _sizes(figure, decimals, range(1, 1001)) if n in sizes]


answers.wrong("?", "sizes above 1,000 are never tried; shows for 1,900")(up_to_a_thousand, 19, 570, LOW, HIGH)


def a_dictionary(figure, decimals, sizes):
    return {n: round(figure * n) for n in _sizes(figure, decimals, sizes)}


answers.wrong("?", "a dictionary from sizes to right images, not a list")(a_dictionary, 19, 570, LOW, HIGH)


def nearest_is_enough(figure, decimals, sizes):
    return [n for n in sizes if abs(round(figure * n) - figure * n) < 0.05]


answers.wrong(
    "?",
    "the right images are compared with figure * n, to 0.05 images, not the fractions; shows for small figures and few decimals",
)(nearest_is_enough, 19, 570, LOW, HIGH)


# Wrong answers: the values.


def with_twice_the_divisor(figure, decimals, sizes):
    return _sizes(figure, decimals, sizes)


answers.wrong("?", "38 divides every other size only")(with_twice_the_divisor, 38, 570, LOW, HIGH)


def with_the_larger_neighbor(figure, decimals, sizes):
    return _sizes(figure, decimals, sizes)


answers.wrong("?", "569, the other neighbor, with an interval of its own; no whole number of 569 gives the figure")(
    with_the_larger_neighbor, 19, 569, *metrics.wilson_interval(539, 569)
)


def with_ends_swapped(figure, decimals, sizes):
    return _sizes(figure, decimals, sizes)


answers.wrong("?", "low is the high end")(with_ends_swapped, 19, 570, HIGH, LOW)


def with_the_textbook_interval(figure, decimals, sizes):
    return _sizes(figure, decimals, sizes)


_ARM = 1.96 * math.sqrt(0.947368 * (1 - 0.947368) / 570)
answers.wrong("?", "the textbook's interval around the figure, not Wilson's")(
    with_the_textbook_interval, 19, 570, 0.947368 - _ARM, 0.947368 + _ARM
)


def with_one_image_less(figure, decimals, sizes):
    return _sizes(figure, decimals, sizes)


answers.wrong("?", "int(0.947368 * 570) is 539, one image too few for the interval")(
    with_one_image_less, 19, 570, *metrics.wilson_interval(539, 570)
)


# Right answers.


def with_a_tolerance(figure, decimals, sizes):
    half = 0.5 * 10.0**-decimals + 1e-12
    return list(filter(lambda n: abs(round(figure * n) / n - figure) <= half, sizes))


answers.right(with_a_tolerance, 19, 570, LOW, HIGH)


def in_whole_numbers(figure, decimals, sizes):
    """No fraction is ever made: 2 |right * unit - printed * n| is at most n."""
    unit = 10**decimals
    printed = round(figure * unit)
    found = []
    for n in sizes:
        nearest = (2 * printed * n + unit) // (2 * unit)
        if any(
            2 * abs(right * unit - printed * n) <= n for right in (nearest - 1, nearest, nearest + 1) if 0 <= right <= n
        ):
            found.append(n)
    return found


answers.right(
    in_whole_numbers, math.gcd(*in_whole_numbers(0.947368, 6, range(1, 1001))), 570, *metrics.wilson_interval(540, 570)
)


def as_text(figure, decimals, sizes):
    printed = f"{figure:.{decimals}f}"
    return [n for n in sizes if f"{round(float(printed) * n) / n:.{decimals}f}" == printed]


_TABLE = [734, 848, 849, 863, 864, 569, 570]
answers.right(as_text, 19, as_text(0.947368, 6, _TABLE)[0], LOW, HIGH)


def every_candidate_tried(figure, decimals, sizes):
    def near(n):
        return range(max(0, int(figure * n) - 3), min(n, int(figure * n) + 3) + 1)

    return [n for n in sizes if any(round(right / n, decimals) == round(figure, decimals) for right in near(n))]


_ENDS = metrics.wilson_interval(round(0.947368 * 570), 570)
answers.right(
    every_candidate_tried,
    int(np.gcd.reduce(every_candidate_tried(0.947368, 6, range(19, 200)))),
    570,
    _ENDS[0],
    _ENDS[1],
)


def with_arrays(figure, decimals, sizes):
    tried = np.array(list(sizes), dtype=np.int64)
    fractions = np.rint(figure * tried) / tried
    return tried[np.abs(fractions - figure) < 0.5 * 10.0**-decimals + 1e-12].tolist()


answers.right(with_arrays, np.int64(19), np.int64(570), np.float64(LOW), np.float64(HIGH))


def one_after_the_other(figure, decimals, sizes):
    """One size after the other, from a copy."""

    def fits(n):
        return any(
            round(right / n, decimals) == round(figure, decimals)
            for right in (math.floor(figure * n), math.ceil(figure * n))
        )

    found, left = [], iter(tuple(sizes))

    def go_on():
        for n in left:
            if fits(n):
                return found.append(n) or True
        return False

    while go_on():
        pass
    return found


answers.right(one_after_the_other, 19, 570, round(LOW, 12), round(HIGH, 12))
