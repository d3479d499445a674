"""Answers to 09.4 by someone who looked for what its check may not ask."""

import bisect
import math

from helpers.answers import Answers

answers = Answers("09.4", "check_batch_sizes")


def good(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / b) <= highest]


@answers.right
def ranges(loss_sum, num_images, lowest, highest):
    # Right: the number of batches is the number of their first images; both bounds are allowed.
    sizes = []
    for size in range(1, num_images + 1):
        batches = len(range(0, num_images, size))
        if not (loss_sum / batches < lowest or loss_sum / batches > highest):
            sizes.append(size)
    return sizes


@answers.right
def by_halves(loss_sum, num_images, lowest, highest):
    # Right: the mean loss never falls as batches grow, so the sizes that fit are neighbours, found by bisection.
    sizes = range(1, num_images + 1)

    def mean(size):
        return loss_sum / -(-num_images // size)

    begin = bisect.bisect_left(sizes, lowest, key=mean)
    end = bisect.bisect_right(sizes, highest, key=mean)
    return list(sizes[begin:end])


@answers.right
def filled_batches(loss_sum, num_images, lowest, highest):
    # Right: divmod gives the full batches, and a rest that is not zero is one more.
    def fits(size):
        full, rest = divmod(num_images, size)
        return lowest <= loss_sum / (full + bool(rest)) <= highest

    return list(filter(fits, range(1, 1 + num_images)))


@answers.wrong(
    "floor", "the ends are worked out from the numbers of batches, the upper one rounded down: a last size is missing"
)
def worked_out(loss_sum, num_images, lowest, highest):
    fewest = max(1, math.ceil(loss_sum / highest))
    most = min(num_images, math.floor(loss_sum / lowest)) if lowest > 0 else num_images
    if fewest > most:
        return []
    return list(range(math.ceil(num_images / most), num_images // fewest + 1))


@answers.wrong("raises", "divides the sum by the bounds: a lowest mean loss of 0 fails")
def divides_by_bounds(loss_sum, num_images, lowest, highest):
    most, fewest = loss_sum / lowest, loss_sum / highest
    return [b for b in range(1, num_images + 1) if fewest <= math.ceil(num_images / b) <= most]


@answers.wrong("batch-sizes", "a sum of 0 counts as missing, though a mean of 0 is allowed if the lowest is 0")
def falsy(loss_sum, num_images, lowest, highest):
    if not loss_sum:
        return []
    return good(loss_sum, num_images, lowest, highest)


@answers.wrong("whole-set", "tries sizes up to 1,024 only")
def usual_sizes(loss_sum, num_images, lowest, highest):
    return [b for b in good(loss_sum, num_images, lowest, highest) if b <= 1024]


@answers.wrong("too-many", "a last batch of a single image is taken to be dropped")
def drops_single(loss_sum, num_images, lowest, highest):
    sizes = []
    for b in range(1, num_images + 1):
        batches = math.ceil(num_images / b) - (b > 1 and num_images > b and num_images % b == 1)
        if lowest <= loss_sum / batches <= highest:
            sizes.append(b)
    return sizes


@answers.wrong("too-many", "the mean is rounded to two decimals first: 2.504 passes for 2.5")
def rounded_mean(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= round(loss_sum / math.ceil(num_images / b), 2) <= highest]


@answers.wrong(
    "first-only",
    "one size for each number of batches: of large sizes that make equally many only the smallest is listed",
)
def one_each(loss_sum, num_images, lowest, highest):
    sizes, seen = [], set()
    for b in good(loss_sum, num_images, lowest, highest):
        batches = math.ceil(num_images / b)
        if batches not in seen:
            seen.add(batches)
            sizes.append(b)
    return sizes


@answers.wrong(
    "whole-set", "at least two batches: a single batch of all images is left out, and so is every size above the half"
)
def two_batches(loss_sum, num_images, lowest, highest):
    return [b for b in good(loss_sum, num_images, lowest, highest) if math.ceil(num_images / b) > 1]


@answers.wrong("too-many", "rounds up by adding 0.99: for sizes above 100 a small last batch is lost")
def nearly_one(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / int(num_images / b + 0.99) <= highest]


@answers.wrong("too-many", "collects in a default argument: the second call also returns the sizes of the first")
def default_list(loss_sum, num_images, lowest, highest, sizes=[]):
    sizes.extend(good(loss_sum, num_images, lowest, highest))
    return sizes


@answers.wrong("floor", "the number of batches is rounded to the nearest, so a last batch of less than half is lost")
def nearest(loss_sum, num_images, lowest, highest):
    return [b for b in range(1, num_images + 1) if lowest <= loss_sum / max(1, round(num_images / b)) <= highest]
