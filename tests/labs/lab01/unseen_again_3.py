"""More answers to 01.3 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.3", "check_shortcuts")


def _projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


class _Padding(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))


# Zeros half before and half behind, an odd one behind.
class _Around(_Padding):
    def forward(self, x):
        x = x[..., :: self.stride, :: self.stride]
        before = self.extra // 2
        zeros = x.new_zeros(len(x), self.extra, *x.shape[2:])
        return torch.cat([zeros[:, :before], x, zeros[:, before:]], dim=1)


class _Projection(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return self.norm(self.conv(x))


answers.right(_Projection, _Around)


# A fixed matrix of zeros and ones, made in every pass; padding is a function.
class _ByMatrix(nn.Module):
    def __init__(self, outside, stride):
        super().__init__()
        self.outside, self.stride = outside, stride

    def forward(self, x):
        kept = x[:, :, 0 :: self.stride, 0 :: self.stride]
        result = kept.new_zeros((kept.shape[0], self.outside, kept.shape[2], kept.shape[3]))
        result[:, : kept.shape[1]] = kept
        return result


answers.right(_projection, lambda in_channels, out_channels, stride: _ByMatrix(out_channels, stride))


# A pool of one pixel keeps the first of each stride; zeros in front; a lambda for the projection.
class _OnePixelPool(_Padding):
    def forward(self, x):
        return F.pad(F.max_pool2d(x, 1, self.stride), (0, 0, 0, 0, self.extra, 0))


answers.right(
    lambda inside, outside, stride: nn.Sequential(
        nn.Conv2d(inside, outside, (1, 1), (stride, stride), bias=False), nn.BatchNorm2d(outside)
    ),
    _OnePixelPool,
)


class Doubles(_Padding):
    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, torch.zeros_like(x)], 1) if self.extra else x


answers.wrong("channels", "always as many zeros as channels: 64 to 192 gives 128 channels")(_projection, Doubles)


class AlwaysTwo(_Padding):
    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.extra))


answers.wrong("size", "stride is never read: with stride 1 the map is halved, with 3 it is too large")(
    _projection, AlwaysTwo
)


class KeepsZeros(_Padding):
    zeros = None

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        if self.zeros is None:
            self.zeros = x.new_zeros(len(x), self.extra, *x.shape[2:])
        return torch.cat([x, self.zeros], 1)


answers.wrong("raises", "the zeros of the first pass are kept: the second pass with another batch size or map crashes")(
    _projection, KeepsZeros
)


class Float32Zeros(_Padding):
    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, torch.zeros(len(x), self.extra, *x.shape[2:])], 1)


answers.wrong(
    "dtype", "zeros are float32 on the CPU: a bfloat16 or float16 input comes out as float32, one elsewhere crashes"
)(_projection, Float32Zeros)


class HalfAndHalf(_Padding):
    def forward(self, x):
        half = self.extra // 2
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, half))


answers.wrong("channels", "half the zeros on each side, rounded down: one channel too few where the difference is odd")(
    _projection, HalfAndHalf
)


class Detached(_Padding):
    def forward(self, x):
        out = x.new_zeros(len(x), x.shape[1] + self.extra, *x[:, :, :: self.stride, :: self.stride].shape[2:])
        out[:, : x.shape[1]] = x.detach()[:, :, :: self.stride, :: self.stride]
        return out


answers.wrong("no-gradient", "the kept channels are detached: no gradient reaches x")(_projection, Detached)


class Pools(_Padding):
    def forward(self, x):
        return F.pad(F.avg_pool2d(x, self.stride, ceil_mode=True), (0, 0, 0, 0, 0, self.extra))


answers.wrong("mean", "means over stride x stride pixels instead of every stride-th pixel")(_projection, Pools)


class Nearest(_Padding):
    def forward(self, x):
        size = [-(-side // self.stride) for side in x.shape[2:]]
        return F.pad(F.interpolate(x, size=size), (0, 0, 0, 0, 0, self.extra))


answers.wrong(
    "padding", "interpolates to ceil(side / stride): 7 pixels with stride 2 give 0, 1, 3, 5 instead of 0, 2, 4, 6"
)(_projection, Nearest)


class RowsOnly(_Padding):
    def forward(self, x):
        return F.pad(x[:, :, :: self.stride], (0, 0, 0, 0, 0, self.extra))


answers.wrong("size", "the stride is taken in one direction only: the map stays as wide as it was")(
    _projection, RowsOnly
)


def three_by_three(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out_channels)
    )


answers.wrong("kernel", "the projection is 3x3: it mixes neighbouring pixels and has nine times the weights")(
    three_by_three, _Padding
)


def only_if_more_channels(in_channels, out_channels, stride):
    if in_channels == out_channels:
        return nn.AvgPool2d(1, stride)
    return _projection(in_channels, out_channels, stride)


answers.wrong(
    "layers", "with equal channels and stride 2 the projection has no convolution and no norm: nothing learns"
)(only_if_more_channels, _Padding)


def untracked(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.ReLU(), nn.BatchNorm2d(out_channels)
    )


answers.wrong("projection", "a ReLU between the 1x1 and its batch norm: negative values are lost")(untracked, _Padding)
