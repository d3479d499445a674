"""A network pretrained on classes that the experiment does not have, for use without ImageNet's weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, replace
from typing import Any

import torch
from filelock import FileLock
from torch import nn

from resnet_labs import cache, data, distributed, runtime
from resnet_labs.augment import Compose, Crop, Flip
from resnet_labs.data import ImageData
from resnet_labs.losses import cross_entropy
from resnet_labs.recipes._recipe import Folder
from resnet_labs.train import TrainConfig, fit

_CONFIG = TrainConfig(
    epochs=8, learning_rate=5e-3, optimizer="adamw", weight_decay=0.01, schedule="cosine", precision="fp32"
)
_BATCH_SIZE, _LIMIT = 128, 20_000


def other_classes(
    dataset: str, *, size: int, split: str = "train", limit: int | None = None, root: Folder = None
) -> ImageData:
    """Return images of classes that a data set does not have.

    Args:
        dataset: `procedural_target`, whose other half is `procedural_source`, or a set of photographs, for which Tiny
            ImageNet's second hundred classes are used: nearly all of them are things and food.
        size: side of the images in pixels.
        split: "train" or "test".
        limit: the number of images, None for all.
        root: the folder with the data sets.
    """
    if dataset == "procedural_target":
        return data.load("procedural_source", split=split, size=size, limit=limit)
    here = {entry.name for entry in data.available(root) if entry.here}
    if "tiny_imagenet" not in here and "tiny_imagenet_last_100" in here:  # packed for a machine without a network
        return data.load("tiny_imagenet_last_100", split=split, size=size, limit=limit, root=root)
    whole = data.load("tiny_imagenet", split=split, size=size, limit=limit and 2 * limit, root=root)
    half = len(whole.classes) // 2
    part = whole.subset(torch.arange(len(whole))[whole.labels >= half])
    source = f"{whole.source}, its last {half} classes"
    return ImageData(part.images, part.labels - half, part.classes[half:], source)


def shortened(knobs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `pretrained` that a recipe's `pretraining_images`, `_epochs` and `_rate` stand for."""
    if "pretraining_images" not in knobs:
        return {}
    config = replace(_CONFIG, epochs=knobs["pretraining_epochs"], learning_rate=knobs["pretraining_rate"])
    return {"limit": knobs["pretraining_images"], "config": config}


def pretrained(
    build: Callable[[int], nn.Module],
    dataset: str,
    *,
    size: int,
    root: Folder = None,
    limit: int = _LIMIT,
    config: TrainConfig = _CONFIG,
) -> nn.Module:
    """Return a network trained on classes other than the data set's; it is cached, so it is trained only once.

    Args:
        build: takes the number of classes and returns the network.
        dataset: the data set whose classes it must not see.
        size: side of the images in pixels.
        root: the folder with the data sets.
        limit: the number of training images.
        config: its training settings; a stopped run continues.
    """
    images = other_classes(dataset, size=size, limit=limit, root=root)
    runtime.seed_everything(config.seed)
    model = build(len(images.classes)).to(runtime.default_device())
    augment = Compose([Crop(size // 8), Flip()])
    batches = data.Batches(images, _BATCH_SIZE, augment=augment, shuffle=True, device=runtime.default_device())
    key = _key(repr(model), images.source, len(images), size, asdict(config), runtime.versions(), runtime.machine())
    kept = cache.folder("pretrained") / f"{key}.pt"
    # `fit` refuses while another run trains the same network; its own processes train it together.
    with FileLock(f"{kept}.wait") if distributed.is_writer() else nullcontext():
        fit(model, batches, loss=cross_entropy, config=config, checkpoint=kept)
    return model


def _key(*what: Any) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]
