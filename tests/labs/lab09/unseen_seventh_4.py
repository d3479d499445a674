"""Answers to 09.4 by students who know its text alone."""

import math
from itertools import filterfalse

from helpers.answers import Answers

answers = Answers("09.4", "check_batch_sizes")


@answers.wrong(
    "?", "counts full batches only (n // b), so the smaller last batch is left out: 10 images in batches of 4 are 3"
)
def full_batches(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / (num_images // size) <= highest]


@answers.wrong("?", "n / b without ceil counts a part of the last batch: 10 images in batches of 4 are 2.5 batches")
def broken_batches(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / (num_images / size) <= highest]


@answers.wrong(
    "?", "always adds one batch (n // b + 1), which is one too many where b divides n: 10 images in batches of 5"
)
def one_batch_more(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / (num_images // size + 1) <= highest]


@answers.wrong("?", "excludes the bounds themselves (<): a sum of 20 with 10 batches and lowest 2.0 loses its size")
def bounds_excluded(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if lowest < loss_sum / math.ceil(num_images / size) < highest]


@answers.wrong("?", "returns the numbers of batches instead of the sizes")
def numbers_of_batches(loss_sum, num_images, lowest, highest):
    counts = {math.ceil(num_images / size) for size in range(1, num_images + 1)}
    return sorted(count for count in counts if lowest <= loss_sum / count <= highest)


@answers.wrong(
    "?",
    "range ends before num_images, so one batch of all images is never found: sum 2, 10 images, bounds 1.6 and 2.5 lose size 10",
)
def all_images_missing(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images) if lowest <= loss_sum / math.ceil(num_images / size) <= highest]


@answers.wrong(
    "?", "returns only the smallest and the largest size, which the visible example prints, and none between them"
)
def both_ends(loss_sum, num_images, lowest, highest):
    sizes = [size for size in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / size) <= highest]
    return [sizes[0], sizes[-1]] if sizes else []


@answers.wrong(
    "?",
    "keeps one size for each number of batches: 10 images in batches of 5, 6, 7, 8 or 9 are 2 batches each, and 6 to 9 are missing",
)
def one_size_each(loss_sum, num_images, lowest, highest):
    kept = {}
    for size in range(1, num_images + 1):
        count = math.ceil(num_images / size)
        if lowest <= loss_sum / count <= highest:
            kept.setdefault(count, size)
    return list(kept.values())


@answers.wrong(
    "?", "the bounds 1.6 and 2.5 of the notebook instead of `lowest` and `highest`: wrong for every other pair"
)
def fixed_bounds(loss_sum, num_images, lowest, highest):
    return [size for size in range(1, num_images + 1) if 1.6 <= loss_sum / math.ceil(num_images / size) <= 2.5]


@answers.wrong("?", "takes only sizes that divide num_images, though the last batch may be smaller: 4 of 10 is missing")
def divisors_only(loss_sum, num_images, lowest, highest):
    return [
        size
        for size in range(1, num_images + 1)
        if num_images % size == 0 and lowest <= loss_sum / (num_images // size) <= highest
    ]


@answers.wrong("?", "rounds the mean loss to one decimal before comparing: 2.54 passes for a highest of 2.5")
def rounded_mean(loss_sum, num_images, lowest, highest):
    return [
        size
        for size in range(1, num_images + 1)
        if lowest <= round(loss_sum / math.ceil(num_images / size), 1) <= highest
    ]


@answers.wrong("?", "divides the sum by the number of batches times log 2, as if nats had to become bits")
def in_bits(loss_sum, num_images, lowest, highest):
    return [
        size
        for size in range(1, num_images + 1)
        if lowest <= loss_sum / math.ceil(num_images / size) / math.log(2) <= highest
    ]


@answers.wrong(
    "?",
    "ceil of n times the reciprocal 1 / b, whose rounding error adds a batch for some pairs: 525 images in batches of 105 become 6",
)
def reciprocal(loss_sum, num_images, lowest, highest):
    return [
        size for size in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images * (1 / size)) <= highest
    ]


@answers.wrong("?", "tries sizes up to 512 only, as if no batch were larger: one batch of 1000 images is missing")
def up_to_512(loss_sum, num_images, lowest, highest):
    return [
        size
        for size in range(1, min(num_images, 512) + 1)
        if lowest <= loss_sum / math.ceil(num_images / size) <= highest
    ]


@answers.right
def whole_numbers(loss_sum, num_images, lowest, highest):
    found = []
    for size in range(1, num_images + 1):
        batches, rest = divmod(num_images, size)
        mean = loss_sum / (batches + bool(rest))
        if not (mean < lowest or mean > highest):
            found.append(size)
    return found


@answers.right
def batches_in_full(loss_sum, num_images, lowest, highest):
    def batches(size):
        return len(range(0, num_images, size))

    return list(
        filterfalse(
            lambda size: loss_sum / batches(size) < lowest or highest < loss_sum / batches(size),
            range(1, 1 + num_images),
        )
    )


@answers.right
def with_numpy(loss_sum, num_images, lowest, highest):
    import numpy as np

    sizes = np.arange(1, num_images + 1)
    means = loss_sum / ((num_images + sizes - 1) // sizes)
    return sizes[(lowest <= means) & (means <= highest)].tolist()


@answers.right
def with_torch(loss_sum, num_images, lowest, highest):
    import torch

    sizes = torch.arange(1, num_images + 1)
    batches = torch.div(num_images - 1, sizes, rounding_mode="floor") + 1
    means = torch.tensor(float(loss_sum), dtype=torch.float64) / batches.double()
    return [int(size) for size in sizes[means.ge(lowest).logical_and(means.le(highest))]]


@answers.right
def with_fractions(loss_sum, num_images, lowest, highest):
    from fractions import Fraction

    total, low, high = map(Fraction, (loss_sum, lowest, highest))
    return [
        size
        for size in range(1, num_images + 1)
        if low * -(-num_images // size) <= total <= high * -(-num_images // size)
    ]


@answers.right
def from_the_largest(loss_sum, num_images, lowest, highest):
    """Walks down from one batch of all images and puts each size in front."""
    sizes, size = [], num_images
    while size > 0:
        left, batches = num_images, 0
        if size > 1:
            batches = math.ceil(Ratio(left, size))
        else:
            batches = left
        if lowest <= loss_sum / batches and loss_sum / batches <= highest:
            sizes.insert(0, size)
        size -= 1
    return sizes


class Ratio:
    """A fraction that can only be rounded up."""

    def __init__(self, upper, lower):
        self.upper, self.lower = upper, lower

    def __ceil__(self):
        return self.upper // self.lower + (self.upper % self.lower > 0)
