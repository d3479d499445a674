"""The check of exercise 06.3: the learning rate of every step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks.lab06 import reference
from resnet_labs.checks.lab06.mistakes import named

_FACTORS = {
    "begins-at-zero": ("the first step has a rate of zero; count from step + 1", "a"),
    "too-long": ("the warm-up lasts one step too long; step `warmup_steps` belongs to the cosine", "a"),
    "no-warm-up": ("warmup_steps is not used, or the cosine also runs over the warm-up", "a"),
    "whole-run": ("the cosine began at step 0; it begins where the warm-up ends", "b"),
    "cosine-alone": ("the cosine runs from 1 to -1; half of (1 + cosine) runs from 1 to 0", "b"),
    "ends-early": ("the last step has a rate of zero and moves nothing; zero comes one step after it", "c"),
    "linear": ("the rate falls along a straight line", "b"),
    "ahead": ("the cosine is one step ahead; its first step still has the full rate", "b"),
    "stretched": ("the cosine is stretched over all steps; it has num_steps - warmup_steps of them", "b"),
    "degrees": ("`math.cos` takes radians: half a circle is pi", "b"),
}
_CAUSES = (
    "the warm-up is a straight line, (step + 1) / warmup_steps; then comes half of (1 + cosine)",
    "the cosine begins one step late or early: step `warmup_steps` has the full rate",
    "`num_steps` or `warmup_steps` is not read, or a result of another run is kept",
    "the factor is rounded, or held above a smallest value",
)
_NEARLY = ("the factor is rounded", "pi is rounded: use `math.pi`", "the factor is held above a smallest value")


@check(
    "06.3",
    "the rate grows to its full value over the warm-up, then falls along half a cosine",
    library=("resnet_labs.optim:learning_rate_factor",),
)
def check_schedule(probe: Probe, learning_rate_factor: Callable[[int, int, int], float]) -> None:
    """Check the factor of every step of short runs, and of some steps of a long one."""
    drawn = (probe.random.randint(40, 70), probe.random.randint(11, 19))
    for num_steps, warmup_steps in ((12, 4), (9, 1), (8, 0), drawn, (12, 2), (10, 7), (6, 5), (7, 4)):
        given = f"the factor of steps 0 to {num_steps - 1} of {num_steps}, with a warm-up of {warmup_steps}"
        values = [
            probe.call(
                learning_rate_factor,
                step,
                num_steps,
                warmup_steps,
                tested=f"learning_rate_factor({step}, {num_steps}, {warmup_steps})",
                cause="a division by a warm-up of 0 steps" if warmup_steps == 0 else "",
                hint="a",
            )
            for step in range(num_steps)
        ]
        other = [value for value in values if not isinstance(value, (int, float))]
        probe.expect(
            not other,
            "not-a-number",
            tested=f"what learning_rate_factor returns, of {num_steps} steps with a warm-up of {warmup_steps}",
            expected="a Python number",
            got=type(other[0]).__name__ if other else "",
            cause="a tensor or a NumPy number, often of 32 bits, is returned: use `math.cos`, or convert it by `float`",
            hint="a",
        )
        got = torch.tensor([float(value) for value in values], dtype=torch.float64)
        again = torch.tensor(
            [float(learning_rate_factor(step, num_steps, warmup_steps)) for step in reversed(range(num_steps))]
        )
        probe.close(
            again.flip(0),
            got,
            "not-a-function",
            tested=f"{given}, asked once more from the last to the first",
            cause="calls are counted, or something is kept from one to the next; the factor depends on its three "
            "arguments and on nothing else",
            hint="a",
        )
        wrong: dict[str, Tensor] = {}
        for code, of in reference.WRONG_FACTORS.items():
            if warmup_steps or code != "begins-at-zero":
                wrong[code] = reference.curve(of, num_steps, warmup_steps)
        due = reference.curve(reference.factor, num_steps, warmup_steps)
        probe.close(
            got,
            due,
            "factor",
            tested=given,
            cause=_NEARLY if (got - due).abs().max() < 0.012 else _CAUSES,
            hint="a" if torch.equal(got[warmup_steps:], due[warmup_steps:]) else "b",
            mistakes=named(wrong, _FACTORS),
        )
    num_steps, warmup_steps = 30_000, 500
    steps = [*range(0, num_steps, 997), num_steps - 1]
    long = [probe.call(learning_rate_factor, step, num_steps, warmup_steps, anywhere=False, hint="b") for step in steps]
    probe.close(
        torch.tensor([float(value) for value in long], dtype=torch.float64),
        torch.tensor([reference.factor(step, num_steps, warmup_steps) for step in steps], dtype=torch.float64),
        "long-run",
        tested=f"the factor of every 997th step of {num_steps}, and of the last, with a warm-up of {warmup_steps}",
        cause="short runs are right: a number of steps or a smallest factor is written down, or factors are rounded",
        hint="b",
    )
