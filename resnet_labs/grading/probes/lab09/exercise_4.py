"""Probe of exercise 09.4: the batch size from a summed loss."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("batch_sizes",)
POINTS = 2
WITHHELD = ("resnet_labs.reports.audit",)
RTOL, ATOL = 0.0, 0.0


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return drawn sums, one image, bounds that are met exactly or missed by little, and bounds that nothing fits."""
    drawn = []
    for _ in range(4):
        images, size, mean = int(rng.integers(20, 400)), int(rng.integers(2, 20)), float(rng.uniform(0.5, 2))
        drawn.append((mean * -(-images // size), images, 0.81 * mean, 1.23 * mean))
    asked = [*drawn, (2.0, 1, 1.0, 3.0), (2.0, 8, 2.0, 2.0), (6.0, 10, 1.5, 2.0), (0.5, 40, 3.0, 4.0)]
    asked += [(2.3, 5000, 2.0, 2.5), (19.96, 10, 2.0, 3.0), (12.0, 10, 1.9, 6.1)]
    names = ("loss_sum", "num_images", "lowest", "highest")
    return [dict(zip(names, each, strict=True)) for each in asked]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the batch sizes in ascending order."""
    found = answers.batch_sizes(case["loss_sum"], case["num_images"], case["lowest"], case["highest"])
    return {"sizes": sorted({int(each) for each in found})}
