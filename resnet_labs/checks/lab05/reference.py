"""What lab 05's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.blocks import BasicBlock
from resnet_labs.features import stage_features
from resnet_labs.resnet import ResNet
from resnet_labs.train.evaluation import evaluating


def small(num_blocks: Sequence[int] = (1, 1, 1)) -> ResNet:
    """Return a small network with a stage for each number, its running statistics not at their first values."""
    torch.manual_seed(5)
    widths = (4, 6, 8, 10)[: len(num_blocks)]
    network = ResNet(BasicBlock, num_blocks, widths=widths, num_classes=3, stem="small")
    for name, buffer in network.named_buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5) if name.endswith("var") else buffer.uniform_(-0.5, 0.5)
    return network


def means(network: nn.Module, images: Tensor, stages: Sequence[str]) -> dict[str, Tensor]:
    """Return what the collector should: each stage's mean over the pixels."""
    return {name: found.mean((2, 3)) for name, found in maps(network, images, stages).items()}


def maps(network: nn.Module, images: Tensor, stages: Sequence[str]) -> dict[str, Tensor]:
    return stage_features(network, images, stages)


def inputs(network: nn.Module, images: Tensor, stages: Sequence[str]) -> dict[str, Tensor]:
    """Return the mean over the pixels of what goes into each stage."""
    found: dict[str, Tensor] = {}

    def keep(name: str, given: Tensor) -> None:
        found[name] = given.mean((2, 3))

    handles = [
        network.get_submodule(name).register_forward_pre_hook(lambda part, given, name=name: keep(name, given[0]))
        for name in stages
    ]
    try:
        with evaluating(network), torch.no_grad():
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    return found


def num_hooks(network: nn.Module) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in network.modules())


def train(network: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, *, steps: int) -> None:
    """Train in training mode; gradients are zeroed, not removed, as some training loops do."""
    labels = torch.arange(len(images)) % 3
    network.train()
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=False)
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()


def bits(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def moved(before: dict[str, Tensor], network: nn.Module) -> list[str]:
    """Return the names of the tensors that differ by a bit."""
    return [name for name, value in network.state_dict().items() if not torch.equal(value, before[name])]


def neighbours(features: Tensor, count: int, *, largest: bool = False, itself: bool = False, power: int = 2) -> Tensor:
    """Return the rows' nearest rows by plain loops' arithmetic: (N, count) indices, nearest first."""
    distances = torch.cdist(features.double(), features.double(), p=power)
    if not itself:
        distances.fill_diagonal_(-1.0 if largest else float("inf"))
    return distances.argsort(1, descending=largest)[:, :count].contiguous()


def purity(near: Tensor, labels: Tensor) -> float:
    return (labels[near] == labels[:, None]).double().mean().item()


def vote(near: Tensor, labels: Tensor) -> float:
    """Return the share of rows whose neighbours' commonest label is the row's own."""
    return (labels[near].mode(1).values == labels).double().mean().item()


def kept(first: Tensor, second: Tensor) -> float:
    """Return the share of the first table's neighbours that stand in the same row of the second."""
    return (first[:, :, None] == second[:, None, :]).any(2).double().mean().item()
