"""ResNets from five student reports, rebuilt as labs that anyone can run, check, grade and argue with."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import Any

__version__ = metadata.version("resnet-labs")

_HOME = {
    "BasicBlock": "blocks",
    "Bottleneck": "blocks",
    "ResNet": "resnet",
    "resnet18": "resnet",
    "resnet34": "resnet",
    "resnet50": "resnet",
    "resnet101": "resnet",
    "resnet152": "resnet",
    "cifar_resnet": "resnet",
    "cross_entropy": "losses",
    "Batches": "data",
    "ImageData": "data",
    "TrainConfig": "train",
    "History": "train",
    "Evaluation": "train",
    "fit": "train",
    "evaluate": "train",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"resnet_labs.{_HOME[name]}"), name)
    raise AttributeError(f"module 'resnet_labs' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
