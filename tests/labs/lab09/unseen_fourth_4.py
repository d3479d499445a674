"""Answers to 09.4 by students who know its text alone."""

import math
from itertools import filterfalse

from helpers.answers import Answers

answers = Answers("09.4", "check_batch_sizes")


def sizes_with(count, loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / count(num_images, b) <= highest]


@answers.wrong("floor", "n // b leaves the smaller last batch out: 10 images in batches of 4 count as two batches")
def floor(loss_sum, num_images, lowest, highest):
    return sizes_with(lambda n, b: n // b, loss_sum, num_images, lowest, highest)


@answers.wrong("floor", "n / b counts a part of the last batch: 10 images in batches of 4 count as 2.5 batches")
def part(loss_sum, num_images, lowest, highest):
    return sizes_with(lambda n, b: n / b, loss_sum, num_images, lowest, highest)


@answers.wrong(
    "too-many", "n // b + 1 is one batch too many where b divides n: 10 images in batches of 5 count as three"
)
def one_more(loss_sum, num_images, lowest, highest):
    return sizes_with(lambda n, b: n // b + 1, loss_sum, num_images, lowest, highest)


@answers.wrong(
    "floor",
    "round(n / b) is right for some sizes only: 10 images in batches of 4 count as two batches, in batches of 8 as one",
)
def nearest(loss_sum, num_images, lowest, highest):
    return sizes_with(lambda n, b: round(n / b), loss_sum, num_images, lowest, highest)


@answers.wrong("by-size", "returns the numbers of batches instead of the batch sizes")
def numbers(loss_sum, num_images, lowest, highest):
    return [k for k in range(1, num_images + 1) if lowest <= loss_sum / k <= highest]


@answers.wrong(
    "batch-sizes",
    "strict bounds: a mean of exactly lowest or highest is refused; sum 4, 2 images, from 2 to 4 gives []",
)
def strict(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest < loss_sum / math.ceil(num_images / b) < highest]


@answers.wrong("whole-set", "range(1, n): the batch that holds all images is never tried")
def without_whole(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong(
    "batch-sizes", "begins with batches of two: a single image to a batch, the answer for r4's test log, is never found"
)
def from_two(loss_sum, num_images, lowest, highest):
    return [b for b in range(2, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong(
    "too-many",
    "only the upper bound is used: sizes with too low a mean, such as single images for a small sum, are kept",
)
def no_lower(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if loss_sum / -(-num_images // b) <= highest]


@answers.wrong("batch-sizes", "powers of two only: 3, 5, 50 and the like are never returned")
def powers(loss_sum, num_images, lowest, highest):
    sizes = (2**k for k in range(num_images.bit_length()))
    return [b for b in sizes if b <= num_images and lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("too-many", "the bounds are never read, 1.6 and 2.5 are built in: right for the notebook's example only")
def fixed(loss_sum, num_images, lowest, highest):
    return sizes_with(lambda n, b: math.ceil(n / b), loss_sum, num_images, 1.6, 2.5)


@answers.wrong(
    "first-only",
    "stops at the first number of batches that fits: of 10 images, sum 6, from 2 to 3 it returns [4], and 5 to 9 (two batches) are lost",
)
def breaks(loss_sum, num_images, lowest, highest):
    sizes, fitting = [], None
    for b in range(1, num_images + 1):
        count = math.ceil(num_images / b)
        if lowest <= loss_sum / count <= highest:
            if fitting not in (None, count):
                break
            fitting = count
            sizes.append(b)
    return sizes


@answers.right  # numpy: all sizes at once, whole-number ceiling
def with_numpy(loss_sum, num_images, lowest, highest):
    import numpy as np

    sizes = np.arange(1, num_images + 1)
    mean = loss_sum / -(-num_images // sizes)
    return sizes[(mean >= lowest) & (mean <= highest)].tolist()


@answers.right  # counts the batches by making them, keeps what is not refused
def by_making(loss_sum, num_images, lowest, highest):
    def refused(size):
        mean = loss_sum / len(range(0, num_images, size))
        return mean < lowest or mean > highest

    return list(filterfalse(refused, range(1, 1 + num_images)))


@answers.right  # the mean grows with the size, so the sizes are one stretch: its two ends by bisection
def by_ends(loss_sum, num_images, lowest, highest):
    def first(good):
        low, high = 1, num_images + 1
        while low < high:
            middle = (low + high) // 2
            if good(loss_sum / ((num_images + middle - 1) // middle)):
                high = middle
            else:
                low = middle + 1
        return low

    return list(range(first(lambda mean: mean >= lowest), first(lambda mean: mean > highest)))
