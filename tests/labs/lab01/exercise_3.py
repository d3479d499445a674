"""Right and wrong answers to exercise 01.3: two shortcuts that change the shape."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn


class Pad(nn.Module):
    """A right padding whose parts can be replaced, one for each mistake."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def thin(self, x):
        return x[:, :, :: self.stride, :: self.stride]

    def grow(self, x):
        zeros = x.new_zeros(len(x), self.extra, *x.shape[2:])
        return torch.cat([x, zeros], 1)

    def forward(self, x):
        return self.grow(self.thin(x))


def as_padding(padding):
    """Return both arguments of the check where the answer is the second."""
    return projection, padding


answers = Answers("01.3", "check_shortcuts", place=lambda projection: (projection, Pad))


@answers.right
def projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


@answers.wrong("kernel")
def kernel_of_three(in_channels, out_channels, stride):
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))


@answers.wrong("no-norm")
def no_norm(in_channels, out_channels, stride):
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


@answers.wrong("norm-first")
def norm_first(in_channels, out_channels, stride):
    return nn.Sequential(nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))


@answers.wrong("bias")
def conv_with_bias(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))


@answers.wrong("stride")
def no_stride(in_channels, out_channels, stride):
    return projection(in_channels, out_channels, 1)


@answers.wrong("relu")
def relu_behind(in_channels, out_channels, stride):
    return nn.Sequential(projection(in_channels, out_channels, stride), nn.ReLU())


@answers.wrong("stride")
def pooled_first(in_channels, out_channels, stride):
    return nn.Sequential(nn.AvgPool2d(stride, ceil_mode=True), projection(in_channels, out_channels, 1))


@answers.wrong("layers")
def two_convolutions(in_channels, out_channels, stride):
    return nn.Sequential(learnt(in_channels, in_channels, stride), projection(in_channels, out_channels, 1))


@answers.wrong("not-a-module")
def a_function(in_channels, out_channels, stride):
    return projection(in_channels, out_channels, stride).forward


@answers.wrong("no-return")
def without_return(in_channels, out_channels, stride):
    projection(in_channels, out_channels, stride)


@answers.wrong("mean", place=as_padding)
class MeanOfPixels(Pad):
    def thin(self, x):
        return F.avg_pool2d(x, self.stride, ceil_mode=True)


@answers.wrong("maximum", place=as_padding)
class MaximumOfPixels(Pad):
    def thin(self, x):
        return F.max_pool2d(x, self.stride, ceil_mode=True)


@answers.wrong("rounded-down", place=as_padding)
class SecondPixel(Pad):
    def thin(self, x):
        return x[:, :, self.stride - 1 :: self.stride, self.stride - 1 :: self.stride]


@answers.wrong("size", place=as_padding)
class SizeStays(Pad):
    def thin(self, x):
        return x


@answers.wrong("repeated", place=as_padding)
class Copies(Pad):
    def grow(self, x):
        return torch.cat([x, x, x], 1)[:, : x.shape[1] + self.extra]


@answers.wrong("size", place=as_padding)
class ZeroPixels(Pad):
    def grow(self, x):
        return F.pad(x, (0, self.extra))


@answers.wrong("channels", place=as_padding)
class ChannelsStay(Pad):
    def grow(self, x):
        return x


@answers.wrong("size", place=as_padding)
class ColumnsAlone(Pad):
    def thin(self, x):
        return x[..., :: self.stride]


@answers.wrong("rounded-down", place=as_padding)
class Interpolated(Pad):
    def thin(self, x):
        return F.interpolate(x, scale_factor=1 / self.stride)


@answers.wrong("axes", place=as_padding)
class FirstTwoAxes(Pad):
    def thin(self, x):
        return x[:: self.stride, :: self.stride]


@answers.wrong("channels", place=as_padding)
class HalfOnEachSide(Pad):
    def grow(self, x):
        return F.pad(x, (0, 0, 0, 0, self.extra // 2, self.extra // 2))


@answers.wrong("no-gradient", place=as_padding)
class CutOff(Pad):
    def grow(self, x):
        out = torch.zeros(len(x), x.shape[1] + self.extra, *x.shape[2:], dtype=x.dtype)
        out[:, : x.shape[1]] = x.detach()
        return out


@answers.wrong("parameters", place=as_padding)
def learnt(in_channels, out_channels, stride):
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


class ProjectionClass(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.norm = nn.BatchNorm2d(out_channels)
        self.squeeze = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, padding="valid", bias=False)

    def forward(self, x):
        return self.norm(self.squeeze(x))


class ZerosInFront(Pad):
    def grow(self, x):
        return F.pad(x, (0, 0, 0, 0, self.extra, 0))


answers.right(ProjectionClass, ZerosInFront)


class ZerosOnBothSides(Pad):
    def grow(self, x):
        before = self.extra // 2
        return F.pad(x, (0, 0, 0, 0, before, self.extra - before))


answers.right(projection, ZerosOnBothSides)


def padding_by_layers(in_channels, out_channels, stride):
    return nn.Sequential(nn.MaxPool2d(1, stride), nn.ConstantPad3d((0, 0, 0, 0, 0, out_channels - in_channels), 0.0))


answers.right(ProjectionClass, padding_by_layers)
