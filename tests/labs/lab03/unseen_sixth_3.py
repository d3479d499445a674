"""Answers to 03.3 by students who know its text alone."""

import math
from functools import partial

import numpy as np
from helpers.answers import Answers

answers = Answers("03.3", "check_smallest_difference")


def _least(accuracy, total):
    return (1.96 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


NEEDED = 2.8**2 * 2 * 0.98153 * (1 - 0.98153) / 0.0004**2


# Wrong answers: the function.


def without_power(accuracy, total):
    return 1.96 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("?", "1.96 alone, without the 0.84")(without_power, NEEDED)


def power_for_its_quantile(accuracy, total):
    return (1.96 + 0.80) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("?", "0.80, the power, in place of 0.84, its quantile")(power_for_its_quantile, NEEDED)


def one_sided(accuracy, total):
    return (1.645 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("?", "1.645, the quantile of a one-sided test")(one_sided, NEEDED)


def one_network(accuracy, total):
    return 2.8 * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong("?", "the variance of one network, without the 2 under the root")(one_network, NEEDED)


def deviations_added(accuracy, total):
    return 2.8 * 2 * math.sqrt(accuracy * (1 - accuracy) / total)


answers.wrong("?", "the 2 stands outside the root: deviations added, not variances")(deviations_added, NEEDED)


def total_outside(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy)) / total


answers.wrong("?", "n is outside the root; shows for every total but 1")(total_outside, NEEDED)


def points(accuracy, total):
    return 100 * _least(accuracy, total)


answers.wrong("?", "percentage points, not a fraction")(points, NEEDED)


def whole_images(accuracy, total):
    return total * _least(accuracy, total)


answers.wrong("?", "images, not a fraction")(whole_images, NEEDED)


def four_decimals(accuracy, total):
    return round(_least(accuracy, total), 4)


answers.wrong("?", "rounded to four decimals; shows for many images, where it becomes 0.0004 or 0")(
    four_decimals, NEEDED
)


def accuracy_unread(accuracy, total):
    return 2.8 * math.sqrt(2 * 0.98153 * (1 - 0.98153) / total)


answers.wrong("?", "the report's accuracy is inside, the argument is never read")(accuracy_unread, NEEDED)


def total_unread(accuracy, total=7500):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy) / 7500)


answers.wrong("?", "the report's 7,500 images are inside, the argument is never read")(total_unread, NEEDED)


def roots_of_squares(accuracy, total):
    return math.hypot(1.96, 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


answers.wrong("?", "1.96 and 0.84 are added as squares")(roots_of_squares, NEEDED)


def unbiased(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy) / max(1, total - 1))


answers.wrong("?", "n - 1 in place of n; shows for few images")(unbiased, NEEDED)


def at_most_to_one(accuracy, total):
    return min(_least(accuracy, total), 1 - accuracy)


answers.wrong("?", "cut off at 1 - accuracy, which the formula does not do; shows for few images")(
    at_most_to_one, NEEDED
)


def rarer_side(accuracy, total):
    return 2.8 * math.sqrt(2 * (1 - accuracy) / total)


answers.wrong("?", "p is left out, as if p (1 - p) were 1 - p; plain for accuracies far from 1")(rarer_side, NEEDED)


# Wrong answers: the number of images.


def needed_of_one_network(accuracy, total):
    return _least(accuracy, total)


answers.wrong("?", "needed without the factor 2: half of the images")(needed_of_one_network, NEEDED / 2)


def needed_not_squared(accuracy, total):
    return _least(accuracy, total)


answers.wrong("?", "needed grows with the first power: 7500 * 0.0062 / 0.0004")(
    needed_not_squared, 7500 * _least(0.98153, 7500) / 0.0004
)


def needed_of_points(accuracy, total):
    return _least(accuracy, total)


answers.wrong("?", "needed for a difference of 0.04, per cent mistaken for a fraction")(
    needed_of_points, 2.8**2 * 2 * 0.98153 * 0.01847 / 0.04**2
)


def needed_without_power(accuracy, total):
    return _least(accuracy, total)


answers.wrong("?", "needed with 1.96 alone: every other time only")(
    needed_without_power, 1.96**2 * 2 * 0.98153 * 0.01847 / 0.0004**2
)


def needed_is_a_difference(accuracy, total):
    return _least(accuracy, total)


answers.wrong("?", "needed is the smallest difference for 7,500 images, in images: 46")(
    needed_is_a_difference, round(7500 * _least(0.98153, 7500))
)


# Right answers.


def in_two_steps(accuracy, total):
    s = (accuracy * (1 - accuracy) / total) ** 0.5
    return 1.96 * 2**0.5 * s + 0.84 * 2**0.5 * s


answers.right(in_two_steps, math.ceil(in_two_steps(0.98153, 1) ** 2 / 0.0004**2))


def with_numpy(accuracy, total):
    p = np.float64(accuracy)
    return float(np.sum([1.96, 0.84]) * np.linalg.norm(np.sqrt([p * (1 - p) / total] * 2)))


answers.right(with_numpy, round(7500 * (with_numpy(0.98153, 7500) / 0.0004) ** 2))

by_powers = partial(
    lambda factor, accuracy, total: factor * (accuracy - accuracy**2) ** 0.5 * total**-0.5,
    (1.96 + 0.84) * math.sqrt(2),
)
answers.right(by_powers, NEEDED)


class Smallest:
    """A callable with its constants as attributes."""

    z, z_power = 1.96, 0.84

    def __call__(self, accuracy, total):
        variance = 2 * accuracy * (1 - accuracy) / total
        return (self.z + self.z_power) * math.exp(math.log(variance) / 2) if variance > 0 else 0.0


def _first_that_suffices(difference):
    few, many = 1, 2
    while _least(0.98153, many) > difference:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if _least(0.98153, middle) > difference else (few, middle)
    return many


answers.right(Smallest(), _first_that_suffices(0.0004))


def from_a_square(accuracy, total):
    """The square first; the root at the end."""
    variances = sum(accuracy * (1 - accuracy) / total for _ in range(2))
    return math.sqrt(variances * 2.8 * 2.8)


answers.right(from_a_square, np.float64(NEEDED))


def with_decimals(accuracy, total):
    import decimal

    with decimal.localcontext() as context:
        context.prec = 40
        p = decimal.Decimal(float(accuracy))
        return float(decimal.Decimal("2.8") * (2 * p * (1 - p) / decimal.Decimal(float(total))).sqrt())


answers.right(with_decimals, round(NEEDED))
