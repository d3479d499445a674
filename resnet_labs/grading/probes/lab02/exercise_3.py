"""Probe of exercise 02.3: precision, recall and F from a confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("precision_recall_f",)
POINTS = 3
WITHHELD = ("resnet_labs.metrics.precision_recall_f", "resnet_labs.metrics.scores", "sklearn.metrics", "torchmetrics")
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return random counts, a class never predicted, two classes, one class, many, little right, unequal classes."""
    never = rng.integers(1, 30, size=(4, 4))
    never[:, int(rng.integers(0, 4))] = 0
    no_examples = rng.integers(1, 9, size=(4, 4))
    no_examples[int(rng.integers(0, 4))] = 0
    nothing = rng.integers(1, 9, size=(3, 3))
    np.fill_diagonal(nothing, [2, 0, 0])
    unequal = rng.integers(0, 4, size=(5, 5)) + np.diag(10 ** np.arange(5))
    two_never = rng.integers(1, 9, size=(10, 10))
    two_never[:, :9] = 0
    matrices = [
        rng.integers(1, 50, size=(10, 10)),
        never,
        rng.integers(1, 1000, size=(2, 2)),
        rng.integers(1, 20, size=(1, 1)),
        rng.integers(40_000, 90_000, size=(3, 3)),
        np.diag(rng.integers(1, 20, size=6)),
        nothing,
        no_examples,
        unequal,
        two_never,
    ]
    cases = [{"confusion": matrix.astype("int64"), "transposed": number == 2} for number, matrix in enumerate(matrices)]
    return [*cases, {"confusion": matrices[4].astype("int32"), "transposed": False}]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the three scores as numbers."""
    import torch

    confusion = torch.tensor(case["confusion"])
    confusion = confusion.mT.contiguous().mT if case["transposed"] else confusion
    scores = [float(score) for score in tuple(answers.precision_recall_f(confusion))]
    confusion.add_(torch.arange(len(confusion)).to(confusion))  # other counts in the same tensor
    return {"scores": scores, "again": [float(score) for score in tuple(answers.precision_recall_f(confusion))]}
