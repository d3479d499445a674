"""Answers to 06.3 by students who know its text alone."""

import cmath
import math
from functools import cache

import numpy
from helpers.answers import Answers

answers = Answers("06.3", "check_schedule")

# (a) what students commonly do


@answers.wrong("begins-at-zero", "the warm-up begins at zero: step / w, shows for any warm-up")
def begins_at_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return step / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


@answers.wrong("whole-run", "the cosine counts from the first step, not from the end of the warm-up")
def cosine_from_the_start(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * step / num_steps))


@answers.wrong("ends-early", "divides by n - w - 1: the last step has a rate of exactly zero")
def zero_at_the_last(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, num_steps - warmup_steps - 1)))


@answers.wrong("too-long", "one warm-up step too many: the factor is (w + 1) / w, above 1, at step w")
def above_one(step, num_steps, warmup_steps):
    if warmup_steps and step <= warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


# (b) the visible sums (100 steps) are right


@answers.wrong("factor", "every run has 100 steps: num_steps is never read")
def a_hundred_steps(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (100 - warmup_steps)))


@answers.wrong("linear", "falls along a straight line: the same sums, other factors")
def straight_line(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 1 - (step - warmup_steps) / (num_steps - warmup_steps)


@answers.wrong("factor", "rounds the warm-up to whole percents of the run: shows for 7 of 300 steps")
def whole_percents(step, num_steps, warmup_steps):
    percent = round(100 * warmup_steps / num_steps)
    warmup = percent * num_steps // 100
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (num_steps - warmup)))


# (c) promises broken


_count = [0]


@answers.wrong(
    "not-a-function",
    "counts its own calls since step 0 instead of reading the step: shows where steps are asked out of order",
)
def counts_its_calls(step, num_steps, warmup_steps):
    if step == 0:
        _count[0] = 0
    own = _count[0]
    _count[0] += 1
    own = min(own, num_steps - 1)
    if own < warmup_steps:
        return (own + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (own - warmup_steps) / (num_steps - warmup_steps)))


_known = {}


@answers.wrong("factor", "remembers a factor by step and length, without the warm-up: shows for a second warm-up")
def remembers_without_the_warmup(step, num_steps, warmup_steps):
    if (step, num_steps) not in _known:
        if step < warmup_steps:
            value = (step + 1) / warmup_steps
        else:
            value = 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))
        _known[step, num_steps] = value
    return _known[step, num_steps]


@answers.wrong("factor", "rounds to two decimals: the last steps of a long run get a factor of exactly zero")
def two_decimals(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return round((step + 1) / warmup_steps, 2)
    return round(0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))), 2)


# right


@answers.right
def square_of_the_half_angle(step, num_steps, warmup_steps):
    left = step - warmup_steps
    if left < 0:
        return 1 + (left + 1) / warmup_steps
    return math.cos(math.pi / 2 * left / (num_steps - warmup_steps)) ** 2


@answers.right
def the_whole_list(step, num_steps, warmup_steps):
    rising = [k / warmup_steps for k in range(1, warmup_steps + 1)]
    rest = num_steps - warmup_steps
    falling = [(1 + cmath.exp(1j * math.pi * k / rest).real) / 2 for k in range(rest)]
    return (rising + falling)[step]


@cache
def _table(num_steps, warmup_steps):
    up = numpy.arange(1, warmup_steps + 1) / max(1, warmup_steps)
    down = (1 + numpy.cos(numpy.linspace(0, numpy.pi, num_steps - warmup_steps, endpoint=False))) / 2
    return numpy.concatenate([up, down])


@answers.right
def a_table_kept(step, num_steps, warmup_steps):
    return _table(num_steps, warmup_steps)[step].item()
