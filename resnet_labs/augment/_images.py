"""The inputs of an augmentation, and a check of them."""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float, Int64
from torch import Generator, Tensor

from resnet_labs.errors import InputError

Images = Float[Tensor, "N C H W"]
Labels = Int64[Tensor, " N"] | Float[Tensor, "N K"]
Augmentation = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]


def check_channels(images: Images, name: str) -> None:
    if images.shape[1] not in (1, 3):
        raise InputError(f"{name} cannot take images with {images.shape[1]} channels.", "Give grey or RGB images.")
