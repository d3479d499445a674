"""ImageNet's weights, with the normalisation that they were trained with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from resnet_labs.weights import load_weights

# Mean and deviation of ImageNet's pixels, channel by channel.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def normalised(images: Tensor) -> Tensor:
    """Return RGB images between 0 and 1, minus the mean and divided by the deviation."""
    mean, deviation = (images.new_tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION))
    return (images - mean) / deviation


def with_imagenet_weights(network: nn.Module, source: str | os.PathLike[str] | Mapping[str, Any]) -> nn.Module:
    """Load torchvision's weights; the network then takes RGB images between 0 and 1 and normalises them itself."""
    load_weights(network, source).register_forward_pre_hook(_normalise_inputs)
    return network


def _normalise_inputs(network: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    return (normalised(inputs[0]),)
