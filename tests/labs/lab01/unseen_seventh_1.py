"""Answers to 01.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.1", "check_basic_block")


@answers.wrong(
    "?", "the shortcut is tested for truth, not for None: an empty nn.Sequential, an identity, is false and lost"
)
class TruthOfTheShortcut(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.shortcut:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "?", "adds x itself where the shapes agree: a shortcut with weights from 8 to 8 channels is never called"
)
class AddsTheInputIfItFits(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.shortcut is not None:
            out = out + (x if x.shape == out.shape else self.shortcut(x))
        return F.relu(out)


@answers.wrong(
    "?", "the shortcut is kept in a list: its weights are no parameters of the block, and are neither trained nor moved"
)
class ShortcutInAList(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.shortcuts = [] if shortcut is None else [shortcut]

    def forward(self, x):
        out = self.body(x)
        for shortcut in self.shortcuts:
            out = out + shortcut(x)
        return out.relu()


@answers.wrong(
    "?", "the second convolution has the stride, not the first: other values for stride 2, of the right shape"
)
class StrideInTheSecond(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.shortcut = shortcut

    def forward(self, x):
        out = self.body(x)
        return F.relu(out if self.shortcut is None else out + self.shortcut(x))


@answers.wrong("?", "adds in place to what the shortcut returned: with nn.Identity the input of the block is changed")
class SumIntoTheShortcut(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.shortcut = shortcut

    def forward(self, x):
        out = self.body(x)
        if self.shortcut is None:
            return F.relu(out)
        total = self.shortcut(x)
        total += out
        return F.relu(total)


@answers.wrong("?", "the plain block has no last ReLU: with shortcut=None the output has negative numbers")
class PlainWithoutRelu(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return out if self.shortcut is None else (out + self.shortcut(x)).relu()


@answers.wrong("?", "knows strides 1 and 2 only: with stride 3 the convolution has stride 1")
class StrideTwoOrOne(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        step = 2 if stride == 2 else 1
        self.conv1 = nn.Conv2d(in_channels, width, 3, step, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return out.relu()


@answers.wrong(
    "?", "the batch norms have momentum 0.01, not the default: other running statistics after a pass in training mode"
)
class OtherMomentum(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width, momentum=0.01)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width, momentum=0.01)
        self.shortcut = shortcut

    def forward(self, x):
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return out.relu()


@answers.wrong(
    "?",
    "the second batch norm keeps no running statistics: in evaluation mode the output depends on the rest of the batch",
)
class NoRunningStatistics(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width, track_running_stats=False)
        self.shortcut = shortcut

    def forward(self, x):
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return out.relu()


@answers.wrong("?", "the shortcut gets a detached input: its own weights learn, but no gradient reaches x through it")
class ShortcutOfADetachedInput(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        kept = x.detach().clone()
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.shortcut is not None:
            out = out + self.shortcut(kept)
        return out.relu()


@answers.wrong("?", "casts the input to float32: a block in float64 that gets float64 raises a RuntimeError")
class FloatOnly(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        x = x.float()
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return out.relu()


@answers.wrong(
    "?",
    "remembers what the shortcut gave in the first pass: a second input of the same shape gets the first one's shortcut",
)
class RemembersTheShortcut(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut
        self.kept = None

    def forward(self, x):
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.shortcut is not None:
            if self.kept is None or self.kept.shape != out.shape:
                self.kept = self.shortcut(x)
            out = out + self.kept
        return out.relu()


@answers.wrong("?", "a slip of the pen: the second batch norm follows both convolutions and the first is never called")
class SecondNormTwice(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        out = F.relu(self.bn2(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "?", "forward sets training mode: after block.eval() it still normalises by the batch, and changes its statistics"
)
class AlwaysTrains(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def forward(self, x):
        self.train()
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return out.relu()


@answers.right
class ListOfPairs(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.pairs = nn.ModuleList()
        for channels, step in ((in_channels, stride), (width, 1)):
            conv = nn.Conv2d(channels, width, kernel_size=(3, 3), stride=(step, step), padding=(1, 1), bias=False)
            self.pairs.append(nn.ModuleList([conv, nn.BatchNorm2d(width)]))
        self.register_module("around", shortcut)

    def forward(self, x):
        out = x
        for k, (conv, norm) in enumerate(self.pairs):
            if k:
                out = torch.relu(out)
            out = norm(conv(out))
        if self.around is not None:
            out = torch.stack([out, self.around(x)]).sum(0)
        return torch.relu(out)


@answers.right
class SequentialItself(nn.Sequential):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(
            nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        if shortcut is not None:
            self.add_module("shortcut", shortcut)
        self.plain = shortcut is None

    def forward(self, x):
        layers = [layer for name, layer in self.named_children() if name != "shortcut"]
        out = x
        for layer in layers:
            out = layer(out)
        if not self.plain:
            out += self.shortcut(x)
        return F.relu(out, inplace=True)


@answers.right
class ShortcutFirst(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.layers = nn.ModuleDict(
            {
                "conv_a": nn.Conv2d(in_channels, width, 3, stride, 1, bias=False),
                "norm_a": nn.BatchNorm2d(width),
                "conv_b": nn.Conv2d(width, width, 3, 1, 1, bias=False),
                "norm_b": nn.BatchNorm2d(width),
            }
        )
        self.shortcut = shortcut

    def forward(self, x):
        kept = None if self.shortcut is None else self.shortcut(x)
        inner = F.threshold(self.layers["norm_a"](self.layers["conv_a"](x)), 0.0, 0.0)
        out = self.layers["norm_b"](self.layers["conv_b"](inner))
        return F.threshold(out if kept is None else torch.add(kept, out), 0.0, 0.0)


@answers.right
class NothingIsAFunction(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        make = lambda channels, step: nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1, stride=step, bias=False), nn.BatchNorm2d(width)
        )
        self.first, self.second = make(in_channels, stride), make(width, 1)
        self.after = nn.ReLU()
        self.around = shortcut if shortcut is not None else (lambda x: 0)

    def forward(self, x):
        return self.after(self.around(x) + self.second(self.after(self.first(x))))


class ConvNorm(nn.Module):
    def __init__(self, here, there, stride):
        super().__init__()
        self.conv = nn.Conv2d(here, there, 3, stride, "same" if stride == 1 else 1, bias=False)
        self.norm = nn.BatchNorm2d(there)

    def forward(self, x):
        return self.norm(self.conv(x))


@answers.right
class OfSmallModules(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.body = nn.Sequential()
        self.body.append(ConvNorm(in_channels, width, stride))
        self.body.append(nn.ReLU())
        self.body.append(ConvNorm(width, width * self.expansion, 1))
        self.shortcut = shortcut

    def forward(self, x):
        terms = [self.body(x)]
        if self.shortcut is not None:
            terms.append(self.shortcut(x))
        return nn.functional.relu(sum(terms[1:], terms[0]))


@answers.right
class NamedByNumber(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        for k in (1, 2):
            here, step = (in_channels, stride) if k == 1 else (width, 1)
            setattr(self, f"conv{k}", nn.Conv2d(here, width, 3, step, bias=False, padding=1))
            setattr(self, f"bn{k}", nn.BatchNorm2d(num_features=width))
        self.shortcut = shortcut

    def residual(self, x, k=1):
        out = getattr(self, f"bn{k}")(getattr(self, f"conv{k}")(x))
        return out if k == 2 else self.residual(out.relu(), k + 1)

    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None:
            out = torch.add(out, self.shortcut(x))
        return out.relu_()
