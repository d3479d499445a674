"""Probe of exercise 04.1: a new head and its optimizer."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab04.shared import small_network
from resnet_labs.grading.probes.shared import moved, tensors

ANSWERS = ("new_head",)
POINTS = 2
WITHHELD = ("resnet_labs.weights.replace_head", "timm")
RTOL, ATOL = 1e-4, 1e-5


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return widths, rates (one is 0), few, many, one and as many classes as before, and frozen layers."""
    sizes = [(8, 5, 1e-3), (24, 2, 0.05), (int(rng.integers(9, 20)), int(rng.integers(11, 60)), 3e-4), (5, 1, 0.01)]
    sizes += [(6, 7, 0.02), (8, 5, 0.0)]
    return [
        {
            "width": width,
            "classes": classes,
            "rate": rate,
            "seed": int(rng.integers(1 << 30)),
            "frozen": number % 2 == 1,
        }
        for number, (width, classes, rate) in enumerate(sizes)
    ]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the head's shapes, what it gives, and what two steps of the optimizer do to a network of ones."""
    import torch

    network = small_network(case["width"], 7, case["seed"]).eval()
    network.requires_grad_(not case["frozen"])
    before = tensors(network)
    optimizer = answers.new_head(network, case["classes"], case["rate"])
    head = list(network.fc.parameters())
    other = small_network(case["width"], 7, case["seed"])
    answers.new_head(other, case["classes"], case["rate"])
    old = [tensor for name, tensor in before.items() if name.startswith("fc.")]
    fresh = [not any(torch.equal(weight, tensor) for tensor in old) for weight in head]
    with torch.no_grad():
        for weight in head:
            weight.copy_(torch.cos(torch.arange(weight.numel()) + 0.5).reshape(weight.shape))
    images = torch.sin(torch.arange(2 * 3 * 49.0)).reshape(2, 3, 7, 7)
    logits = network(images)
    start = [weight.detach().clone() for weight in head]
    for step in (1.0, 0.25):
        for weight in network.parameters():
            weight.grad = step * torch.linspace(0.5, 3, weight.numel()).reshape(weight.shape)
        optimizer.step()
    after = {name: tensor for name, tensor in network.state_dict().items() if not name.startswith("fc.")}
    kept = {name: tensor for name, tensor in before.items() if not name.startswith("fc.")}
    others = [part for name, part in network.named_modules() if not name.startswith("fc")]
    return {
        "modes": [part.training for part in others],
        "parts": [type(part).__name__ for part in others],
        "shapes": sorted([list(weight.shape) for weight in head]),
        "fresh": fresh,
        "shared": [weight is one for weight in head for one in other.fc.parameters()],
        "learns": [weight.requires_grad for weight in head],
        "logits": logits,
        "moved": moved(kept, after),
        "steps": [(weight - was).flatten() / (case["rate"] or 1.0) for weight, was in zip(head, start, strict=True)],
    }
