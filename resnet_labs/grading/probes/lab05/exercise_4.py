"""Probe of exercise 05.4: neighbours that a picture keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab05.shared import closest

ANSWERS = ("kept",)
POINTS = 2
WITHHELD = ("sklearn.neighbors", "sklearn.manifold")
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return unrelated pictures, true ones, one neighbour, all of them, many rows, twins, and another first picture."""
    cases = []
    sizes = [(15, 5), (12, 3), (10, 1), (7, 3), (16, 4), (130, 2), (9, 3), (320, 24), (15, 5)]
    for number, (count, near) in enumerate(sizes):
        features = positions = np.zeros((count, 2))
        while min(closest(features, near), closest(positions, near)) < {130: 1e-5, 320: 1e-6}.get(count, 1e-3):
            features, positions = rng.normal(size=(count, 4)), rng.normal(size=(count, 2))
            if number % 2:  # most neighbours stay
                positions = features[:, :2] + 0.3 * positions
            if number == 6:  # every row is there twice
                features, positions = features.repeat(2, 0), positions.repeat(2, 0)
        cases.append({"features": features.astype("float32"), "positions": positions.astype("float32"), "near": near})
    features = rng.normal(size=(9, 4)).repeat(2, 0)  # twins, which the picture draws side by side
    positions = np.stack([10 * rng.permutation(9).repeat(2) + np.tile([0, 1], 9), np.zeros(18)], 1)
    return [*cases, {"features": features.astype("float32"), "positions": positions.astype("float32"), "near": 1}]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the share that is kept."""
    import torch

    features, positions = torch.tensor(case["features"]), torch.tensor(case["positions"])
    return {"kept": float(answers.kept(features, positions, case["near"]))}
