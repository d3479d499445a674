"""Answers to 01.1 by someone who looked for what its check may not ask."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn
from torch.utils.checkpoint import checkpoint

answers = Answers("01.1", "check_basic_block")


class Base(nn.Module):
    """A right block that the wrong ones change in one place."""

    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def branch(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.right
class Threshold(nn.Module):
    # Right: layers live in two ModuleLists and run in a loop; a threshold at 0 is a ReLU, in value and gradient; the
    # shortcut is a registered module, None too.
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        sizes = [(in_channels, stride), (width, 1)]
        self.convs = nn.ModuleList(nn.Conv2d(c, width, (3, 3), (s, s), (1, 1), bias=False) for c, s in sizes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in sizes)
        self.register_module("around", shortcut)

    def forward(self, x):
        out = x
        for k, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            out = norm(conv(F.threshold(out, 0, 0) if k else out))
        if self.around is not None:
            out = torch.add(self.around(x), out)
        return F.threshold(out, 0, 0)


@answers.right
class Stacked(nn.Sequential):
    # Right: is itself the Sequential of the five layers, and sums a list of one or two terms.
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(
            nn.Conv2d(in_channels, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),  # over the output of a batch norm, which nobody keeps
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.depth = len(self)
        self.around = shortcut

    def forward(self, x):
        out = x
        for layer in list(self.children())[: self.depth]:
            out = layer(out)
        terms = [out] if self.around is None else [out, self.around(x)]
        return torch.stack(terms).sum(0).relu()


@answers.right
class Private(Base):
    # Right: plain and residual blocks are told apart once, in __init__, and forward calls what was chosen; both name
    # bound functions by their name, so that copies of the block use their own layers.
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.way = "branch" if shortcut is None else "both"

    def both(self, x):
        return sum((layer(x) for layer in (self.branch, self.shortcut)), start=0)

    def forward(self, x):
        return getattr(self, self.way)(x).relu()


@answers.wrong(
    "shared", "both convolutions go through bn1; bn2 is there, but never runs, so that its running statistics stay"
)
class OneNorm(Base):
    def branch(self, x):
        return self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))


@answers.wrong(
    "changes-input",
    "adds into what the shortcut returned, and copies only for nn.Identity: nn.Sequential() returns x itself",
)
class AddsInto(Base):
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            identity = self.shortcut(x)
            if isinstance(self.shortcut, nn.Identity):
                identity = identity.clone()
            identity += out
            out = identity
        return F.relu(out)


@answers.wrong(
    "shortcut-runs", "calls the shortcut twice in each pass: the running statistics of its batch norm move twice"
)
class CalledTwice(Base):
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            if self.shortcut(x).shape != out.shape:
                raise ValueError("the shortcut does not fit")
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong(
    "truthy-shortcut", "asks for truth in place of None: an empty nn.Sequential() has length 0 and is left out"
)
class Truthy(Base):
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("not-registered", "the shortcut is in a list: no parameters, no train() or eval(), no to()")
class Hidden(Base):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, None)
        self.around = [shortcut]

    def forward(self, x):
        out = self.branch(x)
        if self.around[0] is not None:
            out = out + self.around[0](x)
        return F.relu(out)


@answers.wrong(
    "detached", "a shortcut without parameters runs under no_grad: nothing to learn there, but x loses its gradient"
)
class NothingToLearn(Base):
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            learns = any(True for _ in self.shortcut.parameters())
            with torch.set_grad_enabled(learns and torch.is_grad_enabled()):
                identity = self.shortcut(x)
            out = out + identity
        return F.relu(out)


@answers.wrong(
    "statistics-twice", "recomputes the branch in the backward pass, so that its running statistics move twice"
)
class Checkpointed(Base):
    def forward(self, x):
        out = checkpoint(self.branch, x, use_reentrant=False)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("kept-output", "keeps its last output: holds the graph after the pass, and cannot be deep-copied")
class KeepsOutput(Base):
    def forward(self, x):
        self.last = super().forward(x)
        return self.last


@answers.wrong("stride", "any stride above 1 is taken for 2")
class OneOrTwo(Base):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, 2 if stride > 1 else 1, shortcut)


@answers.wrong(
    "dtype", "a plain block adds zeros of the default type and device: bfloat16 becomes float32, meta and CUDA fail"
)
class AddsZeros(Base):
    def forward(self, x):
        out = self.branch(x)
        identity = torch.zeros(out.shape) if self.shortcut is None else self.shortcut(x)
        return F.relu(out + identity)


@answers.wrong("leaves-behind", "seeds the generator in __init__: all blocks begin with the same weights")
class Seeded(Base):
    def __init__(self, in_channels, width, stride, shortcut):
        torch.manual_seed(0)
        super().__init__(in_channels, width, stride, shortcut)


@answers.wrong("values", "the shortcut gets relu(x): the same for inputs that are never negative, as torch.rand's")
class RectifiedInput(Base):
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            out = out + self.shortcut(F.relu(x))
        return F.relu(out)


@answers.wrong("misfit", "a shortcut whose output has another shape is left out without a word")
class DropsMisfit(Base):
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            identity = self.shortcut(x)
            if identity.shape == out.shape:
                out = out + identity
        return F.relu(out)


@answers.wrong(
    "norm-kind", "no running statistics: in evaluation an image's output depends on the other images of its batch"
)
class NoRunning(Base):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.bn1 = nn.BatchNorm2d(width, track_running_stats=False)
        self.bn2 = nn.BatchNorm2d(width, track_running_stats=False)


@answers.wrong("values", "the last ReLU ends at 6: larger sums are cut off, and their gradients")
class SixAtMost(Base):
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu6(out)
