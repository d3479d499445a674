"""Answers to 04.5 by students who know its text alone."""

import math

import numpy as np
from helpers.answers import Answers

from resnet_labs import metrics

answers = Answers("04.5", "check_reading")

_ends = metrics.wilson_interval(540, 570)
LOW, HIGH = _ends.low, _ends.high


def good(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, decimals) == round(figure, decimals)]


def possible(*arguments):
    return good(*arguments)


# Right: compares what would be printed.
@lambda function: answers.right(function, 19, 570, LOW, HIGH)
def as_printed(figure, decimals, sizes):
    def printed(number):
        return format(number, f".{decimals}f")

    return list(filter(lambda n: printed(round(n * figure) / n) == printed(figure), sizes))


# Right: numpy on all sizes at once; the divisor found with gcd, the size by the function itself.
@lambda function: answers.right(
    function,
    math.gcd(*function(0.947368, 6, range(1, 1001))),
    function(0.947368, 6, [734, 848, 849, 863, 864, 569, 570])[0],
    LOW,
    HIGH,
)
def by_numpy(figure, decimals, sizes):
    sizes = np.array(list(sizes), dtype=np.int64)
    shares = np.rint(figure * sizes) / sizes
    return sizes[np.isclose(np.round(shares, decimals), figure, rtol=0, atol=1e-10)].tolist()


# Right: an object, every number of right images is tried.
class Possible:
    def __call__(self, figure, decimals, sizes):
        found = []
        for n in sizes:
            for right in range(n + 1):
                if round(right / n, decimals) == figure:
                    found.append(n)
                    break
        return found


answers.right(Possible(), 19, 570, LOW, HIGH)


def wrong(reason):
    return lambda function: answers.wrong(reason)(function, 19, 570, LOW, HIGH)


@wrong("int() cuts off: 0.947368 * 19 = 17.99999 becomes 17, and no multiple of 19 comes out")
def cut_off(figure, decimals, sizes):
    return [n for n in sizes if round(int(figure * n) / n, decimals) == figure]


@wrong("returns the numbers of right images (18 of 19) instead of the sizes")
def candidates(figure, decimals, sizes):
    return [round(figure * n) for n in good(figure, decimals, sizes)]


@wrong(
    "a whole unit of the last decimal is allowed, not half: 0.67 in two decimals allows 28 (19/28 = 0.6786, printed 0.68)"
)
def whole_unit(figure, decimals, sizes):
    return [n for n in sizes if abs(round(figure * n) / n - figure) < 10**-decimals]


@wrong("decimals is never read: six always, so that 0.67 in two decimals does not allow 3 (2/3)")
def six_decimals(figure, decimals, sizes):
    return [n for n in sizes if round(round(figure * n) / n, 6) == figure]


@wrong("the figure is never read: multiples of 19 for every figure, 0.5 in one decimal does not allow 2")
def multiples_of_19(figure, decimals, sizes):
    return [n for n in sizes if n % 19 == 0]


@wrong(
    "takes sizes out of the list that it was given: the caller's list is shorter afterwards, and neighbors are skipped"
)
def takes_away(figure, decimals, sizes):
    sizes = sizes if isinstance(sizes, list) else list(sizes)
    for n in sizes:
        if round(round(figure * n) / n, decimals) != figure:
            sizes.remove(n)
    return sizes


@wrong("at least one right and one wrong image: the figures 0.0 and 1.0 allow no size, though they allow all")
def none_and_all_left_out(figure, decimals, sizes):
    return [n for n in sizes if any(round(right / n, decimals) == figure for right in range(1, n))]


@wrong(
    "compares the printed fraction with str(figure): 0.5 in three decimals is '0.500' and not '0.5', so no size comes out"
)
def trailing_zeros(figure, decimals, sizes):
    return [n for n in sizes if f"{round(figure * n) / n:.{decimals}f}" == str(figure)]


answers.wrong("interval", "low and high from 539 right images, int(0.947368 * 570) instead of round")(
    possible, 19, 570, metrics.wilson_interval(539, 570).low, metrics.wilson_interval(539, 570).high
)

answers.wrong("not-possible", "the size is 569, the other neighbor, and the interval is that of 539 of 569")(
    possible, 19, 569, metrics.wilson_interval(539, 569).low, metrics.wilson_interval(539, 569).high
)

answers.wrong("numerator", "the divisor is 18, the right images of the smallest size, instead of 19")(
    possible, 18, 570, LOW, HIGH
)

_p = 540 / 570
_arm = 1.96 * math.sqrt(_p * (1 - _p) / 570)
answers.wrong("wald", "low and high of the textbook's p +- 1.96 s, [0.929, 0.966], instead of Wilson's [0.926, 0.963]")(
    possible, 19, 570, _p - _arm, _p + _arm
)
