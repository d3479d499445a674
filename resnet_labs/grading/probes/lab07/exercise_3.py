"""Probe of exercise 07.3: triplets, mined in three ways."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("triplet_loss",)
POINTS = 4
WITHHELD = (
    "resnet_labs.losses",
    "torch.nn.functional.triplet_margin_loss",
    "torch.nn.functional.triplet_margin_with_distance_loss",
    "torch.nn.TripletMarginLoss",
    "torch.nn.TripletMarginWithDistanceLoss",
    "pytorch_metric_learning",
)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return each mining on batches with lonely examples, without any triplet, with small margins and large ones."""
    count = int(rng.integers(9, 14))
    labels = rng.integers(0, 3, size=count)
    labels[:5] = [0, 0, 1, 1, 2]
    mixed = rng.normal(size=(count, 3)) + 9 * (labels == 0)[:, None]  # one class is far away, its anchors lose nothing
    batches = [
        (mixed, labels, 0.7),
        (2 * rng.normal(size=(8, 2)), np.array([4, 0, 0, 4, 0, 260, 4, 2]), 0.3),
        (rng.normal(size=(6, 5)), np.array([1, 1, 0, 0, 1, 0]), 6.0),
        (300 * rng.normal(size=(7, 2)), np.array([1, 1, 0, 0, 1, 0, 2]), 250.0),
    ]
    none = [(rng.normal(size=(4, 3)), np.array([2, 2, 2, 2]), 0.5), (rng.normal(size=(3, 2)), np.arange(3), 0.5)]
    apart = rng.normal(size=(6, 2)) + 50 * np.array([[0, 0], [0, 0], [0, 0], [1, 1], [1, 1], [1, 1]])
    none.append((apart, np.array([0, 0, 0, 1, 1, 1]), 0.5))  # triplets, and no loss
    minings = ("hard", "semihard", "all")
    rows = [(batch, mining) for batch in batches for mining in minings] + list(zip(none, minings, strict=True))
    # Whole numbers around a whole mean: ties stay ties however distances are worked out.
    shift = float(rng.integers(-3, 4))
    line = np.array([[0], [1], [2], [-1], [3]], dtype="float32") + shift
    places = np.array([[0], [1], [2], [-1], [4], [0], [1]], dtype="float32") + shift  # twins of one class and of two
    tied = [(line, np.array([2, 2, 7, 7, 11]), 1.0), (places, np.array([2, 2, 7, 7, 11, 2, 7]), 1.5)]
    tied.append((line[:3], np.array([4, 4, 9]), 0.25))
    rows += [(batch, mining) for batch in tied for mining in minings]
    return [
        {"points": points, "labels": labels, "margin": margin, "mining": mining, "ties": number > 14}
        for number, ((points, labels, margin), mining) in enumerate(rows)
    ]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the loss and its gradient."""
    import torch

    leaf = torch.tensor(case["points"]).requires_grad_()
    loss = answers.triplet_loss(leaf * 1, torch.tensor(case["labels"]), case["margin"], case["mining"])
    (gradient,) = torch.autograd.grad(loss, leaf)
    return {
        "loss": float(loss.detach()),
        "axes": loss.ndim,
        "gradient": bool(gradient.isfinite().all()) if case["ties"] else gradient,
    }
