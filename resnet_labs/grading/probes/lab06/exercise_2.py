"""Probe of exercise 06.2: mixup. Shares and partners are drawn, so only what every right mixture shares is seen."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("mixup",)
POINTS = 3
WITHHELD = ("resnet_labs.augment", "torchvision.transforms.v2", "timm")
RTOL, ATOL = 0.0, 1e-4


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return batches of several sizes, one of a single image, a class without examples, and three values of alpha."""
    rows = [(6, 4, 1.0, (3, 4, 5)), (1, 3, 0.4, (1, 2, 2)), (5, 7, 5.0, (1, 3, 4)), (4, 3, 0.2, (2, 3, 3))]
    return [
        {
            "images": rng.normal(size=(count, *shape)).astype("float32"),
            "labels": rng.integers(0, classes - 1, size=count),
            "classes": classes,
            "alpha": alpha,
            "transposed": number == 0,
        }
        for number, (count, classes, alpha, shape) in enumerate(rows)
    ]


def shares_of(mixed: Any, images: Any) -> tuple[Any, float]:
    """Return how much of each image is in each mixture, (N, N), and the largest pixel that this leaves unexplained."""
    import torch

    rows, basis = mixed.double().flatten(1), images.double().flatten(1)
    shares = torch.linalg.lstsq(basis.T, rows.T).solution.T
    return shares, float((shares @ basis - rows).abs().max())


def likeliest(unevenness: Any, alpha: float) -> str:
    """Return which distribution of the share has the mean of share * (1 - share) that was seen."""
    means = {"beta": alpha / (4 * alpha + 2), "uniform": 1 / 6, "always half": 0.25, "nothing": 0.0}
    if alpha > 1:  # below, it is too near
        means["beta with one"] = alpha / ((alpha + 1) * (alpha + 2))
    seen = float(unevenness.mean()) if len(unevenness) else 0.0
    return min(means, key=lambda name: abs(means[name] - seen))


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return what mixtures are made of, over many draws."""
    import torch
    import torch.nn.functional as F

    images, labels, classes = torch.tensor(case["images"]), torch.tensor(case["labels"]), case["classes"]
    images = images.mT.contiguous().mT if case["transposed"] else images
    count, whole, diagonal = len(images), F.one_hot(labels, classes).double(), torch.eye(len(images), dtype=torch.bool)
    seen: set[tuple[int, ...]] = set()
    own: list[float] = []
    unevenness, worst, parts, partners, negative = [], 0.0, 1, 1, 0.0
    for _ in range(400 if count in (4, 5) else 30):
        given = images.clone(memory_format=torch.preserve_format)
        mixed, mixed_labels = answers.mixup(given, labels.clone(), classes, case["alpha"])
        shares, left = shares_of(mixed, images)
        others = shares.masked_fill(diagonal, 0)
        there = others > 1e-3
        worst = max(
            worst, left, float((mixed_labels - shares @ whole).abs().max()), float((given - images).abs().max())
        )
        worst = max(worst, float((shares.sum(1) - 1).abs().max()))
        negative = min(negative, float(shares.min()))
        parts = max(parts, int(there.sum(1).max()))
        partners = max(partners, int(there.sum(0).max()))
        seen.add(tuple(others.argmax(1).tolist()))
        own.append(float(shares.diagonal()[there.any(1)].mean()) if there.any() else 0.5)
        rows = others.amax(1)[there.any(1)]
        unevenness.append(rows * (1 - rows))
    alpha_seen = likeliest(torch.cat(unevenness), case["alpha"])
    return {
        "shapes": [list(mixed.shape), list(mixed_labels.shape)],
        "images": str(mixed.dtype),
        "labels are floats": mixed_labels.is_floating_point(),
        "left unexplained": round(worst, 5),  # the last bits differ between machines
        "negative": round(negative, 5),
        "partners of an image": parts,
        "images of a partner": partners,
        "orders": min(len(seen), 3),
        "own share": round((sum(own) / len(own) - 0.5) / 0.16) if case["alpha"] == 5 else 0,
        "distribution": alpha_seen if count in (4, 5) else "",
    }
