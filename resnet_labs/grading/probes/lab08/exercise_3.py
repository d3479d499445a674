"""Probe of exercise 08.3: a classifier on the pretrained encoders."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

ANSWERS = ("classifier",)
POINTS = 2
WITHHELD = ("resnet_labs.autoencoder",)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return stacks of one to three layers, frozen ones, a ReLU behind the code or none, two classes, one image."""
    rows = [
        ([6, 5, 4], 3, True, False),
        ([6, 8], 2, False, True),
        ([6, 7, 5, 4], int(rng.integers(14, 20)), False, True),
    ]
    rows += [([6, 9, 4], 13, True, True), ([6, 5, 5, 4, 3], 2, False, False)]
    return [
        {
            "weights": [rng.normal(size=(after, before)) / 2 for before, after in pairwise(sizes)],
            "classes": classes,
            "frozen": frozen,
            "code relu": code_relu,
            "images": rng.random(size=(1 if classes == 13 else 4, 1, 2, 3)),
        }
        for sizes, classes, frozen, code_relu in rows
    ]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return logits with a literal head, which weights train, and what training leaves of the layers."""
    import torch
    from torch import nn

    layers = []
    for depth, weight in enumerate(case["weights"]):
        down, up = nn.Linear(*reversed(weight.shape)).double(), nn.Linear(*weight.shape).double()
        with torch.no_grad():
            down.weight.copy_(torch.tensor(weight))
            down.bias.fill_(0.4)
        with_relu = case["code relu"] or depth < len(case["weights"]) - 1
        encoder = nn.Sequential(down, nn.ReLU()) if with_relu else nn.Sequential(down, nn.Identity())
        layers.append((encoder.requires_grad_(not case["frozen"]), nn.Sequential(up, nn.ReLU())))
    before = [weight.detach().clone() for layer in layers for part in layer for weight in part.parameters()]
    images, seen = torch.tensor(case["images"]), []
    for _ in range(2):  # the second does not begin where the first ended
        network = answers.classifier(layers, case["classes"]).double()
        training = all(part.training for part in network.modules())
        parameters = list(network.parameters())
        shape = (case["classes"], len(case["weights"][-1]))
        with torch.no_grad():
            for weight in parameters:
                if tuple(weight.shape) in (shape, shape[::-1], shape[:1]):
                    waves = torch.cos(torch.arange(1.0, weight.numel() + 1)).reshape(shape[: weight.ndim])
                    weight.copy_(waves if weight.shape == waves.shape else waves.T)
        logits = network.train()(images)
        (logits * torch.sin(logits.detach() + 1)).sum().backward()
        torch.optim.SGD(parameters, lr=0.1).step()
        gradients = [weight.grad for weight in parameters if weight.grad is not None]
        order = sorted(float(gradient.norm()) for gradient in gradients)
        seen.append(
            {
                "logits": logits,
                "training": training,
                "gradients": order,
                "train": [weight.requires_grad for weight in parameters],
            }
        )
    after = [weight.detach() for layer in layers for part in layer for weight in part.parameters()]
    frozen = [weight.requires_grad for layer in layers for part in layer for weight in part.parameters()]
    unmoved = [torch.equal(was, now) for was, now in zip(before, after, strict=True)]
    return {"first": seen[0], "second": seen[1], "layers unmoved": unmoved, "layers train": frozen}
