"""Probe of exercise 02.1: a ResNet-18 gets a new first and a new last layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.shared import num_hooks

ANSWERS = ("adapt",)
POINTS = 2
WITHHELD = ("torchvision.models", "timm", "resnet_labs.weights")
RTOL, ATOL = 1e-3, 1e-3


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return digits, a batch of one, photographs, two classes, and an image whose rows are not contiguous."""
    sizes = [(1, 10, 2, 24), (1, int(rng.integers(11, 40)), 1, 25), (3, 10, 2, 16), (4, 2, 1, 20), (2, 7, 2, 17)]
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


def fill(tensors: Any, phase: float) -> None:
    """Give tensors values that do not depend on a generator, and keep the size of what goes through a layer."""
    import torch

    noise = torch.sin(torch.arange(65_537, dtype=torch.float64) * 12.9898 + phase) * 43_758.5453
    noise = (2 * (noise - noise.floor()) - 1).float()
    with torch.no_grad():
        for tensor in tensors:
            if tensor.is_floating_point():
                scale = (6 * len(tensor) / tensor.numel()) ** 0.5 if tensor.ndim > 1 else 0.5
                values = noise.repeat(tensor.numel() // len(noise) + 1)[: tensor.numel()].reshape(tensor.shape)
                tensor.copy_(values * scale + (tensor.ndim == 1))


def ends(network: Any, images: Any) -> tuple[Any, Any]:
    """Return the first convolution and the last linear layer that run."""
    import torch
    from torch import nn

    ran: list[Any] = []
    layers = [layer for layer in network.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_pre_hook(lambda layer, given: ran.append(layer)) for layer in layers]
    with torch.no_grad():
        network.eval()(images)
    for hook in hooks:
        hook.remove()
    return ran[0], [layer for layer in ran if isinstance(layer, nn.Linear)][-1]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return shapes of weights, the first layer's geometry, and outputs with weights that are set here."""
    import torch

    from resnet_labs.resnet import resnet18

    network = resnet18()
    fill([*network.parameters(), *network.buffers()], case["phase"])
    network = answers.adapt(network, case["channels"], case["classes"])
    seen = {
        "modes": all(part.training for part in network.modules()),
        "trains": [weight.requires_grad for weight in network.parameters()].count(False),
        "hooks": num_hooks(network),
    }
    images = torch.tensor(case["images"])
    first, last = ends(network, images)
    differ = bool((first.weight != first.weight[:1]).any())
    fill([*first.parameters(), *last.parameters()], case["phase"] + 1)
    images = images.mT.contiguous().mT if case["transposed"] else images
    with torch.no_grad():
        logits = network.double()(images.double())
    return seen | {
        "shapes": sorted([list(parameter.shape) for parameter in network.parameters()]),
        "geometry": [list(first.kernel_size), list(first.stride), list(first.padding)],
        "filters differ": differ,
        "logits": logits / logits.std(correction=0),
    }
