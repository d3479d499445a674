"""The check of exercise 03.1: an interval for an accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._returned import returned_numbers
from resnet_labs.checks.lab03 import reference

# (right, total): all the well-known mistakes show at the first; the ends 0 and 1 come last.
_COUNTS = ((9, 10), (7363, 7500), (0, 20), (20, 20))


@check("03.1", "the Wilson interval, also where no image or every image was right")
def check_wilson(probe: Probe, wilson_interval: Callable[[int, int], Any]) -> None:
    """Check the two ends against the formula, and name the interval that was written instead."""
    for right, total in _COUNTS:
        given = f"wilson_interval({right}, {total})"
        ends = returned_numbers(
            probe, probe.call(wilson_interval, right, total, tested=given), 2, given, "two numbers: low, high"
        )
        want = reference.wilson(right, total)
        wald = reference.wald(right, total)
        wrong = "the normal interval around the accuracy, not Wilson's: it leaves [0, 1], and is a point at 0 and 1"
        mistakes = [
            Mistake(wald, "normal", wrong, "a"),
            Mistake(wald.clamp(0, 1), "normal", f"{wrong}; clipping it does not fix it", "a"),
            Mistake(want.flip(0), "swapped", "the ends are swapped; return low, then high", "a"),
            Mistake(100 * want, "per-cent", "these are percentages; return fractions", "a"),
            Mistake(
                reference.wilson(right, total, root=lambda value: value), "no-root", "the square root is missing", "b"
            ),
            Mistake(
                reference.wilson(right, total, scaled=False), "not-divided", "the division by 1 + z²/n is missing", "b"
            ),
            Mistake(
                reference.wilson(right, total, z=reference.Z_ONE_SIDED),
                "one-sided",
                "z is 1.645, which leaves 5 % on each side; 1.96 leaves 2.5 % on each",
                "c",
            ),
            Mistake(
                reference.wilson(right, total, z=1.0),
                "no-z",
                "z is 1, one standard error: that is a 68 % interval",
                "c",
            ),
            Mistake(
                reference.agresti_coull(right, total),
                "agresti-coull",
                "Agresti and Coull's interval: Wilson's middle, with another width",
                "b",
            ),
        ]
        if 0 < right < total:
            corrected = reference.continuity_corrected(right, total)
            mistakes.append(Mistake(corrected, "corrected", "a continuity correction, which widens it", "b"))
        probe.close(
            ends,
            want,
            "ends",
            tested=f"{given}, low and high",
            cause="a term of the formula is missing, or is outside the root or the brackets",
            hint="b",
            mistakes=mistakes,
            atol=1e-5,
        )
