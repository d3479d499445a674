"""Several augmentations in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Generator

from resnet_labs.augment._images import Augmentation, Images, Labels


@dataclass(frozen=True)
class Compose:
    """One augmentation after the other.

    Args:
        steps: in the order in which they are applied.

    Equals: the steps called by hand with the same generator.

    Example:
        >>> import torch
        >>> from resnet_labs.augment import Crop, Flip, Mixup
        >>> augment = Compose([Flip(), Crop(padding=4), Mixup(num_classes=10)])
        >>> images, labels = augment(torch.rand(6, 3, 32, 32), torch.arange(6), torch.Generator())
        >>> images.shape, labels.shape
        (torch.Size([6, 3, 32, 32]), torch.Size([6, 10]))
    """

    steps: Sequence[Augmentation]

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return what the last step returns."""
        for step in self.steps:
            images, labels = step(images, labels, generator)
        return images, labels
