"""Images mirrored and shifted."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator

from resnet_labs.augment._draws import integers, per_image, uniform
from resnet_labs.augment._images import Images, Labels
from resnet_labs.errors import InputError


@dataclass(frozen=True)
class Flip:
    """Left and right exchanged, in each image with this probability.

    Args:
        probability: between 0 and 1.

    Raises:
        InputError: a probability outside this range.

    Source: Krizhevsky et al. 2012, ImageNet Classification with Deep CNNs, section 4.1.
    Equals: torchvision.transforms.v2.functional.horizontal_flip on the images drawn.

    Example:
        >>> Flip(probability=1.0)(torch.tensor([[[[0.1, 0.9]]]]), torch.tensor([3]), torch.Generator())
        (tensor([[[[0.9000, 0.1000]]]]), tensor([3]))
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise InputError(f"probability is {self.probability}.", "It must lie between 0 and 1.")

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return the images, some of them flipped, and the labels."""
        flipped = uniform(1, images, generator)[0] < self.probability
        # Between an image and its mirror image, with weights of 0 and 1 only; `where` is slower.
        return torch.lerp(images, images.flip(-1), per_image(flipped.to(images.dtype))), labels


@dataclass(frozen=True)
class Crop:
    """Each image shifted by up to `padding` pixels in both directions; pixels from outside are black.

    Args:
        padding: pixels put on every side before a window of the old size is cut out.

    Raises:
        InputError: a padding below one pixel.

    Source: He et al. 2016, Deep Residual Learning, section 4.2 (4 pixels for images of 32).
    Equals: torchvision.transforms.v2.functional.pad, then crop, at the offsets drawn.

    Example:
        >>> Crop(padding=4)(torch.ones(2, 3, 32, 32), torch.tensor([0, 1]), torch.Generator())[0].shape
        torch.Size([2, 3, 32, 32])
    """

    padding: int = 4

    def __post_init__(self) -> None:
        if self.padding < 1:
            raise InputError(f"padding is {self.padding}.", "Give at least 1 pixel, or leave Crop out.")

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return the shifted images, and the labels."""
        if len(images) == 0:
            return images, labels
        padded = F.pad(images, [self.padding] * 4)
        top, left = (integers(2 * self.padding + 1, images, generator)[:, None, None] for _ in range(2))
        num_images, channels, height, width = images.shape
        # Every row of a window is `width` consecutive values of the padded batch: find where each begins.
        planes = torch.arange(num_images * channels, device=images.device).view(num_images, channels, 1)
        lines = torch.arange(height, device=images.device)
        starts = (planes * padded.shape[2] + top + lines) * padded.shape[3] + left
        rows = padded.flatten().unfold(0, width, 1).index_select(0, starts.flatten())
        return rows.view(images.shape), labels
