"""Features of a frozen backbone, computed once per view, and batches of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float32, Int64
from torch import Generator, Tensor, nn

from resnet_labs.data import Batches, ImageData
from resnet_labs.data.batches import Augment
from resnet_labs.errors import InputError
from resnet_labs.features.backbone import BATCH_SIZE, head_inputs
from resnet_labs.features.cache import through_cache
from resnet_labs.runtime import device_of


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of every image of a data set, in one or more augmented views, ready to train a head on.

    Attributes:
        features: (V, N, D), on the CPU, possibly mapped from a file.
        labels: (N,), each an index into `classes`.
        classes: one name per class.
        source: where images and features came from, in words.

    Example:
        >>> features = FeatureSet(torch.rand(4, 10, 8), torch.arange(10) % 2, ("cat", "dog"), "made by hand")
        >>> [tuple(rows.shape) for rows, labels in features.batches(6)]
        [(6, 8), (4, 8)]
    """

    features: Float32[Tensor, "V N D"]
    labels: Int64[Tensor, " N"]
    classes: tuple[str, ...]
    source: str

    def __len__(self) -> int:
        return len(self.labels)

    def batches(
        self, batch_size: int, *, shuffle: bool = True, device: str | torch.device = "cpu", seed: int = 0
    ) -> Batches:
        """Return batches of (features, labels) for `fit` and `evaluate`, a random view of each image in each epoch.

        Args:
            batch_size: images per batch.
            shuffle: whether each epoch has its own order, the same as in `Batches` with this seed.
            device: where the batches are; all views move there once, here.
            seed: for order and views.

        Raises:
            InputError: a batch size below one.
        """
        features, labels = self.features.to(device), self.labels.to(device)

        def look_up(pixels: Tensor, rows: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
            view = torch.randint(len(features), rows.shape, generator=generator, device=rows.device)
            return features[view, rows], labels[rows]

        # Batches of row numbers have the same order, epochs and random streams as images, without a second loop.
        pixels = torch.zeros(len(self), 1, 1, 1, dtype=torch.uint8)
        rows = ImageData(pixels, torch.arange(len(self)), ("",) * len(self), self.source)
        return Batches(rows, batch_size, augment=look_up, shuffle=shuffle, device=device, seed=seed)


def cached_features(
    model: nn.Module,
    data: ImageData,
    *,
    views: int = 1,
    augment: Augment | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> FeatureSet:
    """Run images through a frozen backbone once per view, not once per epoch, and keep the inputs of its head.

    The feature of an image is the input of the head, which is `model.fc` or, in a model without one, the linear layer
    that was registered last. The passes run in evaluation mode, in float32, without gradients; the model is not
    changed. View v is what `Batches(data, 128, augment=augment)` shows in epoch v.

    Args:
        model: a classifier; stays on its device.
        data: the images.
        views: how often each image is augmented and passed through.
        augment: as in `Batches`; without it there is one view.
        cache: a folder. The features are kept there, and mapped from the file for the same backbone, images, views and
            augmentation; the head may change. Two images always run through the model, so that a changed forward method
            is noticed.

    Raises:
        InputError: fewer than one view, or several without an augmentation; an augmentation that changes labels, or
            that a cache cannot tell from another; a model whose head does not see one vector per image; a folder that
            cannot be made.

    Source: Donahue et al. 2014, DeCAF (features of a frozen network, classified by a linear model).
    Deviations: several augmented views.
    Equals: the head of a model under `linear_probe_`, trained live: the same weights to 1e-5 with one view.

    Example:
        >>> from resnet_labs.data import load
        >>> from resnet_labs.resnet import cifar_resnet
        >>> digits = load("digits", split="test", limit=20)
        >>> cached_features(cifar_resnet(8, in_channels=1), digits).features.shape
        torch.Size([1, 20, 64])
    """
    if views < 1:
        raise InputError(f"views is {views}.", "It must be at least 1.")
    if views > 1 and augment is None:
        raise InputError(f"views is {views}, but without augment they are all the same.", "Give augment, or one view.")
    batches = Batches(data, BATCH_SIZE, augment=augment, device=device_of(model))
    if cache is None:
        features = head_inputs(model, batches, views)
    else:
        features = through_cache(model, batches, views, Path(cache))
    return FeatureSet(features, data.labels, data.classes, f"{data.source}, as features of {type(model).__name__}")
