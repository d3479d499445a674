"""Probe of exercise 06.1: label smoothing."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("smooth_cross_entropy",)
POINTS = 3
WITHHELD = (
    "resnet_labs.losses",
    "torch.nn.CrossEntropyLoss",
    "torch.nn.functional.cross_entropy",
)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return class numbers and distributions, no smoothing and all of it, one example, two classes, huge logits."""
    rows = [(6, 5, 0.1, False, 1.0), (7, 3, 0.2, True, 1.0), (1, int(rng.integers(3, 9)), 0.3, False, 2.0)]
    rows += [(4, 2, 0.0, True, 1.0), (5, 4, 1.0, False, 1.0), (3, 6, 0.1, False, 400.0), (6, 3, 0.05, True, 400.0)]
    cases = []
    for count, classes, smoothing, soft, scale in rows:
        labels: np.ndarray = rng.integers(0, classes, size=count)
        if soft:
            labels = rng.dirichlet(np.full(classes, 0.7), size=count)
        logits = scale * rng.normal(size=(count, classes))
        cases.append({"logits": logits, "labels": labels, "smoothing": smoothing})
    return cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the loss and its gradient; the rows of the logits are not contiguous."""
    import torch

    leaf = torch.tensor(case["logits"]).T.contiguous().T.requires_grad_()
    labels = torch.tensor(case["labels"])
    loss = answers.smooth_cross_entropy(leaf * 1, labels, case["smoothing"])
    (gradient,) = torch.autograd.grad(loss, leaf)
    return {
        "loss": float(loss.detach()),
        "axes": loss.ndim,
        "type": str(loss.dtype),
        "gradient": gradient,
    }
