"""Answers to 01.3 by someone who looked for what its check may not ask."""

import functools

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn


def right_projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


class RightPadding(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))


def with_padding(projection):
    return projection, RightPadding


def with_projection(padding):
    return right_projection, padding


answers = Answers("01.3", "check_shortcuts")


class Projected(nn.BatchNorm2d):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__(out_channels)
        self.mix = nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False)

    def forward(self, x):
        return super().forward(self.mix(x))


class WritesInto(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.channels = out_channels
        self.steps = slice(None, None, stride)

    def forward(self, x):
        kept = x[..., self.steps, self.steps]
        out = kept.new_zeros((len(x), self.channels, *kept.shape[2:]))
        out[:, self.channels - x.shape[1] :] = kept
        return out


# Right: a batch norm that runs its convolution first. The padding writes the pixels into new zeros, behind them:
# autograd follows the assignment, and new_zeros has the type and device of x.
answers.right(Projected, WritesInto)


class Pooled(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.pool = nn.MaxPool2d(1, stride)
        self.pad = nn.ConstantPad3d((0, 0, 0, 0, 0, out_channels - in_channels), 0)

    def forward(self, x):
        return self.pad(self.pool(x))


def pooled(in_channels, out_channels, stride):
    return Pooled(in_channels, out_channels, stride)


# Right: a maximum over one pixel is that pixel, and the last window starts at the last stride-th pixel. ConstantPad3d
# takes (N, C, H, W) as an unbatched volume, whose third axis from the end is the channels. `padding` is a function.
answers.right(right_projection, pooled)


class Selected(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.missing, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        for axis in (2, 3):
            every = torch.arange(0, x.shape[axis], self.stride, device=x.device)
            x = x.index_select(axis, every)
        zeros = x.new_zeros(()).expand(x.shape[0], self.missing, *x.shape[2:])
        return torch.cat([x, zeros], dim=1)


# Right: pixels by their index, one axis after the other; one zero, expanded, is copied by cat.
answers.right(right_projection, Selected)


@answers.wrong("layers", "nothing to change: an identity in place of convolution and batch norm", place=with_padding)
def identity_if_same(in_channels, out_channels, stride):
    if in_channels == out_channels and stride == 1:
        return nn.Identity()
    return right_projection(in_channels, out_channels, stride)


@answers.wrong(
    "stride",
    "means over the pixels before a 1x1 of stride 1, as in ResNet-D: same shapes and parameters",
    place=with_padding,
)
def mean_first(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False),
        *right_projection(in_channels, out_channels, 1),
    )


@answers.wrong(
    "shared", "remembers layers by their sizes: a second call returns the layer of the first", place=with_padding
)
@functools.cache
def cached_projection(in_channels, out_channels, stride):
    return right_projection(in_channels, out_channels, stride)


@answers.wrong(
    "frozen", "the convolution is frozen and does not learn; shapes, counts and values are right", place=with_padding
)
def frozen_projection(in_channels, out_channels, stride):
    layer = right_projection(in_channels, out_channels, stride)
    layer[0].requires_grad_(False)
    return layer


@answers.wrong(
    "unusable", "the batch norm has no running statistics, and evaluation depends on the batch", place=with_padding
)
def batch_statistics(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
        nn.BatchNorm2d(out_channels, track_running_stats=False),
    )


@answers.wrong(
    "dtype",
    "zeros of the first pass are kept while the shape stays: a pass in another type gets the old type",
    place=with_projection,
)
class KeptZeros(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride, self.zeros = out_channels - in_channels, stride, None

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        shape = (x.shape[0], self.extra, *x.shape[2:])
        if self.zeros is None or self.zeros.shape != shape:
            self.zeros = x.new_zeros(shape)
        return torch.cat([x, self.zeros], 1)


@answers.wrong(
    "dtype",
    "zeros on the right device, of the default type: bfloat16 and float16 become float32",
    place=with_projection,
)
class DefaultType(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        zeros = torch.zeros(x.shape[0], self.extra, *x.shape[2:], device=x.device)
        return torch.cat([x, zeros], 1)


@answers.wrong(
    "padding",
    "resizes to the nearest pixel: the right shape always, other pixels where the size is no multiple of the stride",
    place=with_projection,
)
class Nearest(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        size = [-(-pixels // self.stride) for pixels in x.shape[2:]]
        x = F.interpolate(x, size=size, mode="nearest")
        return F.pad(x, (0, 0, 0, 0, 0, self.extra))


@answers.wrong("size", "any stride above 1 is taken for 2", place=with_projection)
class EverySecond(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        if self.stride != 1:
            x = x[:, :, ::2, ::2]
        return F.pad(x, (0, 0, 0, 0, 0, self.extra))


@answers.wrong(
    "channels", "half of the zeros on either side: one channel is lost where their number is odd", place=with_projection
)
class BothSides(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.half, self.stride = (out_channels - in_channels) // 2, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.half, self.half))


@answers.wrong(
    "times-zero", "zeros are a channel times zero: nan where that channel is infinite or nan", place=with_projection
)
class TimesZero(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        zeros = (x[:, :1] * 0).expand(-1, self.extra, -1, -1)
        return torch.cat([x, zeros], 1)


@answers.wrong(
    "times-zero",
    "a fixed 1x1 kernel in a buffer: in the state dict, fails for other types, and mixes nan into all channels",
    place=with_projection,
)
class FixedKernel(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.register_buffer("kernel", torch.eye(out_channels, in_channels)[:, :, None, None])
        self.stride = stride

    def forward(self, x):
        return F.conv2d(x, self.kernel, stride=self.stride)


@answers.wrong("size", "sizes are kept on the class: a second layer changes the first", place=with_projection)
class OnTheClass(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        type(self).extra, type(self).stride = out_channels - in_channels, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))


@answers.wrong("no-gradient", "gradients stop where zeros are added", place=with_projection)
class CutWherePadded(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        if not self.extra:
            return x
        out = x.new_zeros(x.shape[0], x.shape[1] + self.extra, *x.shape[2:])
        out[:, : x.shape[1]] = x.data
        return out
