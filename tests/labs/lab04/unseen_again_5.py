"""More answers to 04.5 by someone who knew the exercise and not its check."""

import math
from fractions import Fraction

from helpers.answers import Answers

from resnet_labs import metrics

answers = Answers("04.5", "check_reading")


def _sizes(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, decimals) == round(figure, decimals)]


LOW, HIGH = metrics.wilson_interval(540, 570)
NAMES = 19, 570, LOW, HIGH


# Printed text against printed text.
def as_text(figure, decimals, sizes):
    wanted = f"{figure:.{decimals}f}"
    return list(filter(lambda n: f"{round(figure * n) / n:.{decimals}f}" == wanted, sizes))


# divisor computed as a greatest common divisor, size taken from the table.
answers.right(
    as_text,
    math.gcd(*as_text(0.947368, 6, range(1, 1001))),
    as_text(0.947368, 6, [734, 848, 849, 863, 864, 569, 570])[0],
    *metrics.wilson_interval(round(0.947368 * 570), 570),
)


# Exact fractions, half a unit to each side.
def by_fractions(figure, decimals, sizes):
    shown = Fraction(f"{figure:.{decimals}f}")
    half = Fraction(1, 2 * 10**decimals)
    return [size for size in sizes if abs(Fraction(round(shown * size), size) - shown) <= half]


answers.right(by_fractions, *NAMES)


# Every whole number of right images is tried.
def all_candidates(figure, decimals, sizes):
    found = []
    for size in sizes:
        if any(round(right / size, decimals) == round(figure, decimals) for right in range(size + 1)):
            found.append(size)
    return found


answers.right(all_candidates, *NAMES)


def cuts_off(figure, decimals, sizes):
    return [n for n in sizes if round(int(figure * n) / n, decimals) == figure]


answers.wrong("rounded-down", "int cuts off: 0.947368 * 19 is 17.99, so 17 is tried, and no size comes out")(
    cuts_off, *NAMES
)


def six_decimals(figure, decimals, sizes):
    return [n for n in sizes if abs(round(figure * n) / n - figure) <= 5e-7]


answers.wrong("six-decimals", "decimals is never read: for 0.67 with two decimals 3 images are not found")(
    six_decimals, *NAMES
)


def nineteens(figure, decimals, sizes):
    return [n for n in sizes if n % 19 == 0]


answers.wrong("nineteen", "multiples of 19 whatever the figure")(nineteens, *NAMES)


def candidates(figure, decimals, sizes):
    return [round(figure * n) for n in _sizes(figure, decimals, sizes)]


answers.wrong("counts", "the numbers of right images instead of the sizes")(candidates, *NAMES)


def whole_unit(figure, decimals, sizes):
    return [n for n in sizes if abs(round(figure * n) / n - figure) < 10.0**-decimals]


answers.wrong(
    "whole-unit",
    "a whole unit of the last decimal instead of half: too many sizes, such as 29 for 0.65 with 19 / 29 = 0.6552",
)(whole_unit, *NAMES)


def truncates(figure, decimals, sizes):
    scale = 10**decimals
    return [n for n in sizes if math.floor(round(figure * n) / n * scale) == round(figure * scale)]


answers.wrong("exact", "cuts the fraction off instead of rounding it: 2 / 3 is not 0.67")(truncates, *NAMES)


def not_perfect(figure, decimals, sizes):
    return [n for n in _sizes(figure, decimals, sizes) if 0 < round(figure * n) < n]


answers.wrong("sizes", "all or none right is left out: 1.0 and 0.0 are allowed by every size, and none comes out")(
    not_perfect, *NAMES
)


def own_sizes(figure, decimals, sizes):
    return _sizes(figure, decimals, range(1, 1001))


answers.wrong("sizes", "sizes are never read: 1 to 1,000 always")(own_sizes, *NAMES)


def smallest(figure, decimals, sizes):
    return _sizes(figure, decimals, sizes)[:1]


answers.wrong("sizes", "only the first size that allows it")(smallest, *NAMES)


def exactly(figure, decimals, sizes):
    return [n for n in sizes if abs(figure * n - round(figure * n)) < 1e-9]


answers.wrong(
    "exact", "the product must be whole: a rounded figure such as 0.947368 then allows no size below 125,000"
)(exactly, *NAMES)


def strikes_out(figure, decimals, sizes):
    for n in list(sizes):
        if n not in _sizes(figure, decimals, [n]) and isinstance(sizes, list):
            sizes.remove(n)
    return sizes if isinstance(sizes, list) else _sizes(figure, decimals, sizes)


answers.wrong("changes-input", "strikes the others out of the caller's list, which is changed")(strikes_out, *NAMES)


answers.wrong("numerator", "divisor is 18, the number of right images of 19")(_sizes, 18, 570, LOW, HIGH)


answers.wrong("not-possible", "size is 863, which does not allow the figure, with its interval")(
    _sizes, 19, 863, *metrics.wilson_interval(818, 863)
)


answers.wrong("wald", "the interval is p plus and minus 1.96 s, not Wilson's")(
    _sizes,
    19,
    570,
    18 / 19 - 1.96 * math.sqrt(18 / 19 / 19 / 570),
    18 / 19 + 1.96 * math.sqrt(18 / 19 / 19 / 570),
)


answers.wrong("interval", "the interval of 539 of 570: int(0.947368 * 570) cuts off")(
    _sizes, 19, 570, *metrics.wilson_interval(539, 570)
)


answers.wrong("interval", "the interval of 18 of 19 images, not of 570")(
    _sizes, 19, 570, *metrics.wilson_interval(18, 19)
)
