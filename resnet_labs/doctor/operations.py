"""The operations of the labs as small, unusual cases: the table of `resnet-labs doctor --numbers`.

Each case is a module and the shape of its input, so that all of them run in the same way: in float64 on the CPU and in
the format under test, forward and backward.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from resnet_labs import augment, losses, optim
from resnet_labs.autoencoder import StackedAutoencoder
from resnet_labs.blocks import BasicBlock, Bottleneck
from resnet_labs.resnet import ResNet


@dataclass(frozen=True)
class Case:
    """One module on one input; `distinct` gives the input no ties, for operations that pick the largest value."""

    text: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    distinct: bool = False


@dataclass(frozen=True)
class Operation:
    """Cases of one operation.

    `depth` counts the successive roundings on the way to the output. `half` says whether the operation also runs in
    half precision.
    """

    cases: tuple[Case, ...]
    depth: int = 1
    half: bool = True


class Call(nn.Module):
    """A function as a module; `others` become parameters if they are floating point, otherwise buffers."""

    def __init__(self, function: Callable[..., Tensor], *others: Tensor) -> None:
        super().__init__()
        self.function, self.names = function, [f"other{number}" for number in range(len(others))]
        for name, other in zip(self.names, others, strict=True):
            if other.is_floating_point():
                self.register_parameter(name, nn.Parameter(other))
            else:
                self.register_buffer(name, other)

    def forward(self, x: Tensor) -> Tensor:
        """Return the function's value."""
        return self.function(x, *(getattr(self, name) for name in self.names))


class Augmented(nn.Module):
    """An augmentation of images between 0 and 1, always drawn from the same seed."""

    def __init__(self, augmentation: augment.Augmentation) -> None:
        super().__init__()
        self.augmentation = augmentation

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Return the augmented images."""
        labels = torch.arange(len(x), device=x.device) % 3
        return self.augmentation(x.clamp(-1, 1).add(1).div(2), labels, Generator().manual_seed(0))[0]


class Steps(nn.Module):
    """Three steps of an optimizer on the input as weights, along a gradient that points away from zero."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        """Return the weights after the steps."""
        weights = nn.Parameter(x.detach().clone())
        with torch.enable_grad():
            groups = optim.parameter_groups([nn.ParameterList([weights])], weight_decay=0.01)
            optimizer = optim.make_optimizer(self.name, groups, learning_rate=0.1)
            for _ in range(3):
                weights.grad = weights.detach().clone()
                optimizer.step()
        return weights.detach()


def _convolutions(
    kernel: int, *settings: tuple[int, int, int, tuple[int, int, int]], bias: bool = False
) -> tuple[Case, ...]:
    """Return cases from (in_channels, out_channels, stride, (N, H, W)); a bias takes another path through oneDNN."""
    found = []
    for channels, filters, stride, (num_images, height, width) in settings:
        text = f"{filters} filters, stride {stride}, input {num_images}x{channels}x{height}x{width}"
        build = partial(nn.Conv2d, channels, filters, kernel, stride, padding=kernel // 2, bias=bias)
        found.append(Case(text, build, (num_images, channels, height, width)))
    return tuple(found)


def _shaped(build: Callable[[], nn.Module], *shapes: tuple[int, ...], distinct: bool = False) -> tuple[Case, ...]:
    return tuple(Case("input " + "x".join(map(str, shape)), build, shape, distinct) for shape in shapes)


def _norm(num_channels: int, training: bool) -> nn.Module:
    norm = nn.BatchNorm2d(num_channels)
    # Not the initial values, so that every parameter and statistic matters.
    with torch.no_grad():
        for number, tensor in enumerate((norm.weight, norm.bias, norm.running_mean, norm.running_var), start=2):
            tensor.copy_(torch.arange(1, num_channels + 1) / (number * num_channels))  # type: ignore[union-attr]
    return norm.train(training)


def _network(block: type[BasicBlock] | type[Bottleneck], widths: tuple[int, int], stem: str) -> nn.Module:
    return ResNet(block, [1, 1], widths=widths, num_classes=5, stem=stem)


def _triplet(mining: str, x: Tensor, labels: Tensor) -> Tensor:
    return losses.triplet_loss(x, labels, margin=5.0, mining=mining)


def _smoothed(x: Tensor, labels: Tensor) -> Tensor:
    return losses.cross_entropy(x, labels, label_smoothing=0.1)


def _center(x: Tensor, labels: Tensor, centers: Tensor) -> Tensor:
    return (x - centers[labels]).square().sum(1).mean()


def _counts(x: Tensor) -> Tensor:
    return torch.bincount(x.detach().abs().mul(3).long().flatten().clamp_max(6), minlength=7)


def _summed_rows(x: Tensor, index: Tensor) -> Tensor:
    return torch.zeros_like(x[:3]).index_add_(0, index, x)


_LABELS = torch.tensor([0, 1, 0, 2, 1, 2, 0])
_MAPS = ((1, 3, 7, 5), (2, 5, 2, 2), (3, 7, 9, 11), (5, 1, 8, 8), (3, 16, 1, 1))
_TRAINING_MAPS = ((1, 3, 7, 5), (2, 5, 2, 2), (3, 7, 9, 11), (5, 1, 8, 8), (5, 16, 1, 1))
_ODD = ((1, 7, 5), (2, 2, 2), (3, 9, 11), (5, 1, 1), (2, 16, 16))

OPERATIONS: dict[str, Operation] = {
    "convolution 7x7": Operation(
        _convolutions(7, (3, 8, 2, (1, 33, 31)), (1, 5, 2, (3, 9, 9)), (3, 16, 2, (2, 32, 32)))
    ),
    "convolution 3x3": Operation(
        _convolutions(
            3,
            *(
                (channels, filters, stride, size)
                for stride in (1, 2)
                for (channels, filters), size in zip(((3, 8), (7, 5), (1, 16), (16, 24), (5, 7)), _ODD, strict=True)
            ),
        )
    ),
    "convolution 3x3 with bias": Operation(
        _convolutions(3, (3, 8, 1, (1, 7, 5)), (7, 5, 2, (2, 2, 2)), (5, 7, 1, (5, 1, 1)), bias=True)
    ),
    "convolution 1x1": Operation(
        _convolutions(1, (3, 8, 1, (1, 7, 5)), (7, 5, 1, (3, 2, 2)), (16, 24, 1, (5, 9, 9)), (64, 3, 1, (2, 1, 1)))
    ),
    "convolution 1x1 with stride, 16 channels or more": Operation(
        _convolutions(1, (16, 32, 2, (3, 9, 11)), (17, 5, 2, (5, 32, 32)), (64, 128, 2, (2, 2, 2)))
    ),
    # oneDNN writes past the end of its workspace here: https://github.com/uxlfoundation/oneDNN/issues/6035
    "convolution 1x1 with stride, under 16 channels": Operation(
        _convolutions(
            1, (4, 8, 2, (8, 8, 8)), (4, 8, 2, (32, 32, 32)), (12, 8, 2, (5, 32, 32)), (8, 16, 2, (8, 64, 64))
        )
    ),
    "batch norm in training": Operation(
        tuple(case for shape in _TRAINING_MAPS for case in _shaped(partial(_norm, shape[1], True), shape)), depth=2
    ),
    "batch norm in eval": Operation(
        tuple(case for shape in _MAPS for case in _shaped(partial(_norm, shape[1], False), shape)), depth=2
    ),
    "max pooling": Operation(_shaped(partial(nn.MaxPool2d, 3, 2, padding=1), *_MAPS, distinct=True)),
    "mean over pixels": Operation(_shaped(partial(nn.AdaptiveAvgPool2d, 1), *_MAPS)),
    "average pooling": Operation(_shaped(partial(nn.AvgPool2d, 2, ceil_mode=True), *_MAPS)),
    "ReLU": Operation(_shaped(nn.ReLU, *_MAPS)),
    "sum with zeros behind the channels": Operation(
        _shaped(partial(Call, lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 3))), *_MAPS)
    ),
    "resizing": Operation(
        _shaped(partial(Call, partial(F.interpolate, size=(6, 7), mode="bilinear", antialias=False)), *_MAPS[:4]),
        depth=2,
    ),
    "linear": Operation(
        tuple(
            Case(f"{rows} rows, {fan_in} to {fan_out}", partial(nn.Linear, fan_in, fan_out), (rows, fan_in))
            for rows, fan_in, fan_out in ((1, 3, 5), (2, 64, 1), (3, 7, 10), (5, 512, 33))
        )
    ),
    "softmax": Operation(_shaped(partial(nn.Softmax, 1), (1, 3), (5, 10), (3, 101)), depth=2),
    "cross-entropy with smoothing": Operation(_shaped(partial(Call, _smoothed, _LABELS), (7, 3), (7, 10)), depth=2),
    "triplet loss": Operation(
        tuple(
            case
            for mining in ("hard", "semihard", "all")
            for case in _shaped(partial(Call, partial(_triplet, mining), _LABELS), (7, 5), (7, 33))
        ),
        depth=3,
        half=False,
    ),
    "distances to centers": Operation(_shaped(partial(Call, _center, _LABELS, torch.eye(3, 5)), (7, 5)), depth=3),
    "pairwise distances": Operation(
        _shaped(partial(Call, torch.cdist, torch.eye(4, 5)), (1, 5), (3, 5))
        + _shaped(partial(Call, torch.cdist, torch.eye(40, 33)), (30, 33)),
        depth=3,
        half=False,
    ),
    "sorting": Operation(_shaped(partial(Call, lambda x: x.gather(1, x.argsort(1))), (1, 3), (5, 17), (3, 200))),
    "largest values": Operation(_shaped(partial(Call, lambda x: x.topk(2, dim=1).values), (1, 3), (5, 17))),
    "running sum": Operation(_shaped(partial(Call, lambda x: x.cumsum(1)), (1, 3), (5, 17)), half=False),
    "counting": Operation(_shaped(partial(Call, _counts), (1, 3), (5, 17)), half=False),
    "sum of rows by index": Operation(_shaped(partial(Call, _summed_rows, _LABELS), (7, 5)), half=False),
    **{
        type(augmentation).__name__: Operation(_shaped(partial(Augmented, augmentation), *shapes), depth=8, half=False)
        for augmentation, shapes in (
            (augment.Flip(), _MAPS[:4]),
            (augment.Crop(2), _MAPS[:4]),
            (augment.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1), ((1, 3, 7, 5), (5, 3, 8, 9))),
            (augment.Mixup(3), _MAPS[:4]),
        )
    },
    "autoencoder": Operation(_shaped(partial(StackedAutoencoder, (35, 16, 5)), (1, 1, 7, 5), (5, 1, 7, 5)), depth=8),
    "SGD": Operation(_shaped(partial(Steps, "sgd"), (3,), (5, 7)), depth=6, half=False),
    "Adam": Operation(_shaped(partial(Steps, "adam"), (3,), (5, 7)), depth=6, half=False),
    "AdamW": Operation(_shaped(partial(Steps, "adamw"), (3,), (5, 7)), depth=6, half=False),
    "small ResNet": Operation(
        _shaped(partial(_network, BasicBlock, (16, 24), "small"), (3, 3, 9, 7), (5, 3, 2, 2))
        + _shaped(partial(_network, Bottleneck, (16, 24), "imagenet"), (3, 3, 33, 31)),
        depth=16,
    ),
}
