"""Probe of exercise 09.5: the interval of a difference."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("difference",)
POINTS = 2
WITHHELD = ("resnet_labs.reports.audit", "statsmodels")
RTOL, ATOL = 2e-4, 5e-5


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return small and large test sets of unlike sizes, none right, all right, and single images."""
    small, large = int(rng.integers(8, 60)), int(rng.integers(500, 9000))
    asked = [
        (int(rng.integers(1, small)), small, int(rng.integers(1, large)), large),
        (int(0.97 * large), large, int(0.96 * large), large),
        (small, small, 3, 9),
        (0, 12, 7, 7),
        (1, 1, 0, 1),
        (5, 10, 10, 20),
        (86, 100, 75, 100),
    ]
    names = ("first_right", "first_total", "second_right", "second_total")
    return [dict(zip(names, each, strict=True)) for each in asked]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the difference and both ends as numbers."""
    counts = [case[name] for name in ("first_right", "first_total", "second_right", "second_total")]
    gap, low, high = answers.difference(*counts)
    return {"difference": float(gap), "low": float(low), "high": float(high)}
