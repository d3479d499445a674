"""Trained weights into our networks, and networks fitted to other classes and other images."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from resnet_labs.checkpoint import first_names, state_dict_differences
from resnet_labs.errors import InputError, nearest

PRETRAINED = ("IMAGENET1K_V1", "IMAGENET1K_V2")

Network = TypeVar("Network", bound=nn.Module)


def load_weights(model: Network, source: str | os.PathLike[str] | Mapping[str, Any]) -> Network:
    """Load weights, all or nothing, and return the model.

    Args:
        model: a network; for weights by name, one of `resnet18` to `resnet152` as built by default (load first, then
            call `replace_head` or `replace_stem`).
        source: "IMAGENET1K_V1" or "IMAGENET1K_V2" (torchvision's weights for this architecture, downloaded once into
            torch's hub folder), the path of a state dict, or a state dict.

    Raises:
        InputError: no such weights, file or connection, a damaged file, or weights of another network; the model is
            as it was.

    Source: torchvision's weights, https://pytorch.org/vision/stable/models.html.
    Equals: `model.load_state_dict(..., strict=True)`; counts of batches, which old files lack, keep their value.

    Example:
        >>> model = nn.Linear(2, 1)
        >>> load_weights(model, {"weight": torch.ones(1, 2), "bias": torch.zeros(1)})(torch.ones(1, 2)).item()
        2.0
    """
    state: Any
    if isinstance(source, Mapping):
        origin, state = "source", source
    elif source in PRETRAINED:
        origin, state = f"The content of {source}", _pretrained(model, str(source))
    else:
        origin, state = f"The content of {str(source)!r}", _read(Path(source))
    _check_tensors(state, origin)
    own = model.state_dict()
    counters = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")}
    state = {**counters, **state}
    differences = state_dict_differences(own, state)
    if differences:
        raise InputError(
            f"The weights do not fit the model: {differences}.",
            "Build the model as theirs was (architecture, num_classes, in_channels, stem), load, and then call "
            "replace_head or replace_stem.",
        )
    model.load_state_dict(state, strict=True)
    return model


def replace_head(model: Network, num_classes: int) -> Network:
    """Give the model a new last layer with torch's initial weights, and return the model.

    Args:
        model: has its last linear layer in `fc`, as our ResNets and torchvision's.
        num_classes: outputs of the new layer.

    Raises:
        InputError: no linear layer `fc`, or fewer than one class.

    Equals: a ResNet that was built with `num_classes`, in names and shapes.

    Example:
        >>> from resnet_labs.resnet import resnet18
        >>> replace_head(resnet18(), 10).fc
        Linear(in_features=512, out_features=10, bias=True)
    """
    old = _layer(model, "fc", nn.Linear)
    if num_classes < 1:
        raise InputError(f"num_classes is {num_classes}.", "Give an integer of at least 1.")
    new = nn.Linear(
        old.in_features, num_classes, old.bias is not None, device=old.weight.device, dtype=old.weight.dtype
    )
    model.fc = new.train(old.training)
    return model


def replace_stem(model: Network, in_channels: int, keep_weights: bool = True) -> Network:
    """Give the model a first convolution for images of another number of channels, and return the model.

    Filters that are kept: every new channel gets the sum of the old channels' filters, divided by the number of new
    channels. So an image that is the same in all its channels gives what it gave before, a grey one among them. Where
    the number does not change, the filters do not either.

    Args:
        model: has its first convolution in `conv1`, as our ResNets and torchvision's.
        in_channels: channels of the images.
        keep_weights: False draws new filters (He et al. 2015, fan out).

    Raises:
        InputError: no convolution `conv1`, or fewer than one channel.

    Equals: the old network on the grey image repeated over its channels.

    Example:
        >>> from resnet_labs.resnet import resnet18
        >>> replace_stem(resnet18(), 1).conv1.weight.shape
        torch.Size([64, 1, 7, 7])
    """
    old = _layer(model, "conv1", nn.Conv2d)
    if in_channels < 1:
        raise InputError(f"in_channels is {in_channels}.", "Give an integer of at least 1.")
    new = copy.deepcopy(old)
    new.in_channels = in_channels
    weight = old.weight.detach()
    if in_channels != old.in_channels:
        weight = (weight.sum(1, keepdim=True) / in_channels).expand(-1, in_channels, -1, -1)
    new.weight = nn.Parameter(weight.clone(), requires_grad=old.weight.requires_grad)
    if not keep_weights:
        new.requires_grad_().reset_parameters()
        nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
    model.conv1 = new
    return model


def _layer(model: nn.Module, name: str, kind: type[Any]) -> Any:
    layer = getattr(model, name, None)
    if not isinstance(layer, kind):
        raise InputError(
            f"The model has no {kind.__name__} in {name!r}, but {type(layer).__name__}.",
            "Give one of our ResNets or torchvision's, with that layer as it was built.",
        )
    return layer


@dataclass(frozen=True)
class WeightsFile:
    """A file of torchvision's weights: where it comes from, where torch's hub keeps it, and its size."""

    url: str
    path: Path
    megabytes: float

    @property
    def here(self) -> bool:
        """Whether it was fetched before."""
        return self.path.exists()

    @property
    def digest(self) -> str:
        """The first digits of its SHA-256."""
        return self.path.stem.rsplit("-", 1)[-1]

    def fetch(self) -> None:
        """Download it where it is not here.

        Raises:
            InputError: there is no connection, or the folder cannot be written.
        """
        if self.here:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(self.url, str(self.path), hash_prefix=self.digest)
        except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: torch saw another digest
            raise InputError(
                f"The weights {self.url} could not be fetched to {str(self.path)!r}: {error}.",
                "Fetch that address where there is a connection, put the file there under that name, and call again.",
            ) from error


def weights_file(architecture: str, name: str) -> WeightsFile:
    """Return what is known of torchvision's weights; nothing is downloaded.

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
            "They are there for resnet18, resnet34, resnet50, resnet101 and resnet152 of resnet_labs.",
        )
    known = models.get_model_weights(architecture)
    if name not in known.__members__:
        raise InputError(f"There are no weights {name!r} for {architecture}.", nearest(name, known.__members__))
    url = known[name].url
    return WeightsFile(
        url, Path(torch.hub.get_dir(), "checkpoints", url.rsplit("/", 1)[-1]), known[name].meta["_file_size"]
    )


def _pretrained(model: nn.Module, name: str) -> Any:
    """Return torchvision's weights of that name, from the hub folder or the net."""
    file = weights_file(getattr(model, "architecture", None) or type(model).__name__, name)
    file.fetch()
    with file.path.open("rb") as content:
        if not hashlib.file_digest(content, "sha256").hexdigest().startswith(file.digest):
            raise _damaged(file.path)
    return _read(file.path)


def _read(file: Path) -> Any:
    try:
        with file.open("rb") as content:
            return torch.load(content, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(
            f"There is no weights file {str(file)!r}.", f"Give a path, a state dict, or one of {', '.join(PRETRAINED)}."
        ) from error
    except Exception as error:  # torch names no error for what damaged bytes do to its parsers
        raise _damaged(file) from error


def _damaged(file: Path) -> InputError:
    return InputError(
        f"The weights file {str(file)!r} cannot be read: it is damaged, or holds more than tensors and numbers.",
        "Delete it, and fetch or write it again.",
    )


def _check_tensors(state: Any, origin: str) -> None:
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        held = f"a dict of {first_names(state)}" if isinstance(state, Mapping) else f"a {type(state).__name__}"
        raise InputError(
            f"{origin} is no state dict, but {held}.",
            "Give the part of it that is the model's, such as state['model'].",
        )
