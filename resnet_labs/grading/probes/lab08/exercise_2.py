"""Probe of exercise 08.2: the greedy stack."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

ANSWERS = ("pretrain",)
POINTS = 3
WITHHELD = ("resnet_labs.autoencoder", "resnet_labs.train")
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return stacks of one to three layers, one epoch and several, one batch, batches of one image and uneven ones."""
    rows = [([6, 5, 4], [3, 3, 2], 2), ([6, 4], [5], 3), ([6, 7, 5, 3], [2, 4], 1), ([6, 3, 2], [1, 1, 3], 2)]
    rows += [([6, 5, 3], [4, 2], int(rng.integers(3, 5))), ([6, 5, 5, 4, 3], [3], 1), ([6, 4], [2], 0)]
    return [
        {
            "weights": [
                [rng.normal(size=(after, before)) / 2, rng.normal(size=(before, after)) / 2]
                for before, after in pairwise(sizes)
            ],
            "batches": [rng.random(size=(count, 1, 2, 3)) for count in counts],
            "epochs": epochs,
            "rate": float(rng.uniform(0.005, 0.05)),
        }
        for sizes, counts, epochs in rows
    ]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the losses, the weights afterwards, and how often each layer got a gradient."""
    import torch
    from torch import nn

    layers, counts = [], []
    for depth, weights in enumerate(case["weights"]):
        last = depth == len(case["weights"]) - 1
        ends = [nn.Identity() if last else nn.ReLU(), nn.ReLU() if depth else nn.Sigmoid()]
        layer = []
        for weight, end in zip(weights, ends, strict=True):
            linear = nn.Linear(weight.shape[1], weight.shape[0]).double()
            with torch.no_grad():
                linear.weight.copy_(torch.tensor(weight))
                linear.bias.fill_(0.2)
            layer.append(nn.Sequential(linear, end))
        layers.append(tuple(layer))
        counts.append([0])
        layer[0][0].weight.register_hook(lambda gradient, count=counts[-1]: count.append(0))  # type: ignore[operator]
    batches = [(torch.tensor(images), torch.zeros(len(images), dtype=torch.int64)) for images in case["batches"]]
    histories = answers.pretrain(layers, batches, case["epochs"], case["rate"])
    return {
        "histories": [[float(loss) for loss in history] for history in histories],
        "gradients": [len(count) - 1 for count in counts],
        "weights": [weight.detach() for layer in layers for part in layer for weight in part.parameters()],
    }
