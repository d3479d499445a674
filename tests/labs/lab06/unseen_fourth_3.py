"""Answers to 06.3 by students who know its text alone."""

import cmath
import math
from functools import cache

import numpy
from helpers.answers import Answers

answers = Answers("06.3", "check_schedule")


@answers.wrong("begins-at-zero", "a warm-up: the first step has the factor 0/w and not 1/w, so it does not move")
def begins_at_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return step / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


@answers.wrong(
    "ends-early",
    "the last step: divides by n - w - 1, so its factor is exactly zero; divides by zero where one step is left",
)
def ends_at_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps - 1)))


@answers.wrong(
    "stretched", "steps after a warm-up: divides by n and not by n - w, so the cosine does not get to its end"
)
def of_all_steps(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / num_steps))


@answers.wrong("too-long", "step = w with a warm-up: still taken for warm-up, with the factor (w + 1)/w, above 1")
def one_step_too_long(step, num_steps, warmup_steps):
    if warmup_steps and step <= warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


@answers.wrong(
    "raises", "no warm-up, w = 0: the line of the warm-up is worked out before it is needed; ZeroDivisionError"
)
def divides_by_no_warmup(step, num_steps, warmup_steps):
    rising = (step + 1) / warmup_steps
    if step < warmup_steps:
        return rising
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


@answers.wrong("factor", "any step: rounded to two decimals, so the last step of 100 has 0.0 in place of 0.0002")
def rounded(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return round((step + 1) / warmup_steps, 2)
    return round(0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))), 2)


class Counting:
    """Counts its own calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, step, num_steps, warmup_steps):
        step = self.calls % num_steps
        self.calls += 1
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


answers.wrong(
    "not-a-function",
    "a step asked for twice or out of order: counts its calls and never reads step, so another step's factor",
)(Counting())


@answers.wrong("factor", "every warm-up step but the last: whole division gives 0 there")
def whole_division(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) // warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


@answers.wrong(
    "factor", "warm-up steps and those after them: multiplies the line with a cosine over the whole run from step 0"
)
def line_times_cosine(step, num_steps, warmup_steps):
    rising = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    return rising * 0.5 * (1 + math.cos(math.pi * step / num_steps))


@answers.wrong("factor", "the last steps of a long run, such as 99 of 100: never below 0.01")
def with_a_floor(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return max(0.01, 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))))


@cache
def _table(warmup_steps):
    return {}


@answers.wrong(
    "factor", "a second run of another length with the same warm-up: the factors are kept by step and w, without n"
)
def remembers_the_first_run(step, num_steps, warmup_steps):
    table = _table(warmup_steps)
    if step not in table:
        if step < warmup_steps:
            table[step] = (step + 1) / warmup_steps
        else:
            table[step] = 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))
    return table[step]


# Right: half of one plus the cosine is the square of the cosine of half the angle; one expression.
answers.right(
    lambda step, num_steps, warmup_steps: (
        (step + 1) / warmup_steps
        if step < warmup_steps
        else math.cos(math.pi / 2 * (step - warmup_steps) / (num_steps - warmup_steps)) ** 2
    )
)


# Right: the whole run as a list with numpy, one number taken out and made a Python number.
@answers.right
def out_of_the_whole_run(step, num_steps, warmup_steps):
    rising = numpy.arange(1, warmup_steps + 1) / max(warmup_steps, 1)
    falling = (1 + numpy.cos(numpy.linspace(0, numpy.pi, num_steps - warmup_steps, endpoint=False))) / 2
    return numpy.concatenate([rising, falling]).tolist()[step]


class Schedule:
    def __call__(self, step, num_steps, warmup_steps):
        try:
            if step - warmup_steps < 0:
                return float(step + 1) / float(warmup_steps)
            angle = (step - warmup_steps) * math.pi / (num_steps - warmup_steps)
        except ZeroDivisionError:
            return 1.0
        return (1 + cmath.rect(1, angle).real) / 2


# Right: an object with __call__; the cosine is the real part of a number on the unit circle.
answers.right(Schedule())
