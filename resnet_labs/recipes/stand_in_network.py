"""A small network, pretrained on the spot, for use without ImageNet weights."""

from __future__ import annotations

import hashlib
import os
import platform
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from resnet_labs import cache, checkpoint, data, runtime
from resnet_labs.blocks import BasicBlock
from resnet_labs.errors import InputError
from resnet_labs.losses import cross_entropy
from resnet_labs.resnet import ResNet
from resnet_labs.train import TrainConfig, fit

SOURCE = "procedural_source"
SIZE = 24  # side of the images in pixels
_BATCH_SIZE = 32
# In fp32 everywhere, so that the weights depend on the processor as little as possible.
_CONFIG = TrainConfig(
    epochs=4,
    learning_rate=1e-2,
    optimizer="adamw",
    schedule="cosine",
    warmup_epochs=1,
    precision="fp32",
    channels_last=True,
)
_FORMAT = 1  # goes up when the same settings give another network


def stand_in_network(*, seed: int = 0) -> nn.Module:
    """Return a small ResNet trained on the twelve procedural source classes: a stand-in for ImageNet weights.

    Its stages are layer1 to layer3, then avgpool (64 features) and fc (12 logits). It takes images (N, 3, 24, 24)
    between 0 and 1; other sizes work, but worse. Its features help on classes that it never saw: the twelve of
    `procedural_target`. Mark every number that depends on it as a stand-in.

    The first call trains it, on the CPU, and keeps it under RESNET_LABS_CACHE, by default ~/.cache/resnet-labs; later
    calls read it. A damaged file is replaced. The states of the random generators are restored.

    Args:
        seed: the seed of the images, the initial weights and the order of the batches.

    Returns:
        A new network in training mode, nothing frozen, on the CPU: the same bits on one processor with the same
        number of threads.

    Source: Yosinski et al. 2014, How transferable are features, section 2 (a source and a target set of classes).
    Deviations: twelve classes of procedural images, 24 pixels, in place of ImageNet; three residual blocks.
    """
    before = checkpoint.random_states()
    try:
        network = _network()
        settings = {**_settings(seed), "network": repr(network)}
        key = hashlib.sha256(repr(settings).encode()).hexdigest()[:16]
        file = cache.folder("stand_in") / f"{key}.pt"
        weights = _read(file)
        if weights is None:
            weights = _train(seed)
            _write(file, {"settings": repr(settings), "weights": weights})
    finally:
        checkpoint.restore_random_states(before)
    network.load_state_dict(weights)
    return network


def _network() -> ResNet:
    return ResNet(
        BasicBlock,
        (1, 1, 1),
        widths=(16, 32, 64),
        num_classes=12,
        stem="small",
        architecture="stand_in",
    )


def _settings(seed: int) -> dict[str, Any]:
    """Return what the weights depend on besides the network; sums of floats also differ by processor and threads."""
    return {
        "format": _FORMAT,
        "data": (SOURCE, SIZE, _BATCH_SIZE),
        "config": asdict(_CONFIG),
        "seed": seed,
        "versions": runtime.versions(),
        "machine": (platform.system(), runtime.machine(torch.device("cpu"))),
    }


def _train(seed: int) -> dict[str, Any]:
    images = data.load(SOURCE, split="train", size=SIZE, seed=seed)
    runtime.seed_everything(seed)
    network = _network()
    batches = data.Batches(images, _BATCH_SIZE, shuffle=True, seed=seed)
    fit(network, batches, loss=cross_entropy, config=replace(_CONFIG, seed=seed), progress=False)
    return dict(network.state_dict())


def _read(file: Path) -> dict[str, Any] | None:
    if not file.exists():
        return None
    try:
        return checkpoint.load(file)["weights"]
    except InputError:
        warnings.warn(f"The stand-in network {str(file)!r} is damaged; it is trained again.", stacklevel=3)
        return None


def _write(file: Path, state: dict[str, Any]) -> None:
    own = file.with_name(f"{file.stem}.{os.getpid()}.pt")  # other processes may be writing the same network
    try:
        checkpoint.save(own, state)
        os.replace(own, file)
    except (InputError, OSError) as error:
        warnings.warn(f"The stand-in network could not be kept in {str(file.parent)!r}: {error}", stacklevel=3)
