"""The check of exercise 09.5: the interval of a difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._returned import returned_numbers
from resnet_labs.checks.lab09 import reference

_WHOLE = ((7363, 7500, 7360, 7500), (891, 1000, 807, 1000), (9, 10, 5, 20), (10, 10, 3, 9), (0, 12, 7, 7))
# The same counts of other totals, equal accuracies, and an end near zero.
_SPECIAL = ((9, 12, 5, 30), (5, 10, 10, 20), (6, 9, 6, 9), (86, 100, 75, 100))
_CHANGED_ALONE = ((8, 12, 5, 30), (9, 14, 5, 30), (9, 12, 6, 30), (9, 12, 5, 33))


@check(
    "09.5",
    "Newcombe's interval of the difference of two accuracies",
    library=["resnet_labs.reports.audit:two_proportions"],
)
def check_difference(probe: Probe, difference: Callable[[int, int, int, int], Any]) -> None:
    """Check the report's pairs, drawn ones with unlike totals, and accuracies of 0 and 1."""
    drawn = []
    for _ in range(3):
        totals = probe.random.randint(8, 60), probe.random.randint(61, 400)
        drawn.append(
            (probe.random.randint(1, totals[0] - 1), totals[0], probe.random.randint(1, totals[1] - 1), totals[1])
        )
    for asked in (*drawn, *_WHOLE, *_SPECIAL, *_CHANGED_ALONE):
        given = f"difference{asked}"
        got = probe.call(difference, *asked, tested=given, anywhere=False)
        values = returned_numbers(probe, got, 3, given, "three numbers: difference, low, high")
        want = torch.tensor(reference.difference(*asked), dtype=torch.float64)
        first, first_total, second, second_total = asked
        swapped = torch.tensor(reference.difference(second, second_total, first, first_total), dtype=torch.float64)
        cases = [
            (want[[0, 2, 1]], "swapped-ends", "the ends are swapped; return the lower one first", "a"),
            (swapped, "second-first", "this is second less first", "a"),
            (100 * want, "per-cent", "these are percentages; return fractions", "a"),
            (reference.wald(*asked), "wald", "this is the textbook's interval, which fails near 0 and 1", "b"),
            (
                reference.ends_subtracted(*asked),
                "ends-subtracted",
                "the arms were added, as if both were wrong at once; they add as squares do",
                "b",
            ),
            (
                reference.arms_swapped(*asked),
                "arms",
                "the arms are mixed up: the lower end takes the lower arm of the first and the upper one of the second",
                "c",
            ),
        ]
        probe.close(
            values[:1],
            want[:1],
            "difference",
            tested=f"{given}: the difference",
            cause="it comes first: p1 - p2 with its sign, each accuracy over its own total, not rounded",
            hint="a",
            mistakes=[
                Mistake(torch.as_tensor(value, dtype=torch.float64)[:1], *words)
                for value, *words in cases
                if abs(float(torch.as_tensor(value)[0] - want[0])) > 1e-4
            ],
            atol=2e-5,
        )
        probe.close(
            values,
            want,
            "ends",
            tested=f"{given}: difference, low, high",
            cause=(
                "an arm is taken from another end, or not squared",
                "the root is missing",
                "equal accuracies, an end near zero or an earlier call is handled in a way of its own",
            ),
            hint="c",
            mistakes=[Mistake(torch.as_tensor(value, dtype=torch.float64), *words) for value, *words in cases],
            atol=2e-5,
        )
