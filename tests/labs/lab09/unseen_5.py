"""Answers to 09.5 by someone who knew the exercise and not its check."""

import math

from helpers.answers import Answers

from resnet_labs.metrics import wilson_interval

answers = Answers("09.5", "check_difference")


def parts(right, total):
    low, high = wilson_interval(right, total)
    return right / total, low, high


@answers.wrong("ends", "the difference without its sign: where the second is better, it says that the first is")
def without_sign(first_right, first_total, second_right, second_total):
    p1, l1, u1 = parts(first_right, first_total)
    p2, l2, u2 = parts(second_right, second_total)
    gap = abs(p1 - p2)
    return gap, gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


@answers.wrong("raises", "both totals are the first one: right where they are equal, as in the examples")
def one_total(first_right, first_total, second_right, second_total):
    p1, l1, u1 = parts(first_right, first_total)
    p2, l2, u2 = parts(second_right, first_total)
    return p1 - p2, p1 - p2 - math.hypot(p1 - l1, u2 - p2), p1 - p2 + math.hypot(u1 - p1, p2 - l2)


@answers.right
def by_complex_numbers(first_right, first_total, second_right, second_total):
    # right: the length of a complex number is the root of the sum of two squares
    first, second = wilson_interval(first_right, first_total), wilson_interval(second_right, second_total)
    p, q = first_right / first_total, second_right / second_total
    below = abs(complex(p - first[0], second[1] - q))
    above = abs(complex(first[1] - p, q - second[0]))
    return (p - q, p - q - below, p - q + above)
