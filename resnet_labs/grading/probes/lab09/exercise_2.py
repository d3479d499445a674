"""Probe of exercise 09.2: class sizes from class-wise accuracies."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("class_sizes", "total")
POINTS = 3
WITHHELD = ("resnet_labs.reports.audit", "mlscorecheck")
RTOL, ATOL = 0.0, 0.0


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return drawn runs, a class that nobody got right, four runs of one class, and the total that is asked for."""
    cases: list[dict[str, Any]] = []
    for decimals, how_many in ((4, 1), (4, 2), (3, 4)):
        sizes = [int(size) for size in rng.integers(1, 60, 12)]
        runs = [[round(int(rng.integers(0, size + 1)) / size, decimals) for size in sizes] for _ in range(how_many)]
        cases.append({"runs": runs, "decimals": decimals, "largest": 120})
    cases.append({"runs": [[0.0, 0.5, 1.0], [0.0, 0.25, 1.0]], "decimals": 4, "largest": 9})
    cases.append({"runs": [[0.5], [0.5], [0.5], [0.3333]], "decimals": 4, "largest": 14})
    return [*cases, {"name": "total"}, {"name": "total"}]  # worth two of seven cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the sizes of each class in ascending order, or the total."""
    if "name" in case:
        return {"total": float(answers.total)}
    found = answers.class_sizes(case["runs"], case["decimals"], case["largest"])
    return {"sizes": [sorted({int(size) for size in each}) for each in found]}
