"""Answers to 06.3 by someone who looked for what its check may not ask."""

import cmath
import math

from helpers.answers import Answers

answers = Answers("06.3", "check_schedule")


def cosine(part):
    return 0.5 * (1 + math.cos(math.pi * part))


# Right: (1 + cos a) / 2 is cos^2(a / 2), which is exact near the end too, where 1 + cos loses digits.
@answers.right
def squared_half_angle(step, num_steps, warmup_steps):
    climbing = step - warmup_steps < 0
    return (
        (step + 1) / warmup_steps
        if climbing
        else math.cos(math.pi / 2 * (step - warmup_steps) / (num_steps - warmup_steps)) ** 2
    )


# Right: the smaller of two lines while it warms up (the cosine is 1 until then), by a complex number on the circle.
@answers.right
def on_the_circle(step, num_steps, warmup_steps):
    past = max(0, step - warmup_steps)
    rest = max(1, num_steps - warmup_steps)  # with nothing but warm-up there is no step in the rest, and past is 0
    down = (1 + cmath.exp(1j * math.pi * past / rest).real) / 2
    up = (step + 1) / warmup_steps if warmup_steps else 1.0
    return float(min(up, down, 1.0))


# Right: the whole run as a list, and the step picks from it; slow, and the same numbers.
@answers.right
def whole_run(step, num_steps, warmup_steps):
    rising = [place / warmup_steps for place in range(1, warmup_steps + 1)]
    falling = [cosine(place / (num_steps - warmup_steps)) for place in range(num_steps - warmup_steps)]
    return (rising + falling)[step]


@answers.wrong("too-long", "one step too long: the first step after the warm-up has (w + 1) / w, above 1")
def one_step_too_long(step, num_steps, warmup_steps):
    if warmup_steps and step <= warmup_steps:
        return (step + 1) / warmup_steps
    return cosine((step - warmup_steps) / (num_steps - warmup_steps))


@answers.wrong("factor", "rounds to three decimals: the last of many steps have a rate of zero")
def three_decimals(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return round((step + 1) / warmup_steps, 3)
    return round(cosine((step - warmup_steps) / (num_steps - warmup_steps)), 3)


@answers.wrong("factor", "the warm-up is at most half of the run")
def half_at_most(step, num_steps, warmup_steps):
    warmup_steps = min(warmup_steps, max(num_steps // 2, 1))
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return cosine((step - warmup_steps) / (num_steps - warmup_steps))


@answers.wrong("no-warm-up", "a warm-up of one step is taken for none: the cosine begins one step early")
def one_is_none(step, num_steps, warmup_steps):
    if warmup_steps <= 1:
        return cosine(step / num_steps)
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return cosine((step - warmup_steps) / (num_steps - warmup_steps))


@answers.wrong("factor", "3t^2 - 2t^3 instead of the cosine: the same ends and the same sum, off by 0.01 between")
def smooth_step(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    part = (step - warmup_steps) / (num_steps - warmup_steps)
    return 1 - part * part * (3 - 2 * part)


@answers.wrong("factor", "never below 0.001: long runs have a floor that the formula does not have")
def with_a_floor(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return max(0.001, cosine((step - warmup_steps) / (num_steps - warmup_steps)))


_tables = {}


@answers.wrong(
    "factor", "keeps the factors of a run by its length: a second run of the same length has the warm-up of the first"
)
def remembered(step, num_steps, warmup_steps):
    if num_steps not in _tables:
        _tables[num_steps] = [
            (place + 1) / warmup_steps
            if place < warmup_steps
            else cosine((place - warmup_steps) / (num_steps - warmup_steps))
            for place in range(num_steps)
        ]
    return _tables[num_steps][step]


_coarse = [cosine(place / 1000) for place in range(1000)]


@answers.wrong("long-run", "looks the cosine up in a table of 1,000 places: many steps of a longer run share a factor")
def from_a_table(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    if num_steps - warmup_steps <= 100:
        return cosine((step - warmup_steps) / (num_steps - warmup_steps))
    return _coarse[1000 * (step - warmup_steps) // (num_steps - warmup_steps)]


@answers.wrong("factor", "the warm-up takes one more step to the top: 1 / (w + 1), ..., w / (w + 1)")
def one_more_to_the_top(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    return cosine((step - warmup_steps) / (num_steps - warmup_steps))


_run = {}


@answers.wrong(
    "not-a-function",
    "counts its own calls and believes the step only when a run begins: asked twice, or backwards, it is wrong",
)
def counts_its_calls(step, num_steps, warmup_steps):
    if step == 0 or _run.get("of") != (num_steps, warmup_steps):
        _run.update(of=(num_steps, warmup_steps), step=step)
    step = min(_run["step"], num_steps - 1)
    _run["step"] += 1
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return cosine((step - warmup_steps) / (num_steps - warmup_steps))


@answers.wrong(
    "factor", "six terms of the cosine's series: good at the beginning, off near pi, where the last steps are"
)
def series(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    angle = math.pi * (step - warmup_steps) / (num_steps - warmup_steps)
    value = sum((-1) ** n * angle ** (2 * n) / math.factorial(2 * n) for n in range(6))
    return max(0.0, 0.5 * (1 + value))


@answers.wrong(
    "ahead", "the last step is divided as if it were the end where the run after the warm-up has one step only"
)
def short_runs(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    rest = num_steps - warmup_steps
    return 0.0 if rest == 1 else cosine((step - warmup_steps) / rest)


@answers.wrong("long-run", "a restart every 10,000 steps: longer runs begin again at the top")
def restarts(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    if num_steps > 10_000:
        num_steps, step = 10_000 + warmup_steps, warmup_steps + (step - warmup_steps) % 10_000
    return cosine((step - warmup_steps) / (num_steps - warmup_steps))
