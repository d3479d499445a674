"""Load trained weights into a network."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from resnet_labs import torch_files
from resnet_labs.checkpoint import state_dict_differences
from resnet_labs.errors import InputError
from resnet_labs.weights.names import entry_of, fit_to
from resnet_labs.weights.torchvision_files import PRETRAINED, WeightsFile, is_name, named_weights

Network = TypeVar("Network", bound=nn.Module)


def load_weights(model: Network, source: str | os.PathLike[str] | Enum | Mapping[str, Any]) -> Network:
    """Load weights, all or nothing, and return the model.

    Args:
        model: a network; for weights by name, one of `resnet18` to `resnet152` as built by default (load first, then
            call `replace_head` or `replace_stem`).
        source: "IMAGENET1K_V1" or "IMAGENET1K_V2" (torchvision's weights for this architecture, downloaded once into
            torch's hub folder; also as torchvision's enum), the path of a state dict, or a state dict. A checkpoint
            that holds one, or one saved from a wrapped network, also works; a warning says what was loaded.

    Raises:
        InputError: no such weights, file or connection, a damaged file or one of another kind, or weights of another
            network; the model is unchanged.

    Source: torchvision's weights, https://pytorch.org/vision/stable/models.html.
    Equals: `model.load_state_dict(..., strict=True)`; batch counters, which old files lack, keep their values.

    Example:
        >>> model = nn.Linear(2, 1)
        >>> load_weights(model, {"weight": torch.ones(1, 2), "bias": torch.zeros(1)})(torch.ones(1, 2)).item()
        2.0
    """
    origin, given = _given(model, source)
    own = model.state_dict()
    found = fit_to(own, entry_of(given, "source" if origin == "source" else f"The content of {origin}"))
    counters = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")}
    state = {**counters, **found.state}
    without = f", without the prefix {', '.join(map(repr, found.removed))}," if found.removed else ""
    differences = state_dict_differences(own, state)
    if differences:
        raise InputError(
            f"The weights{without} do not fit the model: {differences}.",
            "Build the model that they belong to (architecture, num_classes, in_channels, stem), load, and then call "
            "replace_head or replace_stem.",
        )
    for name, value in state.items():
        _check_values(name, value, own[name])
    model.load_state_dict(state, strict=True)
    if told := found.told(origin):
        warnings.warn(told, stacklevel=2)
    return model


def _given(model: nn.Module, source: str | os.PathLike[str] | Enum | Mapping[str, Any]) -> tuple[str, Any]:
    """Return the source's name for messages, and its content."""
    if isinstance(source, Mapping):
        return "source", source
    if isinstance(source, Enum) or is_name(source):
        file = named_weights(model, str(source))
        file.fetch()
        return str(source), _of_torchvision(file)
    return repr(str(source)), _read(Path(source))


def _of_torchvision(file: WeightsFile) -> Any:
    with file.path.open("rb") as content:
        whole = hashlib.file_digest(content, "sha256").hexdigest().startswith(file.digest)
    if not whole:
        raise _damaged(file.path, "Delete it and call again to download it again.")
    return _read(file.path)


def _read(file: Path) -> Any:
    try:
        return torch_files.read(file)
    except (FileNotFoundError, ValueError) as error:  # ValueError: a zero byte in the path
        raise InputError(
            f"There is no weights file {str(file)!r}.", f"Give a path, a state dict, or one of {', '.join(PRETRAINED)}."
        ) from error
    except torch_files.Foreign as foreign:
        raise InputError(f"The weights file {str(file)!r} {foreign.what}.", foreign.fix) from foreign
    except torch_files.Damaged as error:
        raise _damaged(file, "Download or save it again.") from error
    except OSError as error:
        raise InputError(
            f"The weights file {str(file)!r} cannot be read: {error.strerror or error}.",
            "Give a file that can be read.",
        ) from error


def _damaged(file: Path, fix: str) -> InputError:
    return InputError(f"The weights file {str(file)!r} is damaged: it was cut short or altered.", fix)


def _check_values(name: str, value: Tensor, own: Any) -> None:
    """Refuse tensors that torch cannot copy into the model's, or only with a loss."""
    plain = isinstance(value, Tensor) and value.layout == torch.strided and not (value.is_meta or value.is_quantized)
    if not plain or (value.is_complex() and not own.is_complex()):
        raise InputError(
            f"The weights' {name!r} is a tensor without values, or sparse, quantized or complex.",
            "Give tensors of plain numbers.",
        )
