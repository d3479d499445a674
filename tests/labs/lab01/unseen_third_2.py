"""Answers to 01.2 by someone who looked for what its check may not ask."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

from resnet_labs.given import Residual

answers = Answers("01.2", "check_bottleneck")


def body(in_channels, width, stride, relu=nn.ReLU):
    """Return the right layers in a list."""
    return [
        nn.Conv2d(in_channels, width, 1, bias=False),
        nn.BatchNorm2d(width),
        relu(),
        nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        relu(),
        nn.Conv2d(width, 4 * width, 1, bias=False),
        nn.BatchNorm2d(4 * width),
    ]


class Chain(nn.Module):
    """Convolutions and norms in lists of their own, run in turn."""

    def __init__(self, channels, kernels, strides):
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in channels[1:])
        self.convs = nn.ModuleList()
        for k, (kernel, stride) in enumerate(zip(kernels, strides, strict=True)):
            self.convs.append(nn.Conv2d(channels[k], channels[k + 1], kernel, stride, kernel // 2, bias=False))

    @property
    def steps(self):
        return list(zip(self.convs, self.norms, strict=True))

    def forward(self, x):
        *inner, (conv, norm) = self.steps
        for first, second in inner:
            x = F.relu(second(first(x)))
        return norm(conv(x))


@answers.right
class InAChain(Residual):
    # Right: the same three pairs in a module of its own, norms registered before the convolutions; a static method is
    # called in the same way.
    expansion = 4

    @staticmethod
    def layers(in_channels, width, stride):
        return Chain((in_channels, width, width, 4 * width), (1, 3, 1), (1, stride, 1))


@answers.right
class Nested(Residual):
    # Right: one nn.ReLU in two places holds nothing, and in place it only overwrites outputs of a batch norm; groups
    # of layers are nested.
    expansion = 4

    def layers(self, in_channels, width, stride):
        relu = nn.ReLU(inplace=True)
        out = width * type(self).expansion
        shapes = OrderedDict(
            reduce=(in_channels, width, 1, 1, 0), work=(width, width, 3, stride, 1), widen=(width, out, 1, 1, 0)
        )
        return nn.Sequential(
            OrderedDict(
                (
                    name,
                    nn.Sequential(
                        nn.Conv2d(*shape, bias=False),
                        nn.BatchNorm2d(shape[1]),
                        *([] if name == "widen" else [relu]),
                    ),
                )
                for name, shape in shapes.items()
            )
        )


@answers.wrong("stride", "the stride is in the last 1x1: the same shape, but the 3x3 works on all pixels")
class LateStride(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        layers = body(in_channels, width, 1)
        layers[6] = nn.Conv2d(width, 4 * width, 1, stride, bias=False)
        return nn.Sequential(*layers)


@answers.wrong(
    "padding", "the first 1x1 is padded and the 3x3 is not: same shape and size, but the border goes through batch norm"
)
class PaddedTooEarly(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        layers = body(in_channels, width, stride)
        layers[0] = nn.Conv2d(in_channels, width, 1, padding=1, bias=False)
        layers[3] = nn.Conv2d(width, width, 3, stride, bias=False)
        return nn.Sequential(*layers)


@answers.wrong("values", "ReLU6 between the layers: differs only where an activation is above 6")
class SixAtMost(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(*body(in_channels, width, stride, nn.ReLU6))


@answers.wrong("conv-options", "the 3x3 has 32 groups from width 128 on, as in a ResNeXt; the example has width 64")
class GroupedWhenWide(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        layers = body(in_channels, width, stride)
        groups = 32 if width >= 128 and width % 32 == 0 else 1
        layers[3] = nn.Conv2d(width, width, 3, stride, padding=1, groups=groups, bias=False)
        return nn.Sequential(*layers)


@answers.wrong("geometry", "never gives fewer channels than it takes: 4 * width is wrong where in_channels is larger")
class NeverFewer(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        out = max(in_channels, 4 * width)
        layers = body(in_channels, width, stride)[:6]
        return nn.Sequential(*layers, nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out))


class Folding(nn.Sequential):
    folded = None

    def forward(self, x):
        if self.training:
            return super().forward(x)
        if self.folded is None:
            with torch.no_grad():
                self.folded = []
                for k in (0, 3, 6):
                    conv, norm = self[k], self[k + 1]
                    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
                    weight = conv.weight * scale[:, None, None, None]
                    self.folded.append((weight, norm.bias - norm.running_mean * scale))
        for k, (weight, bias) in enumerate(self.folded):
            conv = self[3 * k]
            x = F.conv2d(x, weight, bias, conv.stride, conv.padding)
            if k < 2:
                x = F.relu(x)
        return x


@answers.wrong(
    "values",
    "folds the norms into the kernels at the first evaluation, and keeps them: after more training they are old",
)
class Folded(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return Folding(*body(in_channels, width, stride))


_made = {}


@answers.wrong("device", "layers are remembered by their sizes: two blocks of the same size share their weights")
class Remembered(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        key = in_channels, width, stride
        if key not in _made:
            _made[key] = nn.Sequential(*body(in_channels, width, stride))
        return _made[key]


@answers.wrong(
    "statistics-still",
    "momentum 0: the running statistics never move from 0 and 1, so that evaluation does not normalise",
)
class NoMomentum(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        layers = body(in_channels, width, stride)
        for layer in layers:
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = 0.0
        return nn.Sequential(*layers)


@answers.wrong(
    "unusable",
    "the first convolution is lazy: no weights before the first pass, and any number of input channels is taken",
)
class Lazy(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(nn.LazyConv2d(width, 1, bias=False), *body(in_channels, width, stride)[1:])


@answers.wrong(
    "norm-count", "the last norm is an instance norm: in training the same for a batch of one image, and in parameters"
)
class LastPerImage(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        layers = body(in_channels, width, stride)
        layers[7] = nn.InstanceNorm2d(4 * width, affine=True, track_running_stats=True)
        return nn.Sequential(*layers)


class CutBranch(nn.Sequential):
    def forward(self, x):
        return super().forward(x.detach())


@answers.wrong(
    "gradient", "the layers get a detached x: x has a gradient from the shortcut alone, and none in a plain block"
)
class Cut(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return CutBranch(*body(in_channels, width, stride))


@answers.wrong(
    "changes-input",
    "a ReLU in place stands before the first convolution: changes negative inputs, and the caller's tensor",
)
class RectifiesInput(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        return nn.Sequential(nn.ReLU(inplace=True), *body(in_channels, width, stride))


@answers.wrong(
    "padding",
    "with a stride it pads right and below only, as TensorFlow's SAME: right for stride 1, same shape for even sizes",
)
class OneSided(Residual):
    expansion = 4

    def layers(self, in_channels, width, stride):
        layers = body(in_channels, width, stride)
        if stride > 1:
            layers[3] = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(width, width, 3, stride, bias=False))
        return nn.Sequential(*layers)


@answers.wrong("plain-has-skip", "None becomes an identity where the shapes fit: a plain block is not plain")
class NeverPlain(Residual):
    expansion = 4

    def __init__(self, in_channels, width, stride, shortcut):
        if shortcut is None and stride == 1 and in_channels == 4 * width:
            shortcut = nn.Identity()
        super().__init__(in_channels, width, stride, shortcut)

    def layers(self, in_channels, width, stride):
        return nn.Sequential(*body(in_channels, width, stride))
