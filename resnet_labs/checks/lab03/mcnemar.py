"""The check of exercise 03.2: a test on two networks' predictions for the same images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks._returned import returned_numbers
from resnet_labs.checks.lab03 import reference

# Both right, only the first, only the second, neither. The first and the last have as many disagreements.
_TABLES = (
    (30, 8, 2, 5),
    (5, 1, 7, 2),
    (50, 3, 3, 4),
    (100, 60, 40, 20),
    (0, 0, 9, 4),
    (9, 0, 80, 3),
    (7, 0, 0, 3),
    (2, 3, 7, 6),
    (28, 10, 4, 3),  # as many images and as many right for each network as in the first table
)
_INEXACT: Cause = (
    "p is computed in float32, or from rounded logarithms; add whole numbers, or use float64",
    "p is rounded",
    "p is an approximation, such as by a normal distribution",
)
_LARGER = "the sum goes up to the larger count; it ends at the smaller one, `min(only_first, only_second)`"


@check("03.2", "the exact two-sided p-value of McNemar's test", library=("resnet_labs.metrics:mcnemar",))
def check_mcnemar(probe: Probe, mcnemar: Callable[[Tensor, Tensor], Any]) -> None:
    """Check both counts and the p-value, on few images, on many, and where the networks never disagree."""
    few = [probe.random.randint(5, 60) for _ in range(4)]
    drawn = [(few[0], few[1], few[2], few[3]), (40, 250 + probe.random.randint(0, 9), 262, 9)]
    drawn.append((300, 1200, 1210 + probe.random.randint(0, 90), 205))
    for table in (*_TABLES[:4], *drawn, *_TABLES[4:]):
        both, only_first, only_second, neither = table
        first, second = reference.outcomes(*table, probe.generator)
        total = only_first + only_second
        tested = f"mcnemar on {sum(table)} images: {both} right for both, {only_first} for the first alone, "
        tested += f"{only_second} for the second alone"
        found = returned_numbers(
            probe,
            probe.call(
                mcnemar,
                first,
                second,
                tested=tested,
                cause=_cause(total),
                hint="c" if _cause(total) else "a",
            ),
            3,
            tested,
            "three numbers: only_first, only_second, p",
        )
        probe.equal(
            _whole(found[:2]),
            (only_first, only_second),
            "counts",
            tested=tested,
            cause=(
                "count the images on which one network is right and the other is not",
                "the three numbers come in another order than only_first, only_second, p",
            ),
            hint="a",
            mistakes=[
                Mistake((only_second, only_first), "swapped", "the two counts are swapped", "a"),
                Mistake(
                    (both, neither), "concordant", "these are the images on which both agree; they say nothing", "a"
                ),
                Mistake((both + only_first, both + only_second), "all-right", "all images that were right", "a"),
                *(
                    Mistake(
                        tuple((count + below) % 256 - below for count in (only_first, only_second)),
                        "counts",
                        f"the counts overflow: {max(only_first, only_second)} does not fit into eight bits",
                        "c",
                    )
                    for below in (0, 128)
                ),
            ],
        )
        p = reference.two_sided(only_first, only_second)
        if p < 1e-12:
            probe.close(
                found[2] / p,
                1.0,
                "tiny-p",
                tested=f"the p-value of {tested}, divided by the right one, {p:.4g}",
                cause=_INEXACT
                if abs(found[2] / p - 1) < 0.01
                else "it is computed as 1 minus the rest, which loses every digit; add the few outcomes themselves",
                hint="b",
            )
        smaller, larger = sorted((only_first, only_second))
        tail = reference.coin(smaller, total)
        larger_tail = reference.coin(larger, total)
        probability = tail - (reference.coin(smaller - 1, total) if smaller else 0)
        chi = "the chi-squared approximation; with so few images count the coin tosses exactly"
        probe.close(
            found[2],
            p,
            "p",
            tested=f"the p-value of {tested}",
            cause=_INEXACT
            if abs(found[2] / p - 1) < 0.01
            else (
                "p is twice the probability of at most min(only_first, only_second) heads in all their tosses",
                "images on which the networks agree count as tosses",
                "p is kept from an earlier call with another table",
            ),
            hint="b",
            mistakes=[
                Mistake(
                    0.0, "never-differ", "they never disagree here, so nothing speaks for a difference: p is 1", "c"
                )
                if total == 0
                else Mistake(
                    2 * (tail - probability),
                    "off-by-one",
                    "`range(m)` ends before m, so the observed split itself is left out",
                    "b",
                ),
                Mistake(
                    tail, "one-sided", "one tail; the other network could have been the better one: double it", "b"
                ),
                Mistake(2 * tail, "above-one", "an even split is in both tails; a probability ends at 1", "c"),
                *(
                    Mistake(value, "larger-tail", _LARGER, "b")
                    for value in (min(1.0, 2 * larger_tail), 2 * larger_tail)
                ),
                Mistake(
                    2 * probability, "one-outcome", "the probability of this split alone; add the more uneven ones", "b"
                ),
                Mistake(2 * tail - probability, "mid-p", "half of the observed split is left out (mid-p)", "b"),
                Mistake(reference.chi_squared(only_first, only_second), "chi-squared", chi, "b"),
                Mistake(reference.chi_squared(only_first, only_second, correction=1), "chi-squared", chi, "b"),
                Mistake(
                    reference.unpaired(first, second), "unpaired", "a test of two accuracies on different images", "a"
                ),
            ],
        )
    _check_changed(probe, mcnemar)


def _check_changed(probe: Probe, mcnemar: Callable[[Tensor, Tensor], Any]) -> None:
    """Call it twice with the same tensors, and other predictions in them the second time."""
    first, second = reference.outcomes(*_TABLES[0], probe.generator)
    probe.call(mcnemar, first, second, hint="a")
    first.copy_(~first)
    both, _, _, neither = _TABLES[0]
    tested = "the two counts for tensors that held other predictions in an earlier call"
    found = returned_numbers(probe, probe.call(mcnemar, first, second, tested=tested), 3, tested, "three numbers")
    probe.equal(
        _whole(found[:2]),
        (neither, both),
        "remembered",
        tested=tested,
        cause=("the result of the earlier call is kept", "the two counts are swapped, or count something else"),
        hint="a",
    )


def _whole(numbers: Tensor) -> tuple[float, ...]:
    """Return the numbers, whole ones without a decimal point."""
    return tuple(int(number) if number.is_integer() else number for number in numbers.tolist())


def _cause(total: int) -> str:
    if total == 0:
        return "the networks never disagree here: zero is divided by zero"
    if total > 1000:
        return "`math.comb` and `2**n` are above the largest float here, 1.8e308; divide them as whole numbers"
    return ""
