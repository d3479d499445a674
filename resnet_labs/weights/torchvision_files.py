"""Torchvision's weights: their names and files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import torch
from torch import nn

from resnet_labs.errors import InputError, nearest

PRETRAINED = ("IMAGENET1K_V1", "IMAGENET1K_V2")


@dataclass(frozen=True)
class WeightsFile:
    """A file of torchvision's weights: where it comes from, where torch's hub keeps it, and its size."""

    url: str
    path: Path
    megabytes: float

    @property
    def here(self) -> bool:
        """Whether it is already downloaded."""
        return self.path.exists()

    @property
    def digest(self) -> str:
        """The first digits of its SHA-256."""
        return self.path.stem.rsplit("-", 1)[-1]

    def fetch(self) -> None:
        """Download it unless it is here.

        Raises:
            InputError: there is no connection, or the folder cannot be written.
        """
        if self.here:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(self.url, str(self.path), hash_prefix=self.digest)
        except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: the digest differs
            raise InputError(
                f"The weights {self.url} could not be downloaded to {str(self.path)!r}: {error}.",
                "Download it where there is a connection, save it there under that name, and call again.",
            ) from error


def weights_file(architecture: str, name: str) -> WeightsFile:
    """Return the file of torchvision's weights; nothing is downloaded.

    Args:
        architecture: such as "resnet18".
        name: one of `PRETRAINED`.

    Raises:
        InputError: there are no such weights.

    Example:
        >>> round(weights_file("resnet18", "IMAGENET1K_V1").megabytes)
        45
    """
    from torchvision import models

    if architecture not in models.list_models(models):
        raise InputError(
            f"There are no ImageNet weights for {architecture}.",
            "They exist for resnet18, resnet34, resnet50, resnet101 and resnet152 of resnet_labs.",
        )
    known = models.get_model_weights(architecture)
    if name not in known.__members__:
        raise InputError(f"There are no weights {name!r} for {architecture}.", nearest(name, known.__members__))
    url = known[name].url
    return WeightsFile(
        url, Path(torch.hub.get_dir(), "checkpoints", url.rsplit("/", 1)[-1]), known[name].meta["_file_size"]
    )


def named_weights(model: nn.Module, name: str) -> WeightsFile:
    """Return torchvision's weights of that name for the model.

    Args:
        model: one of `resnet18` to `resnet152`.
        name: one of `PRETRAINED`, "DEFAULT", or torchvision's whole name, such as "ResNet18_Weights.IMAGENET1K_V1".

    Raises:
        InputError: there are no such weights, or they belong to another network.
    """
    architecture = getattr(model, "architecture", None) or type(model).__name__
    owner, _, member = name.rpartition(".")
    if owner and owner.lower() != f"{architecture}_weights":
        raise InputError(
            f"The weights {name} are not for this model, which is a {architecture}.",
            f"Build the network that they belong to, or give one of {', '.join(PRETRAINED)}.",
        )
    return weights_file(architecture, member)


def is_name(source: str | os.PathLike[str]) -> bool:
    """Return whether the source names torchvision's weights and not a file."""
    return source in (*PRETRAINED, "DEFAULT") or re.fullmatch(r"\w+_Weights\.\w+", str(source)) is not None
