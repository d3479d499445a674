"""Probe of exercise 07.4: center loss, and centers that follow."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("center_loss", "move_centers")
POINTS = 3
WITHHELD = ("resnet_labs.losses", "pytorch_metric_learning")
RTOL, ATOL = 1e-4, 1e-5


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return every class, classes without examples in front and behind, one example, one class, and one axis."""
    count = int(rng.integers(8, 15))
    rows = [(rng.integers(0, 3, size=count), 3, 4), (rng.integers(2, 5, size=9), 7, 2), (np.array([1]), 4, 3)]
    rows += [(np.zeros(5), 1, 2), (rng.integers(0, 6, size=20), 6, 1)]
    rows += [(np.repeat([0, 1], 300), 2, 1), (rng.integers(0, 3, size=6), 3, 2)]
    return [
        {
            "answer": answer,
            "features": 2 * rng.normal(size=(len(labels), axes)).astype("float32"),
            "labels": labels.astype("int64"),
            "centers": rng.normal(size=(classes, axes)).astype("float32"),
            "alpha": [0.5, 0.1, 1.0, 0.25, 0.9, 0.5, 0.0][number],
        }
        for number, (labels, classes, axes) in enumerate(rows)
        for answer in ANSWERS
    ]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the loss and the gradient of the features, or the new centers."""
    import torch

    features, labels, centers = (torch.tensor(case[name]) for name in ("features", "labels", "centers"))
    if case["answer"] == "move_centers":
        first = answers.move_centers(features, labels, centers, case["alpha"]).clone()
        moved = answers.move_centers(features, labels, centers, case["alpha"])  # nothing is left of the first call
        return {"centers": [first, moved]}
    leaf = features.requires_grad_()
    loss = answers.center_loss(leaf * 1, labels, centers)
    (gradient,) = torch.autograd.grad(loss, leaf)
    return {"loss": float(loss.detach()), "axes": loss.ndim, "gradient": gradient}
