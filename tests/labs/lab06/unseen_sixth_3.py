"""Answers to 06.3 by students who know its text alone."""

import cmath
import math
from functools import cache

import numpy
from helpers.answers import Answers

answers = Answers("06.3", "check_schedule")


@answers.wrong("?", "the warm-up begins at zero: the first step does not move")
def from_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return step / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "divides by n - w - 1: the last step has a factor of zero")
def reaches_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / max(1, num_steps - warmup_steps - 1))) / 2


@answers.wrong("?", "the cosine counts from step 0 in place of the end of the warm-up: it jumps down after the warm-up")
def not_shifted(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * step / num_steps)) / 2


@answers.wrong(
    "?", "counts from the end of the warm-up, but divides by all steps: with a warm-up it ends far above zero"
)
def whole_run_below(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / num_steps)) / 2


@answers.wrong("?", "falls along a straight line, not a cosine")
def straight(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 1 - (step - warmup_steps) / (num_steps - warmup_steps)


@answers.wrong("?", "a quarter of a cosine, cos(pi t / 2): too high in the middle")
def quarter(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return math.cos(math.pi / 2 * (step - warmup_steps) / (num_steps - warmup_steps))


@answers.wrong("?", "divides by the warm-up before it asks for it: fails with a warm-up of 0 steps")
def divides_by_zero(step, num_steps, warmup_steps):
    rising = (step + 1) / warmup_steps
    if rising <= 1:
        return rising
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "<= in place of <: the step after the warm-up has (w + 1) / w, above 1")
def one_too_long(step, num_steps, warmup_steps):
    if warmup_steps and step <= warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "takes degrees for radians: with pi turned into 180 the cosine goes round many times")
def degrees(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(180 * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "the cosine is one step early: the first step without warm-up is below 1, and the last is zero")
def one_step_early(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step + 1 - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "divides by w + 1: the warm-up ends at w / (w + 1) in place of 1")
def never_full(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "multiplies the warm-up by a cosine of the whole run: neither the line nor the cosine of the text")
def product(step, num_steps, warmup_steps):
    rising = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    return rising * (1 + math.cos(math.pi * step / num_steps)) / 2


calls = []


@answers.wrong(
    "?", "counts its own calls in place of reading step: right for one run from the beginning, wrong for the second"
)
def counts_calls(step, num_steps, warmup_steps):
    step = len(calls) % num_steps
    calls.append(step)
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "remembers by step and run length: another warm-up gets the factor of the first one")
def remembers(step, num_steps, warmup_steps, known={}):
    if (step, num_steps) not in known:
        if step < warmup_steps:
            known[step, num_steps] = (step + 1) / warmup_steps
        else:
            angle = math.pi * (step - warmup_steps) / (num_steps - warmup_steps)
            known[step, num_steps] = (1 + math.cos(angle)) / 2
    return known[step, num_steps]


@answers.wrong("?", "a run of 100 steps, as in the example; num_steps is never read")
def hundred(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / (100 - warmup_steps))) / 2


@answers.wrong("?", "rounds to two digits: the last steps of a long run are zero")
def rounded(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return round((step + 1) / warmup_steps, 2)
    return round((1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2, 2)


@answers.wrong("?", "never lets the factor fall below a hundredth: the last steps of a long run are too large")
def with_floor(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return max(0.01, (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2)


@answers.wrong(
    "?", "a warm-up of one step passes for none: the cosine then begins at step 0, one step early and longer"
)
def one_is_none(step, num_steps, warmup_steps):
    if warmup_steps <= 1:
        warmup_steps = 0
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.right
def square_of_cosine(step, num_steps, warmup_steps):
    """Half of 1 + cos x is the square of cos(x / 2)."""
    past = step - warmup_steps
    return (
        (past + 1 + warmup_steps) / warmup_steps
        if past < 0
        else math.cos(math.pi * past / (num_steps - warmup_steps) / 2) ** 2
    )


@answers.right
def on_the_circle(step, num_steps, warmup_steps):
    if not step < warmup_steps:
        turn = cmath.exp(1j * cmath.pi * (step - warmup_steps) / (num_steps - warmup_steps))
        return 0.5 + 0.5 * turn.real
    return float(step + 1) / float(warmup_steps)


@answers.right
def from_a_table(step, num_steps, warmup_steps):
    rising = numpy.arange(1, min(warmup_steps, num_steps) + 1) / max(warmup_steps, 1)
    rest = max(num_steps - warmup_steps, 0)
    falling = 0.5 * (1 + numpy.cos(numpy.pi * numpy.arange(rest) / max(rest, 1)))
    return float(numpy.concatenate([rising, falling])[step])


@cache
def schedule(num_steps, warmup_steps):
    def each():
        for step in range(num_steps):
            if step < warmup_steps:
                yield (step + 1) / warmup_steps
            else:
                yield math.fsum([0.5, 0.5 * math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))])

    return tuple(each())


@answers.right
def whole_schedule_cached(step, num_steps, warmup_steps):
    return schedule(num_steps, warmup_steps)[step]


@answers.right
def without_warmup_first(step, num_steps, warmup_steps):
    if warmup_steps == 0:
        return 1 - math.sin(math.pi * step / (2 * num_steps)) ** 2
    if step >= warmup_steps:
        return without_warmup_first(step - warmup_steps, num_steps - warmup_steps, 0)
    return (step + 1) / warmup_steps


class Phases:
    def __init__(self, num_steps, warmup_steps):
        self.phases = [
            (range(warmup_steps), lambda place, length: (place + 1) / length),
            (range(warmup_steps, num_steps), lambda place, length: (1 + math.cos(place * math.pi / length)) / 2),
        ]

    def __getitem__(self, step):
        return next(rule(steps.index(step), len(steps)) for steps, rule in self.phases if step in steps)


@answers.right
def two_phases(step, num_steps, warmup_steps):
    return Phases(num_steps, warmup_steps)[step]
