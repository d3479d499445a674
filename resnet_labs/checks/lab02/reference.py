"""What lab 02's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs import reports

# The digits of MNIST's 10,000 test images, counted in its label file; lab 02 shows the same ten numbers.
MNIST_TEST_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def untrained_scores() -> list[float]:
    """Return what the stored networks scored on MNIST's test set before training; lab 02 shows the same numbers."""
    return [run.metrics["accuracy_before"] for run in reports.evidence("r1.digits") if not run.stand_in]


def trace(network: nn.Module, images: Tensor) -> tuple[Any, list[nn.Linear], Tensor | None]:
    """Run the network; return the first convolution that runs, every linear layer that runs, and the outputs."""
    order: list[nn.Module] = []
    hooks = [
        module.register_forward_pre_hook(lambda module, _: order.append(module))
        for module in network.modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    try:
        with torch.no_grad():
            logits = network(images)
    except (RuntimeError, ValueError):
        logits = None
    for hook in hooks:
        hook.remove()
    ran = [module for module in order if isinstance(module, nn.Conv2d)]
    known = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    return next(iter(ran or known), None), [module for module in order if isinstance(module, nn.Linear)], logits


def fingerprint(tensor: Tensor) -> tuple[tuple[int, ...], bytes]:
    return tuple(tensor.shape), tensor.detach().contiguous().numpy().tobytes()


def small_network() -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 3)).double()


def walk(images: Tensor, labels: Tensor, *, steps: int, clear: bool = True) -> tuple[Tensor, list[float]]:
    """Return the weights after the steps, and the loss of each."""
    network = small_network().train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    losses = []
    for _ in range(steps):
        if clear:
            optimizer.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return flat(network), losses


def flat(network: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def softmax_loss(images: Tensor, labels: Tensor) -> float:
    return F.cross_entropy(small_network().train()(images).softmax(1), labels).item()


def scores(confusion: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    return precision, recall, 2 * right / (confusion.sum(0) + confusion.sum(1)).clamp(min=1)
