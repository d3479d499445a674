"""Probe of exercise 05.4: neighbours that a picture keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("kept",)
POINTS = 2
WITHHELD = ("sklearn.neighbors", "sklearn.manifold")
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return unrelated pictures, true ones, one neighbour, all of them, and many rows, twins."""
    cases = []
    for number, (count, near) in enumerate([(15, 5), (12, 3), (10, 1), (7, 3), (16, 4), (130, 2), (9, 3)]):
        features = positions = np.zeros((count, 2))
        while min(_closest(features, near), _closest(positions, near)) < (1e-5 if count > 100 else 1e-3):
            features, positions = rng.normal(size=(count, 4)), rng.normal(size=(count, 2))
            if number % 2:  # most neighbours stay
                positions = features[:, :2] + 0.3 * positions
            if number == 6:  # every row is there twice
                features, positions = features.repeat(2, 0), positions.repeat(2, 0)
        cases.append({"features": features.astype("float32"), "positions": positions.astype("float32"), "near": near})
    return cases


def _closest(rows: np.ndarray, near: int) -> float:
    """Return by how much the last neighbour is nearer than the next row: ties would have no right answer."""
    distances = np.linalg.norm(rows[:, None] - rows, axis=2)
    np.fill_diagonal(distances, np.inf)
    ordered = np.sort(distances, axis=1)
    return float((ordered[:, near] - ordered[:, near - 1]).min())


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the share that is kept."""
    import torch

    features, positions = torch.tensor(case["features"]), torch.tensor(case["positions"])
    return {"kept": float(answers.kept(features, positions, case["near"]))}
