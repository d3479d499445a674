"""Answers to 03.3 by someone who looked for what its check may not ask."""

import math
from fractions import Fraction

from helpers.answers import Answers

ACCURACY, DIFFERENCE = 0.98153, 0.0004
NEEDED = 2 * ACCURACY * (1 - ACCURACY) * (2.8 / DIFFERENCE) ** 2


def with_needed(smallest_difference):
    return smallest_difference, NEEDED


answers = Answers("03.3", "check_smallest_difference", with_needed)


def delta(accuracy, total):
    """Return the right difference."""
    return (1.96 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


@answers.right
def by_pythagoras(accuracy, total):
    # Right: the hypotenuse of two equal standard deviations is their difference's.
    arm = math.sqrt(accuracy) * math.sqrt(1 - accuracy) / math.sqrt(total)
    return 2.8 * math.hypot(arm, arm)


def by_variances(accuracy, total):
    variances = [Fraction(accuracy) * (1 - Fraction(accuracy)) / Fraction(total) for _ in range(2)]
    return float(Fraction(196 + 84, 100)) * float(sum(variances)) ** 0.5


def searched():
    low, high = 1.0, 1e9
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if by_variances(ACCURACY, middle) > DIFFERENCE else (low, middle)
    return math.ceil(high)


# Right: variances add, as exact fractions; the number needed is found by halving, and rounded up to a whole image.
answers.right(by_variances, searched())


class OfOneImage:
    """The difference for one image; for more it shrinks with the root of their number."""

    factor = property(lambda self: sum((1.96, 0.84)))

    def __call__(self, accuracy, total):
        wrong = 1 - accuracy
        return self.factor * abs(complex(accuracy * wrong * 2, 0)) ** 0.5 * total**-0.5


# Right: an object that is called like a function. The number needed comes from one image: n = (delta(1) / 0.0004)^2.
answers.right(OfOneImage(), (OfOneImage()(ACCURACY, 1) / DIFFERENCE) ** 2)


@answers.wrong("difference", "rounds to four decimals: 0.0004 for two million images, and 0 for a billion")
def rounded(accuracy, total):
    return round(delta(accuracy, total), 4)


@answers.wrong("difference", "rounds up to whole images: far too large for few images")
def whole_images(accuracy, total):
    return math.ceil(delta(accuracy, total) * total) / total


@answers.wrong("difference", "always at the report's accuracy of 0.98153")
def one_accuracy(accuracy, total):
    return delta(0.98153, total)


@answers.wrong("difference", "takes 1 and more for per cent: an accuracy of exactly 1 becomes 0.01")
def per_cent_too(accuracy, total):
    return delta(accuracy / 100 if accuracy >= 1 else accuracy, total)


@answers.wrong("difference", "takes mistakes as rare and leaves out p: 1 % too much at 0.98, 41 % at one half")
def rare_mistakes(accuracy, total):
    return 2.8 * math.sqrt(2 * (1 - accuracy) / total)


@answers.wrong(
    "difference",
    "divides by half of the images, cut to a whole number: another one for an odd number, and none for one image",
)
def halves_images(accuracy, total):
    return 2.8 * math.sqrt(accuracy * (1 - accuracy) / (total // 2))


@answers.wrong("difference", "never below 0.0001: a hundred million images are treated as 28 million at 0.98153")
def not_below(accuracy, total):
    return max(1e-4, delta(accuracy, total))


@answers.wrong("one-network", "no more than what is missing to 1: too small for few images and good networks")
def up_to_one(accuracy, total):
    return min(delta(accuracy, total), 1 - accuracy)


_found = {}


@answers.wrong(
    "difference", "remembers by the number of images alone: a second accuracy gets the difference of the first"
)
def remembered(accuracy, total):
    if total not in _found:
        _found[total] = delta(accuracy, total)
    return _found[total]


@answers.wrong(
    "difference", "rounds the accuracy to four decimals first: 0.98153 is nearly the same, 0.99999 becomes 1"
)
def rounded_first(accuracy, total):
    return delta(round(accuracy, 4), total)


@answers.wrong("difference", "uses the larger of 0.5 and the accuracy: other than symmetric below one half")
def at_least_half(accuracy, total):
    return delta(max(0.5, accuracy), total)


answers.wrong("needed", "needed counts the images of both test sets together")(delta, 2 * NEEDED)
