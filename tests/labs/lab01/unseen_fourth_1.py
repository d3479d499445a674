"""Answers to 01.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.1", "check_basic_block")


def conv3(a, b, stride=1):
    return nn.Conv2d(a, b, 3, stride, padding=1, bias=False)


@answers.wrong(
    "truthy-shortcut",
    "tests `if self.shortcut`: an empty nn.Sequential() given as shortcut (an identity) is falsy, so nothing is added",
)
class FalsyShortcut(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.shortcut:
            out = out + self.shortcut(x)
        return torch.relu(out)


@answers.wrong(
    "changes-input",
    "adds in place to what the shortcut returns: with nn.Identity() x itself is overwritten, or backward fails",
)
class OverwritesInput(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.body = nn.Sequential(
            conv3(in_channels, width, stride),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            conv3(width, width),
            nn.BatchNorm2d(width),
        )
        self.shortcut = shortcut

    def forward(self, x):
        if self.shortcut is None:
            return torch.relu(self.body(x))
        inner = self.body(x)
        out = self.shortcut(x)
        out += inner
        return torch.relu(out)


@answers.wrong(
    "relu-before-and-after",
    "ReLU after the second batch norm, before the sum: negative F(x) is cut off, so values differ for every input",
)
class ReluBeforeSum(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = shortcut

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return self.relu(out)


@answers.wrong(
    "shared", "one batch norm for both convolutions: parameters are too few, and running statistics are a mix of both"
)
class SharedNorm(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.conv2 = conv3(width, width)
        self.bn = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn(self.conv1(x)))
        out = self.bn(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "stride", "the stride is in the second convolution: with stride 2 the shape is right and the values are others"
)
class StrideInSecond(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3(width, width, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "plain-has-skip", "with shortcut=None it adds x wherever the shapes agree: the plain block is not plain at stride 1"
)
class NoneIsIdentity(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        identity = x
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            identity = self.shortcut(x)
        if identity.shape == out.shape:
            out = out + identity
        return F.relu(out)


@answers.wrong(
    "conv-count",
    "layers in a Python list: parameters() lacks both convolutions and norms, .to(device) and .eval() miss them",
)
class HiddenLayers(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.layers = [
            conv3(in_channels, width, stride),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            conv3(width, width),
            nn.BatchNorm2d(width),
        ]
        self.shortcut = shortcut

    def forward(self, x):
        out = x
        for layer in self.layers:
            out = layer(out)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "no-final-relu", "the last ReLU is inside the `if`: a plain block (shortcut=None) returns negative values"
)
class PlainWithoutRelu(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = F.relu(out + self.shortcut(x))
        return out


@answers.wrong(
    "norm-kind",
    "a batch norm without running statistics: in eval mode it normalises by the batch, so an image's output depends on the others",
)
class BatchStatisticsInEval(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width, track_running_stats=False)
        self.conv2 = conv3(width, width)
        self.bn2 = nn.BatchNorm2d(width, track_running_stats=False)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "detached", "calls the shortcut without gradients: a projection gets no gradient, and none reaches x on that path"
)
class NoGradShortcut(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            with torch.no_grad():
                around = self.shortcut(x)
            out = out + around
        return F.relu(out)


@answers.wrong(
    "ignores-shortcut",
    "calls the shortcut only where the shape changes: at equal shapes it adds x itself, so a given projection is ignored",
)
class IdentityAtEqualShapes(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut
        self.same = stride == 1 and in_channels == width

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is None:
            return F.relu(out)
        return F.relu(out + (x if self.same else self.shortcut(x)))


@answers.wrong(
    "geometry", "the second convolution takes in_channels: crashes whenever in_channels differs from width (64 to 128)"
)
class SecondTakesInput(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = conv3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3(in_channels, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.right  # a Sequential with a forward of its own: the shortcut is hidden from the row by its own method
class FromSequential(nn.Sequential):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(
            conv3(in_channels, width, stride),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            conv3(width, width),
            nn.BatchNorm2d(width),
        )
        self.around = [] if shortcut is None else nn.ModuleList([shortcut])

    def forward(self, x):
        out = x
        for layer in list(self.children())[:5]:
            out = layer(out)
        return torch.relu(sum((layer(x) for layer in self.around), out))


@answers.right  # layers made in the reverse order, the last ReLU as a threshold, the shortcut called first
class Backwards(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.shortcut = shortcut
        self.second_norm = nn.BatchNorm2d(num_features=width)
        self.second = nn.Conv2d(width, width, kernel_size=(3, 3), padding="same", bias=False)
        self.first_norm = nn.BatchNorm2d(num_features=width)
        self.first = nn.Conv2d(
            in_channels, width, kernel_size=(3, 3), stride=(stride, stride), padding=(1, 1), bias=False
        )

    def forward(self, x):
        around = 0 if self.shortcut is None else self.shortcut(x)
        inner = F.threshold(self.first_norm(self.first(x)), 0, 0)
        return F.threshold(self.second_norm(self.second(inner)) + around, 0, 0)


@answers.right  # the path without a shortcut is chosen when the block is made; out += is in place on its own tensor only
class ChosenOnce(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.pairs = nn.ModuleList(
            nn.ModuleDict({"conv": conv3(a, width, s), "norm": nn.BatchNorm2d(width)})
            for a, s in ((in_channels, stride), (width, 1))
        )
        self.add_module("shortcut", shortcut)

    def forward(self, x):
        first, second = self.pairs
        out = first["norm"](first["conv"](x)).relu_()
        out = second["norm"](second["conv"](out))
        if self.shortcut is not None:
            out += self.shortcut(x)
        return out.relu_()
