"""Probe of exercise 07.2: all distances at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab07.shared import called

ANSWERS = ("distances",)
POINTS = 3
WITHHELD = ("resnet_labs.losses", "sklearn.metrics", "scipy.spatial", "pytorch_metric_learning")
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return twin rows, one row, one axis, many axes, rows close together and far apart, and more rows than before."""
    twins = rng.normal(size=(6, 3))
    twins[4] = twins[1]
    twins[5] = twins[1]
    points = [twins, rng.normal(size=(1, 4)), rng.normal(size=(7, 1)), rng.normal(size=(5, int(rng.integers(8, 30))))]
    far = 100 * rng.normal(size=(24, 5))
    far[7] = far[2]
    points += [0.004 * rng.normal(size=(5, 3)) + 1, far]
    points.append(1e7 + rng.normal(size=(30, 4)))  # a square that is expanded loses these
    points.append((6e-5 * (np.eye(5) + 0.1 * rng.random((5, 5)))).astype("float32"))  # near, in 32 bits
    cases: list[dict[str, Any]] = [{"points": each} for each in points]
    return [*cases, {"points": rng.normal(size=(40, 2)), "calls": True}]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return distances and their gradient; or whether more rows take more calls, as a loop over rows does."""
    import torch

    leaf = torch.tensor(case["points"]).T.contiguous().T.requires_grad_()
    found, names = called(answers.distances, leaf * 1)
    seen = {"distances": found, "type": str(found.dtype)}
    if "calls" in case:
        few, fewer_names = called(answers.distances, leaf[:4] * 1)
        return {"distances": found[:4, :4], "few": few, "more calls": len(names) - len(fewer_names)}
    weights = torch.sin(torch.arange(float(found.numel())) + 1).reshape(found.shape).double()
    (gradient,) = torch.autograd.grad((found * weights).sum(), leaf)
    return seen | {"gradient": gradient}
