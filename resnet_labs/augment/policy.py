"""AutoAugment, by torchvision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Generator, Tensor

from resnet_labs.augment._draws import seed
from resnet_labs.augment._images import Images, Labels, check_channels


@dataclass(frozen=True)
class AutoAugment:
    """The policy that AutoAugment found for CIFAR-10: one of 25 pairs of operations for each image.

    Images pass through 8 bits. This one does loop over the images, in torchvision's own code.

    Raises:
        InputError: (when called) images that are neither RGB nor grey.

    Source: Cubuk et al. 2019, AutoAugment: Learning Augmentation Strategies from Data, table 7.
    Deviations: those of torchvision (nearest-neighbour interpolation, black borders).
    Equals: torchvision.transforms.v2.AutoAugment(AutoAugmentPolicy.CIFAR10), image by image from the same seed.

    Example:
        >>> AutoAugment()(torch.rand(2, 3, 32, 32), torch.tensor([0, 1]), torch.Generator())[0].shape
        torch.Size([2, 3, 32, 32])
    """

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return the changed images, and the labels."""
        check_channels(images, "AutoAugment")
        policy = _cifar10_policy()
        pixels = (images * 255).round().clamp(0, 255).to(torch.uint8)
        # torchvision draws from the global CPU generator: give it a seed of ours, and restore its state.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed(generator))
            changed = [policy(image) for image in pixels]
        return (torch.stack(changed) if changed else pixels).to(images.dtype) / 255, labels


@cache
def _cifar10_policy() -> Callable[[Tensor], Tensor]:
    from torchvision.transforms import v2  # the import takes a second

    return v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10)
