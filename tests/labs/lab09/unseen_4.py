"""Answers to 09.4 by someone who knew the exercise and not its check."""

import math

import numpy
from helpers.answers import Answers

answers = Answers("09.4", "check_batch_sizes")


@answers.wrong(
    "too-many",
    "one size for each number of batches: of the sizes that give the same number all but the smallest are missing",
)
def one_for_each_count(loss_sum, num_images, lowest, highest):
    counts = range(1, num_images + 1)
    return sorted({math.ceil(num_images / count) for count in counts if lowest <= loss_sum / count <= highest})


@answers.wrong("batch-sizes", "only sizes that divide the number of images: a last batch may be smaller")
def divisors(loss_sum, num_images, lowest, highest):
    sizes = [size for size in range(1, num_images + 1) if num_images % size == 0]
    return [size for size in sizes if lowest <= loss_sum / (num_images // size) <= highest]


@answers.wrong("too-many", "rounds the mean to one decimal before it compares: 2.53 passes for 2.5, and 1.57 for 1.6")
def rounded(loss_sum, num_images, lowest, highest):
    sizes = range(1, num_images + 1)
    return [size for size in sizes if lowest <= round(loss_sum / math.ceil(num_images / size), 1) <= highest]


@answers.right
def in_one_array(loss_sum, num_images, lowest, highest):
    # right: all sizes at once; numbers of batches by whole-number division of n + b - 1
    sizes = numpy.arange(1, num_images + 1)
    means = loss_sum / ((num_images + sizes - 1) // sizes)
    return sizes[(means >= lowest) & (means <= highest)].tolist()
