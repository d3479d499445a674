"""Features kept on disk, so that a frozen backbone sees each image once: memory-mapped, checked when opened."""

from __future__ import annotations

import hashlib
import re
import warnings
from itertools import chain
from pathlib import Path

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from resnet_labs import cache
from resnet_labs.data import Batches
from resnet_labs.errors import InputError
from resnet_labs.features.backbone import BATCH_SIZE, head_input, head_inputs
from resnet_labs.freeze import head_of


def through_cache(model: nn.Module, batches: Batches, views: int, folder: Path) -> Float32[Tensor, "V N D"]:
    """Return what `head_inputs` does, from the folder if it is there, intact and still what the model computes.

    A file is named KEY-CHECKSUM.npy, hashes of all that the features depend on and of their bytes. So one rename
    publishes it whole, another model or augmentation does not use it, and damage is detected.
    """
    if re.search(r" at 0x[0-9a-f]+", repr(batches.augment), re.IGNORECASE):
        raise InputError(
            f"augment is {batches.augment!r}, and its name does not tell the cache what it does.",
            "Use the augmentations of resnet_labs.augment or a dataclass of your own, or leave cache out.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The cache folder {str(folder)!r} cannot be made: {error.strerror}.", "Give another, or leave cache out."
        ) from error
    key = _key(model, batches, views)
    for file in folder.glob(f"{key}-*.npy"):
        array = cache.kept(file)
        features = None if array is None else torch.from_numpy(array)
        if features is not None and _is_current(features, model, batches):
            return features
        trouble = "damaged" if features is None else "from a model with another forward method"
        warnings.warn(f"The cache {str(file)!r} is {trouble}; its features are computed again.", stacklevel=3)
        cache.remove(file)
    features = head_inputs(model, batches, views)
    try:
        cache.keep(features.numpy(), folder, key)
    except OSError as error:
        warnings.warn(f"Features could not be kept in {str(folder)!r}: {error}.", stacklevel=3)
    return features


def _key(model: nn.Module, batches: Batches, views: int) -> str:
    images, head = batches.data.images, head_of(model)
    known = hashlib.sha256(repr((BATCH_SIZE, views, batches.augment, tuple(images.shape))).encode())
    known.update(_bytes(images))
    replaceable = {*head.parameters(), *head.buffers()}
    for name, tensor in chain(model.named_parameters(), model.named_buffers()):
        if tensor not in replaceable:
            known.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            known.update(_bytes(tensor))
    return known.hexdigest()[:32]


def _is_current(features: Tensor, model: nn.Module, batches: Batches) -> bool:
    """Return whether the model still gives these features of the first images; the key does not depend on its code."""
    batches.set_epoch(0)
    images, _ = next(iter(batches))
    rows = head_input(model, images[:2])
    kept = features[0, :2]
    # Devices and libraries differ by less than this, TF32 included.
    return kept.shape == rows.shape and bool((kept - rows).norm() <= 0.01 * rows.norm())


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data
