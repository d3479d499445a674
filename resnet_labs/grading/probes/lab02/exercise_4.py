"""Probe of exercise 02.4: shares of classes, and three facts about MNIST."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("class_shares", "digit", "sizes", "matches")
POINTS = 2
WITHHELD = ()
RTOL, ATOL = 1e-5, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return labels with missing classes, one label, one class, hundreds of classes, and the three names."""
    missing = rng.integers(0, 6, size=int(rng.integers(20, 60)))
    labels = [(rng.integers(0, 10, size=500), 10), (missing, 9), (rng.integers(0, 3, size=1), 4)]
    labels.append((rng.choice([0, 2, 5], size=33), int(rng.integers(6, 12))))
    labels.append((rng.integers(1, 15, size=80), 17))
    labels += [(np.zeros(3, dtype=np.int64), 1), (rng.integers(0, 300, size=900), 300)]
    cases: list[dict[str, Any]] = [{"labels": given, "classes": classes} for given, classes in labels]
    return [*cases, *({"name": name} for name in ("digit", "sizes", "matches"))]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the shares of the labels, or one of the names as plain numbers."""
    import torch

    if "labels" in case:
        shares = answers.class_shares(torch.tensor(case["labels"]), case["classes"])
        return {"shares": torch.as_tensor(shares).double()}
    value = getattr(answers, case["name"])
    return {case["name"]: sorted({int(size) for size in value}) if case["name"] == "sizes" else int(value)}
