"""The check of exercise 09.1: which sample sizes allow printed accuracies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks.lab09 import reference
from resnet_labs.checks.lab09._lists import check_once, differs, whole_numbers

Asked = tuple[list[float], int, int]

# The edges: 0 and 1, a tie (1 of 8 prints as 0.12 or 0.13), a product that floating point misses (0.29 * 100), the
# largest size, no size at all, and sizes above ten to the decimals, which allow any figure;
# 0.5000, whose decimals cannot be read off the number, and each argument changed alone; a figure that other shares miss
# by a unit, and a product of more than 32 bits.
_FIXED: tuple[Asked, ...] = (
    ([0.0, 1.0], 2, 5),
    ([0.12], 2, 9),
    ([0.13], 2, 9),
    ([0.29, 0.57, 0.58], 2, 100),
    ([0.3333], 4, 3),
    ([0.01], 2, 20),
    ([0.5], 1, 25),
    ([0.5], 4, 30),
    ([0.5], 1, 30),
    ([0.4], 1, 30),
    ([0.927143], 6, 2000),
    ([0.99], 7, 400),
)
_LARGEST = "the largest size is left out: `range` ends before its second argument"
_MULTIPLES = "only multiples of the smallest size are returned; others may fit too"
_SMALL_TYPE = "NumPy's int32 is too small for such products; use Python's whole numbers, or int64"


@check(
    "09.1",
    "every size that allows all accuracies, and no other",
    library=["resnet_labs.reports.audit:possible_sample_sizes"],
)
def check_sample_sizes(probe: Probe, possible_sizes: Callable[[Sequence[float], int, int], Any]) -> None:
    """Check drawn accuracies, the report's, and the edges."""
    for figures, decimals, largest in (*_drawn(probe), *_FIXED):
        given = f"possible_sizes({figures}, {decimals}, {largest})"
        got = probe.call(possible_sizes, figures, decimals, largest, tested=given, anywhere=False)
        found = whole_numbers(probe, got, given)
        want = reference.sizes(figures, decimals, largest)
        if found == want:
            check_once(probe, got, given)
            if isinstance(got, list) and got:
                _check_own(probe, possible_sizes, (figures, decimals, largest), got, given)
            continue
        code, cause, hint = _mistake(found, want, figures, decimals, largest)
        expected, got = differs(found, want)
        probe.expect(False, code, tested=given, expected=expected, got=got, cause=cause, hint=hint)


def _check_own(probe: Probe, possible_sizes: Callable[..., Any], asked: Asked, got: list[Any], given: str) -> None:
    got.clear()
    again = probe.call(possible_sizes, *asked, tested=f"{given}, a second time", anywhere=False)
    probe.expect(
        len(again) > 0,
        "stored",
        tested=f"{given}, after the list that it returned first was emptied",
        expected="the same sizes again",
        got="none",
        cause="one list is stored and returned each time; whoever changes it changes every later answer",
        hint="b",
    )


def _drawn(probe: Probe) -> list[Asked]:
    asked = [([0.98173, 0.60507, 0.98133, 0.26547], 5, 7600)]
    for decimals in (2, 3, 4):
        total = probe.random.randint(30, 90)
        counts = [probe.random.randint(1, total - 1) for _ in range(3)]
        asked.append(([round(count / total, decimals) for count in counts], decimals, 2 * total))
    asked.append(([round(probe.random.randint(1, 40) / 41, 3)], 3, 60))
    return asked


def _mistake(
    found: list[int], want: list[int], figures: list[float], decimals: int, largest: int
) -> tuple[str, Any, str]:
    if {*found} < {*want} and all(reference.is_tie(size, figures, decimals) for size in {*want} - {*found}):
        causes: tuple[str, ...] = (
            "a share that lies exactly between two figures may be printed as either",
            "floating point: 0.125 - 0.12 is 0.0050000000000000044; use whole numbers, or a tiny slack",
            *([_LARGEST] if {*want} - {*found} == {largest} else []),
        )
        return "ties", causes, "c"
    if len(figures) > 1 and found == reference.any_of(figures, decimals, largest):
        return "any", "a size counts if it allows one of the accuracies; it has to allow all of them", "b"
    if len(figures) > 1 and found == reference.sizes(figures[:1], decimals, largest):
        return "first-only", "only the first accuracy is looked at", "b"
    if found == [size for size in want if size < largest]:
        return "largest", _LARGEST, "b"
    if 0 in found:
        return "zero", "no accuracy is measured on 0 images; begin at 1", "b"
    rounded = "the product with the size need not be a whole number: the figure was rounded"
    if not found and want:
        causes = (
            rounded,
            "floating point: 0.29 * 100 is 28.999999999999996",
            "some figures are left out, such as 0.0 or 1.0: the count of right images runs from 0 to n, both included",
        )
        return "none", causes, "a"
    if found == reference.exact(figures, largest):
        return "exact", rounded, "a"
    for other in (decimals - 1, decimals + 1):
        if (
            other >= 0
            and all(round(each, other) == each for each in figures)
            and found == reference.sizes(figures, other, largest)
        ):
            taken = f"the figures are taken to have {other} decimals"
            multiples = found[:1] == want[:1] and found == [*range(found[0], largest + 1, found[0])]
            return "decimals", (taken, _MULTIPLES) if multiples else taken, "a"
    if {*found} > {*want}:
        every = "not all of the accuracies decide: a size has to fit every one of them, the last too"
        causes = (
            "the figure may be wrong by half a unit of its last decimal, and by no more",
            *([every] if len(figures) > 1 else []),
            "the decimals are read off the number, which may end in zeros: 0.5000",
            "something is kept from an earlier call, such as in a list as default argument",
        )
        return "too-many", causes, "a"
    causes = (
        "a count other than the nearest one is tried, or none: compare `k / n` with the figure for the nearest `k`",
        "floating point: 0.29 * 100 is 28.999999999999996, and `int` cuts it off",
        _MULTIPLES,
        *([_SMALL_TYPE] if decimals > 6 else []),
    )
    return "sizes", causes, "a"
