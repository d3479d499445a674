"""Probe of exercise 04.3: what reaches the head."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab04.shared import small_network
from resnet_labs.grading.probes.shared import moved, tensors

ANSWERS = ("features_of",)
POINTS = 3
WITHHELD = ("resnet_labs.features.stage_features", "resnet_labs.features.stages")
RTOL, ATOL = 1e-4, 1e-5


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return networks in training and in mixed mode, partly frozen, of an odd build, with short batches and of one."""
    rows = [("small", [4, 4, 3], "training"), ("small", [1], "training"), ("small", [2, 5], "mixed")]
    rows += [("odd", [3, int(rng.integers(1, 3))], "training"), ("odd", [2, 2], "evaluation"), ("small", [3], "frozen")]
    return [
        {
            "kind": kind,
            "mode": mode,
            "width": int(rng.integers(4, 9)),
            "batches": [rng.normal(size=(count, 3, 6, 7)).astype("float32") for count in counts],
            "labels": [rng.integers(0, 3, size=count) for count in counts],
            "seed": int(rng.integers(1 << 30)),
        }
        for kind, counts, mode in rows
    ]


def odd_network(width: int) -> Any:
    """Return a network without stages, whose head is called on something that no other module gives out."""
    import torch
    from torch import nn

    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.fc = nn.BatchNorm1d(width), nn.Linear(width, 2)
            self.mix = nn.Parameter(torch.cos(torch.arange(126.0 * width)).reshape(126, width))

        def forward(self, images: Any) -> Any:
            rows = self.norm(images.flatten(1) @ self.mix)
            return self.fc(rows.sin() * 2 if self.training else rows.sin())

    return Odd()


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the features, and what is left behind in the network."""
    import torch

    small = case["kind"] == "small"
    network = (small_network(case["width"], 3, case["seed"]) if small else odd_network(case["width"])).train()
    if case["mode"] == "evaluation":
        network.eval()
    if case["mode"] == "mixed":
        network.layer1.eval()
        network.bn1.eval()
    if case["mode"] == "frozen":
        network.conv1.requires_grad_(False)
        network.fc.bias.requires_grad_(False)
    for weight in network.parameters():
        weight.grad = torch.ones_like(weight)
    network.fc.register_forward_hook(lambda head, given, output: None)
    head, before = network.fc, tensors(network)
    batches = zip(map(torch.tensor, case["batches"]), map(torch.tensor, case["labels"]), strict=True)
    found = answers.features_of(network, batches)  # can be walked only once, as a stream can
    parts = list(network.modules())
    return {
        "features": found,
        "has a graph": found.requires_grad,
        "can be trained on": not found.is_inference(),
        "gradients": [weight.grad is not None for weight in network.parameters()],
        "moved": moved(before, network.state_dict()),
        "modes": [part.training for part in parts],
        "hooks": [[len(part._forward_hooks), len(part._forward_pre_hooks)] for part in parts],
        "train": [weight.requires_grad for weight in network.parameters()],
        "same head": network.fc is head,
    }
