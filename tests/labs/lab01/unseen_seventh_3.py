"""Answers to 01.3 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.3", "check_shortcuts")
import functools

import numpy as np


def plain_projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


def called(name):
    """Return the plain projection under another name, that of the answer."""

    def projection(in_channels, out_channels, stride):
        return plain_projection(in_channels, out_channels, stride)

    projection.__name__ = projection.__qualname__ = name
    return projection


class PlainPadding(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


# --- the projection is wrong


def pools_first(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.AvgPool2d(stride, ceil_mode=True),
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.BatchNorm2d(out_channels),
    )


answers.wrong("?", "the projection takes means of pixels by pooling and then has stride 1: other values for stride 2")(
    pools_first, PlainPadding
)


def kernel_is_stride(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, stride, stride, bias=False), nn.BatchNorm2d(out_channels))


answers.wrong("?", "the projection's kernel is as large as the stride: 2x2 for stride 2, not 1x1")(
    kernel_is_stride, PlainPadding
)


def norm_first(in_channels, out_channels, stride):
    return nn.Sequential(nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))


answers.wrong("?", "the batch norm of the projection is before the convolution, over in_channels, not behind it")(
    norm_first, PlainPadding
)


def only_if_channels_change(in_channels, out_channels, stride):
    if in_channels == out_channels:
        return nn.MaxPool2d(1, stride)
    return plain_projection(in_channels, out_channels, stride)


answers.wrong("?", "with as many channels out as in the projection only skips pixels and learns nothing: (8, 8, 2)")(
    only_if_channels_change, PlainPadding
)


@functools.lru_cache
def remembered(in_channels, out_channels, stride):
    return plain_projection(in_channels, out_channels, stride)


answers.wrong(
    "?", "the projection is remembered: two calls with the same numbers return one layer, so two blocks share weights"
)(remembered, PlainPadding)


# --- the padding is wrong


class ZerosOnTheCpu(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        n, _, h, w = x.shape
        return torch.cat([x, torch.zeros(n, self.more, h, w, dtype=x.dtype)], 1)


answers.wrong("?", "the zeros are always on the CPU: an input on another device raises an error")(
    called("zeros_on_the_cpu"), ZerosOnTheCpu
)


class ZerosInSinglePrecision(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        n, _, h, w = x.shape
        return torch.cat([x, torch.zeros(n, self.more, h, w, device=x.device)], 1)


answers.wrong("?", "the zeros are float32: an input in half precision (float16 or bfloat16) comes out as float32")(
    called("zeros_in_single_precision"), ZerosInSinglePrecision
)


class KeepsItsZeros(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride
        self.zeros = None

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        shape = (x.shape[0], self.more, *x.shape[2:])
        if self.zeros is None or self.zeros.shape != shape:
            self.zeros = x.new_zeros(shape)
        return torch.cat([x, self.zeros], 1)


answers.wrong(
    "?",
    "the zeros are kept from the first pass of a shape: after float64 a float32 input comes out as float64, and on another device it fails",
)(called("keeps_its_zeros"), KeepsItsZeros)


class NearestPixels(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = F.interpolate(x, scale_factor=1 / self.stride, mode="nearest")
        return F.pad(x, (0, 0, 0, 0, 0, self.more))


answers.wrong("?", "resizes to the nearest pixels: the same for even sizes, but seven pixels become three, not four")(
    called("nearest_pixels"), NearestPixels
)


class HalfOnEachSide(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.half, self.stride = (out_channels - in_channels) // 2, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.half, self.half))


answers.wrong("?", "half of the zeros go before and half behind, rounded down: from 4 to 7 channels it gives 6")(
    called("half_on_each_side"), HalfOnEachSide
)


class ThroughNumpy(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        kept = x.detach().cpu().numpy()[:, :, :: self.stride, :: self.stride]
        padded = np.pad(kept, ((0, 0), (0, self.more), (0, 0), (0, 0)))
        return torch.from_numpy(padded).to(x.device)


answers.wrong("?", "goes through NumPy: the values are right, and no gradient comes back to x")(
    called("through_numpy"), ThroughNumpy
)


class TimesZero(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        zeros = x.sum(1, keepdim=True) * 0
        return torch.cat([x, zeros.expand(-1, self.more, -1, -1)], 1)


answers.wrong(
    "?", "the zeros are 0 times a sum of channels: nan where the sum overflows, for values of 3e38 or an infinity"
)(called("times_zero"), TimesZero)


class FrozenConvolution(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        nn.init.dirac_(self.conv.weight)
        self.conv.requires_grad_(False)

    def forward(self, x):
        return self.conv(x)


answers.wrong(
    "?",
    "a frozen convolution with ones and zeros as weights: right values, but it has parameters, and casting x alone fails",
)(called("frozen_convolution"), FrozenConvolution)


class AlwaysTwo(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels

    def forward(self, x):
        step = 1 if self.in_channels == self.out_channels else 2
        return F.pad(x[:, :, ::step, ::step], (0, 0, 0, 0, 0, self.out_channels - self.in_channels))


answers.wrong(
    "?",
    "the padding never reads its stride but takes 2 where channels are added: wrong for (4, 8, 1), (8, 8, 2) and stride 3",
)(called("always_two"), AlwaysTwo)


# --- right


class Projection(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=(1, 1), stride=(stride, stride), bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return self.norm(self.conv(x))


def of_layers(in_channels, out_channels, stride):
    return nn.Sequential(nn.MaxPool2d(1, stride), nn.ZeroPad3d((0, 0, 0, 0, 0, out_channels - in_channels)))


answers.right(Projection, of_layers)


class SequentialProjection(nn.Sequential):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.append(nn.Conv2d(in_channels, out_channels, 1, padding=0, stride=stride, bias=False))
        self.append(nn.BatchNorm2d(out_channels))


class ZerosFirst(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more = out_channels - in_channels
        self.every = slice(None, None, stride)

    def forward(self, x):
        small = x[..., self.every, self.every]
        zeros = torch.zeros_like(small[:, :1]).repeat(1, self.more, 1, 1)
        return torch.cat((zeros, small), dim=1)


answers.right(SequentialProjection, ZerosFirst)


def by_name(in_channels, out_channels, stride):
    layer = nn.Sequential()
    layer.add_module("conv", nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
    layer.add_module("norm", nn.BatchNorm2d(out_channels))
    return layer


class CopiedInto(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.out_channels = out_channels
        self.stride = stride

    def forward(self, x):
        n, c, h, w = x.shape
        s = self.stride
        out = x.new_zeros(n, self.out_channels, -(-h // s), -(-w // s))
        out[:, :c] = x[:, :, ::s, ::s]
        return out


answers.right(by_name, CopiedInto)


class Selected(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride

    def forward(self, x):
        for axis in (2, 3):
            x = x.index_select(axis, torch.arange(0, x.shape[axis], self.stride, device=x.device))
        return F.pad(x.movedim(1, -1), (0, self.out_channels - self.in_channels)).movedim(-1, 1)


def star(*shape):
    return Projection(*shape)


answers.right(star, Selected)


class BothSides(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        before = (out_channels - in_channels) // 2
        self.pad = (0, 0, 0, 0, before, out_channels - in_channels - before)
        self.stride = stride

    def forward(self, x):
        return F.pad(x.unfold(2, 1, self.stride).unfold(3, 1, self.stride)[..., 0, 0], self.pad, "constant", 0)


both_sides = lambda i, o, s: nn.Sequential(*[nn.Conv2d(i, o, 1, s, 0, bias=False), nn.BatchNorm2d(o)])
both_sides.__name__ = "both_sides"
answers.right(both_sides, BothSides)


class Step(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def of_functions(in_channels, out_channels, stride):
    def zeros(x):
        empty = x.new_zeros(x.shape[0], 1, *x.shape[2:])
        return torch.cat([x] + [empty.clone() for _ in range(out_channels - in_channels)], 1)

    return nn.Sequential(Step(lambda x: x[:, :, ::stride]), Step(lambda x: x[..., ::stride]), Step(zeros))


answers.right(called("of_functions"), of_functions)
