"""What lab 01's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# A convolution: input channels, output channels, kernel size, stride. The padding is half the kernel.
Geometry = tuple[int, int, int, int]


def basic(in_channels: int, width: int, stride: int) -> list[Geometry]:
    return [(in_channels, width, 3, stride), (width, width, 3, 1)]


def bottleneck(in_channels: int, width: int, stride: int) -> list[Geometry]:
    return [(in_channels, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1)]


def geometry(conv: nn.Conv2d) -> Geometry:
    return conv.in_channels, conv.out_channels, conv.kernel_size[0], conv.stride[0]


def padded_by_half(conv: nn.Conv2d) -> bool:
    return conv.padding in ("same", tuple(side // 2 for side in conv.kernel_size))


def layers(module: nn.Module, x: Tensor, apart: nn.Module | None = None) -> tuple[list[Any], bool]:
    """Return convolutions and batch norms in the order in which they end, those inside `apart` left out.

    Where the module raises, they come as they were made, and the second value is False.
    """
    others = set() if apart is None else {id(inside) for inside in apart.modules()}
    found = [m for m in module.modules() if isinstance(m, (nn.Conv2d, nn.BatchNorm2d)) and id(m) not in others]
    ran: list[Any] = []
    hooks = [m.register_forward_hook(lambda layer, *_: ran.append(layer)) for m in found]
    state, whole = copy.deepcopy(module.state_dict()), True
    try:
        with torch.no_grad():
            module(x.clone())
    except Exception:
        ran, whole = found, False
    for hook in hooks:
        hook.remove()
    module.load_state_dict(state)
    return ran, whole


def randomise_(module: nn.Module, generator: torch.Generator) -> None:
    """Give every weight and running statistic another value, so that no two agree by chance."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d) and layer.affine and layer.track_running_stats:
            for tensor in (layer.weight.data, layer.running_var):
                tensor.uniform_(0.5, 1.5, generator=generator)  # type: ignore[union-attr]
            for tensor in (layer.bias.data, layer.running_mean):
                tensor.normal_(generator=generator)  # type: ignore[union-attr]
        elif isinstance(layer, nn.Conv2d):
            layer.weight.data.normal_(std=layer.weight[0].numel() ** -0.5, generator=generator)


@dataclass(frozen=True)
class Twin:
    """What a block with the learner's weights gives: convolutions and batch norms in turn, and the shortcut."""

    convs: list[nn.Conv2d]
    norms: list[nn.BatchNorm2d]
    shortcut: nn.Module | None
    geometries: list[Geometry]

    def output(self, x: Tensor, *, training: bool, how: str = "right") -> Tensor:
        """Return the block's output; `how` names the well-known mistake that it makes."""
        out = x
        for conv, norm, (*_, kernel, stride) in zip(self.convs, self.norms, self.geometries, strict=True):
            hidden = out
            out = normalised(F.conv2d(out, conv.weight, stride=stride, padding=kernel // 2), norm, training)
            last = conv is self.convs[-1]
            if not last and how not in ("no-relu-between", "no-relu-1" if conv is self.convs[0] else "no-relu-2"):
                out = out.relu()
        if self.shortcut is None:
            out = out + x if how == "plain-has-skip" else out
            if how == "leaky":
                return F.leaky_relu(out)
            return out if how == "no-final-relu" else out.relu()
        around = x if how == "ignores-shortcut" else copy.deepcopy(self.shortcut).train(training)(x)
        if how == "no-skip":
            return out.relu()
        if how == "multiplied":
            return (out * around).relu()
        if how == "averaged":
            return ((out + around) / 2).relu()
        if how == "concatenated":
            return torch.cat([out, around], 1).relu()
        if how == "norm-after-sum":
            convolved = F.conv2d(hidden, conv.weight, stride=stride, padding=kernel // 2)
            return normalised(convolved + around, norm, training).relu()
        if how == "no-final-relu":
            return out + around
        if how == "leaky":
            return F.leaky_relu(out + around)
        if how == "relu-before-add":
            return out.relu() + around
        if how == "relu-before-and-after":
            return (out.relu() + around).relu()
        return (out + (around.detach() if how == "detached" else around)).relu()


def normalised(x: Tensor, norm: nn.BatchNorm2d, training: bool) -> Tensor:
    mean, variance = norm.running_mean.clone(), norm.running_var.clone()  # type: ignore[union-attr]
    return F.batch_norm(x, mean, variance, norm.weight, norm.bias, training, 0.1, norm.eps)


def padded(x: Tensor, before: int, after: int, stride: int) -> Tensor:
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, before, after))


class Padded(nn.Module):
    """A shortcut without parameters: every `stride`-th pixel, channels left out or added as zeros."""

    def __init__(self, out_channels: int, stride: int) -> None:
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        return padded(x, 0, self.out_channels - x.shape[1], self.stride)


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))


def input_gradient(function: Callable[[Tensor], Tensor], x: Tensor, weights: Tensor) -> Tensor | None:
    """Return the gradient of the weighted sum of the outputs, None where the outputs are cut off from the input."""
    given = x.clone().requires_grad_()
    out = function(given.clone())
    return torch.autograd.grad((out * weights).sum(), given, allow_unused=True)[0] if out.requires_grad else None


class Spy:
    """Stands in for a block class and for the function that makes a shortcut; keeps what each was asked for."""

    def __init__(self, expansion: int) -> None:
        self.made: list[Any] = []
        self.ran: list[Any] = []
        spy, factor = self, expansion

        class Block(nn.Module):
            expansion = factor

            def __init__(self, in_channels: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
                super().__init__()
                self.conv = nn.Conv2d(in_channels, width * factor, 3, stride, padding=1)
                self.shortcut, self.asked = shortcut, (in_channels, width, stride)
                self.first = [parameter.detach().clone() for parameter in self.parameters()]
                spy.made.append(self)

            def forward(self, x: Tensor) -> Tensor:
                spy.ran.append(self)
                around = 0 if self.shortcut is None else self.shortcut(x)
                return (self.conv(x) + around).tanh()  # signed, so that a ReLU behind it shows

        Block.__name__ = {1: "BasicBlock", 4: "Bottleneck"}.get(expansion, f"a block with an expansion of {expansion}")
        self.block = Block

    def change_shape(self, in_channels: int, out_channels: int, stride: int) -> nn.Module:
        made = projection(in_channels, out_channels, stride)
        made.asked = (in_channels, out_channels, stride)  # type: ignore[assignment]
        return made


def shortcut_of(block: Any) -> str:
    """Return what the spy's block was given as its shortcut, in words."""
    given = block.shortcut
    if given is None:
        return "None"
    if hasattr(given, "asked"):
        return f"change_shape{given.asked}"
    x = torch.arange(block.asked[0] * 4.0).view(1, -1, 2, 2)
    return "identity" if torch.equal(torch.as_tensor(given(x)), x) else type(given).__name__


def expected_blocks(
    expansion: int, num_blocks: Sequence[int], widths: Sequence[int], plain: bool
) -> list[tuple[tuple[int, int, int], str]]:
    """Return (in_channels, width, stride) and the shortcut of every block in turn."""
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for number in range(count):
            stride = 2 if stage and not number else 1
            out = width * expansion
            same = stride == 1 and channels == out
            change = "identity" if same else f"change_shape{(channels, out, stride)}"
            blocks.append(((channels, width, stride), "None" if plain else change))
            channels = out
    return blocks
