"""A 3x3 convolution with 16 products for every 2x2 output pixels in place of 36."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

# The kernel's three taps become four: the sums in which a tile's two output pixels need them.
_TAPS = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.0, 0.0, 1.0))


def convolve(images: Tensor, weight: Tensor) -> Tensor:
    """Return a convolution with stride 1 and one pixel of zeros around each image.

    Tiles of 4x4 pixels, two apart, become 16 sums each; each of the 16 is then one matrix product over all tiles and
    channels. That saves more than half of the multiplications, and costs passes over memory, so it pays only for many
    channels on small maps. Gradients are computed in the same form. What they need is computed again from the images,
    so no more memory is kept than for an ordinary convolution.

    Args:
        images: (N, C, H, W), height and width even.
        weight: (K, C, 3, 3).

    Returns:
        (N, K, H, W), in channels-last layout.

    Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), F(2x2, 3x3).
    Equals: torch.nn.functional.conv2d(images, weight, padding=1), values and gradients.

    Example:
        >>> convolve(torch.ones(1, 3, 2, 4), torch.ones(5, 3, 3, 3))[0, 0]
        tensor([[12., 18., 18., 12.],
                [12., 18., 18., 12.]])
    """
    out: Tensor = _Convolution.apply(images.permute(0, 2, 3, 1), weight)
    return out.permute(0, 3, 1, 2)


class _Convolution(torch.autograd.Function):
    """From (N, H, W, C) and (K, C, 3, 3) to (N, H, W, K)."""

    generate_vmap_rule = True

    @staticmethod
    def forward(images: Tensor, weight: Tensor) -> Tensor:
        num, height, width, _ = images.shape
        products = torch.bmm(_sums_of_tiles(images), _sums_of_taps(weight))
        return _pixels(products.view(4, 4, num, height // 2, width // 2, len(weight)))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        images, weight = ctx.saved_tensors
        of_products, of_images, of_weight = _pixels_back(gradient), None, None
        if ctx.needs_input_grad[0]:
            of_sums = torch.bmm(of_products, _sums_of_taps(weight).transpose(1, 2))
            of_images = _sums_of_tiles_back(of_sums, images)
        if ctx.needs_input_grad[1]:
            of_weight = _sums_of_taps_back(torch.bmm(_sums_of_tiles(images).transpose(1, 2), of_products))
        return of_images, of_weight


def _sums_of_tiles(images: Tensor) -> Tensor:
    """Return (16, tiles, C) from (N, H, W, C): 4x4 sums, columns before rows, of each tile."""
    sums = F.pad(images, (0, 0, 1, 1, 1, 1))
    for axis in (1, 3):  # the rows; and, behind the rows' sums, the columns
        count = sums.shape[axis] - 2
        a, b, c, d = (sums[(slice(None),) * axis + (slice(start, start + count, 2),)] for start in range(4))
        sums = torch.stack((a - c, b + c, c - b, b - d))
    return sums.reshape(16, -1, images.shape[-1])


def _sums_of_tiles_back(gradient: Tensor, images: Tensor) -> Tensor:
    """Return (N, H, W, C), the gradient of the images, from that of the sums; tiles overlap by two pixels."""
    num, height, width, channels = images.shape
    sums = gradient.reshape(4, 4, num, height // 2, width // 2, channels)
    for axis in (3, 1):
        p, q, r, s = sums
        a, b, c, d = p, q - r + s, q + r - p, -s
        last, first = ([*(0, 0) * (a.ndim - 1 - axis), *ends] for ends in ((0, 1), (1, 0)))
        even, odd = F.pad(a, last) + F.pad(c, first), F.pad(b, last) + F.pad(d, first)
        sums = torch.stack((even, odd), axis + 1).flatten(axis, axis + 1)
    return sums[:, 1:-1, 1:-1]


def _sums_of_taps(weight: Tensor) -> Tensor:
    """Return (16, C, K) from (K, C, 3, 3), in the order of the tiles' sums."""
    num_out, num_in = weight.shape[:2]
    taps = weight.permute(3, 2, 1, 0).reshape(9, -1)
    return (_both_axes(weight) @ taps).view(16, num_in, num_out)


def _sums_of_taps_back(gradient: Tensor) -> Tensor:
    _, num_in, num_out = gradient.shape
    taps = _both_axes(gradient).t() @ gradient.reshape(16, -1)
    return taps.view(3, 3, num_in, num_out).permute(3, 2, 1, 0)


def _both_axes(like: Tensor) -> Tensor:
    taps = torch.tensor(_TAPS, dtype=like.dtype, device=like.device)
    return torch.kron(taps, taps)  # (16, 9)


def _pixels(products: Tensor) -> Tensor:
    """Return (N, H, W, K) from (4, 4, N, H / 2, W / 2, K)."""
    for axis in (4, 2):
        a, b, c, d = products
        products = torch.stack((a + b + c, b - c - d), axis)
    num, rows, _, columns, _, num_out = products.shape
    return products.reshape(num, 2 * rows, 2 * columns, num_out)


def _pixels_back(gradient: Tensor) -> Tensor:
    """Return (16, tiles, K), the gradient of the products, from that of the pixels."""
    num, height, width, num_out = gradient.shape
    sums = gradient.reshape(num, height // 2, 2, width // 2, 2, num_out)
    for axis in (2, 4):
        a, b = sums.unbind(axis)
        sums = torch.stack((a, a + b, a - b, -b))
    return sums.reshape(16, -1, num_out)
