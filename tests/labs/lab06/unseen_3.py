"""Answers to 06.3 by someone who knew the exercise and not its check."""

import math

import numpy as np
from helpers.answers import Answers

from resnet_labs import optim

answers = Answers("06.3", "check_schedule")


def good(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


@answers.wrong("factor", "100 steps in all")
def hundred(step, num_steps, warmup_steps):
    return good(step, 100, warmup_steps)


@answers.wrong("factor", "five steps of warm-up")
def five(step, num_steps, warmup_steps):
    return good(step, num_steps, 5 if warmup_steps else 0)


@answers.wrong("factor", "warm-up is a tenth of the run")
def tenth(step, num_steps, warmup_steps):
    return good(step, num_steps, num_steps // 10)


@answers.wrong("begins-at-zero", "warm-up from zero")
def from_zero(step, num_steps, warmup_steps):
    return step / warmup_steps if step < warmup_steps else good(step, num_steps, warmup_steps)


@answers.wrong("raises", "no warm-up divides by zero")
def divides(step, num_steps, warmup_steps):
    return min((step + 1) / warmup_steps, good(step, num_steps, warmup_steps)) if step >= 0 else 0


@answers.wrong("ends-early", "the last step has no rate")
def to_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, num_steps - warmup_steps - 1)))


@answers.wrong("too-long", "step <= warmup_steps: the first step of the cosine is above one")
def one_more(step, num_steps, warmup_steps):
    return (step + 1) / warmup_steps if warmup_steps and step <= warmup_steps else good(step, num_steps, warmup_steps)


@answers.wrong("factor", "the cosine one step late")
def late(step, num_steps, warmup_steps):
    return (
        good(max(step - 1, warmup_steps), num_steps, warmup_steps)
        if step >= warmup_steps
        else good(step, num_steps, warmup_steps)
    )


@answers.wrong("no-warm-up", "warm-up of a single step is skipped: fine, but of two as well")
def short(step, num_steps, warmup_steps):
    return good(step, num_steps, warmup_steps if warmup_steps > 2 else 0)


@answers.wrong("factor", "never below 0.01")
def floor(step, num_steps, warmup_steps):
    return max(0.01, good(step, num_steps, warmup_steps))


COUNT = {"steps": 0}


@answers.wrong("not-a-function", "counts its calls in place of reading step")
def counts(step, num_steps, warmup_steps):
    number = COUNT["steps"] % num_steps
    COUNT["steps"] += 1
    return good(number, num_steps, warmup_steps)


@answers.wrong("whole-run", "the cosine counts from the first step of the run")
def from_start(step, num_steps, warmup_steps):
    return (step + 1) / warmup_steps if step < warmup_steps else 0.5 * (1 + math.cos(math.pi * step / num_steps))


@answers.wrong("linear", "a straight line down")
def line(step, num_steps, warmup_steps):
    return (step + 1) / warmup_steps if step < warmup_steps else 1 - (step - warmup_steps) / (num_steps - warmup_steps)


@answers.wrong("factor", "a quarter of the cosine")
def quarter(step, num_steps, warmup_steps):
    return (
        (step + 1) / warmup_steps
        if step < warmup_steps
        else math.cos(math.pi / 2 * (step - warmup_steps) / (num_steps - warmup_steps))
    )


@answers.wrong("cosine-alone", "cosine without half of one plus")
def bare(step, num_steps, warmup_steps):
    return (
        (step + 1) / warmup_steps
        if step < warmup_steps
        else math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))
    )


@answers.wrong("degrees", "degrees")
def degrees(step, num_steps, warmup_steps):
    return (
        (step + 1) / warmup_steps
        if step < warmup_steps
        else 0.5 * (1 + math.cos(180 * (step - warmup_steps) / (num_steps - warmup_steps)))
    )


@answers.wrong("factor", "two pi")
def two_pi(step, num_steps, warmup_steps):
    return (
        (step + 1) / warmup_steps
        if step < warmup_steps
        else 0.5 * (1 + math.cos(2 * math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))
    )


answers.wrong("library", "the library's own learning_rate_factor is handed in (passing is fine if the check says so)")(
    lambda step, num_steps, warmup_steps: optim.learning_rate_factor(
        step, num_steps=num_steps, warmup_steps=warmup_steps, schedule="cosine"
    )
)


@answers.right
def by_square(step, num_steps, warmup_steps):
    """cos^2 of half the angle."""
    if warmup_steps > step:
        return (1 + step) / warmup_steps
    return math.cos(math.pi / 2 * (step - warmup_steps) / (num_steps - warmup_steps)) ** 2


@answers.right
def in_numpy(step, num_steps, warmup_steps):
    """NumPy float64."""
    share = np.clip((step - warmup_steps) / max(num_steps - warmup_steps, 1), 0, 1)
    cosine = (1 + np.cos(np.pi * share)) / 2
    return (step + 1) / warmup_steps if step < warmup_steps else cosine


@answers.right
def by_min(step, num_steps, warmup_steps):
    """One expression."""
    ramp = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    fall = max(0, step - warmup_steps) / max(1, num_steps - warmup_steps)
    return ramp * (0.5 + 0.5 * math.cos(math.pi * fall))


@answers.right
def listed(step, num_steps, warmup_steps):
    """The whole list, then one of it."""
    ramp = [(k + 1) / warmup_steps for k in range(warmup_steps)]
    rest = num_steps - warmup_steps
    return (ramp + [0.5 * (1 + math.cos(math.pi * k / rest)) for k in range(rest)])[step]
