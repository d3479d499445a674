"""Lists of whole numbers that a learner's function returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from torch import Tensor

from resnet_labs.checks._engine import Probe


def whole_numbers(probe: Probe, got: Any, tested: str, *, expected: str = "a list of whole numbers") -> list[int]:
    """Return what the learner returned (a list, tuple, set, range, array or tensor) as a sorted list of numbers."""
    values = got.tolist() if isinstance(got, (Tensor, np.ndarray)) else got
    fits = isinstance(values, Iterable) and not isinstance(values, (str, bytes, dict, Iterator))
    found = [*values] if fits else []
    plain = [each.item() if isinstance(each, (Tensor, np.generic)) else each for each in found]
    fits = fits and all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in plain)
    probe.expect(
        fits and all(float(each).is_integer() for each in plain),
        "kind",
        tested=f"what {tested} returns",
        expected=expected,
        got=got,
        cause=(
            "another kind of value is returned, such as a generator, which is empty after one walk",
            "booleans or counts are returned in place of the numbers",
        ),
        hint="a",
    )
    return sorted({int(each) for each in plain})


def check_once(probe: Probe, got: Any, tested: str) -> None:
    """Fail if a list of numbers that are right has one of them more than once."""
    found = [int(each) for each in got]
    again = [number for number, count in Counter(found).items() if count > 1]
    probe.expect(
        not again,
        "twice",
        tested=f"how often each number is in what {tested} returns",
        expected="once",
        got=f"{again[0]} is there {found.count(again[0])} times" if again else "",
        cause=(
            "a number is added once for each count or figure that fits it; one that fits is enough",
            "only the smallest and the largest are returned, which may be one and the same; all are asked for",
        ),
        hint="a",
    )


def differs(got: list[int], want: list[int]) -> tuple[str, str]:
    """Return in a few words what was expected and what came: the first number that is too many, and that is missing."""
    more, less = sorted({*got} - {*want}), sorted({*want} - {*got})
    came = [f"{less[0]} is missing{_further(less, 'more')}"] if less else []
    came += [f"{more[0]} as well{_further(more, 'more that should not be')}"] if more else []
    return _few(want), "; ".join(came) or "the same"


def _further(numbers: list[int], words: str) -> str:
    return f", and {len(numbers) - 1} {words}" if len(numbers) > 1 else ""


def _few(numbers: list[int]) -> str:
    if not numbers:
        return "none"
    shown = ", ".join(map(str, numbers[:6]))
    return f"{shown}, ... ({len(numbers)})" if len(numbers) > 6 else shown
