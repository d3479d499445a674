"""Probe of exercise 02.1: a ResNet-18 gets a new first and a new last layer."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("adapt",)
POINTS = 2
WITHHELD = ("torchvision.models",)
RTOL, ATOL = 1e-3, 1e-3
HELPERS = ("fill",)


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return digits, a batch of one, photographs, two classes, and an image whose rows are not contiguous."""
    sizes = [(1, 10, 2, 32), (1, int(rng.integers(11, 40)), 1, 33), (3, 10, 2, 32), (4, 2, 3, 40), (2, 7, 2, 35)]
    return [
        {
            "channels": channels,
            "classes": classes,
            "images": rng.normal(size=(count, channels, pixels, pixels)).astype("float32"),
            "transposed": number == 4,
            "phase": float(rng.uniform(0, 6)),
        }
        for number, (channels, classes, count, pixels) in enumerate(sizes)
    ]


def fill(parameters: Any, phase: float) -> None:
    """Give weights values that do not depend on a generator, and are small enough for every layer."""
    import torch

    with torch.no_grad():
        for parameter in parameters:
            waves = torch.sin(torch.arange(4099, dtype=torch.float64) * 0.37 + phase)
            waves = waves.repeat(parameter.numel() // 4099 + 1)[: parameter.numel()].reshape(parameter.shape)
            scale = 1 / (parameter.numel() / len(parameter)) ** 0.5 if parameter.ndim > 1 else 0.5
            parameter.copy_(waves * scale + (parameter.ndim == 1))


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return shapes of weights, the first layer's geometry, and outputs with weights that are set here."""
    import torch
    from torch import nn

    from resnet_labs.resnet import resnet18

    network = resnet18()
    fill(network.parameters(), case["phase"])
    network = answers.adapt(network, case["channels"], case["classes"])
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    fill([*first.parameters(), *last.parameters()], case["phase"] + 1)
    images = torch.tensor(case["images"]).double()
    if case["transposed"]:
        images = images.mT.contiguous().mT
    with torch.no_grad():
        logits = network.double().eval()(images)
    return {
        "shapes": sorted([list(parameter.shape) for parameter in network.parameters()]),
        "geometry": [list(first.kernel_size), list(first.stride), list(first.padding)],
        "logits": logits / logits.std(),
    }
