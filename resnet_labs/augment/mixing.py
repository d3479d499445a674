"""Images and labels blended with those of a partner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Generator, Tensor

from resnet_labs.augment._draws import partners, per_image, seed
from resnet_labs.augment._images import Images, Labels
from resnet_labs.errors import InputError


@dataclass(frozen=True)
class Mixup:
    """Each image and its label blended with those of a random partner, at a ratio drawn from Beta(alpha, alpha).

    Args:
        num_classes: length of the resulting label distributions.
        alpha: above 0; small values blend only a little.

    Raises:
        InputError: a setting out of its range, or (when called) labels that do not fit `num_classes`.

    Source: Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization, section 2.
    Deviations: a ratio for each image instead of one for the batch.
    Equals: the paper's formula, image by image; ratios distributed as scipy.stats.beta.

    Example:
        >>> images, labels = Mixup(3)(torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 0]), torch.Generator())
        >>> labels.shape, labels.sum(1)
        (torch.Size([4, 3]), tensor([1., 1., 1., 1.]))
    """

    num_classes: int
    alpha: float = 0.2

    def __post_init__(self) -> None:
        _check_mixing(self.num_classes, self.alpha)

    def __call__(
        self, images: Images, labels: Labels, generator: Generator
    ) -> tuple[Images, Float[Tensor, "N {self.num_classes}"]]:
        """Return the blended images, and a distribution over the classes for each."""
        distributions = _distributions(labels, self.num_classes)
        partner = partners(images, generator)
        kept = _beta(self.alpha, images, generator)
        images = torch.lerp(images[partner], images, per_image(kept.to(images.dtype)))
        return images, _blend(distributions, partner, kept)


def _beta(alpha: float, images: Images, generator: Generator) -> Float[Tensor, " N"]:
    # torch's own Beta takes no generator.
    draws = np.random.default_rng(seed(generator)).beta(alpha, alpha, len(images))
    return torch.from_numpy(draws).float().to(images.device)


def _check_mixing(num_classes: int, alpha: float) -> None:
    if num_classes < 1:
        raise InputError(f"num_classes is {num_classes}.", "It must be at least 1.")
    if alpha <= 0:
        raise InputError(f"alpha is {alpha}.", "It must be above 0; leave the augmentation out to blend nothing.")


def _distributions(labels: Labels, num_classes: int) -> Float[Tensor, "N K"]:
    if labels.ndim == 2:
        if labels.shape[1] != num_classes:
            raise InputError(
                f"labels have {labels.shape[1]} classes.", f"num_classes is {num_classes}; make them agree."
            )
        return labels
    if labels.device.type == "cpu" and ((labels < 0) | (labels >= num_classes)).any():  # elsewhere this would block
        found = f"{int(labels.min())} to {int(labels.max())}"
        raise InputError(f"labels run from {found}, num_classes is {num_classes}.", "Classes are counted from 0.")
    return torch.zeros(len(labels), num_classes, device=labels.device).scatter_(1, labels[:, None], 1)


def _blend(
    distributions: Float[Tensor, "N K"], partner: Int64[Tensor, " N"], kept: Float[Tensor, " N"]
) -> Float[Tensor, "N K"]:
    return torch.lerp(distributions[partner], distributions, kept[:, None].to(distributions.dtype))
