"""Probe of exercise 04.2: a freeze that stays frozen."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab04.shared import small_network
from resnet_labs.grading.probes.shared import moved, tensors

ANSWERS = ("freeze_backbone",)
POINTS = 4
WITHHELD = ("resnet_labs.freeze",)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return optimizers made long before and just now, gradients left over, set to zero and none, and what was before.

    A weight was stopped by hand, the network was in evaluation mode, or was frozen and thawed.
    """
    rows = [
        ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}, 2, "left", False, ""),
        ("AdamW", {"lr": 0.01, "weight_decay": 0.1}, 0, "none", False, "evaluation"),
        ("Adam", {"lr": 0.01, "weight_decay": 0.05}, 3, "zero", False, ""),
        ("SGD", {"lr": 0.2, "weight_decay": 0.1}, 0, "left", True, "by hand"),
        ("RMSprop", {"lr": 0.01, "momentum": 0.5}, 1, "left", True, ""),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}, 1, "left", False, "thawed"),
    ]
    return [
        {
            "optimizer": [kind, settings],
            "steps before": steps,
            "gradients": gradients,
            "none after": none_after,
            "before": before,
            "width": int(rng.integers(5, 12)),
            "images": rng.normal(size=(5, 3, 7, 6)).astype("float32"),
            "seed": int(rng.integers(1 << 30)),
        }
        for kind, settings, steps, gradients, none_after, before in rows
    ]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return what a loop still moves, the names of the state, and whether two passes in training mode agree."""
    import torch
    import torch.nn.functional as F

    network = small_network(case["width"], 3, case["seed"]).double()
    images = torch.tensor(case["images"]).double()
    labels = torch.arange(len(images)) % 3
    kind, settings = case["optimizer"]
    optimizer = getattr(torch.optim, kind)(network.parameters(), **settings)

    def train(steps: Any, set_to_none: Any) -> None:
        for _ in range(steps):
            network.train()
            optimizer.zero_grad(set_to_none=set_to_none)
            F.cross_entropy(network(images), labels).backward()
            optimizer.step()

    if case["before"] == "thawed":
        answers.freeze_backbone(network)
        network.requires_grad_(True)
    train(case["steps before"], False)
    if case["gradients"] == "left":
        F.cross_entropy(network(images), labels).backward()
    elif case["gradients"] == "zero":
        optimizer.zero_grad(set_to_none=False)
    network.conv1.requires_grad_(case["before"] != "by hand")
    network.train(case["before"] != "evaluation")
    before = tensors(network)
    weights = dict(network.named_parameters())
    answers.freeze_backbone(network)
    by_freeze = moved(before, network.state_dict())
    if case["before"] != "evaluation":
        network.eval()
    network.train()
    features = []
    handle = network.fc.register_forward_pre_hook(lambda head, given: features.append(given[0].detach().clone()))
    with torch.no_grad():
        network(images)
        network(images[:1])
    handle.remove()
    train(2, case["none after"])
    return {
        "moved by the freeze": by_freeze,
        "moved by the loop": moved(before, network.state_dict()),
        "names": sorted(network.state_dict()),
        "same weights": sorted(name for name, weight in network.named_parameters() if weights.get(name) is weight),
        "features": features if case["before"] != "thawed" else [],
        "head": [network.fc.weight, network.fc.bias] if not case["steps before"] else [],
    }
