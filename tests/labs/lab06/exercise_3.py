"""Right and wrong answers to exercise 06.3: cosine with warm-up."""

from __future__ import annotations

import math

import torch
from helpers.answers import Answers

from resnet_labs.optim import learning_rate_factor


def _after(step, num_steps, warmup_steps, value):
    return (step + 1) / warmup_steps if step < warmup_steps else value


answers = Answers("06.3", "check_schedule")


@answers.wrong("factor")
def kept_from_a_run_of_another_length(step, num_steps, warmup_steps, kept={}):  # noqa: B006
    value = learning_rate_factor(step, num_steps=num_steps, warmup_steps=warmup_steps, schedule="cosine")
    return kept.setdefault((step, warmup_steps), value)


@answers.wrong("begins-at-zero")
def begins_at_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return step / warmup_steps
    return learning_rate_factor(step, num_steps=num_steps, warmup_steps=warmup_steps, schedule="cosine")


@answers.wrong("no-warm-up")
def no_warm_up(step, num_steps, warmup_steps):
    return 0.5 * (1 + math.cos(math.pi * step / num_steps))


@answers.wrong("whole-run")
def cosine_over_the_whole_run(step, num_steps, warmup_steps):
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(math.pi * step / num_steps)))


@answers.wrong("cosine-alone")
def cosine_without_the_half(step, num_steps, warmup_steps):
    return _after(step, num_steps, warmup_steps, math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


@answers.wrong("ends-early")
def zero_at_the_last_step(step, num_steps, warmup_steps):
    share = (step - warmup_steps) / (num_steps - warmup_steps - 1)
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(math.pi * share)))


@answers.wrong("linear")
def straight_down(step, num_steps, warmup_steps):
    return _after(step, num_steps, warmup_steps, 1 - (step - warmup_steps) / (num_steps - warmup_steps))


@answers.wrong("degrees")
def in_degrees(step, num_steps, warmup_steps):
    share = (step - warmup_steps) / (num_steps - warmup_steps)
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(180 * share)))


@answers.wrong("too-long")
def warm_up_a_step_too_long(step, num_steps, warmup_steps):
    if step <= warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


@answers.wrong("ahead")
def cosine_a_step_ahead(step, num_steps, warmup_steps):
    share = (step + 1 - warmup_steps) / (num_steps - warmup_steps)
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(math.pi * share)))


@answers.wrong("stretched")
def cosine_stretched_over_the_run(step, num_steps, warmup_steps):
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / num_steps)))


@answers.wrong("raises")
def divides_by_the_warm_up(step, num_steps, warmup_steps):
    rise = min(1.0, (step + 1) / warmup_steps)
    fall = 0.5 * (1 + math.cos(math.pi * max(0, step - warmup_steps) / (num_steps - warmup_steps)))
    return rise * fall


@answers.wrong("factor")
def rises_again(step, num_steps, warmup_steps):
    share = (step - warmup_steps) / (num_steps - warmup_steps)
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(2 * math.pi * share)))


@answers.wrong("library")
def factor_of_the_library(step, num_steps, warmup_steps):
    return learning_rate_factor(step, num_steps=num_steps, warmup_steps=warmup_steps, schedule="cosine")


@answers.right
def factor_by_the_square_of_a_cosine(step, total, warm):
    if step + 1 <= warm:
        return (1 + step) / warm
    return math.cos(math.pi / 2 * (step - warm) / (total - warm)) ** 2


@answers.wrong("not-a-number")
def factor_as_a_tensor(step, num_steps, warmup_steps):
    rise = (step + 1) / warmup_steps if warmup_steps else math.inf
    share = torch.tensor((step - warmup_steps) / (num_steps - warmup_steps))
    return torch.where(torch.tensor(step < warmup_steps), torch.tensor(rise), (1 + torch.cos(math.pi * share)) / 2)


@answers.right
def factor_by_the_half_angle(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (1 + step) / warmup_steps
    return math.cos(math.pi / 2 * (step - warmup_steps) / (num_steps - warmup_steps)) ** 2


@answers.wrong("long-run")
def never_below_a_thousandth(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    part = (step - warmup_steps) / (num_steps - warmup_steps)
    return max(0.001, (1 + math.cos(math.pi * part)) / 2)


@answers.right
def factor_by_tensors_made_a_number(step, num_steps, warmup_steps):
    rise = (step + 1) / warmup_steps if warmup_steps else math.inf
    share = torch.tensor((step - warmup_steps) / (num_steps - warmup_steps), dtype=torch.float64)
    return torch.where(torch.tensor(step < warmup_steps), rise, (1 + torch.cos(math.pi * share)) / 2).item()
