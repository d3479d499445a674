"""Right and wrong answers to exercise 01.1: the basic block."""

from __future__ import annotations

import torch
from helpers.answers import Answers
from labs.lab01.shared import MISTAKES, Basic, changed
from torch import nn
from torch.utils.checkpoint import checkpoint

from resnet_labs import blocks

answers = Answers("01.1", "check_basic_block")


for change, reason in MISTAKES:
    answers.wrong(reason)(changed(Basic, change))

answers.wrong("stride")(changed(Basic, geometries=lambda i, w, s: [(i, w, 3, 1), (w, w, 3, s)]))
answers.wrong("stride")(changed(Basic, geometries=lambda i, w, s: [(i, w, 3, s), (w, w, 3, s)]))
answers.wrong("stride")(changed(Basic, geometries=lambda i, w, s: [(i, w, 3, 1), (w, w, 3, 1)]))
answers.wrong("geometry")(changed(Basic, geometries=lambda i, w, s: [(i, i, 3, s), (i, w, 3, 1)]))
answers.wrong("conv-count")(changed(Basic, geometries=lambda i, w, s: [(i, w, 3, s)]))


@answers.wrong("not-a-module")
def block_function(in_channels, width, stride, shortcut):
    return lambda x: x


answers.right(Basic)


@answers.right
class BasicInOneSequence(nn.Module):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.way_round = shortcut
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding="same", bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x):
        added = 0 if self.way_round is None else self.way_round(x)
        return torch.relu(self.body(x) + added)


@answers.right
class BasicInAnotherOrder(nn.Module):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.second, self.first_norm = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.second_norm = nn.BatchNorm2d(width)
        self.first = nn.Conv2d(in_channels, width, kernel_size=(3, 3), stride=stride, padding=(1, 1), bias=False)
        if shortcut is not None:
            self.shortcut = shortcut

    def forward(self, x):
        out = self.second_norm(self.second(self.first_norm(self.first(x)).clamp(min=0)))
        if hasattr(self, "shortcut"):
            out += self.shortcut(x)
        return out.clamp_(min=0)


@answers.right
class OurBasic(blocks.BasicBlock):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride=stride, shortcut="none")
        self.downsample = shortcut


@answers.wrong("statistics-twice")
class Recomputed(Basic):
    def forward(self, x):
        return checkpoint(super().forward, x, use_reentrant=False)


@answers.wrong("kept-output")
class KeepsItsOutput(Basic):
    def forward(self, x):
        self.last = super().forward(x)
        return self.last


@answers.wrong("misfit")
class Forgiving(Basic):
    def forward(self, x):
        try:
            return super().forward(x)
        except RuntimeError:
            return x


@answers.wrong("dtype")
class AddsSingleZeros(Basic):
    def forward(self, x):
        return super().forward(x) + torch.zeros(1)


class SlowStatistics(Basic):
    def __init__(self, *given):
        super().__init__(*given)
        for norm in self.norms:
            norm.momentum = 0.01


answers.wrong("norm-options")(SlowStatistics)
