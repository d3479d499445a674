"""Probe of exercise 09.1: which sample sizes allow printed accuracies."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("possible_sizes",)
POINTS = 3
WITHHELD = ("resnet_labs.reports.audit", "mlscorecheck")
RTOL, ATOL = 0.0, 0.0


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return drawn accuracies of one to four figures, 0 and 1, ties, and a product that floating point misses."""
    cases: list[dict[str, Any]] = []
    for decimals, how_many in ((2, 1), (3, 2), (4, 3), (5, 4)):
        total = int(rng.integers(20, 160))
        figures = [round(int(rng.integers(0, total + 1)) / total, decimals) for _ in range(how_many)]
        cases.append({"accuracies": figures, "decimals": decimals, "largest": int(rng.integers(total, 3 * total))})
    cases.append({"accuracies": [0.0, 1.0], "decimals": 2, "largest": 4})
    cases.append({"accuracies": [0.12], "decimals": 2, "largest": 9})
    cases.append({"accuracies": [0.13], "decimals": 2, "largest": 9})
    cases.append({"accuracies": [0.29, 0.57, 0.58], "decimals": 2, "largest": 100})
    cases.append({"accuracies": [0.927143], "decimals": 6, "largest": 2000})
    return cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the sizes in ascending order."""
    found = answers.possible_sizes(case["accuracies"], case["decimals"], case["largest"])
    return {"sizes": sorted({int(each) for each in found})}
