"""The check of exercise 03.1: an interval for an accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._returned import returned_numbers
from resnet_labs.checks.lab03 import reference

# (right, total): all the well-known mistakes show at the first; the ends 0 and 1 come last.
_COUNTS = ((9, 10), (7363, 7500), (1, 40), (9, 40), (0, 20), (20, 20))  # two with 9 right ones, two of 40


@check(
    "03.1",
    "the Wilson interval, also where no image or every image was right",
    library=("resnet_labs.metrics:wilson_interval",),
)
def check_wilson(probe: Probe, wilson_interval: Callable[[int, int], Any]) -> None:
    """Check the two ends against the formula, and name the interval that was written instead."""
    few, many, millions = probe.random.randint(30, 900), 24_001, 2_000_003
    drawn = [(probe.random.randint(1, few - 1), few)]
    # Near 0, where the normal interval is another one for many images too.
    drawn += [(round(probe.random.uniform(0.01, 0.03) * total), total) for total in (many, millions)]
    for right, total in (*_COUNTS[:2], *drawn, *_COUNTS[2:]):
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
        share, middle, arm = right / total, want.mean(), (want[1] - want[0]) / 2
        special = (
            "this end alone is special: with no image or every image right the formula holds too",
            "the normal interval around the accuracy, which is a point there",
        )
        if share in (0, 1):
            mistakes = [Mistake(wald, "normal", special, "a"), *mistakes]
        mistakes += [
            Mistake(reference.wilson(right, total, z=2.0), "z-two", "z is 2; 1.96 leaves 2.5 % on each side", "c"),
            Mistake(total * want, "counts", "these are numbers of images; return fractions", "a"),
            Mistake((1 - want).flip(0), "errors", "this is the interval of the error, 1 - accuracy", "a"),
            Mistake(torch.stack([middle, arm]), "middle-arm", "this is the middle and the arm; return both ends", "a"),
            Mistake(reference.wilson(right // total, total), "whole-share", "`//` cuts the share to 0 or 1", "a"),
            *(Mistake(want.round(decimals=n), "rounded", "the ends are rounded", "a") for n in (2, 3, 4)),
        ]
        if 0 < right < total:
            exact = reference.clopper_pearson(right, total)
            words = "Clopper and Pearson's exact interval, which is wider than Wilson's"
            mistakes.append(Mistake(exact, "ends", words, "b"))
            corrected = reference.continuity_corrected(right, total)
            mistakes.append(Mistake(corrected, "corrected", "a continuity correction, which widens it", "b"))
        probe.close(
            ends,
            want,
            "ends",
            tested=f"{given}, low and high",
            cause=(
                "a term of the formula is missing, has another factor or divisor, or is outside the root or a bracket",
                "`right` or `total` is not read, or is changed, or a result is kept for one of them alone",
                "z is another number than 1.96, such as Student's t, which depends on n"
                if 4 * total**2 < 2**31
                else "a whole number overflows: 4n² does not fit into 32 bits",
            ),
            hint="b",
            mistakes=mistakes,
            atol=2e-6,
        )
