"""Answers to 01.2 by students who know its text alone."""

import itertools
from collections import OrderedDict

import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

from resnet_labs.given import Residual

answers = Answers("01.2", "check_bottleneck")

from functools import partial, reduce


def pair(c, d, kernel, stride=1, **options):
    """Return a convolution and its batch norm."""
    conv = nn.Conv2d(c, d, kernel, stride, padding=kernel // 2, bias=False, **options)
    return [conv, nn.BatchNorm2d(d)]


class Good(Residual):
    """A right block, from which some answers below are made by one mistake each."""

    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *pair(in_channels, width, 1),
            nn.ReLU(),
            *pair(width, width, 3, stride),
            nn.ReLU(),
            *pair(width, 4 * width, 1),
        )


@answers.wrong("?", "the stride is in the first 1x1, as in the paper, where the text wants it in the 3x3")
class StrideInFirst(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *pair(in_channels, width, 1, stride),
            nn.ReLU(),
            *pair(width, width, 3),
            nn.ReLU(),
            *pair(width, 4 * width, 1),
        )


@answers.wrong("?", "the stride is in the last 1x1: the shape is right, and the 3x3 works on four times as many pixels")
class StrideInLast(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *pair(in_channels, width, 1),
            nn.ReLU(),
            *pair(width, width, 3),
            nn.ReLU(),
            *pair(width, 4 * width, 1, stride),
        )


@answers.wrong("?", "a third ReLU behind the last batch norm, where the text wants one behind the first two pairs only")
class ThreeRelus(Good):
    def layers(self, *sizes):
        return super().layers(*sizes).append(nn.ReLU())


@answers.wrong("?", "no ReLU between the 3x3's batch norm and the last 1x1")
class OneRelu(Good):
    def layers(self, *sizes):
        made = super().layers(*sizes)
        del made[5]
        return made


@answers.wrong(
    "?",
    "the 3x3 has no padding and the last 1x1 has one: shapes fit, and the border of the map is the convolution of zeros",
)
class PaddingInTheLast(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *pair(in_channels, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, padding=1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong("?", "256 output channels are written in as a number: right for width 64 only")
class For256(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *pair(in_channels, width, 1), nn.ReLU(), *pair(width, width, 3, stride), nn.ReLU(), *pair(width, 256, 1)
        )


@answers.wrong(
    "?",
    "the few channels are in_channels // 4 and not width: right for 256 and 64, wrong for the first block of a stage",
)
class QuarterOfTheInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        few = in_channels // 4
        return nn.Sequential(
            *pair(in_channels, few, 1), nn.ReLU(), *pair(few, few, 3, stride), nn.ReLU(), *pair(few, 4 * width, 1)
        )


@answers.wrong("?", "the last 1x1 leads back to in_channels and not to 4 * width: right only where the two are equal")
class BackToInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *pair(in_channels, width, 1),
            nn.ReLU(),
            *pair(width, width, 3, stride),
            nn.ReLU(),
            *pair(width, in_channels, 1),
        )


@answers.wrong("?", "the 3x3 already widens to 4 * width, so that the expensive kernel meets many channels")
class WidensEarly(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *pair(in_channels, width, 1),
            nn.ReLU(),
            *pair(width, 4 * width, 3, stride),
            nn.ReLU(),
            *pair(4 * width, 4 * width, 1),
        )


@answers.wrong("?", "the basic block's two 3x3 convolutions, as report r3 has it, with 4 * width channels")
class TwoOfThree(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(*pair(in_channels, width, 3, stride), nn.ReLU(), *pair(width, 4 * width, 3))


@answers.wrong("?", "one batch norm stands behind the first and the second convolution, with statistics mixed")
class SharedNorm(Good):
    def layers(self, *sizes):
        made = super().layers(*sizes)
        made[4] = made[1]
        return made


@answers.wrong("?", "batch norm and ReLU stand in front of each convolution (pre-activation), not behind")
class PreActivation(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
        )


@answers.wrong(
    "?", "the 3x3 is depthwise (groups=width) and does not mix the channels: 34,112 in place of 70,400 parameters"
)
class Depthwise(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *pair(in_channels, width, 1),
            nn.ReLU(),
            *pair(width, width, 3, stride, groups=width),
            nn.ReLU(),
            *pair(width, 4 * width, 1),
        )


@answers.wrong("?", "an __init__ of its own hands None on to Residual, so that the shortcut that is given is lost")
class LostShortcut(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, None)


@answers.wrong(
    "?",
    "a forward of its own adds the input where no shortcut is given and the shapes fit, and so makes plain blocks residual",
)
class AddsAgain(Good):
    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        elif out.shape == x.shape:
            out = out + x
        return F.relu(out)


@answers.wrong("?", "a forward of its own forgets the ReLU after the sum: the output has negative numbers")
class NoLastRelu(Good):
    def forward(self, x):
        out = self.residual(x)
        return out if self.shortcut is None else out + self.shortcut(x)


@answers.wrong(
    "?",
    "the layers begin with an in-place ReLU, which changes the block's input, and with it what the shortcut adds, where it is negative",
)
class ChangesTheInput(Good):
    def layers(self, *sizes):
        return nn.Sequential(nn.ReLU(inplace=True), super().layers(*sizes))


@answers.wrong("?", "expansion stays the basic block's 1, though the block gives 4 * width channels")
class ExpansionOne(Good):
    expansion = 1


@answers.wrong(
    "?", "the stride is left out where in_channels is 4 * width already: wrong for stride 2 with equal channels"
)
class StrideOnlyWhereWider(Good):
    def layers(self, in_channels, width, stride):
        return super().layers(in_channels, width, 1 if in_channels == 4 * width else stride)


@answers.wrong(
    "?", "layers of the same sizes are made once and remembered, so that all blocks of a stage share their weights"
)
class Remembered(Good):
    made = {}

    def layers(self, *sizes):
        if sizes not in self.made:
            self.made[sizes] = super().layers(*sizes)
        return self.made[sizes]


@answers.right
class Named(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(in_channels, width, 1, bias=False),
                bn1=nn.BatchNorm2d(width),
                relu1=nn.ReLU(inplace=True),
                conv2=nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False),
                bn2=nn.BatchNorm2d(width),
                relu2=nn.ReLU(inplace=True),
                conv3=nn.Conv2d(width, width * self.expansion, 1, bias=False),
                bn3=nn.BatchNorm2d(width * self.expansion),
            )
        )


@answers.right
class Zipped(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        channels = [in_channels, width, width, 4 * width]
        kernels, strides = (1, 3, 1), (1, stride, 1)
        made = []
        for (c, d), kernel, step in zip(itertools.pairwise(channels), kernels, strides):
            made += [*pair(c, d, kernel, step), nn.ReLU()]
        return nn.Sequential(*made[:-1])


class Chain(nn.Module):
    def __init__(self, in_channels, width, stride):
        super().__init__()
        self.convs = nn.ModuleDict(
            {
                "reduce": nn.Conv2d(in_channels, width, (1, 1), bias=False),
                "work": nn.Conv2d(width, width, (3, 3), (stride,) * 2, (1, 1), bias=False),
                "widen": nn.Conv2d(width, 4 * width, (1, 1), bias=False),
            }
        )
        self.norms = nn.ModuleDict({k: nn.BatchNorm2d(c.out_channels) for k, c in self.convs.items()})

    def forward(self, x):
        reduced = self.norms["reduce"](self.convs["reduce"](x)).relu()
        worked = F.relu(self.norms["work"](self.convs["work"](reduced)))
        return self.norms["widen"](self.convs["widen"](worked))


@answers.right
class OwnModule(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return Chain(in_channels, width, stride)


@answers.right
class NestedSequentials(Residual):
    expansion = 2 * 2

    def layers(self, in_channels, width, stride):
        conv = partial(nn.Conv2d, bias=False)
        low = nn.Sequential(nn.Sequential(conv(in_channels, width, 1), nn.BatchNorm2d(width)), nn.ReLU())
        middle = nn.Sequential(
            nn.Sequential(conv(width, width, 3, stride=(stride, stride), padding=(1, 1)), nn.BatchNorm2d(width)),
            nn.ReLU(),
        )
        high = nn.Sequential(conv(width, 4 * width, 1), nn.BatchNorm2d(4 * width))
        return nn.Sequential(low, middle, high)


@answers.right
class Reduced(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        steps = [(1, 1, width), (3, stride, width), (1, 1, 4 * width)]

        def grow(state, step):
            made, c = state
            kernel, stride_here, d = step
            relu = [nn.Identity() if not made else nn.ReLU()]
            return made + relu + pair(c, d, kernel, stride_here), d

        return nn.Sequential(*reduce(grow, steps, ([], in_channels))[0])


class PaddedByHand(nn.Module):
    """A 3x3 convolution and its norm, called in a method of another name."""

    def __init__(self, c, d, kernel, stride):
        super().__init__()
        self.add_module("0", nn.Conv2d(c, d, kernel, stride, (kernel - 1) // 2, bias=False))
        self.add_module("1", nn.BatchNorm2d(d))

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x


@answers.right
class Recursive(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        def build(c, rest):
            (kernel, step, d), *others = rest
            here = PaddedByHand(c, d, kernel, step)
            if not others:
                return here
            return nn.Sequential(here, nn.ReLU(), build(d, others))

        return build(in_channels, [(1, 1, width), (3, stride, width), (1, 1, width * 4)])
