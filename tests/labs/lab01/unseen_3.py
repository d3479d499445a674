"""Answers to 01.3 by someone who knew the exercise and not its check."""

import functools

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn


def good_projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


class GoodPadding(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))


def pads(padding):
    return (good_projection, padding)


def projects(projection):
    return (projection, GoodPadding)


answers = Answers("01.3", "check_shortcuts", place=pads)


@answers.wrong("device", "zeros made on the CPU")
class CpuZeros(GoodPadding):
    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        n, _, h, w = x.shape
        return torch.cat([x, torch.zeros(n, self.extra, h, w, dtype=x.dtype)], 1)


@answers.wrong("device", "the index of the pixels kept is made on the CPU")
class CpuIndex(GoodPadding):
    def forward(self, x):
        rows, columns = (torch.arange(0, size, self.stride) for size in x.shape[2:])
        x = torch.index_select(torch.index_select(x, 2, rows), 3, columns)
        return F.pad(x, (0, 0, 0, 0, 0, self.extra))


@answers.wrong("device", "the projection is moved to the CPU", place=projects)
def on_cpu(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False, device="cpu"),
        nn.BatchNorm2d(out_channels, device="cpu"),
    )


@answers.wrong("channels", "always doubles the channels")
class Doubles(GoodPadding):
    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, torch.zeros_like(x)], 1) if self.extra else x


@answers.wrong("channels", "the zeros are cut from x, so there are at most as many as channels")
class AtMostDouble(GoodPadding):
    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, torch.zeros_like(x[:, : self.extra])], 1)


@answers.wrong("channels", "half of the zeros on each side, an odd number is rounded down")
class BothSidesRounded(GoodPadding):
    def forward(self, x):
        half = self.extra // 2
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, half))


@answers.wrong("size", "the stride is 2 whatever it is, unless it is 1")
class AlwaysTwo(GoodPadding):
    def forward(self, x):
        step = 1 if self.stride == 1 else 2
        return F.pad(x[:, :, ::step, ::step], (0, 0, 0, 0, 0, self.extra))


@answers.wrong("layers", "where the channels agree the projection is an identity, whatever the stride", place=projects)
def lazy(in_channels, out_channels, stride):
    if in_channels == out_channels:
        return nn.Identity()
    return good_projection(in_channels, out_channels, stride)


@answers.wrong("stride", "stride 2 is written into the projection", place=projects)
def fixed_stride(in_channels, out_channels, stride):
    return good_projection(in_channels, out_channels, 2)


@answers.wrong("rounded-down", "an odd side loses its last pixel")
class DropsLast(GoodPadding):
    def forward(self, x):
        h, w = (size // self.stride * self.stride for size in x.shape[2:])
        return F.pad(x[:, :, : h : self.stride, : w : self.stride], (0, 0, 0, 0, 0, self.extra))


@answers.wrong("dtype", "the zeros are float32, so a bfloat16 map becomes float32")
class Float32(GoodPadding):
    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        n, _, h, w = x.shape
        return torch.cat([x, torch.zeros(n, self.extra, h, w, device=x.device)], 1)


@answers.wrong("raises", "the zeros are kept from the first batch, so a smaller last batch fails")
class Kept(GoodPadding):
    zeros = None

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        if self.zeros is None:
            n, _, h, w = x.shape
            self.zeros = x.new_zeros(n, self.extra, h, w)
        return torch.cat([x, self.zeros], 1)


@answers.wrong("times-zero", "the zeros are x * 0, so an infinite value gives nan")
class TimesZero(GoodPadding):
    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        times = -(-self.extra // x.shape[1])
        return torch.cat([x, (x * 0).repeat(1, times, 1, 1)[:, : self.extra]], 1)


@answers.wrong(
    "raises",
    "rows and columns: only square maps",
)
class Square(GoodPadding):
    def forward(self, x):
        keep = torch.arange(0, x.shape[2], self.stride, device=x.device)
        return F.pad(x[:, :, keep][:, :, :, keep], (0, 0, 0, 0, 0, self.extra))


@answers.wrong("changes-input", "the input is changed: the channels' zeros are written into it")
class Resizes(GoodPadding):
    def forward(self, x):
        if self.stride == 1 and self.extra == 0 and not (x.requires_grad and x.is_leaf):
            return x.relu_()
        return super().forward(x)


@answers.wrong("shared", "one projection is shared by all calls with equal arguments", place=projects)
@functools.lru_cache
def shared(in_channels, out_channels, stride):
    return good_projection(in_channels, out_channels, stride)


@answers.wrong("frozen", "the projection comes frozen", place=projects)
def frozen(in_channels, out_channels, stride):
    return good_projection(in_channels, out_channels, stride).requires_grad_(False)


@answers.wrong("made-in-eval", "the projection comes in evaluation mode", place=projects)
def evaluating(in_channels, out_channels, stride):
    return good_projection(in_channels, out_channels, stride).eval()


@answers.wrong("kernel", "the kernel is as large as the stride", place=projects)
def kernel_is_stride(in_channels, out_channels, stride):
    conv = nn.Conv2d(in_channels, out_channels, stride, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))


@answers.wrong("norm-first", "batch norm before the convolution", place=projects)
def norm_first(in_channels, out_channels, stride):
    return nn.Sequential(nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))


@answers.wrong("rounded-down", "nearest interpolation")
class Interpolates(GoodPadding):
    def forward(self, x):
        x = F.interpolate(x, scale_factor=1 / self.stride, mode="bilinear")
        return F.pad(x, (0, 0, 0, 0, 0, self.extra))


@answers.wrong("size", "the zeros go to the width")
class PadsWidth(GoodPadding):
    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, self.extra))


# right


class Projection(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.norm = nn.BatchNorm2d(out_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=(1, 1), stride=(stride, stride), bias=False)

    def forward(self, x):
        return self.norm(self.conv(x))


class MaxPool(nn.Module):
    """Pooling of one pixel is a choice of pixels; zeros in front."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.pool = out_channels - in_channels, nn.MaxPool2d(1, stride)

    def forward(self, x):
        return F.pad(self.pool(x), (0, 0, 0, 0, self.extra, 0))


answers.right(Projection, MaxPool)


class Sides(GoodPadding):
    """Zeros on both sides."""

    def forward(self, x):
        x = x[..., :: self.stride, :: self.stride]
        n, _, h, w = x.shape
        front = self.extra // 2
        return torch.cat([x.new_zeros(n, front, h, w), x, x.new_zeros(n, self.extra - front, h, w)], dim=1)


def projection_named(in_channels, out_channels, stride):
    layers = nn.Sequential()
    layers.add_module("reduce", nn.Conv2d(in_channels, out_channels, 1, stride=stride, padding=0, bias=False))
    layers.add_module("norm", nn.BatchNorm2d(out_channels))
    return layers


answers.right(projection_named, Sides)


class Writes(nn.Module):
    """Writes the kept pixels into a map of zeros."""

    def __init__(self, channels, stride):
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x):
        kept = x[:, :, :: self.stride, :: self.stride]
        out = kept.new_zeros((kept.shape[0], self.channels, *kept.shape[2:]))
        out[:, : x.shape[1]] = kept
        return out


def padding_function(in_channels, out_channels, stride):
    return Writes(out_channels, stride)


answers.right(good_projection, padding_function)


class Selects(nn.Module):
    """Selects by index on the map's own device; average pooling of one pixel for the columns."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride

    def forward(self, x):
        rows = torch.arange(0, x.shape[2], self.stride, device=x.device)
        kept = x.index_select(2, rows)[..., :: self.stride]
        missing = self.out_channels - self.in_channels
        return torch.cat((kept, torch.zeros_like(kept[:, :1]).expand(-1, missing, -1, -1)), 1) if missing else kept


answers.right(Projection, Selects)
