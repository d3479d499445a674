"""Answers to 01.3 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.3", "check_shortcuts")


def projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


class Padding(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


# Wrong projections, beside a right padding.


def with_bias(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))


answers.wrong("bias", "projection: the convolution has a bias, out_channels parameters too many")(with_bias, Padding)


def pools_first(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.AvgPool2d(stride, stride, ceil_mode=True),
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.BatchNorm2d(out_channels),
    )


answers.wrong(
    "stride", "projection: a mean over 2x2 pixels and a 1x1 of stride 1 (ResNet-D): with stride 2 other values"
)(pools_first, Padding)


def with_relu(in_channels, out_channels, stride):
    return nn.Sequential(*projection(in_channels, out_channels, stride), nn.ReLU())


answers.wrong("relu", "projection: a ReLU behind the batch norm, negative values are cut off before the sum")(
    with_relu, Padding
)


def always_two(in_channels, out_channels, stride):
    return projection(in_channels, out_channels, 2)


answers.wrong(
    "stride", "projection: the stride is always 2; stride 1 with 64 to 256 channels (first bottleneck) halves the map"
)(always_two, Padding)


# Right projections, wrong paddings.


class PadsBothSides(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.side, self.stride = (out_channels - in_channels) // 2, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.side, self.side))


answers.wrong("channels", "padding: half of the zeros before, half behind, rounded down: 3 to 8 channels gives 7")(
    projection, PadsBothSides
)


class Doubles(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.change = out_channels != in_channels
        self.stride = stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, torch.zeros_like(x)], 1) if self.change else x


answers.wrong("channels", "padding: always as many zeros as channels: 64 to 192 gives 128 channels")(
    projection, Doubles
)


class KeepsZeros(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride, self.zeros = out_channels - in_channels, stride, None

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        if self.zeros is None:
            self.zeros = x.new_zeros(len(x), self.more, *x.shape[2:])
        return torch.cat([x, self.zeros], 1)


answers.wrong(
    "raises",
    "padding: the zeros of the first pass are kept: a second pass with a smaller last batch, or another size or type, fails",
)(projection, KeepsZeros)


class Cpu32(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, torch.zeros(x.shape[0], self.more, x.shape[2], x.shape[3])], 1)


answers.wrong(
    "dtype",
    "padding: torch.zeros without device and type: fails for x on a GPU, and turns half or bfloat16 into float32",
)(projection, Cpu32)


class Nearest(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        if self.stride > 1:
            x = F.interpolate(x, scale_factor=1 / self.stride, mode="nearest")
        return F.pad(x, (0, 0, 0, 0, 0, self.more))


answers.wrong(
    "rounded-down", "padding: F.interpolate rounds the size down: 7 pixels with stride 2 become 3 instead of 4"
)(projection, Nearest)


class SameChannels(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        if self.more == 0:
            return x
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat((x, x.new_zeros(x.size(0), self.more, x.size(2), x.size(3))), dim=1)


answers.wrong(
    "size", "padding: returns x as it is when no channels are to be added: 16 to 16 with stride 2 keeps the size"
)(projection, SameChannels)


class Detached(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        out = x.new_zeros(x.size(0), self.out_channels, x.size(2), x.size(3))
        out.data[:, : x.size(1)] = x.data
        return out


answers.wrong("no-gradient", "padding: copies x.data into the zeros: the values are right, and no gradient reaches x")(
    projection, Detached
)


class MeanOfPixels(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.more, self.stride = out_channels - in_channels, stride

    def forward(self, x):
        x = F.avg_pool2d(x, self.stride, ceil_mode=True)
        return F.pad(x, (0, 0, 0, 0, 0, self.more))


answers.wrong(
    "mean", "padding: a mean over stride x stride pixels instead of the first of them: with stride 2 other values"
)(projection, MeanOfPixels)


# Right ones.


class Projection(nn.Module):
    """A class, its parts made in the reverse order."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.norm = nn.BatchNorm2d(out_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False)

    def forward(self, x):
        return self.norm(self.conv(x))


def pad_by_layers(in_channels, out_channels, stride):
    return nn.Sequential(nn.MaxPool2d(1, stride), nn.ConstantPad3d((0, 0, 0, 0, out_channels - in_channels, 0), 0.0))


answers.right(Projection, pad_by_layers)  # padding is a function: pooling over one pixel keeps it; zeros come first


class Writes(nn.Module):
    """Writes into new zeros: the gradient goes through the assignment."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride

    def forward(self, x):
        n, _, height, width = x.shape
        s = self.stride
        out = x.new_zeros((n, self.out_channels, -(-height // s), -(-width // s)))
        out[:, : self.in_channels] = x[..., ::s, ::s]
        return out


class Row(nn.Sequential):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.append(nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False))
        self.append(nn.BatchNorm2d(out_channels))


answers.right(Row, Writes)  # subclass of Sequential; zeros are made whole and x is written into them


class Split(nn.Module):
    """Zeros on both sides, the odd one behind; pixels by index_select."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        more = out_channels - in_channels
        self.pads = (0, 0, 0, 0, more // 2, more - more // 2)
        self.stride = stride

    def forward(self, x):
        for axis in (-2, -1):
            keep = torch.arange(0, x.shape[axis], self.stride, device=x.device)
            x = x.index_select(axis, keep)
        return F.pad(x, self.pads)


answers.right(
    lambda a, b, s: projection(a, b, s), Split
)  # a lambda; "zeros may come before or after the channels of x"
