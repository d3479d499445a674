"""What the answers to exercises 01.1 and 01.2 share: a right block, and the mistakes that are wrong in both."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """Convolutions, each with its batch norm, then the sum; a mistake replaces one of its parts."""

    bias = False
    geometries = staticmethod(lambda i, w, s: [])

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        layers = self.geometries(in_channels, width, stride)
        self.convs = nn.ModuleList(nn.Conv2d(i, o, k, s, padding=k // 2, bias=self.bias) for i, o, k, s in layers)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for _, o, _, _ in layers)
        self.shortcut = shortcut

    def branch(self, x):
        for conv, norm in list(zip(self.convs, self.norms, strict=True))[:-1]:
            x = self.between(norm(conv(x)))
        return self.norms[-1](self.convs[-1](x))

    def between(self, x):
        return F.relu(x)

    def around(self, x):
        return self.shortcut(x)

    def join(self, branch, around):
        return F.relu(branch + around)

    def forward(self, x):
        if self.shortcut is None:
            return F.relu(self.branch(x))
        return self.join(self.branch(x), self.around(x))


class Basic(Right):
    geometries = staticmethod(lambda i, w, s: [(i, w, 3, s), (w, w, 3, 1)])


def changed(kind, *changes, geometries=None):
    """Return the block class with other parts, or with other convolutions."""
    body = {"geometries": staticmethod(geometries)} if geometries else {}
    name = "_".join(change.__name__.strip("_") for change in changes) or "block"
    return type(name, (*changes, kind), body)


MISTAKES: list[tuple[type, str]] = []


def wrong(reason):
    """Keep a mistake that either block can have, with the reason that the checks of both have to give."""

    def keep(change):
        MISTAKES.append((change, reason))
        return change

    return keep


@wrong("no-skip")
class NoSkip:
    def join(self, branch, around):
        return F.relu(branch)


@wrong("not-registered")
class ForgetsTheShortcut:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, None)


@wrong("multiplied")
class Multiplied:
    def join(self, branch, around):
        return F.relu(branch * around)


@wrong("no-final-relu")
class NoFinalRelu:
    def join(self, branch, around):
        return branch + around


@wrong("relu-before-add")
class ReluBeforeAdd:
    def join(self, branch, around):
        return F.relu(branch) + around


@wrong("relu-before-and-after")
class ReluBeforeAndAfter:
    def join(self, branch, around):
        return F.relu(F.relu(branch) + around)


@wrong("concatenated")
class Concatenated:
    def join(self, branch, around):
        return F.relu(torch.cat([branch, around], 1))


@wrong("averaged")
class Averaged:
    def join(self, branch, around):
        return F.relu((branch + around) / 2)


@wrong("norm-after-sum")
class NormAfterSum:
    def forward(self, x):
        branch = x
        for conv, norm in list(zip(self.convs, self.norms, strict=True))[:-1]:
            branch = F.relu(norm(conv(branch)))
        branch = self.convs[-1](branch)
        return F.relu(self.norms[-1](branch if self.shortcut is None else branch + self.shortcut(x)))


@wrong("detached")
class Detached:
    def around(self, x):
        return self.shortcut(x).detach()


@wrong("detached")
class DetachedByAHook:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        if shortcut is not None:
            shortcut.register_forward_hook(lambda layer, given, out: out.detach())


@wrong("ignores-shortcut")
class IgnoresShortcut:
    def around(self, x):
        return x


@wrong("changes-input")
class InPlace:
    def join(self, branch, around):
        around += branch
        return F.relu(around)


@wrong("norm-channels")
class LastNormOfAnotherWidth:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.norms[-1] = nn.BatchNorm2d(2 * width)


@wrong("no-relu-between")
class NoReluBetween:
    def between(self, x):
        return x


@wrong("bias")
class Bias:
    bias = True


@wrong("raises")
class CallsNone:
    def forward(self, x):
        return self.join(self.branch(x), self.around(x))


@wrong("plain-has-skip")
class SkipsInPlainToo:
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            return F.relu(out + self.shortcut(x))
        return F.relu(out + x) if out.shape == x.shape else F.relu(out)


@wrong("norm-count")
class NoLastNorm:
    def branch(self, x):
        for conv, norm in list(zip(self.convs, self.norms, strict=True))[:-1]:
            x = F.relu(norm(conv(x)))
        return self.convs[-1](x)


@wrong("order")
class NormFirst:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.norms = nn.ModuleList(nn.BatchNorm2d(conv.in_channels) for conv in self.convs)

    def branch(self, x):
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = conv(F.relu(norm(x)))
        return x


@wrong("shared")
class SharedNorm:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.norms = nn.ModuleList([self.norms[0], *self.norms[1:-1], self.norms[-1]])
        self.norms[1] = self.norms[0]


@wrong("padding")
class NoPadding:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        for conv in self.convs:
            conv.padding = (0, 0)


@wrong("no-return")
class NoReturn:
    def forward(self, x):
        self.join(self.branch(x), x)


@wrong("no-gradient")
class NoGraph:
    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)
