"""The check of exercise 09.5: the interval of a difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._returned import returned_numbers
from resnet_labs.checks.lab09 import reference

Known = tuple[Tensor, str, str, str]  # the three numbers, then a code, a cause and a hint

_WHOLE = ((7363, 7500, 7360, 7500), (891, 1000, 807, 1000), (9, 10, 5, 20), (10, 10, 3, 9), (0, 12, 7, 7))
# The same counts of other totals, equal accuracies, and an end near zero.
_SPECIAL = ((9, 12, 5, 30), (5, 10, 10, 20), (6, 9, 6, 9), (86, 100, 75, 100))
_CHANGED_ALONE = ((8, 12, 5, 30), (9, 14, 5, 30), (9, 12, 6, 30), (9, 12, 5, 33))
_ROUNDED = "the numbers are rounded; return them as they are"
_CUT_OFF = "the ends are cut off at 0 and 1; a difference lies between -1 and 1"
_SIGN = "the sign is wrong: it is first less second, also where the first is the worse one"
_ADDED = "the arms were added, as if both were wrong at once; they add as squares do"
_ARMS = "the arms are mixed up: the lower end takes the lower arm of the first and the upper one of the second"
_MIDDLES = "these are the middles of Wilson's intervals; an accuracy is right / total"


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
        known = _known(asked, want)
        probe.close(
            values[0],
            want[0],
            "difference",
            tested=f"{given}: the difference",
            cause=(
                "it comes first: p1 - p2 with its sign, each accuracy over its own total, not rounded",
                "something is kept from an earlier call, such as for the same counts with other totals",
            ),
            hint="a",
            mistakes=[
                *(Mistake(value[0], "difference", _ROUNDED, "a") for value in _rounded(want)),
                *(Mistake(value[0], *words) for value, *words in known if abs(float(value[0] - want[0])) > 1e-4),
                Mistake(_middles(*asked), "difference", _MIDDLES, "a"),
                Mistake(want[1:].mean(), "difference", "this is the middle of the interval, not p1 - p2", "a"),
            ],
            atol=2e-5,
        )
        certain = any(right in (0, total) for right, total in (asked[:2], asked[2:]))
        probe.close(
            values,
            want,
            "ends",
            tested=f"{given}: difference, low, high",
            cause=(
                *(["an accuracy of exactly 0 or 1 is given no arm; it has one, towards the inside"] if certain else []),
                "an arm is taken from another end, or not squared",
                "the root is missing",
                "equal accuracies, an end near zero or an earlier call is handled in a way of its own",
            ),
            hint="c",
            mistakes=[
                *(Mistake(value, "ends", _ROUNDED, "c") for value in _rounded(want)),
                Mistake(torch.cat([want[:1], want[1:].clamp(0, 1)]), "ends", _CUT_OFF, "c"),
                *(Mistake(value, *words) for value, *words in known if float((value - want).abs().max()) > 5e-4),
            ],
            atol=2e-5,
        )


def _known(asked: tuple[int, int, int, int], want: Tensor) -> list[Known]:
    def numbers(values: reference.Ends) -> Tensor:
        return torch.tensor(values, dtype=torch.float64)

    return [
        (want[[0, 2, 1]], "swapped-ends", "the ends are swapped; return the lower one first", "a"),
        (numbers(reference.difference(*asked[2:], *asked[:2])), "second-first", _SIGN, "a"),
        (100 * want, "per-cent", "these are percentages; return fractions", "a"),
        (numbers(reference.wald(*asked)), "wald", "this is the textbook's interval, which fails near 0 and 1", "b"),
        (numbers(reference.ends_subtracted(*asked)), "ends-subtracted", _ADDED, "b"),
        (numbers(reference.arms_swapped(*asked)), "arms", _ARMS, "c"),
    ]


def _rounded(want: Tensor) -> list[Tensor]:
    return [want.round(decimals=decimals) for decimals in (4, 3, 2)]


def _middles(first: int, first_total: int, second: int, second_total: int) -> float:
    return sum(reference.wilson(first, first_total)) / 2 - sum(reference.wilson(second, second_total)) / 2
