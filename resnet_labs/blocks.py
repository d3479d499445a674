"""The two residual blocks of He et al. and the three kinds of shortcut."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from resnet_labs.conv import Conv2d
from resnet_labs.errors import InputError, nearest

SHORTCUTS = ("projection", "pad", "none")


class PadShortcut(nn.Module):
    """Keeps every `stride`-th pixel and adds channels of zeros after the others: a shortcut without parameters.

    Args:
        extra_channels: number of channels of zeros.
        stride: step in height and in width, in pixels.

    Source: He et al. 2016, Deep Residual Learning, section 3.3, option A.
    Equals: a frozen 1x1 convolution with the identity as its weight.

    Example:
        >>> import torch
        >>> PadShortcut(2, stride=2)(torch.ones(1, 3, 5, 5)).shape
        torch.Size([1, 5, 3, 3])
    """

    def __init__(self, extra_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.extra_channels = extra_channels
        self.stride = stride

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K H2 W2"]:
        """Return the subsampled input with channels of zeros appended."""
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra_channels))

    def extra_repr(self) -> str:
        """Return what `print(model)` shows."""
        return f"extra_channels={self.extra_channels}, stride={self.stride}"


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut around them: `relu(shortcut(x) + f(x))`.

    Sum and activations are written in place, as in torchvision: a hook that keeps a batch norm's output must clone it.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: step of the first convolution, in pixels; the output is `ceil(H / stride)` high.
        shortcut: "projection" (1x1 convolution and batch norm where the shape changes, else the identity), "pad"
            (subsampled input with channels of zeros, no parameters) or "none" (a plain block).

    Raises:
        InputError: a count below one, an unknown shortcut, or "pad" with fewer output than input channels.

    Source: He et al. 2016, Deep Residual Learning, Figure 5 left; shortcuts: section 3.3, options A and B.
    Equals: torchvision.models.resnet.BasicBlock, values and input gradients, for "projection".

    Example:
        >>> import torch
        >>> BasicBlock(8, 16, stride=2)(torch.ones(2, 8, 7, 7)).shape
        torch.Size([2, 16, 4, 4])
    """

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1, shortcut: str = "projection") -> None:
        super().__init__()
        _check_counts(in_channels=in_channels, out_channels=out_channels, stride=stride)
        self.conv1 = Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = _shortcut(in_channels, out_channels, stride, shortcut)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K H2 W2"]:
        """Return the block's output, never negative."""
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            out += self.downsample(x)
        return F.relu(out, inplace=True)


class Bottleneck(nn.Module):
    """1x1 down to `width` channels, 3x3, 1x1 up to `4 * width`, and a shortcut around the three.

    Args:
        in_channels: channels of the input.
        width: channels of the 3x3 convolution; the output has four times as many.
        stride: step of the 3x3 convolution, in pixels.
        shortcut: as in `BasicBlock`.

    Raises:
        InputError: a count below one, an unknown shortcut, or "pad" with fewer output than input channels.

    Source: He et al. 2016, Deep Residual Learning, Figure 5 right.
    Deviations: the stride is in the 3x3 convolution, as in torchvision, not in the first 1x1: more accurate, and 6 %
        more multiply-adds in ResNet-50.
    Equals: torchvision.models.resnet.Bottleneck, values and input gradients, for "projection".

    Example:
        >>> import torch
        >>> Bottleneck(16, 8, stride=2)(torch.ones(2, 16, 7, 7)).shape
        torch.Size([2, 32, 4, 4])
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, *, stride: int = 1, shortcut: str = "projection") -> None:
        super().__init__()
        _check_counts(in_channels=in_channels, width=width, stride=stride)
        out_channels = self.expansion * width
        self.conv1 = Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = _shortcut(in_channels, out_channels, stride, shortcut)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K H2 W2"]:
        """Return the block's output, never negative."""
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = F.relu(self.bn2(self.conv2(out)), inplace=True)
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            out += self.downsample(x)
        return F.relu(out, inplace=True)


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise InputError(f"{name} is {count}.", "Give an integer of at least 1.")


def _shortcut(in_channels: int, out_channels: int, stride: int, kind: str) -> nn.Module | None:
    if kind not in SHORTCUTS:
        raise InputError(f"shortcut is {kind!r}.", nearest(kind, SHORTCUTS))
    if kind == "none":
        return None
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    if kind == "projection":
        projection = Conv2d(in_channels, out_channels, 1, stride, bias=False)
        return nn.Sequential(projection, nn.BatchNorm2d(out_channels))
    if out_channels < in_channels:
        raise InputError(
            f"shortcut 'pad' cannot go from {in_channels} channels to {out_channels}.",
            "It only adds channels: use shortcut='projection'.",
        )
    return PadShortcut(out_channels - in_channels, stride=stride)
