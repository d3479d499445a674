"""Answers to 06.3 by students who know its text alone."""

import cmath
import math
from functools import cache

import numpy
from helpers.answers import Answers

answers = Answers("06.3", "check_schedule")


@answers.wrong("?", "divides by n - w - 1: the last step has a factor of zero, and n - w = 1 divides by zero")
def zero_at_the_last(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps - 1))) / 2


@answers.wrong(
    "?", "counts the step of the cosine from 1: it begins below 1 and is zero at the last step in place of one after it"
)
def one_step_early(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step + 1 - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "the cosine runs over all steps, warm-up included: after the warm-up it jumps below 1")
def over_the_whole_run(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * step / num_steps)) / 2


@answers.wrong(
    "?", "warms up for one step too many: at step = w the factor is (w + 1) / w, above 1, where there is a warm-up"
)
def one_warm_step_more(step, num_steps, warmup_steps):
    if warmup_steps and step <= warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "the warm-up is divided by w + 1, so its last step is below 1")
def never_quite_one(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    return (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "gives NumPy's float32, which is no Python number and has seven digits")
def numpy_number(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return numpy.float32((step + 1) / warmup_steps)
    share = numpy.float32(step - warmup_steps) / numpy.float32(num_steps - warmup_steps)
    return numpy.float32(0.5) * (1 + numpy.cos(numpy.float32(numpy.pi) * share))


_known = {}


@answers.wrong(
    "?",
    "remembers by step and number of steps and forgets the warm-up: a second call with another warm-up gets the first one's factor",
)
def remembers_too_little(step, num_steps, warmup_steps):
    if (step, num_steps) not in _known:
        if step < warmup_steps:
            factor = (step + 1) / warmup_steps
        else:
            share = (step - warmup_steps) / (num_steps - warmup_steps)
            factor = (1 + math.cos(math.pi * share)) / 2
        _known[step, num_steps] = factor
    return _known[step, num_steps]


_calls = [0, None]


@answers.wrong("?", "counts its own calls in place of reading step: right only when called in order from 0, once each")
def counts_calls(step, num_steps, warmup_steps):
    if _calls[1] != (num_steps, warmup_steps) or _calls[0] >= num_steps:
        _calls[:] = [0, (num_steps, warmup_steps)]
    now = _calls[0]
    _calls[0] += 1
    if now < warmup_steps:
        return (now + 1) / warmup_steps
    return (1 + math.cos(math.pi * (now - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "rounds to four digits: with many steps the last factors become zero")
def four_digits(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return round((step + 1) / warmup_steps, 4)
    share = (step - warmup_steps) / (num_steps - warmup_steps)
    return round((1 + math.cos(math.pi * share)) / 2, 4)


@answers.wrong("?", "takes 3.14 for pi: off by up to 0.0008")
def short_pi(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(3.14 * (step - warmup_steps) / (num_steps - warmup_steps))) / 2


@answers.wrong("?", "a quarter of a cosine, from 1 to 0, in place of half a cosine that is raised and halved")
def quarter_cosine(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return math.cos(math.pi / 2 * (step - warmup_steps) / (num_steps - warmup_steps))


@answers.wrong("?", "never goes below 0.001: with many steps the last factors are too high")
def with_a_floor(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    share = (step - warmup_steps) / (num_steps - warmup_steps)
    return max(0.001, (1 + math.cos(math.pi * share)) / 2)


@answers.wrong(
    "?",
    "with a warm-up the cosine leaves out its first step, so that 1 does not come twice: at s = w the factor must be 1",
)
def one_only_once(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    skipped = 1 if warmup_steps else 0
    share = (step - warmup_steps + skipped) / (num_steps - warmup_steps + skipped)
    return (1 + math.cos(math.pi * share)) / 2


@answers.wrong("?", "knows the example's 100 steps only: num_steps is never read")
def hundred_steps(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (1 + math.cos(math.pi * (step - warmup_steps) / max(100 - warmup_steps, 1))) / 2


@answers.right
def squared_half_angle(step, num_steps, warmup_steps):
    past = step - warmup_steps
    if past >= 0:
        return math.cos(math.pi * past / (2 * (num_steps - warmup_steps))) ** 2
    return 1 + (past + 1) / warmup_steps


@answers.right
def on_the_circle(step, num_steps, warmup_steps):
    if step + 1 <= warmup_steps:
        return (1 + step) / warmup_steps
    turn = cmath.exp(1j * cmath.pi * (step - warmup_steps) / (num_steps - warmup_steps))
    return ((turn + 1) / 2).real


@answers.right
def whole_table(step, num_steps, warmup_steps):
    rising = [(number + 1) / warmup_steps for number in range(warmup_steps)]
    falling = numpy.linspace(0, numpy.pi, num_steps - warmup_steps, endpoint=False)
    return (rising + (0.5 + 0.5 * numpy.cos(falling)).tolist())[step]


@answers.right
@cache
def remembered_by_all(step, num_steps, warmup_steps):
    share = (step - warmup_steps) / (num_steps - warmup_steps)
    return ((lambda: 0.5 + 0.5 * math.cos(math.pi * share)) if share >= 0 else (lambda: (step + 1) / warmup_steps))()


class _Schedule:
    def __init__(self, num_steps, warmup_steps):
        self.num_steps, self.warmup_steps = num_steps, warmup_steps

    def __getitem__(self, step):
        w, n = self.warmup_steps, self.num_steps
        return 1.0 - math.sin(math.pi * (step - w) / (2 * (n - w))) ** 2 if step >= w else (step + 1) / w


@answers.right
def of_a_class(step, num_steps, warmup_steps):
    return float(_Schedule(num_steps, warmup_steps)[step])


@answers.right
def both_and_choose(step, num_steps, warmup_steps):
    line = (step + 1) / max(warmup_steps, 1)
    share = max(step - warmup_steps, 0) / (num_steps - warmup_steps)
    curve = math.fsum((0.5, math.sin(math.pi * (0.5 - share)) / 2))
    return (curve, line)[step < warmup_steps]
