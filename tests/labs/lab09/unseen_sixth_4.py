"""Answers to 09.4 by students who know its text alone."""

import math
from itertools import filterfalse

from helpers.answers import Answers

answers = Answers("09.4", "check_batch_sizes")
import numpy as np


@answers.wrong("?", "n // b leaves the last, smaller batch out: 10 images in batches of 4 are three batches.")
def without_the_last_batch(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / (num_images // b) <= highest]


@answers.wrong("?", "n / b counts a part of the last batch: 10 / 4 is 2.5, not 3.")
def part_of_a_batch(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / (num_images / b) <= highest]


@answers.wrong("?", "n // b + 1 has one batch too many where b divides n.")
def always_one_more(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / (num_images // b + 1) <= highest]


@answers.wrong("?", "round(n / b) batches: 10 images in batches of 4 would be two, 9 in batches of 4 two.")
def rounded_batches(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / round(num_images / b) <= highest]


@answers.wrong("?", "Returns the numbers of batches instead of the batch sizes.")
def numbers_of_batches(loss_sum, num_images, lowest, highest):
    return [c for c in range(1, num_images + 1) if lowest <= loss_sum / c <= highest]


@answers.wrong("?", "The lower bound is not allowed: 16, 8, 2, 4 should have the size 1, whose mean is exactly 2.")
def without_the_lower_bound(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest < loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("?", "The upper bound is not allowed: a mean of exactly `highest` is left out.")
def without_the_upper_bound(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / b) < highest]


@answers.wrong("?", "The size n, all images in one batch, is never tried.")
def never_all_at_once(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("?", "Begins with two images, so that batches of a single image are never found.")
def at_least_two(loss_sum, num_images, lowest, highest):
    return [b for b in range(2, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("?", "Tries only powers of two; the text wants every size.")
def powers_of_two(loss_sum, num_images, lowest, highest):
    found, b = [], 1
    while b <= num_images:
        if lowest <= loss_sum / -(-num_images // b) <= highest:
            found.append(b)
        b *= 2
    return found


@answers.wrong("?", "The lower bound is never read: sizes with a mean that is too small are returned.")
def upper_bound_only(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong("?", "The bounds are constants of the example, 1.6 and 2.5; the arguments are never read.")
def the_examples_bounds(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if 1.6 <= loss_sum / math.ceil(num_images / b) <= 2.5]


@answers.wrong("?", "Rounds the mean to one decimal before comparing: 2.54 passes for 2.5.")
def rounded_mean(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= round(loss_sum / math.ceil(num_images / b), 1) <= highest]


@answers.wrong("?", "Only sizes that divide the number of images; the last batch may be smaller.")
def divisors_only(loss_sum, num_images, lowest, highest):
    return [
        b for b in range(1, num_images + 1) if num_images % b == 0 and lowest <= loss_sum / (num_images // b) <= highest
    ]


@answers.wrong("?", "Divides the sum by the batch size instead of the number of batches.")
def divided_by_the_size(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / b <= highest]


@answers.wrong(
    "?", "One size for each number of batches: 34 to 49 of 100 images are all three batches, only 34 is returned."
)
def one_size_for_each_number(loss_sum, num_images, lowest, highest):
    found = {}
    for b in range(1, num_images + 1):
        batches = math.ceil(num_images / b)
        if lowest <= loss_sum / batches <= highest:
            found.setdefault(batches, b)
    return list(found.values())


@answers.wrong("?", "Returns only the smallest and the largest size, not those between.")
def both_ends(loss_sum, num_images, lowest, highest):
    found = [b for b in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]
    return sorted({found[0], found[-1]}) if found else []


@answers.wrong("?", "No size above 256 is tried, though the text wants all up to n.")
def at_most_256(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, min(num_images, 256) + 1) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.wrong(
    "?", "Solves for the number of batches and divides by `lowest`: a lower bound of 0 raises ZeroDivisionError."
)
def divides_by_the_bound(loss_sum, num_images, lowest, highest):
    most = loss_sum / lowest * (1 + 1e-12)
    fewest = loss_sum / highest * (1 - 1e-12)
    return [b for b in range(1, num_images + 1) if fewest <= math.ceil(num_images / b) <= most]


@answers.wrong("?", "Takes the sum as bits and changes it to nats, though the losses and bounds are nats already.")
def from_bits(loss_sum, num_images, lowest, highest):
    return [
        b for b in range(1, num_images + 1) if lowest <= loss_sum * math.log(2) / math.ceil(num_images / b) <= highest
    ]


@answers.right
def by_counting_starts(loss_sum, num_images, lowest, highest):
    found = []
    for b in range(1, num_images + 1):
        batches = len(range(0, num_images, b))
        mean = loss_sum / batches
        if mean < lowest or mean > highest:
            continue
        found.append(b)
    return found


@answers.right
def with_a_break(loss_sum, num_images, lowest, highest):
    # Larger batches are fewer, so the mean never falls.
    found, b = [], 0
    while b < num_images:
        b += 1
        mean = loss_sum / -(-num_images // b)
        if mean > highest:
            break
        if mean >= lowest:
            found = [*found, b]
    return found


@answers.right
def by_numpy(loss_sum, num_images, lowest, highest):
    sizes = np.arange(1, num_images + 1)
    means = np.float64(loss_sum) / ((num_images + sizes - 1) // sizes)
    return sizes[(means >= lowest) & (means <= highest)].tolist()


@answers.right
def by_filterfalse(loss_sum, num_images, lowest, highest):
    def mean(b):
        full, rest = divmod(num_images, b)
        return loss_sum / (full + bool(rest))

    return list(
        filterfalse(
            lambda b: mean(b) > highest,
            filterfalse(lambda b: mean(b) < lowest, range(1, num_images + 1)),
        )
    )


@answers.right
def by_bisection(loss_sum, num_images, lowest, highest):
    def first(condition):
        low, high = 1, num_images + 1
        while low < high:
            middle = (low + high) // 2
            if condition(loss_sum / ((num_images - 1) // middle + 1)):
                high = middle
            else:
                low = middle + 1
        return low

    begin, end = first(lambda mean: mean >= lowest), first(lambda mean: mean > highest)
    return [*range(begin, end)]


@answers.right
def by_groups(loss_sum, num_images, lowest, highest):
    sizes_of = {}
    for b in range(num_images, 0, -1):
        sizes_of.setdefault(math.ceil(num_images / b), []).append(b)
    chosen = (
        sizes
        for batches, sizes in sizes_of.items()
        if max(lowest, loss_sum / batches) == loss_sum / batches == min(loss_sum / batches, highest)
    )
    return sorted(b for sizes in chosen for b in sizes)
