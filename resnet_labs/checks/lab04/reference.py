"""What lab 04's answers are compared with: small networks, training after a freeze, what reaches the head, sizes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.blocks import BasicBlock, Bottleneck
from resnet_labs.resnet import ResNet
from resnet_labs.train.evaluation import evaluating

Optimizer = Callable[[list[nn.Parameter]], torch.optim.Optimizer]

# Both move a parameter whose gradient is zero: by momentum, and by weight decay.
OPTIMIZERS: dict[str, Optimizer] = {
    "SGD with momentum and weight decay": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
}


def resnets() -> list[ResNet]:
    """Return two ResNets whose heads see vectors of different lengths, 8 and 24, with statistics and a hook."""
    networks = [
        ResNet(BasicBlock, [1], widths=[8], num_classes=10, stem="small"),
        ResNet(Bottleneck, [1], widths=[6], num_classes=12, stem="small"),
    ]
    for network in networks:
        with torch.no_grad():
            network.train()(torch.randn(8, 3, 16, 16) + 0.5)
        network.bn1.register_forward_hook(lambda *_: None)
        network.register_forward_pre_hook(lambda *_: None)
    return networks


class Small(nn.Module):
    """A network with a ResNet's names and others, dropout, and running statistics that are not the initial ones.

    The head may have a dropout of its own.
    """

    def __init__(self, *, stages: int = 1, head_dropout: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.layer1 = nn.Sequential(nn.Conv2d(6, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.3))
        for number in range(2, stages + 1):
            parts = OrderedDict(fc=nn.Conv2d(8, 8, 1), bn_fc=nn.BatchNorm2d(8))  # not the head, in spite of their names
            self.add_module(f"layer{number}", nn.Sequential(parts))
        self.stages = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc_norm = nn.BatchNorm2d(8)  # not the head either
        self.neck = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.2))
        self.fc: nn.Module = nn.Linear(8, 3)
        if head_dropout:
            self.fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(8, 3))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        maps = self.maps(images)
        return self.fc(self.neck(self.avgpool(self.fc_norm(maps)).flatten(1)))

    def maps(self, images: Tensor) -> Tensor:
        """Return what the last block gives out."""
        maps = self.layer1(F.relu(self.bn1(self.conv1(images))))
        for number in range(2, self.stages + 1):
            maps = self.get_submodule(f"layer{number}")(maps)
        return maps


Network = Small | ResNet


def small(*, stages: int = 1, head_dropout: bool = False) -> Small:
    network = Small(stages=stages, head_dropout=head_dropout).train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(16, 3, 8, 8) + 0.5)
    return network


def small_resnet() -> ResNet:
    """Return a ResNet with two stages and projections, in training mode."""
    network = ResNet(BasicBlock, [1, 1], widths=[6, 8], num_classes=3, stem="small").train()
    with torch.no_grad():
        network(torch.randn(16, 3, 8, 8) + 0.5)
    return network


def images_and_labels(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    return torch.randn(count, 3, 8, 8, generator=generator), torch.arange(count) % 3


def train(network: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor, steps: int) -> None:
    """Train as many loops do: training mode, gradients set to zero and not removed."""
    for _ in range(steps):
        network.train()
        optimizer.zero_grad(set_to_none=False)
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()


def train_once(network: nn.Module, generator: torch.Generator) -> None:
    """Leave gradients on the network, by one backward pass; modes and weights stay."""
    images, labels = images_and_labels(6, generator)
    F.cross_entropy(network(images), labels).backward()


def backbone(network: nn.Module) -> dict[str, Tensor]:
    """Return copies of all tensors but the head's, buffers included."""
    return {name: value.clone() for name, value in network.state_dict().items() if not name.startswith("fc.")}


def moved(before: dict[str, Tensor], network: nn.Module) -> list[str]:
    """Return the names of the tensors that differ in any bit."""
    now = network.state_dict()
    return [name for name, value in before.items() if not torch.equal(value, now[name])]


def before_the_head(network: nn.Module, images: Tensor) -> Tensor:
    """Return the head's inputs, in the mode in which the network is."""
    seen: list[Tensor] = []
    handle = network.get_submodule("fc").register_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[0].detach().clone())
    )
    with torch.no_grad():
        network(images)
    handle.remove()
    return seen[0]


def features(network: nn.Module, images: Tensor) -> Tensor:
    with evaluating(network):
        return before_the_head(network, images)


def maps(network: Small, images: Tensor) -> Tensor:
    """Return what the last block gives out, before the mean over the pixels."""
    with evaluating(network), torch.no_grad():
        return network.maps(images)


def possible_sizes(figure: float, decimals: int, sizes: Iterable[int]) -> list[int]:
    return [size for size in sizes if round(round(figure * size) / size, decimals) == figure]
