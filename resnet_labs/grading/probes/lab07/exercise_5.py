"""Probe of exercise 07.5: nearest mean, top-k accuracy and the accuracy of each class."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("nearest_mean", "top_k_accuracy", "class_accuracy")
POINTS = 3
WITHHELD = (
    "resnet_labs.metrics.top_k_accuracy",
    "resnet_labs.metrics.per_class_accuracy",
    "resnet_labs.metrics.scores",
    "sklearn.neighbors",
    "sklearn.metrics",
    "torchmetrics",
)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return unequal classes, one asked row, one axis; one place and all places; classes that are never right."""
    cases: list[dict[str, Any]] = []
    for counts, axes, asked in (([2, 9, 4], 3, 12), ([1, 6, 3, 2], 2, 1), ([5, 1, 8], 1, 9), ([2, 1, 3] * 4, 4, 6)):
        labels = np.repeat(np.arange(len(counts)), counts)
        spread = np.array([0.3, 4.0, 1.0, 0.5])[labels % 4, None]
        known = spread * rng.normal(size=(len(labels), axes)) + 2 * rng.normal(size=(len(counts), axes))[labels] + 1
        order = rng.permutation(len(labels))
        given = {"known": known[order].astype("float32"), "known_labels": labels[order], "classes": len(counts)}
        means = np.stack([known[labels == label].mean(0) for label in range(len(counts))])
        rows = 2 * rng.normal(size=(400, axes)) + 1
        gaps = np.diff(np.sort(np.linalg.norm(rows[:, None] - means, axis=2), axis=1), axis=1).min(1)
        cases.append({"answer": "nearest_mean", **given, "asked": rows[gaps > 0.02][:asked].astype("float32")})
    for count, classes, k in ((30, 6, 1), (int(rng.integers(15, 40)), 5, 2), (9, 4, 4), (1, 7, 3), (50, 9, 5)):
        scores = rng.permuted(np.tile(np.arange(classes) - 2.0, (count, 1)), axis=1)  # no ties
        cases.append(
            {"answer": "top_k_accuracy", "scores": scores, "labels": rng.integers(0, classes, size=count), "k": k}
        )
    for counts in ([7, 3, 5], [1, 1], [int(rng.integers(2, 6)), 20, 4, 1, 9], [4, 4, 4]):
        labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
        scores = rng.permuted(np.tile(np.arange(len(counts)) - 1.0, (len(labels), 1)), axis=1)
        rights = rng.random(len(labels)) < 0.5
        scores[np.arange(len(labels))[rights], labels[rights]] = 20.0
        scores[:, -1] -= 60.0  # the last class is never named
        cases.append({"answer": "class_accuracy", "scores": scores, "labels": labels})
    return cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the order of the scores, or one of the two measures."""
    import torch

    if case["answer"] == "nearest_mean":
        known, labels, asked = (torch.tensor(case[name]) for name in ("known", "known_labels", "asked"))
        scores = answers.nearest_mean(known, labels, asked, case["classes"])
        return {"order": scores.argsort(dim=1, descending=True)}
    scores, labels = torch.tensor(case["scores"]), torch.tensor(case["labels"])
    if case["answer"] == "top_k_accuracy":
        return {"share": float(answers.top_k_accuracy(scores, labels, case["k"]))}
    return {"accuracies": answers.class_accuracy(scores, labels)}
