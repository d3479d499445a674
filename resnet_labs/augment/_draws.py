"""One random number for each image, from the caller's generator."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Generator, Tensor

from resnet_labs.augment._images import Images


def uniform(rows: int, images: Images, generator: Generator) -> Float[Tensor, "R N"]:
    return torch.rand(rows, len(images), generator=generator, device=generator.device).to(images.device)


def integers(high: int, images: Images, generator: Generator) -> Int64[Tensor, " N"]:
    return torch.randint(high, (len(images),), generator=generator, device=generator.device).to(images.device)


def partners(images: Images, generator: Generator) -> Int64[Tensor, " N"]:
    return torch.randperm(len(images), generator=generator, device=generator.device).to(images.device)


def seed(generator: Generator) -> int:
    return int(torch.randint(2**63 - 1, (), generator=generator, device=generator.device))


def per_image(values: Shaped[Tensor, " N"]) -> Shaped[Tensor, "N 1 1 1"]:
    return values[:, None, None, None]
