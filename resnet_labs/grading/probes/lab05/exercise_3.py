"""Probe of exercise 05.3: nearest neighbours and their purity."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab05.shared import closest

ANSWERS = ("nearest", "purity")
POINTS = 2
WITHHELD = ("resnet_labs.features.neighbour_purity", "resnet_labs.features.clusters", "sklearn.neighbors")
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return one neighbour, many and all, twin rows, a line, two rows, large and small distances, equal labels."""
    cases: list[dict[str, Any]] = []
    for number, (count, axes, near) in enumerate(
        [(14, 3, 4), (12, 5, 1), (9, 2, 8), (11, 1, 3), (2, 3, 1), (24, 3, 12), (13, 2, 3)]
    ):
        features = _features(rng, count, axes, twins=number < 2)
        while closest(features, near) < 1e-3:
            features = _features(rng, count, axes, twins=number < 2)
        random = rng.integers(0, 3, size=count)
        features *= {5: 10_000, 6: 0.01}.get(number, 1)
        random[0] = 7 if number == 6 else random[0]  # alone in its class
        labels = [256 * random, np.arange(count) % 2, np.arange(count), np.zeros(count), random % 2, random, random][
            number
        ]
        cases.append({"features": features.astype("float32"), "labels": labels.astype("int64"), "near": near})
    return [{"answer": answer} | case for case in cases for answer in ANSWERS]


def _features(rng: np.random.Generator, count: int, axes: int, *, twins: bool) -> np.ndarray:
    features = rng.normal(size=(count, axes))
    if twins:
        features[3] = features[0]  # each is the other's nearest, and neither is its own
    return features


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return each row's neighbours in the order of their numbers, or the purity."""
    import torch

    features, labels = torch.tensor(case["features"]), torch.tensor(case["labels"])
    if case["answer"] == "purity":
        return {"purity": float(answers.purity(features, labels, case["near"]))}
    held = features.flip(0)
    answers.nearest(held, case["near"])
    found = answers.nearest(held.copy_(features), case["near"])
    return {"neighbours": torch.as_tensor(found).sort(1).values}
