"""More answers to 06.3 by someone who knew the exercise and not its check."""

import functools
import math

import numpy as np
from helpers.answers import Answers

answers = Answers("06.3", "check_schedule")


# The half-angle formula: half of one plus the cosine is the square of the cosine of the half.
@answers.right
def half_angle(step, num_steps, warmup_steps):
    if step >= warmup_steps:
        return math.cos(0.5 * math.pi * (step - warmup_steps) / (num_steps - warmup_steps)) ** 2
    return (1 + step) / warmup_steps


# The whole run as a NumPy table, then one number of it, kept for equal arguments.
@functools.cache
def table(num_steps, warmup_steps):
    up = np.arange(1, warmup_steps + 1) / max(1, warmup_steps)
    left = num_steps - warmup_steps
    down = (1 + np.cos(np.pi * np.arange(left) / max(1, left))) / 2
    return np.concatenate([up, down])


answers.right(lambda step, num_steps, warmup_steps: float(table(num_steps, warmup_steps)[step]))


# A class without state, and the real part of a complex number on the unit circle.
class Circle:
    def __call__(self, step, num_steps, warmup_steps):
        past = step - warmup_steps
        if past < 0:
            return 1 + (past + 1) / warmup_steps
        turn = complex(math.cos(math.pi / (num_steps - warmup_steps)), math.sin(math.pi / (num_steps - warmup_steps)))
        return min(1.0, max(0.0, (1 + (turn**past).real) / 2))


answers.right(Circle())


def cosine(step, n, w):
    return (1 + math.cos(math.pi * (step - w) / (n - w))) / 2


@answers.wrong(
    "begins-at-zero",
    "warm-up begins at zero, s / w: the first step does not move and the last of the warm-up is below 1",
)
def begins_at_zero(step, num_steps, warmup_steps):
    return step / warmup_steps if step < warmup_steps else cosine(step, num_steps, warmup_steps)


@answers.wrong(
    "ends-early", "divides by n - w - 1: the last step has a rate of zero, and a single step after the warm-up crashes"
)
def ends_at_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps - 1))) / 2


@answers.wrong("raises", "the warm-up's share is computed before the branch: without warm-up it divides by zero")
def no_warmup_crashes(step, num_steps, warmup_steps):
    up = (step + 1) / warmup_steps
    return up if up <= 1 else cosine(step, num_steps, warmup_steps)


@answers.wrong(
    "too-long", "one step of warm-up too many: step w has the factor (w + 1) / w, above 1, and w = 0 divides by zero"
)
def one_step_too_many(step, num_steps, warmup_steps):
    return (step + 1) / warmup_steps if step <= warmup_steps else cosine(step, num_steps, warmup_steps)


@answers.wrong(
    "whole-run", "the cosine counts from step 0: right without warm-up, otherwise the factor drops at the end of it"
)
def cosine_from_the_start(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * step / num_steps)) / 2


@answers.wrong("factor", "100 steps are assumed: other lengths end too high or come up again")
def hundred_steps(step, num_steps, warmup_steps):
    return (step + 1) / warmup_steps if step < warmup_steps else cosine(step, 100, warmup_steps)


class CountsItself:
    """Counts its calls and never reads `step`."""

    def __init__(self):
        self.step = -1

    def __call__(self, step, num_steps, warmup_steps):
        self.step = (self.step + 1) % num_steps
        return (
            (self.step + 1) / warmup_steps if self.step < warmup_steps else cosine(self.step, num_steps, warmup_steps)
        )


answers.wrong(
    "not-a-function",
    "counts its own calls in place of reading step: right for one run in order, wrong when asked for step 7 at once",
)(CountsItself())


@answers.wrong("factor", "integer division in the warm-up: 0 for all of its steps but the last")
def integer_division(step, num_steps, warmup_steps):
    return (step + 1) // warmup_steps if step < warmup_steps else cosine(step, num_steps, warmup_steps)


@answers.wrong("linear", "a straight line down in place of half a cosine: right at the ends and in the middle only")
def straight_line(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 1 - (step - warmup_steps) / (num_steps - warmup_steps)


@answers.wrong(
    "factor", "rounded to two decimals: the last steps of a long run are exactly zero, a warm-up of 300 begins at 0"
)
def rounded(step, num_steps, warmup_steps):
    return round((step + 1) / warmup_steps if step < warmup_steps else cosine(step, num_steps, warmup_steps), 2)


@answers.wrong("ahead", "the cosine takes step + 1: it never gives 1 at its start and reaches zero at the last step")
def cosine_one_ahead(step, num_steps, warmup_steps):
    return (step + 1) / warmup_steps if step < warmup_steps else cosine(step + 1, num_steps, warmup_steps)


@answers.wrong(
    "factor", "the warm-up multiplies a cosine over the whole run: wrong in and after the warm-up unless w = 0"
)
def product(step, num_steps, warmup_steps):
    return min(1, (step + 1) / max(1, warmup_steps)) * cosine(step, num_steps, 0)
