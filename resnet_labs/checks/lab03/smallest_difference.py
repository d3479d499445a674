"""The check of exercise 03.3: the smallest difference that a test set can show."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from resnet_labs.checks import _answers
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks.lab03 import reference

# The report's two accuracies lie 0.0004 apart, around this one.
_ACCURACY, _DIFFERENCE = 0.98153, 0.0004
_IMAGES = "this is a number of images; divide by the size of the test set"
# Two accuracies with one number of images, one with two, one below a half, one near 1, and few images.
_CASES = ((0.9, 1000), (_ACCURACY, 7500), (0.3, 1000), (0.5, 101), (0.99996, 200_000), (0.98, 40), (0.9, 77))


@check("03.3", "the smallest difference that a test set can show, and the test set that the report's would need")
def check_smallest_difference(probe: Probe, smallest_difference: Callable[[float, int], float], needed: Any) -> None:
    """Check the formula at several accuracies, and the number of images for the report's difference."""
    drawn = (round(probe.random.uniform(0.6, 0.98), 3), 2 * probe.random.randint(30, 999) + 1)
    for accuracy, total in (*_CASES, drawn, (1.0, 99)):
        given = f"smallest_difference({accuracy}, {total})"
        got = probe.call(smallest_difference, accuracy, total, tested=given)
        want = reference.smallest_difference(accuracy, total)
        exact = want * total
        single = reference.smallest_difference(accuracy, total, networks=1)
        no_power = reference.smallest_difference(accuracy, total, z=reference.Z)
        only_power = reference.smallest_difference(accuracy, total, z=reference.Z_POWER)
        one_sided = reference.smallest_difference(accuracy, total, z=reference.Z_ONE_SIDED + reference.Z_POWER)
        probe.close(
            got,
            want,
            "difference",
            tested=given,
            cause=(
                "it is (1.96 + 0.84) standard errors of a difference, sqrt(2 p (1 - p) / n)",
                "`accuracy` or `total` is not read, or is changed, or a result is kept for one of them alone",
            ),
            hint="a",
            rtol=2e-3,
            mistakes=[]
            if accuracy == 1
            else [
                Mistake(single, "one-network", "the error of one accuracy; both accuracies vary", "a"),
                Mistake(
                    2 * single, "errors-added", "errors were added; variances add, so the root of two, not two", "a"
                ),
                Mistake(
                    no_power,
                    "no-power",
                    "1.96 standard errors alone: such a difference is found only half of the time",
                    "b",
                ),
                Mistake(only_power, "no-power", "0.84 standard errors alone; add the 1.96 of the interval", "b"),
                Mistake(one_sided, "one-sided", "1.645 instead of 1.96", "b"),
                *(Mistake(value, "images", _IMAGES, "c") for value in (exact, math.floor(exact), math.ceil(exact))),
                *(Mistake(round(want, n), "rounded", "the difference is rounded", "c") for n in (2, 3, 4)),
                Mistake(100 * want, "per-cent", "this is a percentage; return a fraction", "c"),
                Mistake(want * total**0.5, "no-total", "the division by the number of images is missing", "a"),
            ],
        )
    want = reference.images_needed(_ACCURACY, _DIFFERENCE)
    mistakes: dict[str, tuple[float, Cause]] = {
        "needed-one-network": (
            reference.images_needed(_ACCURACY, _DIFFERENCE, networks=1),
            "half as many: this is the error of one network only",
        ),
        "needed-no-power": (reference.images_needed(_ACCURACY, _DIFFERENCE, z=reference.Z), "1.96 instead of 2.80"),
        "needed-per-cent": (
            reference.images_needed(_ACCURACY, 100 * _DIFFERENCE),
            "0.04 is a percentage; the difference is 0.0004",
        ),
        "needed-linear": (
            7500 * reference.smallest_difference(_ACCURACY, 7500) / _DIFFERENCE,
            "half the difference needs four times the images, not twice as many",
        ),
        "needed": (2 * want, "twice as many: n is the size of one test set, not of both together"),
    }
    probe.expect(
        _answers.values(needed) is not None and _answers.values(needed).numel() == 1,  # type: ignore[union-attr]
        "needed-type",
        tested="needed: how many test images the report's difference needs",
        expected="a number",
        got=needed,
        cause="something else than a number is given, such as a text or a function",
        hint="c",
    )
    got = float(needed)
    anything: Cause = (
        "solve the formula for n: the squared difference is in the denominator",
        "another accuracy than 0.98153 was used, such as one of the two networks' own",
        "it was computed from a rounded number, such as 0.0062 for 7,500 images",
    )
    named = ((code, cause) for code, (value, cause) in mistakes.items() if abs(got - value) <= 0.005 * value)
    code, cause = next(named, ("needed", anything))
    probe.expect(
        abs(got - want) <= 0.005 * want,
        code,
        tested="needed: test images for a smallest difference of 0.0004 at an accuracy of 0.98153",
        expected=f"{want:,.0f}, within half a per cent",
        got=f"{got:,.8g}",
        cause=cause,
        hint="c",
    )
