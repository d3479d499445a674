"""The small networks that the checks of stages and of training ask about, and what changed in them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from resnet_labs.blocks import BasicBlock
from resnet_labs.resnet import ResNet


def small(num_blocks: Sequence[int] = (1, 1, 1)) -> ResNet:
    """Return a small network with a stage for each number, its running statistics not at their first values."""
    widths = tuple(range(4, 4 + 2 * len(num_blocks), 2))
    network = ResNet(BasicBlock, num_blocks, widths=widths, num_classes=3, stem="small")
    for name, buffer in network.named_buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5) if name.endswith("var") else buffer.uniform_(-0.5, 0.5)
    return network


def bits(network: nn.Module) -> dict[str, Tensor]:
    """Return a copy of every tensor of the network, by its name."""
    return {name: value.clone() for name, value in network.state_dict().items()}


def moved(before: dict[str, Tensor], network: nn.Module) -> list[str]:
    """Return the names of the tensors that differ by a bit."""
    return [name for name, value in network.state_dict().items() if not torch.equal(value, before[name])]


def used_(network: nn.Module, generator: torch.Generator) -> None:
    """Leave traces of others on the network: gradients, a frozen layer, a part in evaluation mode, a hook."""
    images = torch.rand(4, 3, 12, 10, generator=generator)
    network.train()(images).sum().backward()
    network.get_submodule("conv1").requires_grad_(False)
    network.get_submodule("layer1").register_forward_hook(lambda *_: None)
