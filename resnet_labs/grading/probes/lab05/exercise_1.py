"""Probe of exercise 05.1: features of stages by hooks."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab05.shared import with_weights
from resnet_labs.grading.probes.shared import moved, tensors

ANSWERS = ("collect",)
POINTS = 3
WITHHELD = ("resnet_labs.features.stage_features", "resnet_labs.features.stages", "torchvision.models")
RTOL, ATOL = 1e-4, 1e-5


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return several stages and one, nested names, batches of one and uneven ones, and a batch that fails."""
    rows = [
        (["layer1", "layer2"], [3, 3, 2], True, -1),
        (["layer2"], [1], False, -1),
        (["layer2.0", "layer1", "stem"], [2, int(rng.integers(1, 5))], True, -1),
        (["layer1"], [2, 2, 2], True, 1),
        (["layer1", "layer2"], [3, 1], False, 0),
    ]
    return [
        {
            "stages": stages,
            "training": training,
            "fails at": fails_at,
            "width": int(rng.integers(3, 8)),
            "batches": [rng.normal(size=(count, 2, 6, 9)).astype("float32") for count in counts],
            "seed": int(rng.integers(1 << 30)),
        }
        for stages, counts, training, fails_at in rows
    ]


def staged_network(width: int, seed: int) -> Any:
    """Return a network with stages, batch norm, dropout and literal weights; it fails on images that hold a NaN."""
    from torch import nn

    class Staged(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
            self.layer1 = nn.Sequential(nn.Conv2d(4, width, 3, stride=2), nn.Dropout(0.4))
            self.layer2 = nn.Sequential(
                nn.Sequential(nn.Conv2d(width, 2 * width, 2), nn.Tanh()), nn.BatchNorm2d(2 * width)
            )
            self.fc = nn.Linear(2 * width, 3)

        def forward(self, images: Any) -> Any:
            maps = self.layer1(self.stem(images))
            if images.isnan().any():
                raise ArithmeticError("a NaN")
            return self.fc(self.layer2(maps).mean((2, 3)))

    return with_weights(Staged(), seed)


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the features of each stage or the error's name, and what is left behind in the network."""
    import torch

    network = staged_network(case["width"], case["seed"]).train(case["training"])
    network.layer1.register_forward_hook(lambda part, given, output: None)
    for number, weight in enumerate(network.parameters()):
        weight.grad = torch.ones_like(weight)
        weight.requires_grad_(number % 3 > 0)
    before = tensors(network)
    batches = [(torch.tensor(images), torch.zeros(len(images), dtype=torch.int64)) for images in case["batches"]]
    if case["fails at"] >= 0:
        batches[case["fails at"]][0][0, 0, 0, 0] = torch.nan
    error, found = "", {}
    with torch.set_grad_enabled(case["training"]):
        try:
            found = answers.collect(network, iter(batches), case["stages"])  # can be walked only once, as a stream can
        except Exception as raised:
            error = type(raised).__name__
        grad_mode = torch.is_grad_enabled()
    parts = list(network.modules())
    return {
        "error": error,
        "features": {name: found[name] for name in sorted(found)},
        "gradients are on": grad_mode,
        "have a graph": [found[name].requires_grad for name in sorted(found)],
        "train": [weight.requires_grad for weight in network.parameters()],
        "gradients": [weight.grad is not None for weight in network.parameters()],
        "modes": [part.training for part in parts],
        "hooks": [[len(part._forward_hooks), len(part._forward_pre_hooks)] for part in parts],
        "moved": moved(before, network.state_dict()),
    }
