"""Probe of exercise 03.4: what a training step keeps in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.shared import num_hooks

ANSWERS = ("training_bytes",)
POINTS = 3
WITHHELD = ("resnet_labs.memory",)
RTOL, ATOL = 0.0, 0.0


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return networks with buffers, frozen and shared weights, shared storage, two formats, and one without memory."""
    kinds = [
        ("norms", 1),
        ("frozen", 2),
        ("in place", 0),
        ("linear", int(rng.integers(3, 6))),
        ("mixed", 1),
        ("meta", 2),
        ("tied", 1),
    ]
    return [
        {
            "kind": kind,
            "width": int(rng.integers(3, 9)),
            "count": 1 if kind == "linear" else int(rng.integers(2, 6)),
            "numbers_per_weight": numbers,
        }
        for kind, numbers in kinds
    ]


def network_of(kind: str, width: int) -> Any:
    """Return a network in training mode for images of 3x6x5."""
    import torch
    from torch import nn

    class Twice(nn.Module):
        """Keeps one piece of memory for two operations."""

        def forward(self, x: Any) -> Any:
            return (x.view(-1) * x.flatten()).view(x.shape).exp()

    if kind == "linear":
        return nn.Sequential(nn.Flatten(), nn.Linear(90, width), nn.Sigmoid(), nn.Linear(width, 2, bias=False))
    middle = {"in place": nn.ReLU(inplace=True), "mixed": Twice()}.get(kind, nn.ReLU())
    network = nn.Sequential(nn.Conv2d(3, width, 3, bias=False), nn.BatchNorm2d(width), middle, nn.Flatten())
    network.append(nn.Linear(12 * width, 2))
    if kind == "frozen":
        network[0].requires_grad_(False)
        network[4].bias.requires_grad_(False)
    if kind == "mixed":
        network.double().register_buffer("table", torch.zeros(7, width, dtype=torch.int16))
    if kind == "tied":  # two layers with one weight, and a buffer that no state dict holds
        network.extend([nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2)])
        network[7].weight = network[5].weight
        network.register_buffer("table", torch.zeros(width), persistent=False)
    return network.train()


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the four numbers of bytes."""
    import torch

    with torch.device("meta" if case["kind"] == "meta" else "cpu"):
        network = network_of(case["kind"], case["width"])
        images = torch.ones(case["count"], 3, 6, 5, dtype=torch.float64 if case["kind"] == "mixed" else torch.float32)
    weights, gradients, optimizer, activations = answers.training_bytes(network, images, case["numbers_per_weight"])
    return {
        "bytes": [int(weights), int(gradients), int(optimizer), int(activations)],
        "modes": [part.training for part in network.modules()],
        "train": [weight.requires_grad for weight in network.parameters()],
        "gradients": [weight.grad is None for weight in network.parameters()],
        "hooks": num_hooks(network),
    }
