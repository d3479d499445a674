"""What lab 08 and its recipes share: the images in grey or shuffled, the convolutional network, and dead outputs."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from resnet_labs.data import ImageData


def grey(images: ImageData) -> ImageData:
    """Return the images in grey (ITU-R 601); grey ones as they are.

    Example:
        >>> from resnet_labs import data
        >>> grey(data.load("procedural", split="test", limit=24)).images.shape
        torch.Size([24, 1, 32, 32])
    """
    from torchvision.transforms.v2.functional import rgb_to_grayscale  # the import takes seconds

    return images if images.images.shape[1] == 1 else replace(images, images=rgb_to_grayscale(images.images))


def shuffle_pixels(images: ImageData, *, seed: int) -> ImageData:
    """Return the images with their pixels in another order, the same for all of them.

    Example:
        >>> from resnet_labs import data
        >>> digits = data.load("digits", split="test")
        >>> shuffled = shuffle_pixels(digits, seed=0)
        >>> bool((shuffled.images.sum((1, 2, 3)) == digits.images.sum((1, 2, 3))).all())
        True
    """
    flat = images.images.flatten(2)
    order = torch.randperm(flat.shape[2], generator=torch.Generator().manual_seed(seed))
    return replace(images, images=flat[:, :, order].reshape(images.images.shape))


def small_conv_net(num_classes: int) -> nn.Sequential:
    """Return three convolutions of stride 2 for grey images, the mean over all places and a linear layer.

    On 48 pixels it has as many multiply-adds as report 4's MLP, and a fiftieth of its parameters. Like the MLP it has
    no batch norm.

    Example:
        >>> small_conv_net(10)(torch.rand(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """
    layers: list[nn.Module] = []
    for before, after in ((1, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, num_classes))


def num_dead(logits: Tensor) -> int:
    """Return how many outputs are above zero for no row.

    Example:
        >>> num_dead(torch.tensor([[0.0, -1.0, 2.0], [-3.0, 0.5, 0.1]]))
        1
    """
    return int((logits <= 0).all(0).sum())
