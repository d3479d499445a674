"""Answers to 01.1 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.1", "check_basic_block")


class Good(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut = shortcut

    def residual(self, x):
        return self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))

    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("device", "the zeros of the last ReLU are made on the CPU")
class CpuZeros(Good):
    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return torch.maximum(out, torch.zeros(out.shape, dtype=out.dtype))


@answers.wrong("device", "a plain tensor kept as attribute does not move with .to(device)")
class PlainTensor(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.zero = torch.zeros(1, width, 1, 1)

    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return torch.max(out, self.zero.to(out.dtype))


@answers.wrong("stride", "the stride is only used where the channels change")
class StrideByChannels(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride if in_channels != width else 1, shortcut)


@answers.wrong("stride", "any stride but 1 is taken as 2")
class StrideTwo(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, 1 if stride == 1 else 2, shortcut)


@answers.wrong("truthy-shortcut", "`if self.shortcut:` is false for an empty nn.Sequential, a usual identity")
class Truthy(Good):
    def forward(self, x):
        out = self.residual(x)
        if self.shortcut:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("raises", "casts to float32, so float64 or half inputs change type")
class Casts(Good):
    def forward(self, x):
        return super().forward(x.float()).float()


@answers.wrong("one-image-shape", "squeezes, so a batch of one image loses an axis")
class Squeezes(Good):
    def forward(self, x):
        return super().forward(x).squeeze(0)


@answers.wrong("norm-count", "statistics of the batch also in evaluation mode")
class AlwaysBatch(Good):
    def residual(self, x):
        def norm(it, layer):
            return F.batch_norm(it, layer.running_mean, layer.running_var, layer.weight, layer.bias, True)

        return norm(self.conv2(F.relu(norm(self.conv1(x), self.norm1))), self.norm2)


@answers.wrong("not-registered", "the parameters of a shortcut in a list are hidden from the optimizer")
class Hidden(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, None)
        self.kept = [shortcut]

    def forward(self, x):
        out = self.residual(x)
        if self.kept[0] is not None:
            out = out + self.kept[0](x)
        return F.relu(out)


@answers.wrong("changes-input", "identity += out changes the input where the shortcut is nn.Identity")
class AddsIntoIdentity(Good):
    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is None:
            return F.relu(out)
        with torch.no_grad() if not torch.is_grad_enabled() else torch.enable_grad():
            identity = self.shortcut(x)
            if identity.requires_grad and identity.is_leaf:
                return F.relu(identity + out)
            identity += out
        return F.relu(identity)


@answers.wrong("frozen", "the shortcut's weights are frozen on the way")
class FreezesShortcut(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        if shortcut is not None:
            shortcut.requires_grad_(False)


@answers.wrong("shortcut-runs", "the shortcut is run twice, so its running statistics move twice")
class RunsTwice(Good):
    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None and self.shortcut(x).shape == out.shape:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("leaves-behind", "seeds the global generator, so all blocks begin with the same weights")
class Seeds(Good):
    def __init__(self, *args):
        torch.manual_seed(0)
        super().__init__(*args)


@answers.wrong("no-skip", "the shortcut is left out in evaluation mode")
class OnlyInTraining(Good):
    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None and self.training:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("gradient", "the residual branch gets no gradient to its input")
class CutBranch(Good):
    def forward(self, x):
        out = self.residual(x.detach())
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("relu-before-and-after", "a ReLU before the sum as well")
class ReluBeforeSum(Good):
    def residual(self, x):
        return F.relu(super().residual(x))


@answers.wrong("stride", "both convolutions have the stride")
class BothStrided(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)


@answers.wrong("leaky", "leaky ReLU at the end")
class Leaky(Good):
    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.leaky_relu(out)


@answers.right
class InSequential(nn.Module):
    """The branch in one nn.Sequential, with ReLUs in place on its own tensors."""

    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, width, kernel_size=(3, 3), stride=(stride, stride), padding=(1, 1), bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, kernel_size=3, padding="same", bias=False),
            nn.BatchNorm2d(width),
        )
        self.around = shortcut
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.branch(x)
        if self.around is not None:
            out += self.around(x)
        return self.relu(out)


@answers.right
class LastMade(nn.Module):
    """Layers made in another order, the plain case by a separate flag, clamp for the ReLU."""

    expansion = 1

    def __init__(self, in_channels, width, stride, shortcut=None):
        super().__init__()
        self.plain = shortcut is None
        if not self.plain:
            self.skip = shortcut
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(2))
        sizes = [(in_channels, stride), (width, 1)]
        self.convs = nn.ModuleList(nn.Conv2d(size, width, 3, step, 1, bias=False) for size, step in sizes)

    def forward(self, x):
        out = x
        for number, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=False)):
            out = norm(conv(out))
            if number == 0:
                out = out.clamp(min=0)
        return (out if self.plain else self.skip(x) + out).clamp(min=0)


@answers.right
class ShortcutFirst(Good):
    """The shortcut is run before the branch, and where it is missing a zero is added."""

    def forward(self, x):
        around = 0 if self.shortcut is None else self.shortcut(x)
        return torch.relu(torch.add(self.residual(x), around))


@answers.right
class ZeroGamma(Good):
    """torch.where for the ReLU, and the parent's constructor by keywords."""

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels=in_channels, width=width, stride=stride, shortcut=shortcut)

    def forward(self, x):
        total = self.residual(x) if self.shortcut is None else self.residual(x).add_(self.shortcut(x))
        return torch.where(total > 0, total, torch.zeros_like(total))
