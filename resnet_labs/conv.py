"""A convolution that is a few matrix products over the batch when its maps are small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs import winograd

Pair = tuple[int, int]

# Forward and backward, torch's time over ours, one thread of an AMD EPYC (family 25, model 17), torch 2.15, 3x3 kernels
# of 64 and 512 channels. `tests/benchmarks/results.jsonl`, rows `tiny-maps`, has whole networks.
#
# | map, batch        |    1     |    2     |    16    |    128   |    512   |
# | 1x1, AVX2         | 0.7, 0.4 | 1.7, 1.2 | 2.5, 4.4 |  8.8, 19 |          |
# | 1x1, AVX-512      | 0.7, 0.6 | 2.0, 1.3 | 2.0, 1.7 | 3.0, 6.4 |          |
# | 2x2, AVX2         |          |          | 0.8, 0.8 | 2.0, 2.0 | 3.0, 2.3 |
# | 2x2, AVX-512      |          |          | 0.7, 0.7 | 1.2, 1.2 | 1.6, 1.8 |
SMALLEST_BATCH_ONE_PIXEL = 2
SMALLEST_BATCH_FOUR_PIXELS = 128

# The same for 3x3 kernels on 4x4 maps in channels-last, `winograd` against torch; on 8x8 maps it was 1.1 and 0.7.
#
# | channels, batch   |    16    |    32    |    64    |   128    |   256    |
# | 512, AVX2         |   0.8    |   1.1    |   1.6    |   1.8    |   1.7    |
# | 512, AVX-512      |   0.6    |   1.0    |   1.2    |   1.2    |   1.4    |
# | 256, AVX2         |   0.5    |   0.8    |   1.1    |   1.3    |   1.2    |
# | 256, AVX-512      |   0.6    |   0.7    |   0.8    |   1.1    |   0.9    |
SMALLEST_BATCH_TILES, FEWEST_CHANNELS_TILES = 128, 512

UNSAFE_CHANNELS = 16


class Conv2d(nn.Conv2d):
    """`nn.Conv2d`, several times faster on a CPU where its maps have at most 2x2 pixels.

    For such maps oneDNN, which torch calls, computes the weight's gradient image by image, and multiplies by the taps
    of the kernel over padding too. Here the taps that meet pixels become the weight of a linear layer over the batch.
    Maps of 4x4 pixels with many channels take `winograd`'s way.

    Arguments, parameters, hooks and results are those of `nn.Conv2d`. Groups, padding other than zeros, other devices,
    scripting, tracing, and sizes at which torch is as fast are left to torch.

    Equals: torch.nn.Conv2d, values and gradients.

    Example:
        >>> conv = Conv2d(3, 8, 3, stride=2, padding=1)
        >>> conv(torch.ones(5, 3, 2, 2)).shape
        torch.Size([5, 8, 1, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return (N, K, H2, W2) from (N, C, H, W), or (K, H2, W2) from (C, H, W)."""
        if not torch.jit.is_scripting():
            zeros = self.padding_mode == "zeros" and not isinstance(self.padding, str)
            if zeros and self.groups == 1 and not torch.jit.is_tracing():
                return convolve(input, self.weight, self.bias, self.stride, self.padding, self.dilation)  # type: ignore[arg-type]
        return self._conv_forward(input, self.weight, self.bias)


@torch.fx.wrap
def convolve(
    images: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, dilation: Pair
) -> Tensor:
    """Return `F.conv2d`'s result, as a matrix product if that is faster.

    Args:
        images: (N, C, H, W); other shapes are left to torch.
        weight: (K, C, kernel height, kernel width).
        bias: (K,), or None.
        stride: step in height and in width, in pixels.
        padding: zeros at each end, in height and in width, in pixels.
        dilation: distance between the kernel's taps, in pixels.

    Returns:
        (N, K, H2, W2).

    Equals: torch.nn.functional.conv2d.
    """
    if images.ndim == 4 and images.device.type == "cpu" and images.shape[1] == weight.shape[1]:
        axes = zip(images.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
        height, width = (_Axis(*axis) for axis in axes)
        batch, out, pixels = len(images), height.out * width.out, height.size * width.size
        # With a stride, oneDNN leaves the bf16 gradient of taps over padding uninitialized.
        pays = batch >= SMALLEST_BATCH_ONE_PIXEL or max(stride) > 1
        if height.out == width.out == 1 and pays:
            return _one_pixel(images, weight, bias, height, width)
        small = max(height.size, width.size) <= 2 and 1 < out <= 4
        if small and weight[0, 0].numel() > pixels > 0 and batch >= SMALLEST_BATCH_FOUR_PIXELS:
            return _few_pixels(images, weight, bias, height, width)
        four_by_four = images.shape[2:] == (4, 4) and weight.shape[2:] == (3, 3)
        if four_by_four and (*stride, *padding, *dilation) == (1,) * 6 and _tiles_pay(images, weight):
            found = winograd.convolve(images, weight)
            return found if bias is None else found + bias[:, None, None]
    return F.conv2d(images, weight, bias, stride, padding, dilation)


@contextmanager
def products(model: nn.Module) -> Iterator[None]:
    """Let every plain `nn.Conv2d` of a model run as a `Conv2d`, and restore its own class at the end."""
    plain = [module for module in model.modules() if type(module) is nn.Conv2d]
    try:
        for module in plain:
            module.__class__ = Conv2d
        yield
    finally:
        for module in plain:
            module.__class__ = nn.Conv2d


def safe_layout(model: nn.Module, wanted: torch.memory_format) -> torch.memory_format:
    """Return the requested layout, or the contiguous one where oneDNN would write out of bounds.

    In channels-last, the weight gradient of a 1x1 convolution with a stride is wrong, or the process aborts or hangs,
    for fewer than 8 channels with AVX2 and fewer than 16 with AVX-512 (there in bf16 too):
    https://github.com/uxlfoundation/oneDNN/issues/6035. The rule is the same on every CPU, so that one network has one
    layout; `resnet-labs doctor --numbers` shows what happens on a machine.

    Args:
        model: on a CPU; its convolutions are checked.
        wanted: the requested layout.
    """
    if wanted == torch.channels_last and any(map(_breaks_in_channels_last, model.modules())):
        return torch.contiguous_format
    return wanted


def _breaks_in_channels_last(module: nn.Module) -> bool:
    if not isinstance(module, nn.Conv2d) or module.weight.device.type != "cpu":
        return False
    few = module.in_channels // module.groups < UNSAFE_CHANNELS
    return module.kernel_size == (1, 1) and max(module.stride) > 1 and few


class _Axis:
    """Height or width: how many pixels go in and come out, and which tap of the kernel meets which pixel."""

    def __init__(self, size: int, taps: int, stride: int, padding: int, dilation: int) -> None:
        self.size, self.taps, self.stride, self.padding, self.dilation = size, taps, stride, padding, dilation
        self.out = (size + 2 * padding - dilation * (taps - 1) - 1) // stride + 1

    def meeting_in_first(self) -> tuple[slice, slice]:
        """Return the input pixels, and the taps over them, of the first output pixel."""
        first = -(-self.padding // self.dilation)
        last = min(self.taps, -(-(self.size + self.padding) // self.dilation))
        start = first * self.dilation - self.padding
        pixels = slice(start, start + max(0, last - first) * self.dilation, self.dilation)
        return pixels, slice(first, max(first, last))

    def meeting(self) -> Tensor:
        """Return (taps, out, size), True where a tap meets an input pixel for an output pixel."""
        tap, out, pixel = (torch.arange(n) for n in (self.taps, self.out, self.size))
        return (out * self.stride - self.padding)[:, None] + (tap * self.dilation)[:, None, None] == pixel


def _tiles_pay(images: Tensor, weight: Tensor) -> bool:
    large = len(images) >= SMALLEST_BATCH_TILES and min(weight.shape[:2]) >= FEWEST_CHANNELS_TILES
    full = images.dtype == weight.dtype and images.dtype in (torch.float32, torch.float64)
    elsewhere = torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling()
    return large and full and not elsewhere and images.is_contiguous(memory_format=torch.channels_last)


def _one_pixel(images: Tensor, weight: Tensor, bias: Tensor | None, height: _Axis, width: _Axis) -> Tensor:
    (rows, row_taps), (columns, column_taps) = height.meeting_in_first(), width.meeting_in_first()
    pixels, taps = images[:, :, rows, columns], weight[:, :, row_taps, column_taps]
    return F.linear(pixels.flatten(1), taps.flatten(1), bias)[:, :, None, None]


def _few_pixels(images: Tensor, weight: Tensor, bias: Tensor | None, height: _Axis, width: _Axis) -> Tensor:
    num_out, num_in = weight.shape[:2]
    out, pixels = height.out * width.out, height.size * width.size
    rows, columns = height.meeting(), width.meeting()
    meeting = rows[:, None, :, None, :, None] & columns[None, :, None, :, None, :]
    # A product with zeros and ones picks the taps; indexing would work too, but is slow in the backward pass.
    picked = weight.flatten(2) @ meeting.reshape(-1, out * pixels).to(weight.dtype)  # (K, C, out * pixels)
    picked = picked.view(num_out, num_in, out, pixels).transpose(1, 2).reshape(num_out * out, num_in * pixels)
    biases = None if bias is None else bias.repeat_interleave(out)
    return F.linear(images.flatten(1), picked, biases).view(-1, num_out, height.out, width.out)
