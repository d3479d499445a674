"""Answers to 09.4 by students who know its text alone."""

import math
from itertools import filterfalse

from helpers.answers import Answers

answers = Answers("09.4", "check_batch_sizes")


# (a) common mistakes
@answers.wrong(
    "floor", "n // b leaves the last, smaller batch out: sizes that do not divide n are judged by too few batches."
)
def cuts_off(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / (num_images // size) <= highest]


@answers.wrong("floor", "n / b counts a part of the last batch: wrong where b does not divide n.")
def part_of_a_batch(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / (num_images / size) <= highest]


@answers.wrong(
    "batch-sizes",
    "Both bounds are left out, though the text allows them: a mean of exactly `highest` or `lowest` is lost.",
)
def strict_bounds(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if lowest < loss_sum / math.ceil(num_images / size) < highest]


@answers.wrong("whole-set", "range(1, n) ends before n: all images in one batch are never tried.")
def never_all(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images) if lowest <= loss_sum / math.ceil(num_images / size) <= highest]


# (b) right for the visible example
@answers.wrong("whole-set", "Tries sizes up to 256 only: larger batches are missing where the sum is small.")
def up_to_256(loss_sum, num_images, lowest, highest):
    return [
        size
        for size in range(1, min(num_images, 256) + 1)
        if lowest <= loss_sum / math.ceil(num_images / size) <= highest
    ]


@answers.wrong("twice", "Returns the smallest and the largest size only: those between are missing.")
def both_ends(loss_sum, num_images, lowest, highest):
    sizes = [size for size in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / size) <= highest]
    return [sizes[0], sizes[-1]] if sizes else []


@answers.wrong("too-many", "The bounds are never read, 1.6 and 2.5 are written in: wrong for any other bounds.")
def own_bounds(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if 1.6 <= loss_sum / math.ceil(num_images / size) <= 2.5]


@answers.wrong(
    "batch-sizes",
    "An upper bound above ln 10 is cut to ln 10: sizes are missing whose mean is between ln 10 and `highest`.",
)
def capped_by_chance(loss_sum, num_images, lowest, highest):
    top = min(highest, math.log(10))
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / size) <= top]


# (c) broken promises
_known = {}


@answers.wrong(
    "batch-sizes", "Remembers the sizes by the number of images: another sum or other bounds get the old sizes."
)
def remembers(loss_sum, num_images, lowest, highest):
    if num_images not in _known:
        _known[num_images] = [
            size for size in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / size) <= highest
        ]
    return list(_known[num_images])


@answers.wrong("too-many", "The list is a default argument: a second call returns the first call's sizes, too.")
def collects(loss_sum, num_images, lowest, highest, sizes=[]):
    for size in range(1, num_images + 1):
        if lowest <= loss_sum / math.ceil(num_images / size) <= highest:
            sizes.append(size)
    return sizes


@answers.wrong("too-many", "Where no size fits it returns all images as one batch instead of an empty list.")
def never_empty(loss_sum, num_images, lowest, highest):
    sizes = [size for size in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / size) <= highest]
    return sizes or [num_images]


# right
@answers.right
def filters(loss_sum, num_images, lowest, highest):
    def outside(size):
        batches = len(range(0, num_images, size))
        mean = loss_sum / batches
        return mean < lowest or mean > highest

    return list(filterfalse(outside, range(1, num_images + 1)))


@answers.right
def by_number_of_batches(loss_sum, num_images, lowest, highest):
    # sizes from n / m up to below n / (m - 1) give m batches
    found, size = [], 1
    while size <= num_images:
        batches = -(-num_images // size)
        end = num_images if batches == 1 else (num_images - 1) // (batches - 1)
        if not (loss_sum / batches < lowest or highest < loss_sum / batches):
            found.extend(range(size, end + 1))
        size = end + 1
    return found


@answers.right
def counts_by_hand(loss_sum, num_images, lowest, highest):
    sizes = []
    for size in reversed(range(1, num_images + 1)):
        whole, rest = divmod(num_images, size)
        mean = loss_sum / (whole + (1 if rest else 0))
        sizes += [size] * (max(lowest, min(mean, highest)) == mean)
    return sizes[::-1]
