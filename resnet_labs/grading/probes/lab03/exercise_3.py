"""Probe of exercise 03.3: the smallest difference that can be shown."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("smallest_difference", "needed")
POINTS = 2
WITHHELD = ("resnet_labs.metrics", "statsmodels")
RTOL, ATOL = 2e-3, 1e-7


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return accuracies from none to all right, small and large test sets, and the number that is asked for."""
    pairs = [
        (0.98153, 7500),
        (float(rng.uniform(0.6, 0.9)), int(rng.integers(50, 500))),
        (float(rng.uniform(0.05, 0.3)), int(rng.integers(1000, 60_000))),
        (1.0, 100),
        (0.5, 1),
        (0.3, 7500),
        (0.99996, 200_000),
    ]
    cases: list[dict[str, Any]] = [{"accuracy": accuracy, "total": total} for accuracy, total in pairs]
    return [*cases, {"name": "needed"}, {"name": "needed"}]  # worth two of nine cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the difference, or the number of images, as a number."""
    if "name" in case:
        return {"needed": float(answers.needed)}
    return {"difference": float(answers.smallest_difference(case["accuracy"], case["total"]))}
