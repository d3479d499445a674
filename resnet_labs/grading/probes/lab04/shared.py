"""What lab 04's probes share: a small network with a ResNet's names and literal weights, and what training moves."""

from __future__ import annotations

from typing import Any


def small_network(width: int, classes: int, seed: int) -> Any:
    """Return a network with batch norm, dropout and running statistics that are not the initial ones."""
    import torch
    from torch import nn

    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, 6, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(6)
            self.layer1 = nn.Sequential(
                nn.Conv2d(6, width, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(0.3)
            )
            self.avgpool = nn.AdaptiveAvgPool2d(1)
            self.fc = nn.Linear(width, classes)

        def forward(self, images: Any) -> Any:
            maps = self.layer1(torch.relu(self.bn1(self.conv1(images))))
            return self.fc(self.avgpool(maps).flatten(1))

    network, generator = Small(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) - (0.5 if tensor.ndim > 1 else 0.0))
            if name.endswith("running_var"):
                tensor.add_(0.5)
    return network
