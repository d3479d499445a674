"""Probe of exercise 07.1: cross-entropy without a loss of torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab07.shared import called

ANSWERS = ("cross_entropy",)
POINTS = 2
WITHHELD = (
    "resnet_labs.losses",
    "torch.nn.functional.cross_entropy",
    "torch.nn.functional.nll_loss",
    "torch.nn.CrossEntropyLoss",
    "torch.nn.NLLLoss",
    "sklearn.metrics",
)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return several classes and two, one example, a class without examples, huge logits, and a large batch."""
    many = int(rng.integers(5, 12))
    huge = rng.normal(size=(5, 4))
    huge[int(rng.integers(1, 5))] += 1000
    huge[0, 1] -= 5000
    logits = [
        rng.normal(size=(many, 6)),
        huge,
        3 * rng.normal(size=(1, 3)),
        rng.normal(size=(4, 2)),
        rng.normal(size=(7, 13)),
        rng.normal(size=(300, 4)),
    ]
    labels = [
        rng.integers(0, 2 if number == 4 else each.shape[1], size=len(each)) for number, each in enumerate(logits)
    ]
    labels[1][0] = 1  # its probability is too small for a float
    return [{"logits": each, "labels": own} for each, own in zip(logits, labels, strict=True)]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the loss, its gradient, and which losses of torch were called."""
    import torch

    leaf = torch.tensor(case["logits"]).T.contiguous().T.requires_grad_()
    loss, names = called(answers.cross_entropy, leaf * 1, torch.tensor(case["labels"]))
    (gradient,) = torch.autograd.grad(loss, leaf)
    return {
        "loss": float(loss.detach()),
        "axes": loss.ndim,
        "type": str(loss.dtype),
        "gradient": gradient,
        "losses called": sorted(
            {name for name in names if any(loss in name for loss in ("cross_entropy", "nll_loss", "kl_div"))}
        ),
    }
