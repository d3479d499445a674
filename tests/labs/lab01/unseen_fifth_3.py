"""Answers to 01.3 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.3", "check_shortcuts")


# parts that are right, to stand beside a wrong one


def _projection(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class _Padding(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.new, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.new))


# a) common mistakes


def projection_with_bias(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride),
        nn.BatchNorm2d(out_channels),
    )


def projection_beside_padding_of_means(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong("bias", "the projection's convolution has a bias: out_channels parameters too many")(
    projection_with_bias, _Padding
)


def projection_of_means(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.AvgPool2d(stride, stride, ceil_mode=True),
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.BatchNorm2d(out_channels),
    )


answers.wrong(
    "stride",
    "the projection takes means of neighbours and a convolution without stride: other values for stride 2, right shapes",
)(projection_of_means, _Padding)


class PaddingOfMeans(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.new, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = F.avg_pool2d(x, self.stride, ceil_mode=True)
        return F.pad(x, (0, 0, 0, 0, 0, self.new))


answers.wrong(
    "mean", "the padding takes means of neighbours in place of every stride-th pixel: other values for stride 2"
)(projection_beside_padding_of_means, PaddingOfMeans)


class LearntZeros(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.stride = stride
        self.zeros = nn.Parameter(torch.zeros(1, out_channels - in_channels, 1, 1))

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        zeros = self.zeros.expand(len(x), -1, *x.shape[2:])
        return torch.cat([x, zeros], 1)


def projection_beside_padding_learnt_zeros(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong("parameters", "the zeros are a parameter, which is learnt: the padding must have none")(
    projection_beside_padding_learnt_zeros, LearntZeros
)


# b) right for the visible example


class AlwaysTwo(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.new = out_channels - in_channels

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.new))


def projection_beside_padding_always_two(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong("size", "the padding never reads the stride and keeps every second pixel: wrong for stride 1 or 3")(
    projection_beside_padding_always_two, AlwaysTwo
)


class HalfAndHalf(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.half, self.stride = (out_channels - in_channels) // 2, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, self.half, self.half))


def projection_beside_padding_half_and_half(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong(
    "channels",
    "half of the new channels before and half behind, rounded down: one channel is missing when their number is odd, as from 3 to 8",
)(projection_beside_padding_half_and_half, HalfAndHalf)


class MultiplesOnly(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.times, self.stride = out_channels // in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x] + [torch.zeros_like(x)] * (self.times - 1), 1)


def projection_beside_padding_multiples_only(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong(
    "channels",
    "adds whole copies of the input's channels as zeros: too few channels when out is no multiple of in, as from 4 to 6",
)(projection_beside_padding_multiples_only, MultiplesOnly)


class Interpolated(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.new, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        size = [-(-n // self.stride) for n in x.shape[2:]]
        x = F.interpolate(x, size=size, mode="nearest")
        return F.pad(x, (0, 0, 0, 0, 0, self.new))


def projection_beside_padding_interpolated(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong(
    "padding",
    "resizes with nearest pixels: of seven pixels it keeps 0, 1, 3, 5 in place of 0, 2, 4, 6; right only where the stride divides the size",
)(projection_beside_padding_interpolated, Interpolated)


# c) a promise broken


class KeptZeros(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.new, self.stride = out_channels - in_channels, stride
        self.zeros = None

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        if self.zeros is None:
            self.zeros = x.new_zeros(len(x), self.new, *x.shape[2:])
        return torch.cat([x, self.zeros], 1)


def projection_beside_padding_kept_zeros(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong(
    "raises",
    "the zeros of the first pass are kept: a second pass with another batch size, image size, type or device fails or gets the old type",
)(projection_beside_padding_kept_zeros, KeptZeros)


class ZerosOfTorch(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.new, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, torch.zeros(len(x), self.new, *x.shape[2:])], 1)


def projection_beside_padding_zeros_of_torch(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong(
    "dtype",
    "the zeros are float32 on the CPU, not of x's type and device: bfloat16 becomes float32, another device fails",
)(projection_beside_padding_zeros_of_torch, ZerosOfTorch)


def padding_as_function(in_channels, out_channels, stride):
    def change(x):
        x = x[:, :, ::stride, ::stride]
        return F.pad(x, (0, 0, 0, 0, 0, out_channels - in_channels))

    return change


def projection_beside_padding_as_function(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride)


answers.wrong("not-a-module", "the padding returns a plain function, not an nn.Module")(
    projection_beside_padding_as_function, padding_as_function
)

_layers = {}


def projection_shared(in_channels, out_channels, stride):
    key = in_channels, out_channels, stride
    return _layers.setdefault(key, _projection(*key))


answers.wrong(
    "shared",
    "a second projection of the same shape is the same layer: two blocks, or two networks, share its weights and averages",
)(projection_shared, _Padding)


# right


class ProjectionClass(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.norm = nn.BatchNorm2d(out_channels)
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size=(1, 1),
            stride=(stride, stride),
            bias=False,
        )

    def forward(self, x):
        return self.norm(self.conv(x))


def padding_of_layers(in_channels, out_channels, stride):
    # A maximum over one pixel is that pixel. The zeros come before the channels.
    return nn.Sequential(
        nn.MaxPool2d(kernel_size=1, stride=stride),
        nn.ConstantPad3d((0, 0, 0, 0, out_channels - in_channels, 0), 0.0),
    )


answers.right(ProjectionClass, padding_of_layers)


class ProjectionSequential(nn.Sequential):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.add_module("conv", nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
        self.add_module("norm", nn.BatchNorm2d(num_features=out_channels))


class IntoNewTensor(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.shape = in_channels, out_channels, stride

    def forward(self, x):
        few, many, step = self.shape
        rows = torch.arange(0, x.size(2), step, device=x.device)
        columns = torch.arange(0, x.size(3), step, device=x.device)
        kept = x.index_select(2, rows).index_select(3, columns)
        out = x.new_zeros(x.size(0), many, len(rows), len(columns))
        out[:, :few] = kept
        return out


answers.right(ProjectionSequential, IntoNewTensor)


def projection_of_list(in_channels, out_channels, stride):
    layers = [nn.Conv2d(in_channels, out_channels, 1, bias=False)]
    layers[0].stride = (stride, stride)
    layers.append(nn.BatchNorm2d(out_channels))
    return nn.Sequential(*layers)


def padding_on_both_sides(in_channels, out_channels, stride):
    before = (out_channels - in_channels) // 2
    behind = out_channels - in_channels - before

    class Both(nn.Module):
        def forward(self, x):
            kept = x[..., ::stride, ::stride]
            zeros = [torch.zeros_like(kept[:, :1]).expand(-1, n, -1, -1) for n in (before, behind)]
            return torch.cat([zeros[0], kept, zeros[1]], dim=1)

    return Both()


answers.right(projection_of_list, padding_on_both_sides)
