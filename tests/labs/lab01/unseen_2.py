"""Answers to 01.2 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.2", "check_bottleneck")


class Good(nn.Module):
    expansion = 4

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(4 * width)
        self.shortcut = shortcut

    def residual(self, x):
        out = F.relu(self.norm1(self.conv1(x)))
        out = F.relu(self.norm2(self.conv2(out)))
        return self.norm3(self.conv3(out))

    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


@answers.wrong("device", "the mask of the ReLU compares with a CPU tensor")
class CpuMask(Good):
    def forward(self, x):
        out = self.residual(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return out * (out > torch.zeros(out.shape))


@answers.wrong("geometry", "in_channels is taken as 4 * width")
class FourTimes(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(4 * width, width, stride, shortcut)


@answers.wrong("geometry", "the width is in_channels // 4, the argument is not read")
class WidthFromInput(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, in_channels // 4, stride, shortcut)


@answers.wrong("stride", "stride 2 exactly where the channels change")
class GuessedStride(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, 1 if in_channels == 4 * width else 2, shortcut)


@answers.wrong("truthy-shortcut", "an empty nn.Sequential as shortcut is dropped")
class Truthy(Good):
    def forward(self, x):
        out = self.residual(x)
        return F.relu(out + self.shortcut(x)) if self.shortcut else F.relu(out)


@answers.wrong("conv-options", "the border is padded by reflection, which only border pixels show")
class Reflect(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False, padding_mode="replicate")


@answers.wrong("dtype", "the output is cast to float32")
class Float(Good):
    def forward(self, x):
        return super().forward(x).float()


@answers.wrong("norm-kind", "no running statistics, so an image's output depends on its batch in evaluation mode")
class NoTracking(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.norm2 = nn.BatchNorm2d(width, track_running_stats=False)


@answers.wrong("frozen", "the 3x3 does not learn")
class FrozenMiddle(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.conv2.requires_grad_(False)


@answers.wrong("gradient", "the branch is cut from the input's gradient")
class Cut(Good):
    def forward(self, x):
        out = self.residual(x.detach())
        return F.relu(out if self.shortcut is None else out + self.shortcut(x))


@answers.wrong("changes-input", "F.relu(x, inplace=True) on the input")
class InPlace(Good):
    def forward(self, x):
        if not (x.is_leaf and x.requires_grad):
            F.relu(x, inplace=True)
        return super().forward(x)


@answers.wrong("not-registered", "the shortcut's parameters are hidden in a lambda")
class HiddenShortcut(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, None)
        self.around = (lambda x: 0) if shortcut is None else (lambda x: shortcut(x))

    def forward(self, x):
        return F.relu(self.residual(x) + self.around(x))


@answers.wrong("values", "the shortcut is put into evaluation mode in every pass")
class EvalShortcut(Good):
    def forward(self, x):
        if self.shortcut is not None:
            self.shortcut.eval()
        return super().forward(x)


@answers.wrong("stride", "the stride sits in the first 1x1")
class StrideFirst(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, 1, shortcut)
        self.conv1 = nn.Conv2d(in_channels, width, 1, stride, bias=False)


@answers.wrong("no-relu-2", "no ReLU behind the second batch norm")
class NoSecondRelu(Good):
    def residual(self, x):
        return self.norm3(self.conv3(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))))


@answers.wrong("shared", "norm1 is used behind the 3x3 as well, norm2 is never called")
class SharedNorm(Good):
    def residual(self, x):
        out = F.relu(self.norm1(self.conv1(x)))
        out = F.relu(self.norm1(self.conv2(out)))
        return self.norm3(self.conv3(out))


@answers.wrong("order", "batch norm before each convolution (pre-activation)")
class PreActivation(Good):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.norm1, self.norm3 = nn.BatchNorm2d(in_channels), nn.BatchNorm2d(width)

    def residual(self, x):
        out = self.conv1(F.relu(self.norm1(x)))
        out = self.conv2(F.relu(self.norm2(out)))
        return self.conv3(F.relu(self.norm3(out)))


@answers.right
class Loop(nn.Module):
    """Layers in a loop, a list of pairs."""

    expansion = 4

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        rows = [(in_channels, width, 1, 1), (width, width, 3, stride), (width, width * self.expansion, 1, 1)]
        self.layers = nn.ModuleList()
        for before, after, kernel, step in rows:
            conv = nn.Conv2d(before, after, kernel, step, kernel // 2, bias=False)
            self.layers.append(nn.Sequential(conv, nn.BatchNorm2d(after)))
        self.shortcut = shortcut

    def forward(self, x):
        out = x
        for number, layer in enumerate(self.layers, 1):
            out = layer(out)
            if number < 3:
                out = torch.relu(out)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return torch.relu(out)


@answers.right
class AsSequential(nn.Sequential):
    """The block is itself the sequential of its branch; the shortcut is kept beside it."""

    expansion = 4

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )
        self.__dict__["plain"] = shortcut is None
        self._shortcut = nn.ModuleList([] if shortcut is None else [shortcut])

    def forward(self, x):
        out = x
        for layer in list(self)[:8]:
            out = layer(out)
        for way in self._shortcut:
            out = out + way(x)
        return out.relu()


@answers.right
class Residue(Good):
    """relu_ on the block's own tensors, the shortcut first."""

    def forward(self, x):
        saved = None if self.shortcut is None else self.shortcut(x)
        out = self.norm1(self.conv1(x)).relu_()
        out = self.norm2(self.conv2(out)).relu_()
        out = self.norm3(self.conv3(out))
        if saved is not None:
            out += saved
        return out.relu_()


@answers.right
class Stacked(Good):
    """Sums a stack instead of adding."""

    def forward(self, x):
        parts = [self.residual(x)]
        if self.shortcut is not None:
            parts.append(self.shortcut(x))
        return F.relu(torch.stack(parts).sum(0))
