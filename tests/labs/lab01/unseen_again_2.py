"""More answers to 01.2 by someone who knew the exercise and not its check."""

from helpers.answers import Answers
from torch import nn

from resnet_labs.given import Residual

answers = Answers("01.2", "check_bottleneck")


def _pair(inside, outside, kernel, stride=1, **options):
    padding = kernel // 2
    return [nn.Conv2d(inside, outside, kernel, stride, padding, bias=False, **options), nn.BatchNorm2d(outside)]


# Made in a loop.
@answers.right
class InLoop(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        stack, now = nn.Sequential(), in_channels
        for number, (kernel, outside, step) in enumerate([(1, width, 1), (3, width, stride), (1, 4 * width, 1)]):
            if number:
                stack.append(nn.ReLU())
            stack.extend(_pair(now, outside, kernel, step))
            now = outside
        return stack


# A module of its own instead of nn.Sequential.
class _Stack(nn.Module):
    def __init__(self, in_channels, width, stride):
        super().__init__()
        self.a, self.na = _pair(in_channels, width, 1)
        self.b, self.nb = _pair(width, width, 3, stride)
        self.c, self.nc = _pair(width, width * 4, 1)

    def forward(self, x):
        x = self.na(self.a(x)).relu()
        x = self.nb(self.b(x)).relu()
        return self.nc(self.c(x))


@answers.right
class OwnModule(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return _Stack(in_channels, width, stride)


# Nested sequences, ReLU in place on tensors of its own.
@answers.right
class Nested(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Sequential(*_pair(in_channels, width, 1), nn.ReLU(True)),
            nn.Sequential(*_pair(width, width, 3, stride), nn.ReLU(True)),
            nn.Sequential(*_pair(width, self.expansion * width, 1)),
        )


@answers.wrong("stride", "the stride is in the first 1x1: other values with stride 2")
class StrideFirst(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *_pair(in_channels, width, 1, stride),
            nn.ReLU(),
            *_pair(width, width, 3),
            nn.ReLU(),
            *_pair(width, 4 * width, 1),
        )


@answers.wrong("stride", "stride is never read: with stride 2 the map is too large for the shortcut")
class NoStride(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3),
            nn.ReLU(),
            *_pair(width, 4 * width, 1),
        )


@answers.wrong("geometry", "the last 1x1 leads back to in_channels: wrong where in_channels is not 4 * width")
class BackToInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3, stride),
            nn.ReLU(),
            *_pair(width, in_channels, 1),
        )


@answers.wrong("relu-before-and-after", "a ReLU behind the third batch norm: what is added is never negative")
class ReluThree(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3, stride),
            nn.ReLU(),
            *_pair(width, 4 * width, 1),
            nn.ReLU(),
        )


@answers.wrong("no-relu-2", "no ReLU between the 3x3 and the last 1x1: other values")
class OneRelu(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3, stride),
            *_pair(width, 4 * width, 1),
        )


@answers.wrong(
    "geometry", "the width is in_channels // 4 and not the given one: wrong where in_channels is not 4 * width"
)
class WidthFromInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        width = in_channels // 4
        return nn.Sequential(
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3, stride),
            nn.ReLU(),
            *_pair(width, 4 * width, 1),
        )


@answers.wrong("changes-input", "the first ReLU is in place and before the convolutions: it changes the block's input")
class ReluFirst(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.ReLU(inplace=True),
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3, stride),
            nn.ReLU(),
            *_pair(width, 4 * width, 1),
        )


@answers.wrong("shared", "the first two batch norms are one layer: shared weights and statistics")
class SharedNorm(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        norm = nn.BatchNorm2d(width)
        return nn.Sequential(
            _pair(in_channels, width, 1)[0],
            norm,
            nn.ReLU(),
            _pair(width, width, 3, stride)[0],
            norm,
            nn.ReLU(),
            *_pair(width, 4 * width, 1),
        )


@answers.wrong(
    "expansion", "expansion is left at 1: a network that asks for width * expansion channels takes the wrong number"
)
class ExpansionOne(Residual):
    expansion = 1

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3, stride),
            nn.ReLU(),
            *_pair(width, 4 * width, 1),
        )


@answers.wrong(
    "conv-options",
    "the 3x3 is grouped, one filter a channel: other values and too few weights as soon as width is above 1",
)
class Depthwise(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3, stride, groups=width),
            nn.ReLU(),
            *_pair(width, 4 * width, 1),
        )


@answers.wrong(
    "stride",
    "the stride is a mean over 2x2 pixels behind the 3x3, not a stride of it: other values, and 7 pixels become 3",
)
class PoolsInstead(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *_pair(in_channels, width, 1),
            nn.ReLU(),
            *_pair(width, width, 3),
            nn.ReLU(),
            nn.AvgPool2d(stride),
            *_pair(width, 4 * width, 1),
        )
