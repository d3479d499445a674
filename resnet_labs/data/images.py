"""One split of a data set, held whole in memory as bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from resnet_labs.errors import InputError


@dataclass(frozen=True, eq=False)
class ImageData:
    """Images, their labels, the names of the classes, and their source.

    Args:
        images: (N, C, H, W), values 0 to 255.
        labels: (N,), each an index into `classes`.
        classes: one name per class.
        source: where the images came from, in words, for results lines.

    Raises:
        InputError: no image, another dtype or number of dimensions, lengths that differ, or a label out of range.

    Example:
        >>> pixels = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
        >>> data = ImageData(pixels, torch.tensor([0, 1, 1, 0]), ("cat", "dog"), "made by hand")
        >>> len(data), data.subset([1, 2]).labels.tolist()
        (4, [1, 1])
    """

    images: Tensor  # dtype and shape are checked below, with a message for the user
    labels: Tensor
    classes: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        _check("images", self.images, torch.uint8, "N, C, H, W")
        _check("labels", self.labels, torch.int64, "N")
        if len(self.images) != len(self.labels):
            raise InputError(
                f"There are {len(self.images)} images but {len(self.labels)} labels.", "Give each image one label."
            )
        if self.images.numel() == 0:
            raise InputError(f"images has shape {tuple(self.images.shape)}.", "Give at least one image, not empty.")
        wrong = ((self.labels < 0) | (self.labels >= len(self.classes))).nonzero()
        if len(wrong):
            index = int(wrong[0])
            raise InputError(
                f"The label at index {index} is {int(self.labels[index])}, but there are {len(self.classes)} classes.",
                f"Labels must run from 0 to {len(self.classes) - 1}.",
            )

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, indices: Tensor | Sequence[int]) -> ImageData:
        """Return the images at these indices, in this order, as a copy with the same classes."""
        chosen = torch.as_tensor(indices, dtype=torch.int64)
        return replace(self, images=self.images[chosen], labels=self.labels[chosen])

    def checksum(self) -> str:
        """Return 16 hexadecimal digits that depend on every pixel and label, their order and the shape."""
        found = hashlib.sha256(f"{','.join(map(str, self.images.shape))};".encode())
        for part in self.images.split(1024):  # so that copies stay small
            found.update(part.numpy().tobytes())
        found.update(self.labels.numpy().astype("<i8").tobytes())
        return found.hexdigest()[:16]


def _check(name: str, tensor: Tensor, dtype: torch.dtype, shape: str) -> None:
    if tensor.dtype != dtype or tensor.ndim != len(shape.split(", ")):
        raise InputError(f"{name} is {tensor.dtype} of shape {tuple(tensor.shape)}.", f"It must be {dtype} ({shape}).")


def resize(images: UInt8[Tensor, "N C H W"], size: int) -> UInt8[Tensor, "N C size size"]:
    """Return square images of `size` pixels, bilinear and antialiased, in slices that keep memory small."""
    if images.shape[2:] == (size, size):
        return images
    resized = images.new_empty(*images.shape[:2], size, size)
    for start in range(0, len(images), 1024):
        # As floats: torch 2.15 stops with an internal error on bytes of size one.
        part = images[start : start + 1024].float()
        resized[start : start + 1024] = F.interpolate(part, (size, size), mode="bilinear", antialias=True).round_()
    return resized
