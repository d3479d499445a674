"""The check of the shortcut that changes the shape without a parameter."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe
from resnet_labs.checks._failure import Cause
from resnet_labs.checks.lab01 import reference

_OWN_STRIDE = "`stride` is not read, or a number of your own stands in its place"
_POOLED = "the pixels are pooled; keep every `stride`-th one as it is"


def _check_shape(probe: Probe, got: Tensor, out_channels: int, stride: int, x: Tensor, given: str) -> None:
    """Name the axis that is wrong, images first: a wrong number of pixels and of channels have different causes."""
    shape, want = tuple(got.shape), (len(x), out_channels, *(-(-side // stride) for side in x.shape[2:]))
    tested = f"the shape of {given} on images of shape {tuple(x.shape)}"
    images = (
        "the first axis counts images and does not change; pixels are the third and the fourth: `x[:, :, ::n, ::n]`"
    )
    *first, last = range(0, x.shape[2], stride)
    stay = f"{', '.join(map(str, first))} and {last}"
    pixels: Cause = (
        f"keep every `stride`-th pixel in *both* directions, starting with the first: {stay} of {x.shape[2]}",
        _OWN_STRIDE,
    )
    if stride == 1:
        pixels = f"with stride 1 every pixel stays; {_OWN_STRIDE}"
    elif shape[2:] == tuple(x.shape[2:]):
        pixels = "height and width stay as they are; take every `stride`-th pixel"
    floor = tuple(side // stride for side in x.shape[2:])
    fewer = f"pixels {stay} of {x.shape[2]} stay; there is one less if you start at the second or round down"
    channels = "`out_channels` in all: add `out_channels - in_channels` channels of zeros, whether that is odd or even"
    for code, right, cause, hint in (
        ("axes", len(shape) == 4 and shape[0] == want[0], images, "c"),
        ("rounded-down", shape[2:] == want[2:] or shape[2:] != floor, fewer, "c"),
        ("size", shape[2:] == want[2:], pixels, "c"),
        ("channels", shape[1:2] == want[1:2], channels, "b"),
    ):
        probe.expect(right, code, tested=tested, expected=want, got=shape, cause=cause, hint=hint)


def check_padding(probe: Probe, module: nn.Module, x: Tensor, out_channels: int, stride: int, given: str) -> None:
    """Check the shortcut without parameters: values, gradients, and batches of another size and type."""
    extra = out_channels - x.shape[1]
    probe.equal(
        sum(p.numel() for p in module.parameters()),
        0,
        "parameters",
        tested=f"the number of parameters of {given}",
        cause="this shortcut learns nothing: it keeps what is there and adds zeros",
        hint="b",
    )
    got = probe.call(
        module,
        x,
        tested=f"{given} on images of 7x6 pixels",
        cause=("two shapes do not fit in that line", "rows and columns are taken for equally many: the map is 7x6"),
        hint="b",
    )
    probe.expect(
        isinstance(got, Tensor),
        "not-a-tensor",
        tested=f"what {given} gives for images",
        expected="a tensor",
        got=got,
        cause="`forward` returns something else",
        hint="b",
    )
    _check_shape(probe, got, out_channels, stride, x, given)
    # The paper does not say on which side the zeros are.
    fits = [reference.padded(x, before, extra - before, stride) for before in range(extra + 1)]
    right = next((it for it in fits if it.shape == got.shape and torch.equal(it, got.to(it))), fits[0])
    mean = F.avg_pool2d(x, stride, ceil_mode=True)
    maximum = F.max_pool2d(x, stride, ceil_mode=True)
    zeros = (0, 0, 0, 0, 0, extra)
    repeated = fits[0].new_tensor([])
    if extra <= x.shape[1]:
        repeated = torch.cat([x[:, :, ::stride, ::stride], x[:, :extra, ::stride, ::stride]], 1)
    probe.close(
        got,
        right,
        "padding",
        tested=f"the outputs of {given}",
        cause="keep every `stride`-th pixel, starting with the first, and add whole channels of zeros",
        hint="b",
        mistakes=[
            *(
                [
                    Mistake(F.pad(mean, zeros), "mean", _POOLED, "c"),
                    Mistake(F.pad(maximum, zeros), "maximum", _POOLED, "c"),
                ]
                if stride > 1
                else []
            ),
            Mistake(repeated, "repeated", "the new channels are copies; they should be zeros", "b"),
        ],
    )
    weights = torch.randn(right.shape, dtype=torch.float64, generator=probe.generator)
    start = next(n for n, it in enumerate(fits) if it is right)
    want = reference.input_gradient(lambda x: reference.padded(x, start, extra - start, stride), x, weights)
    gradient = reference.input_gradient(module, x, weights)
    probe.expect(
        gradient is not None,
        "no-gradient",
        tested=f"the gradient at the input of {given}",
        expected="a gradient: it flows through the pixels that stay",
        got="none",
        cause="the output is a new tensor outside the graph; concatenate or pad instead",
        hint="b",
    )
    probe.close(
        gradient,
        want,  # type: ignore[arg-type]
        "gradient",
        tested=f"the gradient at the input of {given}",
        cause="a part is cut out of the graph",
        hint="b",
    )
    _check_other_batches(probe, module, x, lambda x: reference.padded(x, start, extra - start, stride), given)


def _check_other_batches(
    probe: Probe, module: nn.Module, x: Tensor, right: Callable[[Tensor], Tensor], given: str
) -> None:
    """Check one image after four, a value that is infinite, and half precision."""
    one = x[:1].clone()
    tested = f"{given} on one image, after a batch of four"
    kept = "something is kept from the first batch; a last batch can be smaller"
    got = probe.call(module, one, tested=tested, cause=kept, hint="b")
    probe.close(got, right(one), "kept", tested=tested, cause=kept, hint="b")
    one[0, :, 0, 0] = torch.inf
    tested = f"{given} on an image with an infinite value"
    cause = "the zeros are computed from the image: zero times infinity is NaN; make new zeros"
    got = probe.call(module, one, tested=tested, hint="b")
    probe.close(got, right(one), "times-zero", tested=tested, cause=cause, hint="b")
    half = x.bfloat16()
    tested = f"the type of {given} on images in bfloat16, as mixed precision has them"
    module(x)  # of the same shape
    got = probe.call(module, half, tested=tested, hint="b")
    probe.expect(
        got.dtype == half.dtype,
        "dtype",
        tested=tested,
        expected="bfloat16",
        got=str(got.dtype).removeprefix("torch."),
        cause=(
            "the zeros have a type of their own; give them that of the image: `x.new_zeros(...)`",
            "the zeros of an earlier batch are kept",
        ),
        hint="b",
    )
