"""What feeds the training: batches with augmentation, and features computed once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from resnet_labs import data, resnet, runtime
from resnet_labs.augment import ColorJitter, Compose, Crop, Flip
from resnet_labs.bench.rows import Effort, Measure, Row, against, milliseconds, peer
from resnet_labs.bench.training import fit_loop
from resnet_labs.features import cached_features
from resnet_labs.freeze import linear_probe_
from resnet_labs.train import TrainConfig, evaluate

JITTER = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}


def batches(effort: Effort, *, images: int = 2048, size: int = 32, batch: int = 128, workers: int = 2) -> Iterator[Row]:
    """Time an epoch of augmented batches against torchvision's v2 transforms, image by image in a DataLoader."""
    pixels = torch.randint(256, (images, 3, size, size), dtype=torch.uint8)
    labels = torch.arange(images) % 10
    row = Row(
        name="batches",
        what=f"{images} images of {size} px in batches of {batch}: crop, flip, colour jitter",
        peer=f"torchvision v2 per sample, {workers} workers",
        target=8.0,
    )

    def ours() -> Measure:
        held = data.ImageData(pixels, labels, tuple("0123456789"), "noise")
        augment = Compose([Crop(padding=4), Flip(), ColorJitter(**JITTER)])
        return _epoch_time(
            data.Batches(held, batch, augment=augment, shuffle=True, device=runtime.default_device()), effort
        )

    def theirs() -> Measure:
        samples = _Samples(pixels, labels)
        loader = DataLoader(samples, batch, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
        return _epoch_time(loader, effort)

    yield against(row, ours, theirs, effort)


class _Samples(Dataset[tuple[Tensor, int]]):
    """What torchvision's CIFAR-10 gives: PIL images, transformed one by one, which is faster than with tensors."""

    def __init__(self, pixels: Tensor, labels: Tensor) -> None:
        v2, pil = peer("torchvision.transforms.v2"), peer("PIL.Image")
        self.images = [pil.fromarray(image.numpy()) for image in pixels.permute(0, 2, 3, 1).contiguous()]
        self.labels = labels.tolist()
        steps = [v2.RandomCrop(pixels.shape[-1], padding=4), v2.RandomHorizontalFlip(), v2.ColorJitter(**JITTER)]
        self.transform = v2.Compose([*steps, v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.images[index]), self.labels[index]


def _epoch_time(given: Any, effort: Effort) -> Measure:
    def epoch() -> None:
        for _ in given:
            pass

    return milliseconds(epoch, effort)


def cached(
    effort: Effort, *, images: int = 512, size: int = 32, epochs: int = 50, batch: int = 128, views: int = 1
) -> Iterator[Row]:
    """Time a frozen ResNet's head on cached features, including the passes that make them, against live passes."""
    device = runtime.default_device()
    train_set = data.load("digits", split="train", size=size, limit=images)
    test_set = data.Batches(data.load("digits", split="test", size=size), batch, device=device)
    augment = Crop(padding=2)
    config = TrainConfig(epochs=epochs, learning_rate=0.1, precision="fp32", channels_last=False)
    from_cache, live = (_frozen_resnet().to(device) for _ in range(2))

    def run_from_cache() -> None:
        features = cached_features(from_cache, train_set, views=views, augment=augment)
        fit_loop(from_cache.get_submodule("fc"), features.batches(batch, device=device), config)

    def run_live() -> None:
        fit_loop(live, data.Batches(train_set, batch, augment=augment, shuffle=True, device=device), config)

    row = Row(
        name="cached",
        what=f"{epochs} epochs of a frozen ResNet-18's head, {images} images of {size} px, cached views: {views}",
        peer="a forward pass per epoch",
        target=25.0,
    )
    row = against(
        row,
        partial(milliseconds, _from_fresh_head(from_cache, run_from_cache), effort),
        partial(milliseconds, _from_fresh_head(live, run_live), effort),
        replace(effort, rounds=min(effort.rounds, 3)),  # one takes half a minute
    )
    right = [f"{100 * evaluate(model, test_set).accuracy:.1f} %" for model in (from_cache, live)]
    yield replace(row, note=f"{' against '.join(right)} of {len(test_set.data)} test images right")


def _frozen_resnet() -> nn.Module:
    torch.manual_seed(0)
    model = resnet.resnet18(num_classes=10, in_channels=1)
    linear_probe_(model)
    return model


def _from_fresh_head(model: nn.Module, train: Callable[[], None]) -> Callable[[], None]:
    """Return the run that starts from the same head each time it is called."""
    head = model.get_submodule("fc")
    start = copy.deepcopy(head.state_dict())

    def run() -> None:
        head.load_state_dict(start)
        train()

    return run
