"""Probe of exercise 02.2: one training step."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.shared import num_hooks

ANSWERS = ("train_step",)
POINTS = 3
WITHHELD = ("resnet_labs.train",)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return batches for plain and stateful optimizers, a batch of one, float32, and networks that are sure."""
    rows = [
        ("SGD", {"lr": 0.3}, 4, "float64"),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05}, int(rng.integers(5, 9)), "float64"),
        ("Adam", {"lr": 0.01}, 3, "float64"),
        ("SGD", {"lr": 0.2}, 1, "float64"),
        ("SGD", {"lr": 0.05, "momentum": 0.5}, 6, "float32"),
    ]
    cases: list[dict[str, Any]] = [
        {
            "optimizer": [kind, settings],
            "images": rng.normal(size=(3, count, 2, 5, 4)).astype(dtype),
            "labels": rng.integers(0, 4, size=(3, count)),
            "weights": [rng.normal(size=shape) / 3 for shape in ((3, 2, 3, 3), (3,), (3,), (3,), (4, 18), (4,))],
            "stale": bool(number % 2),
        }
        for number, (kind, settings, count, dtype) in enumerate(rows)
    ]
    for bias in (8.0, -800.0):  # sure of class 0, and right or wrong
        sure = {"labels": np.zeros((3, 4), dtype=np.int64), "images": cases[0]["images"]}
        weights = [*cases[0]["weights"][:4], np.zeros((4, 18)), np.array([bias, 0, 0, 0])]
        cases.append(cases[0] | sure | {"weights": weights, "optimizer": ["SGD", {"lr": 1.0}]})
    return cases


def small_network(weights: Any, dtype: Any) -> Any:
    """Return a network with a batch norm and literal weights, in evaluation mode."""
    import torch
    from torch import nn

    layers = [nn.Conv2d(2, 3, 3, padding=(1, 1)), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(18, 4)).to(dtype)
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), weights, strict=True):
            parameter.copy_(torch.as_tensor(value))
    return network.eval()


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the losses of three steps, and weights, running statistics, mode and hooks after them."""
    import torch

    images, labels = torch.tensor(case["images"]), torch.tensor(case["labels"])
    network = small_network(case["weights"], images.dtype)
    kind, settings = case["optimizer"]
    first, *rest = network.parameters()
    optimizer = getattr(torch.optim, kind)([{"params": [first]}, {"params": rest}], **settings)
    if case["stale"]:
        for parameter in network.parameters():
            parameter.grad = torch.ones_like(parameter)
    losses = []
    for batch in zip(images, labels, strict=True):
        losses.append(answers.train_step(network, *batch, optimizer))
        network[1].eval()  # the next step trains every part
    return {
        "are Python numbers": [isinstance(loss, (int, float)) for loss in losses],
        "losses": [float(loss) for loss in losses],
        "training": network.training and network[0].training,
        "hooks": num_hooks(network),
        "state": list(network.state_dict().values()),
    }
