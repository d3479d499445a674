"""More answers to 09.4 by someone who knew the exercise and not its check."""

import math

import numpy as np
from helpers.answers import Answers

answers = Answers("09.4", "check_batch_sizes")


# NumPy, all sizes at once, and the ceiling by a negative floor division.
@answers.right
def by_numpy(loss_sum, num_images, lowest, highest):
    sizes = np.arange(1, num_images + 1)
    means = loss_sum / -(-num_images // sizes)
    return sizes[np.logical_and(means >= lowest, means <= highest)].tolist()


# The batches are made and counted, as a loader would.
@answers.right
def batches_made(loss_sum, num_images, lowest, highest):
    found = []
    for size in range(num_images, 0, -1):
        count = len(range(0, num_images, size))
        if not (loss_sum / count < lowest or loss_sum / count > highest):
            found.insert(0, size)
    return found


# filter with a lambda; whole batches and perhaps one more.
answers.right(
    lambda loss_sum, num_images, lowest, highest: list(
        filter(
            lambda b: lowest <= loss_sum / (num_images // b + bool(num_images % b)) <= highest, range(1, 1 + num_images)
        )
    )
)


def sizes(num_images):
    return range(1, num_images + 1)


@answers.wrong("floor", "n // b batches: the smaller last batch is left out")
def whole_batches(loss_sum, num_images, lowest, highest):
    return [b for b in sizes(num_images) if lowest <= loss_sum / (num_images // b) <= highest]


@answers.wrong("floor", "n / b batches: a smaller last batch counts in part")
def parts_of_batches(loss_sum, num_images, lowest, highest):
    return [b for b in sizes(num_images) if lowest <= loss_sum / (num_images / b) <= highest]


@answers.wrong("too-many", "n // b + 1 batches: one too many where b divides n")
def one_too_many(loss_sum, num_images, lowest, highest):
    return [b for b in sizes(num_images) if lowest <= loss_sum / (num_images // b + 1) <= highest]


@answers.wrong("by-size", "numbers of batches come back, not their sizes")
def numbers_of_batches(loss_sum, num_images, lowest, highest):
    return [count for count in sizes(num_images) if lowest <= loss_sum / count <= highest]


@answers.wrong("by-size", "the sum is divided by the size of the batches, not by their number")
def divided_by_size(loss_sum, num_images, lowest, highest):
    return [b for b in sizes(num_images) if lowest <= loss_sum / b <= highest]


@answers.wrong("whole-set", "all images in one batch is left out: range(1, n)")
def without_the_largest(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("batch-sizes", "batches of one image are left out: range(2, n + 1)")
def from_two(loss_sum, num_images, lowest, highest):
    return [b for b in range(2, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("batch-sizes", "strictly between the bounds: a mean of exactly the lowest or the highest is lost")
def bounds_lost(loss_sum, num_images, lowest, highest):
    return [b for b in sizes(num_images) if lowest < loss_sum / math.ceil(num_images / b) < highest]


@answers.wrong("too-many", "lowest is never read: sizes with a mean near zero are there too")
def only_the_highest(loss_sum, num_images, lowest, highest):
    return [b for b in sizes(num_images) if loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("too-many", "the bounds of the lab, 1.6 and 2.5, whatever is given")
def bounds_of_the_lab(loss_sum, num_images, lowest, highest):
    return [b for b in sizes(num_images) if 1.6 <= loss_sum / math.ceil(num_images / b) <= 2.5]


@answers.wrong("batch-sizes", "stops at the first size that does not fit: nothing comes back unless a size of 1 does")
def stops_too_early(loss_sum, num_images, lowest, highest):
    found = []
    for b in sizes(num_images):
        if not lowest <= loss_sum / math.ceil(num_images / b) <= highest:
            break
        found.append(b)
    return found


@answers.wrong("batch-sizes", "only the smallest and the largest size come back, not those between")
def both_ends(loss_sum, num_images, lowest, highest):
    found = [b for b in sizes(num_images) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]
    return found[:1] + found[-1:]


@answers.wrong("too-many", "the mean is rounded to one decimal first: 2.54 counts as 2.5")
def rounded(loss_sum, num_images, lowest, highest):
    return [b for b in sizes(num_images) if lowest <= round(loss_sum / math.ceil(num_images / b), 1) <= highest]


@answers.wrong("batch-sizes", "powers of two only: 50 is missing")
def powers_of_two(loss_sum, num_images, lowest, highest):
    powers = (2**k for k in range(num_images.bit_length()))
    return [b for b in powers if b <= num_images and lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("whole-set", "sizes up to 1,000 only: all 5,000 images in one batch are not tried")
def up_to_a_thousand(loss_sum, num_images, lowest, highest):
    tried = range(1, min(num_images, 1000) + 1)
    return [b for b in tried if lowest <= loss_sum / math.ceil(num_images / b) <= highest]
