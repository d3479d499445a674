"""Answers to 01.2 by students who know its text alone."""

import itertools
from collections import OrderedDict

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

from resnet_labs.given import Residual

answers = Answers("01.2", "check_bottleneck")


# a) common mistakes


@answers.wrong("stride", "the stride is in the first 1x1, as in the paper: other values for a stride of 2")
class StrideInFirst(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, stride, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong("relu-before-and-after", "a third ReLU behind the third batch norm: what is added is never negative")
class ThirdRelu(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
            nn.ReLU(),
        )


@answers.wrong("shared", "the two inner convolutions share one batch norm: 128 of the 70,400 parameters are missing")
class SharedInnerNorm(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        norm, relu = nn.BatchNorm2d(width), nn.ReLU()
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
    "no-relu-2",
    "the ReLU behind the second pair is forgotten: the 3x3 and the last 1x1 are one linear map but for the norm",
)
class OneReluOnly(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


# b) right for the visible example


@answers.wrong(
    "geometry",
    "takes 4 * width input channels, whatever in_channels says: fails for the first block of a ResNet-50, from 64 to 64 channels inside",
)
class FourTimesIn(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(4 * width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "geometry", "the last 1x1 leads back to in_channels in place of 4 * width: wrong where a block changes the channels"
)
class BackToIn(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, in_channels, 1, bias=False),
            nn.BatchNorm2d(in_channels),
        )


@answers.wrong(
    "stride",
    "shrinks the map with a mean over neighbours behind the 3x3, which has no stride: other values for a stride of 2",
)
class PooledInside(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.AvgPool2d(stride, ceil_mode=True),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "padding",
    "the 3x3 is dilated by its stride (padding grows with it): same shapes and parameters, other values for a stride of 2",
)
class DilatedByStride(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=stride, dilation=stride, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


# c) a promise broken

_made = {}


@answers.wrong(
    "device",
    "keeps the layers of the first block of each shape and gives them to later ones: two blocks of a stage share their weights",
)
class SharedBlocks(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        key = in_channels, width, stride
        if key not in _made:
            _made[key] = nn.Sequential(
                nn.Conv2d(in_channels, width, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.Conv2d(width, 4 * width, 1, bias=False),
                nn.BatchNorm2d(4 * width),
            )
        return _made[key]


@answers.wrong(
    "leaves-behind",
    "seeds torch before it makes the layers: every block begins with the same weights, and the caller's random state is gone",
)
class SeedsItself(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "changes-input",
    "begins with an in-place ReLU: changes the caller's input, and what the identity adds, where the input is negative",
)
class ReluOnInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.ReLU(inplace=True),
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "frozen", "the last batch norm is frozen: its weight and bias do not train, all values of a new block are right"
)
class FrozenNorm(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width).requires_grad_(False),
        )


# right


@answers.right
class FromTable(Residual):
    expansion = 4

    @staticmethod
    def layers(in_channels, width, stride):
        outs = (width, width, 4 * width)
        rows = zip((in_channels, *outs), outs, (1, 3, 1), (1, stride, 1))
        relu = nn.ReLU(inplace=True)  # without parameters: one will do
        stack = itertools.chain.from_iterable(
            (
                nn.Conv2d(before, after, kernel, step, kernel // 2, bias=False),
                nn.BatchNorm2d(after),
                relu,
            )
            for before, after, kernel, step in rows
        )
        return nn.Sequential(*list(stack)[:-1])


class _Three(nn.Module):
    def __init__(self, in_channels, width, stride):
        super().__init__()
        self.norm = nn.ModuleList(nn.BatchNorm2d(n) for n in (width, width, 4 * width))
        self.expand = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.middle = nn.Conv2d(width, width, (3, 3), stride=(stride, stride), padding=(1, 1), bias=False)
        self.reduce = nn.Conv2d(in_channels, width, 1, bias=False)

    def forward(self, x):
        first, second, third = self.norm
        return third(self.expand(F.relu(second(self.middle(F.relu(first(self.reduce(x))))))))


@answers.right
class OwnModule(Residual):
    expansion = 4
    layers = staticmethod(_Three)


@answers.right
class Recursive(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        def chain(channels, rest):
            (out, kernel, step), *rest = rest
            named = OrderedDict()
            named["conv"] = nn.Conv2d(channels, out, kernel, step, padding=(kernel - 1) // 2, bias=False)
            named["norm"] = nn.BatchNorm2d(out)
            if rest:
                named["relu"] = nn.ReLU()
                named["rest"] = chain(out, rest)
            return nn.Sequential(named)

        wide = self.expansion * width
        return chain(in_channels, [(width, 1, 1), (width, 3, stride), (wide, 1, 1)])
