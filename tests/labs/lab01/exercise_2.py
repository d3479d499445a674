"""Right and wrong answers to exercise 01.2: the bottleneck."""

from __future__ import annotations

import torch.nn.functional as F
from helpers.answers import Answers
from labs.lab01.shared import MISTAKES, Basic, Right, changed
from torch import nn

from resnet_labs import blocks
from resnet_labs.given import Residual

answers = Answers("01.2", "check_bottleneck")


@answers.right
class Bottleneck(Right):
    geometries = staticmethod(lambda i, w, s: [(i, w, 1, 1), (w, w, 3, s), (w, 4 * w, 1, 1)])


for change, reason in MISTAKES:
    answers.wrong(reason)(changed(Bottleneck, change))


class NoFirstRelu:
    def branch(self, x):
        x = self.norms[0](self.convs[0](x))
        x = F.relu(self.norms[1](self.convs[1](x)))
        return self.norms[2](self.convs[2](x))


answers.wrong("no-relu-1")(changed(Bottleneck, NoFirstRelu))


class NoSecondRelu:
    def branch(self, x):
        x = F.relu(self.norms[0](self.convs[0](x)))
        x = self.norms[1](self.convs[1](x))
        return self.norms[2](self.convs[2](x))


answers.wrong("no-relu-2")(changed(Bottleneck, NoSecondRelu))


answers.wrong("geometry")(
    changed(Bottleneck, geometries=lambda i, w, s: [(i, w, 1, 1), (w, w, 3, s), (w, 4 * i, 1, 1)])
)
answers.wrong("two-3x3")(changed(Bottleneck, geometries=lambda i, w, s: [(i, w, 3, s), (w, 4 * w, 3, 1)]))
answers.wrong("stride")(changed(Bottleneck, geometries=lambda i, w, s: [(i, w, 1, s), (w, w, 3, 1), (w, 4 * w, 1, 1)]))
answers.wrong("stride")(changed(Bottleneck, geometries=lambda i, w, s: [(i, w, 1, 1), (w, w, 3, 1), (w, 4 * w, 1, s)]))
answers.wrong("geometry")(changed(Bottleneck, geometries=lambda i, w, s: [(i, w, 1, 1), (w, w, 3, s), (w, w, 1, 1)]))
answers.wrong("geometry")(
    changed(Bottleneck, geometries=lambda i, w, s: [(i, w, 3, 1), (w, w, 3, s), (w, 4 * w, 3, 1)])
)
answers.wrong("conv-count")(changed(Bottleneck, geometries=lambda i, w, s: [(i, w, 1, 1), (w, 4 * w, 3, s)]))
answers.wrong("two-3x3")(Basic)


@answers.right
class OurBottleneck(blocks.Bottleneck):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride=stride, shortcut="none")
        self.downsample = shortcut


@answers.right
class BottleneckInOneSequence(nn.Module):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        layers = []
        for i, o, k, s in [(in_channels, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1)]:
            layers += [nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.body, self.relu = nn.Sequential(*layers[:-1]), layers[-1]
        self.shortcut = shortcut

    def forward(self, x):
        return self.relu(self.body(x)) if self.shortcut is None else self.relu(self.shortcut(x) + self.body(x))


@answers.right
class InTheGivenFrame(Residual):
    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *(nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()),
            *(nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()),
            *(nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)),
        )


@answers.wrong("relu-before-and-after")
class ReluBehindTheLastNorm(InTheGivenFrame):
    def layers(self, in_channels, width, stride):
        return super().layers(in_channels, width, stride).append(nn.ReLU())


@answers.wrong("stride")
class StrideInTheFirst(Residual):
    def layers(self, in_channels, width, stride):
        return nn.Sequential(
            *(nn.Conv2d(in_channels, width, 1, stride, bias=False), nn.BatchNorm2d(width), nn.ReLU()),
            *(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()),
            *(nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)),
        )


@answers.wrong("no-skip")
class OwnForward(InTheGivenFrame):
    def forward(self, x):
        return self.residual(x).relu()


@answers.wrong("statistics-still")
class WithoutMomentum(Bottleneck):
    def forward(self, x):
        self.norms[-1].momentum = 0.0
        return super().forward(x)


class BeginsAtZero(Bottleneck):
    def __init__(self, *given):
        super().__init__(*given)
        nn.init.zeros_(self.norms[-1].weight)


answers.wrong("norm-options")(BeginsAtZero)
