"""Probe of exercise 03.1: an interval for an accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("wilson_interval",)
POINTS = 2
WITHHELD = ("resnet_labs.metrics", "statsmodels")
RTOL, ATOL = 2e-4, 2e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return small and large test sets, none right, all right, and a single image."""
    small, large = int(rng.integers(8, 40)), int(rng.integers(1000, 9000))
    pairs = [
        (int(rng.integers(1, small)), small),
        (int(0.97 * large), large),
        (0, small),
        (small, small),
        (1, 1),
        (0, 1),
        (1, small),
        (int(rng.integers(200, 700)), 24_001),
        (int(rng.integers(20_000, 60_000)), 2_000_003),
    ]
    return [{"right": right, "total": total} for right, total in pairs]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return both ends as numbers."""
    low, high = answers.wilson_interval(case["right"], case["total"])
    return {"low": float(low), "high": float(high)}
