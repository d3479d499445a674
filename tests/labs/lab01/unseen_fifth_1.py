"""Answers to 01.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.1", "check_basic_block")


# a) common mistakes


@answers.wrong(
    "relu-before-and-after",
    "a ReLU between the last batch norm and the sum: what is added is never negative, for any input",
)
class ReluBeforeSum(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.shortcut = shortcut

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return self.relu(out)


@answers.wrong(
    "shared",
    "one batch norm for both convolutions: 128 parameters of the 73,984 are missing, and its averages mix two layers",
)
class OneNorm(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn(self.conv1(x)))
        out = self.bn(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("stride", "the stride is in the second convolution: other values of the right shape, for a stride of 2")
class StrideInSecond(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "plain-has-skip",
    "None is taken for an identity where channels and size stay: a plain block with stride 1 and in_channels = width is residual",
)
class NoneIsIdentity(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        elif x.shape == out.shape:
            out = out + x
        return F.relu(out)


# b) right for the visible example


@answers.wrong(
    "truthy-shortcut",
    "asks `if self.shortcut` in place of `is not None`: an empty nn.Sequential() is a layer that returns its input and is false, so nothing is added",
)
class TruthOfShortcut(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "stride",
    "drops pixels behind the first batch norm, not in the first convolution: the norm in training mode sees all pixels, which shows with a stride of 2",
)
class StrideBehindNorm(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut
        self.stride = stride

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))[:, :, :: self.stride, :: self.stride]
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "no-skip",
    "adds the shortcut only where the output has the shape of the input: a projection at the start of a stage is forgotten",
)
class AddsWhereShapeStays(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None and x.shape == out.shape:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("stride", "knows the strides 1 and 2 only: a stride of 3 becomes 2")
class OneOrTwo(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        stride = 1 if stride == 1 else 2
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


# c) a promise broken


@answers.wrong(
    "changes-input",
    "adds into what the shortcut returned: with nn.Identity() that is the input, which is changed in place",
)
class AddsIntoInput(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            kept = self.shortcut(x)
            kept += out
            out = kept
        return F.relu(out)


@answers.wrong(
    "gradient",
    "the input of the convolutions is detached: the gradient of the input comes through the shortcut only, all values are right",
)
class BranchDetached(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        inner = x if self.shortcut is None else x.detach()
        out = F.relu(self.bn1(self.conv1(inner)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "not-registered",
    "the shortcut is kept in a list, which hides it from parameters(), to() and train(): shows with a shortcut that has weights",
)
class HiddenShortcut(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.extras = [] if shortcut is None else [shortcut]

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        for layer in self.extras:
            out = out + layer(x)
        return F.relu(out)


@answers.wrong(
    "shortcut-runs",
    "calls the shortcut twice, once to compare shapes: in training mode the batch norm of a projection moves its averages twice in each pass",
)
class ShortcutTwice(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            if self.shortcut(x).shape != out.shape:
                raise ValueError("the shortcut does not fit")
            out = out + self.shortcut(x)
        return F.relu(out)


# right


@answers.right
class ListsOfLayers(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.way_around = shortcut
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(2))
        self.convs = nn.ModuleList(
            nn.Conv2d(channels, width, 3, step, padding=1, bias=False)
            for channels, step in ((in_channels, stride), (width, 1))
        )

    def forward(self, x):
        out = x
        for k, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            if k:
                out = out.relu()
            out = norm(conv(out))
        if self.way_around is None:
            return out.relu()
        return torch.stack([out, self.way_around(x)]).sum(0).relu()


@answers.right
class BackToFront(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        second = nn.Sequential(
            nn.Conv2d(width, width, (3, 3), (1, 1), (1, 1), bias=False),
            nn.BatchNorm2d(width),
        )
        first = nn.Sequential(
            nn.Conv2d(in_channels, width, (3, 3), (stride, stride), (1, 1), bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        self.register_module("second", second)
        self.register_module("first", first)
        self.register_module("shortcut", shortcut)

    def forward(self, x):
        out = self.second(self.first(x))
        if self.shortcut is not None:
            out += self.shortcut(x)  # out is new: nobody else holds it
        return F.relu_(out)


class _Sum(nn.Module):
    """Adds up what its parts make of the input."""

    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x, k=0):
        here = self.parts[k](x)
        return here if k + 1 == len(self.parts) else here + self.forward(x, k + 1)


@answers.right
class SumOfParts(nn.Sequential):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        def pair(channels, step):
            conv = nn.Conv2d(
                channels, width, kernel_size=3, stride=step, padding="same" if step == 1 else 1, bias=False
            )
            return [conv, nn.BatchNorm2d(width)]

        body = nn.Sequential(*pair(in_channels, stride), nn.ReLU(), *pair(width, 1))
        parts = [body] if shortcut is None else [body, shortcut]
        super().__init__(_Sum(*parts), nn.Threshold(0.0, 0.0))

    def forward(self, x):
        return super().forward(x)
