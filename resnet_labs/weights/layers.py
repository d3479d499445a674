"""Adapt networks to other classes and other images."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from torch import nn

from resnet_labs.errors import InputError

Network = TypeVar("Network", bound=nn.Module)


def replace_head(model: Network, num_classes: int) -> Network:
    """Give the model a new last layer with torch's initial weights, and return the model.

    Args:
        model: a network whose last linear layer is `fc`, as in our ResNets and torchvision's.
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

    If filters are kept, every new channel gets the sum of the old channels' filters, divided by the number of new
    channels. So an image that is the same in all its channels, such as a grey one, gives the same output as before. If
    the number of channels does not change, the filters do not either.

    Args:
        model: a network whose first convolution is `conv1`, as in our ResNets and torchvision's.
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
