"""Answers to 01.2 by students who know its text alone."""

import itertools
from collections import OrderedDict

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

from resnet_labs.given import Residual

answers = Answers("01.2", "check_bottleneck")


def pair(a, b, kernel=1, stride=1, relu=True):
    layers = [nn.Conv2d(a, b, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(b)]
    return nn.Sequential(*layers, nn.ReLU()) if relu else nn.Sequential(*layers)


@answers.wrong(
    "stride",
    "stride in the first 1x1, as in the paper: with stride 2 the 3x3 sees a quarter of the pixels, the values differ",
)
class StrideInFirst(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            pair(in_channels, width, 1, stride), pair(width, width, 3), pair(width, 4 * width, relu=False)
        )


@answers.wrong(
    "geometry",
    "the inner channels are in_channels // 4 instead of width: wrong wherever in_channels is not 4 * width, as in 64, 64",
)
class QuarterOfInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        inner = in_channels // 4
        return nn.Sequential(
            pair(in_channels, inner), pair(inner, inner, 3, stride), pair(inner, 4 * width, relu=False)
        )


@answers.wrong(
    "geometry",
    "gives 4 * in_channels channels: right only for in_channels == width, 256 in and width 64 give 1024 instead of 256",
)
class TimesInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            pair(in_channels, width), pair(width, width, 3, stride), pair(width, 4 * in_channels, relu=False)
        )


@answers.wrong("relu-before-and-after", "ReLU behind the third batch norm too: F(x) is never negative before the sum")
class ThirdRelu(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(pair(in_channels, width), pair(width, width, 3, stride), pair(width, 4 * width))


@answers.wrong("norm-count", "no batch norm behind the last 1x1: 512 parameters too few at 256 channels, other values")
class NoLastNorm(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        last = nn.Conv2d(width, 4 * width, 1, bias=False)
        return nn.Sequential(pair(in_channels, width), pair(width, width, 3, stride), last)


@answers.wrong(
    "shared",
    "one batch norm of width channels used twice: 128 parameters too few at width 64, mixed running statistics",
)
class OneNormTwice(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        norm, relu = nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            norm,
            relu,
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            norm,
            relu,
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "geometry", "width is never read, 64 is built in: right for width 64 only, 128 gives 256 channels instead of 512"
)
class Always64(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(pair(in_channels, 64), pair(64, 64, 3, stride), pair(64, 256, relu=False))


@answers.wrong("no-relu-2", "the ReLU between the 3x3 and the last 1x1 is missing: other values for every input")
class OneRelu(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            pair(in_channels, width), pair(width, width, 3, stride, relu=False), pair(width, 4 * width, relu=False)
        )


@answers.wrong("bias", "the convolutions have a bias: 70,784 instead of 70,400 parameters at 256 channels")
class WithBias(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "order",
    "batch norm and ReLU come before each convolution (pre-activation): the first norm has in_channels, none has 4 * width",
)
class NormFirst(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        def before(a, b, kernel=1, stride=1):
            conv = nn.Conv2d(a, b, kernel, stride, padding=kernel // 2, bias=False)
            return nn.Sequential(nn.BatchNorm2d(a), nn.ReLU(), conv)

        return nn.Sequential(before(in_channels, width), before(width, width, 3, stride), before(width, 4 * width))


@answers.wrong(
    "ignores-shortcut",
    "a forward of its own adds x, not shortcut(x), and adds it to plain blocks too: crashes for a projection, plain blocks have a shortcut",
)
class AddsX(Residual):
    expansion = 4

    def __init__(self, in_channels, width, stride, shortcut):
        nn.Module.__init__(self)
        self.inside = self.layers(in_channels, width, stride)
        self.shortcut = shortcut

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            pair(in_channels, width), pair(width, width, 3, stride), pair(width, 4 * width, relu=False)
        )

    def forward(self, x):
        return F.relu(self.inside(x) + x)


@answers.wrong("stride", "the stride is never read, the 3x3 always has stride 1: with stride 2 the map keeps its size")
class NoStride(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(pair(in_channels, width), pair(width, width, 3), pair(width, 4 * width, relu=False))


@answers.right  # one flat row made by a loop, names in a dictionary
class Flat(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        row = OrderedDict()
        channels = [in_channels, width, width, width * self.expansion]
        for k, (a, b) in enumerate(itertools.pairwise(channels)):
            size = 3 if k == 1 else 1
            row[f"conv{k}"] = nn.Conv2d(a, b, size, stride if k == 1 else 1, size // 2, bias=False)
            row[f"norm{k}"] = nn.BatchNorm2d(b)
            if k < 2:
                row[f"relu{k}"] = nn.ReLU(inplace=True)
        return nn.Sequential(row)


class Inner(nn.Module):
    """The layers as a module of its own, from the last to the first, with functional ReLUs."""

    def __init__(self, in_channels, width, stride):
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in (width, width, 4 * width))
        self.up = nn.Conv2d(width, 4 * width, (1, 1), bias=False)
        self.middle = nn.Conv2d(width, width, (3, 3), (stride, stride), (1, 1), bias=False)
        self.down = nn.Conv2d(in_channels, width, (1, 1), bias=False)

    def forward(self, x):
        x = torch.relu(self.norms[0](self.down(x)))
        x = torch.relu(self.norms[1](self.middle(x)))
        return self.norms[2](self.up(x))


@answers.right  # layers() returns an own module with a forward instead of a Sequential, and needs no self
class OwnModule(Residual):
    expansion = 4

    @staticmethod
    def layers(in_channels, width, stride):
        return Inner(in_channels, width, stride)


@answers.right  # writes __init__ and forward itself, made as BasicBlock is: same properties without Residual's parts
class ByHand(Residual):
    expansion = 4

    def __init__(self, in_channels, width, stride, shortcut):
        nn.Module.__init__(self)
        self.stem = nn.Sequential(pair(in_channels, width), pair(width, width, 3, stride))
        self.last = pair(width, 4 * width, relu=False)
        self.shortcut = shortcut

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            pair(in_channels, width), pair(width, width, 3, stride), pair(width, 4 * width, relu=False)
        )

    def forward(self, x):
        out = self.last(self.stem(x))
        return F.relu(out if self.shortcut is None else out + self.shortcut(x))
