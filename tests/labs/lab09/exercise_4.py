"""Right and wrong answers to exercise 09.4: the batch size from a summed loss."""

from __future__ import annotations

import math

import torch
from helpers.answers import Answers

answers = Answers("09.4", "check_batch_sizes")


def found(loss_sum, num_images, lowest, highest, number):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / number(num_images, b) <= highest]


@answers.right
def by_ceil(loss_sum, num_images, lowest, highest):
    return found(loss_sum, num_images, lowest, highest, lambda n, b: math.ceil(n / b))


@answers.right
def by_counting(loss_sum, num_images, lowest, highest):
    sizes = set()
    for size in range(1, num_images + 1):
        batches = len(range(0, num_images, size))
        if not (loss_sum < lowest * batches or loss_sum > highest * batches):
            sizes.add(size)
    return sizes


@answers.right
def in_tensors(loss_sum, num_images, lowest, highest):
    sizes = torch.arange(1, num_images + 1)
    means = loss_sum / ((num_images + sizes - 1) // sizes).double()
    return sizes[(means >= lowest) & (means <= highest)]


@answers.wrong("floor")
def by_floor(loss_sum, num_images, lowest, highest):
    return found(loss_sum, num_images, lowest, highest, lambda n, b: n // b)


@answers.wrong("by-size")
def over_the_batch_size(loss_sum, num_images, lowest, highest):
    return found(loss_sum, num_images, lowest, highest, lambda n, b: b)


@answers.wrong("floor")
def without_rounding(loss_sum, num_images, lowest, highest):
    return found(loss_sum, num_images, lowest, highest, lambda n, b: n / b)


@answers.wrong("number-of-batches")
def batches_instead(loss_sum, num_images, lowest, highest):
    return sorted({math.ceil(num_images / b) for b in by_ceil(loss_sum, num_images, lowest, highest)})


@answers.wrong("whole-set")
def less_than_all(loss_sum, num_images, lowest, highest):
    return [b for b in by_ceil(loss_sum, num_images, lowest, highest) if b < num_images]


@answers.wrong("too-many")
def one_bound(loss_sum, num_images, lowest, highest):
    return found(loss_sum, num_images, 0, highest, lambda n, b: math.ceil(n / b))


@answers.wrong("first-only")
def the_first(loss_sum, num_images, lowest, highest):
    return by_ceil(loss_sum, num_images, lowest, highest)[:1]


@answers.wrong("batch-sizes")
def strictly_between(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest < loss_sum / math.ceil(num_images / b) < highest]


@answers.wrong("kind")
def the_means(loss_sum, num_images, lowest, highest):
    return [loss_sum / math.ceil(num_images / b) for b in range(1, num_images + 1)]


@answers.wrong("batch-sizes")
def round_sizes_only(loss_sum, num_images, lowest, highest):
    return [b for b in by_ceil(loss_sum, num_images, lowest, highest) if b in (1, 8, 10, 16, 32, 50, 64, 100, 128)]


@answers.wrong("batch-sizes")
def one_size_for_each_number(loss_sum, num_images, lowest, highest):
    sizes = by_ceil(loss_sum, num_images, lowest, highest)
    return sorted({math.ceil(num_images / b): b for b in reversed(sizes)}.values())


@answers.wrong("too-many")
def mean_with_two_decimals(loss_sum, num_images, lowest, highest):
    means = {b: round(loss_sum / math.ceil(num_images / b), 2) for b in range(1, num_images + 1)}
    return [b for b, mean in means.items() if lowest <= mean <= highest]
