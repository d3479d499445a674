"""Probe of exercise 03.5: releasing memory."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("run_all",)
POINTS = 3
WITHHELD = ("resnet_labs.train",)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return several networks, one network, one batch, and batches of one example."""
    sizes = [
        (3, 4, 5),
        (1, 3, 4),
        (2, 1, 6),
        (4, 3, 1),
        (0, 2, 3),
        (int(rng.integers(2, 5)), int(rng.integers(3, 6)), 2),
    ]
    return [
        {
            "weights": rng.normal(size=(networks, 2, 4)),
            "inputs": rng.normal(size=(batches, count, 4)),
            "labels": rng.integers(0, 2, size=(batches, count)),
        }
        for networks, batches, count in sizes
    ]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the losses, also of one maker twice, and how many networks are in memory at each making and release."""
    import gc
    import weakref

    import torch
    from torch import nn

    alive: list[Any] = []
    events: list[list[Any]] = []

    def count() -> int:
        return sum(weight() is not None for weight in alive)

    class Ring(nn.Linear):
        """Points at itself, so that only the garbage collector frees it."""

        def __init__(self, weights: Any) -> None:
            super().__init__(4, 2, bias=False, dtype=torch.float64)
            with torch.no_grad():
                self.weight.copy_(torch.tensor(weights))
            self.register_forward_hook(self.seen)

        def seen(self, module: Any, given: Any, output: Any) -> Any:
            return None

    def make(weights: Any) -> Any:
        events.append(["made", count()])
        network = Ring(weights)
        alive.append(weakref.ref(network.weight))
        return network

    def release() -> None:
        gc.collect()
        events.append(["released", count()])

    class Modal(nn.Linear):
        """Gives twice as much in training mode."""

        def forward(self, values: Any) -> Any:
            return super().forward(values) * (2 if self.training else 1)

    def modal() -> Any:
        layer = Modal(4, 2, bias=False, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.linspace(-1, 1, 8).reshape(2, 4))
        return layer

    makers = [lambda weights=weights: make(weights) for weights in case["weights"]]
    batches = [(torch.tensor(x), torch.tensor(y)) for x, y in zip(case["inputs"], case["labels"], strict=True)]
    collecting = gc.isenabled()
    gc.freeze()  # so that a release looks at what is new alone
    gc.disable()
    try:
        losses = answers.run_all(makers, batches, release)
    finally:
        gc.unfreeze()
        if collecting:
            gc.enable()
    twice = answers.run_all([modal, modal], batches, lambda: None)
    try:
        answers.run_all([lambda: nn.Linear(3, 2)], batches, lambda: None)
        raised = False
    except Exception:
        raised = True
    return {
        "losses": [[float(loss) for loss in row] for row in losses],
        "twice": [[float(loss) for loss in row] for row in twice],
        "events": events,
        "raised": raised,
    }
