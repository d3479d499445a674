"""Answers to 01.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.1", "check_basic_block")

from functools import partial


class Good(nn.Module):
    """A right block, from which the answers below are made by one mistake each."""

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


@answers.wrong(
    "?", "an empty nn.Sequential() as the shortcut is false in a test for truth, so that the block becomes plain"
)
class TruthTest(Good):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("?", "a block with shortcut None adds x all the same where the shapes fit, and is not plain")
class NeverPlain(Good):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        elif out.shape == x.shape:
            out = out + x
        return F.relu(out)


@answers.wrong(
    "?", "the shortcut that is given is not called where the shapes fit: x itself is added, whatever layer was given"
)
class IdentityGuess(Good):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out = out + (x if out.shape == x.shape else self.shortcut(x))
        return F.relu(out)


@answers.wrong(
    "?", "the sum is taken in place in what the shortcut returns, which for an identity is the block's input"
)
class InPlaceSum(Good):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is None:
            return F.relu(out)
        total = self.shortcut(x)
        total += out
        return F.relu(total)


@answers.wrong("?", "the shortcut gets relu(x) and not x, which shows for an input with negative numbers")
class ShortcutOfRelu(Good):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out = out + self.shortcut(F.relu(x))
        return F.relu(out)


@answers.wrong(
    "?", "the second convolution has the stride in place of the first; shapes are the same and values are not"
)
class StrideInSecond(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.conv1 = nn.Conv2d(in_channels, width, 3, 1, padding=1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)


@answers.wrong(
    "?",
    "the shortcut is called twice, once only for its shape, so that a batch norm in it updates its statistics twice in a step",
)
class CalledTwice(Good):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None and self.shortcut(x).shape == out.shape:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("?", "the shortcut lies in a plain list: its parameters are neither in parameters() nor moved by to()")
class HiddenShortcut(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, None)
        self.hidden = [shortcut]

    def forward(self, x):
        out = self.inner(x)
        if self.hidden[0] is not None:
            out = out + self.hidden[0](x)
        return F.relu(out)


@answers.wrong("?", "the shortcut's parameters are frozen, so that a projection would never learn")
class FrozenShortcut(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        if shortcut is not None:
            shortcut.requires_grad_(False)


@answers.wrong("?", "one batch norm serves both convolutions: 73,856 parameters and mixed statistics")
class OneNorm(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.bn2 = self.bn1


@answers.wrong("?", "a plain block has no ReLU behind its last batch norm, and returns negative numbers")
class PlainWithoutRelu(Good):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is None:
            return out
        return F.relu(out + self.shortcut(x))


@answers.wrong(
    "?", "a ReLU stands between the last batch norm and the sum, so that nothing negative is ever added to x"
)
class ReluBeforeSum(Good):
    def forward(self, x):
        out = F.relu(self.inner(x))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "?", "ReLU6 in place of the ReLU: outputs above 6 are cut off, which shows for inputs with large numbers"
)
class Relu6(Good):
    def forward(self, x):
        out = self.inner(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu6(out)


@answers.wrong(
    "?",
    "every block sets torch's random seed, so that all blocks begin with the same weights and the caller's random state is lost",
)
class Seeded(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        torch.manual_seed(0)
        super().__init__(in_channels, width, stride, shortcut)


@answers.wrong(
    "?", "two blocks of the same sizes share their convolutions and batch norms through a dictionary of the class"
)
class Remembered(Good):
    made = {}

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        key = in_channels, width, stride
        layers = self.made.setdefault(key, (self.conv1, self.bn1, self.conv2, self.bn2))
        self.conv1, self.bn1, self.conv2, self.bn2 = layers


@answers.wrong(
    "?",
    "forward puts the block into training mode, so that evaluation uses the statistics of the batch and changes the stored ones",
)
class AlwaysTraining(Good):
    def forward(self, x):
        self.train()
        return super().forward(x)


@answers.wrong(
    "?", "expansion is 4, although the output has width channels and the docstring says that it has expansion * width"
)
class WrongExpansion(Good):
    expansion = 4


@answers.wrong(
    "?", "the second convolution leads back to in_channels: right for 64 and 64, wrong where width is another number"
)
class BackToInput(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.conv2 = nn.Conv2d(width, in_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(in_channels)


@answers.wrong("?", "the input is made float32 first, so that a block and input in float64 fail")
class Float32Only(Good):
    def forward(self, x):
        return super().forward(x.float())


@answers.wrong(
    "?", "a batch of one image skips the batch norms, though in evaluation a batch norm works on one image as on many"
)
class SkipsForOne(Good):
    def inner(self, x):
        if len(x) > 1:
            return super().inner(x)
        return self.conv2(F.relu(self.conv1(x)))


@answers.right
class Looped(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        conv = partial(nn.Conv2d, kernel_size=3, padding=1, bias=False)
        self.convs = nn.ModuleList(conv(c, width, stride=s) for c, s in ((in_channels, stride), (width, 1)))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(2))
        self.way = shortcut

    def forward(self, x):
        out = x
        for k, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            if k:
                out = out.relu()
            out = norm(conv(out))
        if self.way is None:
            return out.relu()
        return torch.stack([out, self.way(x)]).sum(0).relu()


@answers.right
class IsASequential(nn.Sequential):
    """The layers are children of an nn.Sequential; forward is written anew."""

    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(
            nn.Conv2d(in_channels, width, (3, 3), (stride, stride), (1, 1), bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, (3, 3), (1, 1), (1, 1), bias=False),
            nn.BatchNorm2d(width),
        )
        self.shortcut = shortcut

    def forward(self, x):
        out = x
        for k in range(5):
            out = self[k](out)
        if self.shortcut is not None:
            out.add_(self.shortcut(x))
        return torch.relu_(out)


class Nothing(nn.Module):
    def forward(self, x):
        return 0.0


@answers.right
class NothingIsALayerToo(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.residual = nn.Sequential()
        for name, layer in {
            "first": nn.Conv2d(in_channels, width, 3, stride, 1, bias=False),
            "its norm": nn.BatchNorm2d(width),
            "relu": nn.Threshold(0.0, 0.0),
            "second": nn.Conv2d(width, width, 3, 1, 1, bias=False),
            "second norm": nn.BatchNorm2d(width),
        }.items():
            self.residual.add_module(name, layer)
        self.shortcut = Nothing() if shortcut is None else shortcut
        self.last = nn.Threshold(0.0, 0.0)

    def forward(self, x):
        return self.last(sum([self.residual(x), self.shortcut(x)]))


@answers.right
class Nested(nn.Module):
    expansion = 1

    class Pair(nn.Module):
        def __init__(self, c, d, s):
            super().__init__()
            self.c, self.n = nn.Conv2d(c, d, 3, s, 1, bias=False), nn.BatchNorm2d(d)

        def forward(self, x):
            return self.n(self.c(x))

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.a = self.Pair(in_channels, width, stride)
        self.b = self.Pair(width, width * self.expansion, 1)
        self.register_module("shortcut", shortcut)

    def forward(self, x):
        added = [] if self.shortcut is None else [self.shortcut(x)]
        return F.relu(sum(added, self.b(F.relu(self.a(x)))))


@answers.right
class WithACopy(Good):
    """More work than needed: a copy of the input goes through the layers."""

    def forward(self, x):
        out = self.inner(x.clone())
        return F.relu(out if self.shortcut is None else torch.add(self.shortcut(x), out))


@answers.right
class ByNumber(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        channels, strides = [in_channels, width, width], [stride, 1]
        for k in (0, 1):
            setattr(self, f"conv{k}", nn.Conv2d(channels[k], channels[k + 1], 3, strides[k], 1, bias=False))
            setattr(self, f"norm{k}", nn.BatchNorm2d(channels[k + 1]))
        self.shortcut = shortcut

    def run(self, x, k=0):
        out = getattr(self, f"norm{k}")(getattr(self, f"conv{k}")(x))
        return out if k == 1 else self.run(F.relu(out), k + 1)

    def forward(self, x):
        add = (lambda out: out) if self.shortcut is None else (lambda out: out + self.shortcut(x))
        return add(self.run(x)).relu()
