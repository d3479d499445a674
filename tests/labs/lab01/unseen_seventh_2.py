"""Answers to 01.2 by students who know its text alone."""

import itertools
from collections import OrderedDict

import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

from resnet_labs.given import Residual

answers = Answers("01.2", "check_bottleneck")


@answers.wrong("?", "the stride is in the first 1x1, as in the paper, not in the 3x3: other values for stride 2")
class StrideInTheFirst(Residual):
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


@answers.wrong("?", "a ReLU behind the third batch norm too: nothing negative can be added to the shortcut")
class ReluBehindTheThird(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        body = nn.Sequential()
        for here, there, kernel, step in (
            (in_channels, width, 1, 1),
            (width, width, 3, stride),
            (width, 4 * width, 1, 1),
        ):
            body.append(nn.Conv2d(here, there, kernel, step, kernel // 2, bias=False))
            body.append(nn.BatchNorm2d(there))
            body.append(nn.ReLU())
        return body


@answers.wrong("?", "ReLU and batch norm are exchanged: the ReLU is behind the convolution, not behind the pair")
class ReluBeforeNorm(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.ReLU(),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.ReLU(),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "?", "one batch norm behind the first two convolutions: 2 * width parameters too few, and mixed statistics"
)
class SharedNorm(Residual):
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


@answers.wrong("?", "leads back to in_channels, not to 4 * width: right for 256 and 64, wrong for 64 and 64")
class BackToTheInput(Residual):
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


@answers.wrong("?", "reduces to a quarter of in_channels and not to width: right for 256 and 64, wrong for 64 and 64")
class QuarterOfTheInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        few = max(in_channels // self.expansion, 1)
        return nn.Sequential(
            nn.Conv2d(in_channels, few, 1, bias=False),
            nn.BatchNorm2d(few),
            nn.ReLU(),
            nn.Conv2d(few, few, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(few),
            nn.ReLU(),
            nn.Conv2d(few, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "?", "the padding of the 3x3 is the stride: right for stride 1, one pixel too many and shifted for stride 2"
)
class PaddingIsTheStride(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, stride, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "?", "keeps the layers of each shape in a dict of the class: two blocks of the same shape share their weights"
)
class Remembered(Residual):
    expansion = 4
    known = {}

    def layers(self, in_channels, width, stride):
        key = in_channels, width, stride
        if key not in self.known:
            self.known[key] = nn.Sequential(
                nn.Conv2d(in_channels, width, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.Conv2d(width, 4 * width, 1, bias=False),
                nn.BatchNorm2d(4 * width),
            )
        return self.known[key]


@answers.wrong(
    "?", "the last batch norm begins with weight 0, not with its default 1: a new block adds nothing to the shortcut"
)
class ZeroGamma(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        last = nn.BatchNorm2d(4 * width)
        nn.init.zeros_(last.weight)
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            last,
        )


@answers.wrong("?", "a forward of its own, whose plain branch has no last ReLU: shows with shortcut=None")
class OwnForward(Residual):
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
        )

    def forward(self, x):
        out = self.residual(x)
        return out if self.shortcut is None else F.relu(out + self.shortcut(x))


@answers.wrong(
    "?", "the padding is in the first 1x1, not in the 3x3: same shapes, but batch norm lifts the border off zero"
)
class PaddingInTheFirst(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong("?", "returns a function around a plain list, not a module: the block has no parameters")
class FunctionNotModule(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        steps = [
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        ]

        def run(x):
            for step in steps:
                x = step(x)
            return x

        return run


@answers.wrong(
    "?", "ReLU6 in place of ReLU: what is above 6 behind a batch norm is cut off, for one bright pixel on a large map"
)
class CutsAtSix(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU6(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU6(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.wrong(
    "?",
    "takes the stride only where the channels change: with in_channels = 4 * width and stride 2 the map keeps its size",
)
class StrideIfTheChannelsChange(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        step = stride if in_channels != 4 * width else 1
        return nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, step, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )


@answers.right
class Named(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            OrderedDict(
                reduce=nn.Conv2d(in_channels, width, 1, bias=False),
                norm1=nn.BatchNorm2d(width),
                relu1=nn.ReLU(inplace=True),
                middle=nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
                norm2=nn.BatchNorm2d(width),
                relu2=nn.ReLU(inplace=True),
                expand=nn.Conv2d(width, 4 * width, 1, bias=False),
                norm3=nn.BatchNorm2d(4 * width),
            )
        )


@answers.right
class Pairwise(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        channels = [in_channels, width, width, self.expansion * width]
        pairs = []
        for k, (here, there) in enumerate(itertools.pairwise(channels)):
            size = 3 if k == 1 else 1
            conv = nn.Conv2d(here, there, size, stride if k == 1 else 1, padding=size // 2, bias=False)
            pairs.append([conv, nn.BatchNorm2d(there), nn.ReLU()])
        return nn.Sequential(*list(itertools.chain.from_iterable(pairs))[:-1])


class Inner(nn.Module):
    def __init__(self, in_channels, width, stride):
        super().__init__()
        self.convs = nn.ModuleList(
            [
                nn.Conv2d(in_channels, width, (1, 1), bias=False),
                nn.Conv2d(width, width, (3, 3), (stride, stride), (1, 1), bias=False),
                nn.Conv2d(width, width * 4, (1, 1), bias=False),
            ]
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(conv.out_channels) for conv in self.convs)

    def forward(self, x):
        for k in range(3):
            x = self.norms[k](self.convs[k](F.relu(x) if k else x))
        return x


@answers.right
class WithAnInnerModule(Residual):
    expansion = 4

    def layers(self, *shape):
        return Inner(*shape)


@answers.right
class Recursive(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        plan = [(in_channels, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1)]

        def build(rest):
            (here, there, size, step), *rest = rest
            first = nn.Sequential(
                nn.Conv2d(here, there, size, step, padding="same" if size == 1 else 1, bias=False),
                nn.BatchNorm2d(there),
            )
            return nn.Sequential(first, nn.ReLU(), build(rest)) if rest else first

        return build(plan)


@answers.right
class KeepsThemToo(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.conv3 = nn.Conv2d(width, 4 * width, kernel_size=1, bias=False)
        self.bn1, self.bn2, self.bn3 = map(nn.BatchNorm2d, (width, width, 4 * width))
        relu = nn.ReLU()
        return nn.Sequential(self.conv1, self.bn1, relu, self.conv2, self.bn2, relu, self.conv3, self.bn3)


@answers.right
class OwnInit(Residual):
    expansion = 4

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)

    @staticmethod
    def pair(here, there, kernel, **options):
        return [nn.Conv2d(here, there, kernel, bias=False, **options), nn.BatchNorm2d(there)]

    def layers(self, in_channels, width, stride):
        body = nn.Sequential()
        body.extend(self.pair(in_channels, width, 1))
        body.append(nn.ReLU())
        body.extend(self.pair(width, width, 3, stride=stride, padding=1))
        body.append(nn.ReLU())
        body.extend(self.pair(width, width * self.expansion, 1))
        return body

    def forward(self, x):
        return super().forward(x)
