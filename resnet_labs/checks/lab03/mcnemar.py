"""The checks of exercises 03.1 to 03.3: an interval, a test on paired predictions, the smallest difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab03 import reference

# (right, total): all the well-known mistakes show at the first; the ends 0 and 1 come last.
_COUNTS = ((9, 10), (7363, 7500), (0, 20), (20, 20))

# Both right, only the first, only the second, neither.
_TABLES = ((30, 8, 2, 5), (5, 1, 7, 2), (50, 3, 3, 4), (100, 60, 40, 20), (7, 0, 0, 3))

# The report's two accuracies lie 0.0004 apart, around this one.
ACCURACY, DIFFERENCE = 0.98153, 0.0004


@check("03.1", "the Wilson interval, also where no image or every image was right")
def check_wilson(probe: Probe, wilson_interval: Callable[[int, int], Any]) -> None:
    """Check the two ends against the formula, and name the interval that was written in its place."""
    for right, total in _COUNTS:
        given = f"wilson_interval({right}, {total})"
        ends = _numbers(
            probe, probe.call(wilson_interval, right, total, tested=given), 2, given, "two numbers: low, high"
        )
        want = reference.wilson(right, total)
        wald = reference.wald(right, total)
        wrong = "the normal interval around the accuracy, not Wilson's: it leaves 0 to 1, and is a point at 0 and 1"
        mistakes = [
            Mistake(wald, "normal", wrong, "a"),
            Mistake(wald.clamp(0, 1), "normal", f"{wrong}; cutting it off does not mend it", "a"),
            Mistake(want.flip(0), "swapped", "the ends are swapped; return low, then high", "a"),
            Mistake(100 * want, "per-cent", "per cent; leave the ends as fractions", "a"),
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
            cause="a term of the formula is missing, or stands outside the root or the brackets",
            hint="b",
            mistakes=mistakes,
            atol=1e-5,
        )


@check("03.2", "the exact two-sided p-value of McNemar's test")
def check_mcnemar(probe: Probe, mcnemar: Callable[[Tensor, Tensor], Any]) -> None:
    """Check both counts and the p-value, on few images, on many, and where the networks never differ."""
    for table in _TABLES:
        both, only_first, only_second, neither = table
        first, second = reference.outcomes(*table, probe.generator)
        total = only_first + only_second
        tested = f"mcnemar on {sum(table)} images: {both} right for both, {only_first} for the first alone, "
        tested += f"{only_second} for the second alone"
        found = _numbers(
            probe, probe.call(mcnemar, first, second), 3, tested, "three numbers: only_first, only_second, p"
        )
        probe.equal(
            tuple(found[:2].tolist()),
            (only_first, only_second),
            "counts",
            tested=tested,
            cause="count the images on which one network is right and the other is not",
            hint="a",
            mistakes=[
                Mistake((only_second, only_first), "swapped", "the two counts are swapped", "a"),
                Mistake(
                    (both, neither), "concordant", "these are the images on which both agree; they say nothing", "a"
                ),
                Mistake((both + only_first, both + only_second), "all-right", "all images that were right", "a"),
            ],
        )
        smaller, larger = sorted((only_first, only_second))
        tail = reference.coin(smaller, total)
        larger_tail = reference.coin(larger, total)
        probability = tail - (reference.coin(smaller - 1, total) if smaller else 0)
        chi = "the chi-squared approximation; with so few images count the coin tosses exactly"
        probe.close(
            found[2],
            reference.two_sided(only_first, only_second),
            "p",
            tested=f"the p-value of {tested}",
            cause="p is twice the probability of at most min(only_first, only_second) heads in all their tosses",
            hint="b",
            mistakes=[
                Mistake(
                    tail, "one-sided", "one tail; the other network could have been the better one: double it", "b"
                ),
                Mistake(2 * tail, "above-one", "an even split is in both tails; a probability ends at 1", "c"),
                Mistake(
                    min(1.0, 2 * larger_tail),
                    "larger-tail",
                    "the larger count was taken; the tail begins at the smaller",
                    "b",
                ),
                Mistake(
                    2 * larger_tail, "larger-tail", "the larger count was taken; the tail begins at the smaller", "b"
                ),
                Mistake(
                    2 * probability, "one-outcome", "the probability of this very split; add those more uneven", "b"
                ),
                Mistake(2 * tail - probability, "mid-p", "half of the observed split is left out (mid-p)", "b"),
                Mistake(reference.chi_squared(only_first, only_second), "chi-squared", chi, "b"),
                Mistake(reference.chi_squared(only_first, only_second, correction=1), "chi-squared", chi, "b"),
                Mistake(
                    reference.unpaired(first, second), "unpaired", "a test of two accuracies on different images", "a"
                ),
            ],
        )


@check("03.3", "the smallest difference that a test set can show, and the test set that the report's would need")
def check_smallest_difference(probe: Probe, smallest_difference: Callable[[float, int], float], needed: Any) -> None:
    """Check the formula at three accuracies, and the number of images for the report's difference."""
    for accuracy, total in ((0.9, 1000), (ACCURACY, 7500), (0.5, 100)):
        given = f"smallest_difference({accuracy}, {total})"
        got = probe.call(smallest_difference, accuracy, total, tested=given)
        want = reference.smallest_difference(accuracy, total)
        single = reference.smallest_difference(accuracy, total, networks=1)
        no_power = reference.smallest_difference(accuracy, total, z=reference.Z)
        only_power = reference.smallest_difference(accuracy, total, z=reference.Z_POWER)
        one_sided = reference.smallest_difference(accuracy, total, z=reference.Z_ONE_SIDED + reference.Z_POWER)
        probe.close(
            got,
            want,
            "difference",
            tested=given,
            cause="it is (1.96 + 0.84) standard errors of a difference",
            hint="a",
            rtol=2e-3,
            mistakes=[
                Mistake(single, "one-network", "the error of one accuracy; both of them scatter", "a"),
                Mistake(
                    2 * single, "errors-added", "errors were added; variances add, so the root of two, not two", "a"
                ),
                Mistake(no_power, "no-power", "1.96 errors alone: such a difference is found every other time", "b"),
                Mistake(only_power, "no-power", "0.84 errors alone; add the 1.96 of the interval", "b"),
                Mistake(one_sided, "one-sided", "1.645 in place of 1.96", "b"),
                Mistake(want * total, "images", "images; divide by their number", "c"),
                Mistake(100 * want, "per-cent", "per cent; leave it a fraction", "c"),
                Mistake(want * total**0.5, "no-total", "the division by the number of images is missing", "a"),
            ],
        )
    want = reference.images_needed(ACCURACY, DIFFERENCE)
    plain = {
        "needed-one-network": (
            reference.images_needed(ACCURACY, DIFFERENCE, networks=1),
            "half as many: one network's",
        ),
        "needed-no-power": (reference.images_needed(ACCURACY, DIFFERENCE, z=reference.Z), "1.96 in place of 2.80"),
        "needed-per-cent": (
            reference.images_needed(ACCURACY, 100 * DIFFERENCE),
            "0.04 is per cent; the difference is 0.0004",
        ),
        "needed-linear": (
            7500 * reference.smallest_difference(ACCURACY, 7500) / DIFFERENCE,
            "half the difference needs four times the images, not twice as many",
        ),
    }
    probe.close(
        float(needed),
        want,
        "needed",
        tested="needed: test images for a smallest difference of 0.0004 at an accuracy of 0.98153",
        cause="solve the formula for n: the difference squared stands below",
        hint="c",
        rtol=0.015,
        mistakes=[Mistake(value, code, cause, "c") for code, (value, cause) in plain.items()],
    )


def _numbers(probe: Probe, got: Any, count: int, tested: str, expected: str) -> Tensor:
    """Return what the learner returned as one float64 tensor of so many numbers."""
    fits = isinstance(got, (tuple, list, Tensor, np.ndarray)) and np.shape(got)[:1] == (count,)
    probe.expect(
        fits,
        "how-many",
        tested=f"what {tested} returns",
        expected=expected,
        got=got,
        cause="another number of values is returned",
        hint="a",
    )
    return torch.stack([torch.as_tensor(value, dtype=torch.float64) for value in got])
