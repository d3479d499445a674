"""Probe of exercise 04.5: which numbers of images allow a printed accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("possible_sizes", "divisor", "size", "low", "high")
POINTS = 2
WITHHELD = ("resnet_labs.reports.audit",)
RTOL, ATOL = 0.0, 1e-4


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return figures with two to six decimals, one that every size allows, one that none does, and the four names."""
    rows: list[tuple[int, float, list[int]]] = []
    for decimals in (3, 4, 6, 2):
        size = 2 * int(rng.integers(15, 150)) + 1  # odd sizes: no share lies half-way between two figures
        right = int(rng.integers(size // 3, size))
        sizes = sorted({size, *(2 * rng.integers(5, 200, size=40) + 1).tolist()})
        rows.append((decimals, round(right / size, decimals), sizes))
    rows += [(3, 1.0, [7, 21, 99]), (5, 0.94737, [9, 11, 13]), (6, 0.947368, [57, 2831, 2848, 19, 1140, 600, 38])]
    cases: list[dict[str, Any]] = [
        {"decimals": decimals, "figure": figure, "sizes": sizes} for decimals, figure, sizes in rows
    ]
    return [*cases, *({"name": name} for name in ("divisor", "size", "low", "high"))]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the sizes in rising order, or one of the names as a number."""
    if "name" in case:
        value = getattr(answers, case["name"])
        return {case["name"]: float(value)}
    found = answers.possible_sizes(case["figure"], case["decimals"], case["sizes"])
    return {"sizes": sorted(int(size) for size in found)}
