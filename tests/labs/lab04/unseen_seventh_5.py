"""Answers to 04.5 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

from resnet_labs import metrics

answers = Answers("04.5", "check_reading")


def correct(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, decimals) == figure]


DIVISOR, SIZE = 19, 570
LOW, HIGH = metrics.wilson_interval(540, 570)


def cut_off(figure, decimals, sizes):
    return [n for n in sizes if round(int(figure * n) / n, decimals) == figure]


answers.wrong("?", "int cuts the candidate off: 0.947368 * 19 is a little below 18")(cut_off, DIVISOR, SIZE, LOW, HIGH)


def whole_unit(figure, decimals, sizes):
    return [n for n in sizes if abs(round(figure * n) / n - figure) < 10**-decimals]


answers.wrong("?", "allows a whole unit of the last decimal for half a unit; shows with few decimals or large sizes")(
    whole_unit, DIVISOR, SIZE, LOW, HIGH
)


def six_decimals(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, 6) == figure]


answers.wrong("?", "never reads decimals: six are built in; shows for 0.67 with two")(
    six_decimals, DIVISOR, SIZE, LOW, HIGH
)


def truncated(figure, decimals, sizes):
    unit = 10**decimals
    whole = round(figure * unit)
    return [n for n in sizes if any(k * unit // n == whole for k in (math.floor(figure * n), math.ceil(figure * n)))]


answers.wrong("?", "takes the printed figure to be cut off and not rounded: 2/3 was printed as 0.667")(
    truncated, DIVISOR, SIZE, LOW, HIGH
)


def candidates(figure, decimals, sizes):
    return [round(figure * n) for n in sizes if round(round(figure * n) / n, decimals) == figure]


answers.wrong("?", "returns the numbers of right images, not the sizes")(candidates, DIVISOR, SIZE, LOW, HIGH)


def first_only(figure, decimals, sizes):
    for n in sizes:
        if round(round(figure * n) / n, decimals) == figure:
            return [n]
    return []


answers.wrong("?", "ends at the first size that it finds")(first_only, DIVISOR, SIZE, LOW, HIGH)


def multiples_of_19(figure, decimals, sizes):
    return [n for n in sizes if n % 19 == 0]


answers.wrong("?", "knows the example's 19 and never reads the figure")(multiples_of_19, DIVISOR, SIZE, LOW, HIGH)


def takes_out(figure, decimals, sizes):
    left = sizes if isinstance(sizes, list) else list(sizes)
    for n in list(left):
        if round(round(figure * n) / n, decimals) != figure:
            left.remove(n)
    return left


answers.wrong("?", "removes sizes from the list that it is given, and returns that list")(
    takes_out, DIVISOR, SIZE, LOW, HIGH
)


def rounded_up(figure, decimals, sizes):
    return [n for n in sizes if round(min(n, math.ceil(figure * n)) / n, decimals) == figure]


answers.wrong("?", "always rounds the candidate up: 0.667 * 3 is a little above 2")(
    rounded_up, DIVISOR, SIZE, LOW, HIGH
)


def neither_all_nor_none(figure, decimals, sizes):
    return [n for n in sizes if any(round(k / n, decimals) == figure for k in range(1, n))]


answers.wrong("?", "tries 1 to n - 1 right images: none of them right, or all, is left out (figures 0.0 and 1.0)")(
    neither_all_nor_none, DIVISOR, SIZE, LOW, HIGH
)


def ascending_once(figure, decimals, sizes):
    return sorted({n for n in sizes if round(round(figure * n) / n, decimals) == round(figure, decimals)})[1:]


answers.wrong("?", "loses the smallest size that allows the figure, off by one")(
    ascending_once, DIVISOR, SIZE, LOW, HIGH
)

answers.wrong("?", "size is the lower neighbor of a fifth of OpenMMLab's set, 569, which is no multiple of 19")(
    correct, DIVISOR, 569, *metrics.wilson_interval(539, 569)
)
answers.wrong("?", "the number of right images was cut off: the interval of 539 of 570 for 540")(
    correct, DIVISOR, SIZE, *metrics.wilson_interval(int(0.947368 * 570), 570)
)


def textbook_ends(p, n):
    arm = 1.96 * math.sqrt(p * (1 - p) / n)
    return p - arm, p + arm


answers.wrong("?", "low and high are the ends of p +- 1.96 s, not of Wilson's interval")(
    correct, DIVISOR, SIZE, *textbook_ends(540 / 570, 570)
)


def by_text(figure, decimals, sizes):
    printed = f"{figure:.{decimals}f}"
    return list(filter(lambda n: f"{round(figure * n) / n:.{decimals}f}" == printed, sizes))


answers.right(by_text, 19, 570, *metrics.wilson_interval(540, 570))


def by_trying_all(figure, decimals, sizes):
    target = round(figure, decimals)
    found = []
    for n in sizes:
        for k in range(n + 1):
            if round(k / n, decimals) == target:
                found.append(n)
                break
    return found


answers.right(by_trying_all, math.gcd(*by_trying_all(0.947368, 6, range(1, 1001))), SIZE, LOW, HIGH)


def with_numpy(figure, decimals, sizes):
    sizes = list(sizes)
    n = np.asarray(sizes, dtype=np.float64)
    shares = np.rint(figure * n) / n
    hits = [round(float(share), decimals) == round(float(figure), decimals) for share in shares]
    return [size for size, hit in zip(sizes, hits, strict=True) if hit]


answers.right(
    with_numpy,
    int(np.gcd.reduce(with_numpy(0.947368, 6, range(1, 1001)))),
    with_numpy(0.947368, 6, [734, 848, 849, 863, 864, 569, 570])[0],
    metrics.wilson_interval(540, 570).low,
    metrics.wilson_interval(540, 570).high,
)


class Reader:
    def __init__(self, near=(-1, 0, 1)):
        self.near = near

    def allows(self, figure, decimals, n):
        middle = math.floor(figure * n + 0.5)
        tried = {min(n, max(0, middle + step)) for step in self.near}
        return any(math.isclose(round(k / n, decimals), figure, rel_tol=0, abs_tol=1e-12) for k in tried)

    def __call__(self, figure, decimals, sizes):
        return [*(n for n in sizes if self.allows(figure, decimals, n))]


answers.right(Reader(), 19, 570, float(LOW), float(HIGH))


def in_whole_numbers(figure, decimals, sizes):
    # k / n is within half a unit of the figure; all in whole numbers
    unit = 10**decimals
    printed = round(figure * unit)

    def allowed(n):
        k = (2 * printed * n + unit) // (2 * unit)  # nearest to printed / unit * n
        return 2 * abs(k * unit - printed * n) <= n and round(k / n, decimals) == round(figure, decimals)

    return [n for n in sizes if allowed(int(n))]


answers.right(in_whole_numbers, DIVISOR, SIZE, *(float(end) for end in (LOW, HIGH)))


def by_recursion(figure, decimals, sizes):
    def go(left):
        if len(left) == 0:
            return []
        if len(left) == 1:
            (n,) = left
            return [n] if abs(round(round(n * figure) / n, decimals) - figure) < 0.1 * 10**-decimals else []
        half = len(left) // 2
        return go(left[:half]) + go(left[half:])

    return go(tuple(sizes))


answers.right(
    by_recursion, np.int64(19), 2848 // 5 + 1, *metrics.wilson_interval(total=570, correct=round(0.947368 * 570))
)
