"""More answers to 01.1 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.1", "check_basic_block")


class _Base(nn.Module):
    """A right block, from which the wrong ones differ."""

    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def inner(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


# One nn.Sequential, and the sum by a list of terms.
@answers.right
class OfTerms(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut=None):
        super().__init__()
        self.add_module(
            "body",
            nn.Sequential(
                nn.Conv2d(in_channels, width, (3, 3), (stride, stride), (1, 1), bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
                nn.Conv2d(width, width, 3, padding="same", bias=False),
                nn.BatchNorm2d(width),
            ),
        )
        self.paths = nn.ModuleList([self.body] if shortcut is None else [self.body, shortcut])

    def forward(self, x):
        return torch.stack([path(x) for path in self.paths]).sum(0).clamp(min=0)


# In place on its own tensor only.
@answers.right
class InPlace(_Base):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out += self.shortcut(x)
        return out.relu_()


# Layers in a ModuleDict, the shortcut first.
@answers.right
class InDict(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.parts = nn.ModuleDict()
        for number, (inside, step) in enumerate([(in_channels, stride), (width, 1)]):
            self.parts[f"conv{number}"] = nn.Conv2d(inside, width, 3, step, 1, bias=False)
            self.parts[f"norm{number}"] = nn.BatchNorm2d(width)
        self.way = shortcut

    def forward(self, x):
        around = 0 if self.way is None else self.way(x)
        hidden = torch.relu(self.parts["norm0"](self.parts["conv0"](x)))
        return torch.relu(around + self.parts["norm1"](self.parts["conv1"](hidden)))


@answers.wrong(
    "truthy-shortcut",
    "an empty nn.Sequential as shortcut is falsy: the test for truth leaves it out, the block is plain",
)
class TruthOfShortcut(_Base):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "shared",
    "one batch norm behind both convolutions: shared weights and statistics, wrong values whenever they differ",
)
class SharedNorm(_Base):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.bn2 = self.bn1


@answers.wrong(
    "stride",
    "both convolutions have the stride: with stride 2 the map is a quarter as high and does not fit the shortcut",
)
class StrideTwice(_Base):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)


@answers.wrong("geometry", "in_channels is never read: crashes where in_channels is not width")
class WidthOnly(_Base):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(width, width, stride, shortcut)


@answers.wrong("changes-input", "the sum is made into the shortcut's output: with nn.Identity the input is changed")
class ChangesInput(_Base):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is None:
            return F.relu(out)
        total = self.shortcut(x)
        total += out
        return F.relu(total)


@answers.wrong("relu-before-and-after", "ReLU before the sum as well: negative values of F are lost")
class ReluBeforeSum(_Base):
    def forward(self, x):
        out = F.relu(self.inner(x))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("no-gradient", "gradients flow in training mode only: in evaluation mode the output has no graph")
class NoGradInEval(_Base):
    def forward(self, x):
        with torch.set_grad_enabled(self.training and torch.is_grad_enabled()):
            return super().forward(x)


@answers.wrong(
    "ignores-shortcut",
    "where channels and size stay, x itself is added: a given shortcut that is not the identity is never called",
)
class IdentityByShape(_Base):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out = out + (x if x.shape == out.shape else self.shortcut(x))
        return F.relu(out)


@answers.wrong(
    "plain-has-skip", "with shortcut None and equal shapes x is added all the same: the plain block is residual"
)
class NeverPlain(_Base):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        elif out.shape == x.shape:
            out = out + x
        return F.relu(out)


@answers.wrong(
    "not-registered",
    "the shortcut is kept in a list: its parameters are not those of the block, no optimizer trains them",
)
class HiddenShortcut(_Base):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, None)
        self.ways = [shortcut]

    def forward(self, x):
        out = self.inner(x)
        for way in self.ways:
            if way is not None:
                out = out + way(x)
        return F.relu(out)


@answers.wrong("values", "the shortcut gets relu(x): with negative inputs another value is added")
class ReluOnShortcut(_Base):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out = out + self.shortcut(F.relu(x))
        return F.relu(out)
