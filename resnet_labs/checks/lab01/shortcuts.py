"""The check of exercise 01.3: two shortcuts that change the shape."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab01 import reference

Shortcut = Callable[[int, int, int], nn.Module]

_POOLED = "the pixels are pooled; keep every `stride`-th one as it is"


@check("01.3", "the projection learns to change the shape, the padding changes it without a parameter")
def check_shortcuts(probe: Probe, projection: Shortcut, padding: Shortcut) -> None:
    """Check both shortcuts that change the shape, on even and odd sizes."""
    for in_channels, out_channels, stride in ((3, 6, 2), (4, 8, 1)):
        x = torch.randn(4, in_channels, 7, 6, dtype=torch.float64, generator=probe.generator)
        _check_projection(probe, projection, x, out_channels, stride)
        _check_padding(probe, padding, x, out_channels, stride)


def _made(probe: Probe, make: Shortcut, x: Tensor, out_channels: int, stride: int, hint: str) -> tuple[nn.Module, str]:
    given = f"{getattr(make, '__name__', 'shortcut')}({x.shape[1]}, {out_channels}, {stride})"
    module = probe.call(make, x.shape[1], out_channels, stride, tested=given, hint=hint)
    probe.expect(
        isinstance(module, nn.Module),
        "not-a-module",
        tested=f"what {given} returns",
        expected="an `nn.Module`, which a block can hold and call",
        got=type(module).__name__,
        cause="a tensor or a function is returned; return a layer, or layers in an `nn.Sequential`",
        hint=hint,
    )
    return module.double(), given


def _check_projection(probe: Probe, projection: Shortcut, x: Tensor, out_channels: int, stride: int) -> None:
    """Check the learnt shortcut: its layers, then its values in both modes."""
    module, given = _made(probe, projection, x, out_channels, stride, "a")
    reference.randomise_(module, probe.generator)
    ran, _ = reference.layers(module, x)
    kinds = [type(layer).__name__ for layer in ran]
    probe.equal(
        kinds,
        ["Conv2d", "BatchNorm2d"],
        "layers",
        tested=f"which convolutions and batch norms run in {given}, in turn",
        cause="a projection is one convolution followed by one batch norm",
        hint="a",
        mistakes=[
            Mistake(["Conv2d"], "no-norm", "the batch norm after the convolution is missing", "a"),
            Mistake(["BatchNorm2d", "Conv2d"], "norm-first", "the batch norm comes before the convolution", "a"),
        ],
    )
    conv, norm = ran
    want = (x.shape[1], out_channels, 1, stride)
    got = reference.geometry(conv)
    probe.equal(
        got,
        want,
        "stride" if got[:3] == want[:3] else "kernel",
        tested=f"input channels, output channels, kernel size and stride of the convolution of {given}",
        cause="the convolution has to do both: 1x1 changes the channels, its stride the size",
        hint="a",
    )
    probe.expect(
        conv.bias is None,
        "bias",
        tested=f"the bias of the convolution of {given}",
        expected="none: a batch norm follows",
        got="a bias",
        cause="`bias=False` is missing; `nn.Conv2d` adds a bias by default",
        hint="a",
    )
    for training in (False, True):
        with torch.no_grad():
            out = F.conv2d(x, conv.weight, stride=stride)
            out = reference.normalised(out, norm, training)
        module.train(training)
        got = probe.call(module, x, tested=f"{given} on images of 7x6 pixels", hint="a")
        probe.close(
            got.detach(),
            out,
            "projection",
            tested=f"the outputs of {given} in {'training' if training else 'evaluation'} mode",
            cause="something else happens before, between or after the two layers",
            hint="a",
            mistakes=[
                Mistake(out.relu(), "relu", "there is a ReLU on the shortcut; the only one comes after the sum", "a")
            ],
        )


def _check_shape(probe: Probe, got: Tensor, out_channels: int, stride: int, x: Tensor, given: str) -> None:
    """Name the axis that is wrong, images first: a wrong number of pixels and of channels have different causes."""
    shape, want = tuple(got.shape), (len(x), out_channels, *(-(-side // stride) for side in x.shape[2:]))
    tested = f"the shape of {given} on images of shape {tuple(x.shape)}"
    images = (
        "the first axis counts images and does not change; pixels are the third and the fourth: `x[:, :, ::n, ::n]`"
    )
    pixels = "keep every `stride`-th pixel in *both* directions, starting with the first: four of seven"
    if shape[2:] == tuple(x.shape[2:]):
        pixels = "height and width stay as they are; take every `stride`-th pixel"
    floor = tuple(side // stride for side in x.shape[2:])
    fewer = "pixels 0, 2, 4 and 6 of seven stay, which is four; three are left if you start at the second or round down"
    channels = "`out_channels` in all: add `out_channels - in_channels` channels of zeros, whether that is odd or even"
    for code, right, cause, hint in (
        ("axes", len(shape) == 4 and shape[0] == want[0], images, "c"),
        ("rounded-down", shape[2:] == want[2:] or shape[2:] != floor, fewer, "c"),
        ("size", shape[2:] == want[2:], pixels, "c"),
        ("channels", shape[1:2] == want[1:2], channels, "b"),
    ):
        probe.expect(right, code, tested=tested, expected=want, got=shape, cause=cause, hint=hint)


def _check_padding(probe: Probe, padding: Shortcut, x: Tensor, out_channels: int, stride: int) -> None:
    """Check the shortcut without parameters: values and gradients."""
    module, given = _made(probe, padding, x, out_channels, stride, "b")
    extra = out_channels - x.shape[1]
    probe.equal(
        sum(p.numel() for p in module.parameters()),
        0,
        "parameters",
        tested=f"the number of parameters of {given}",
        cause="this shortcut learns nothing: it keeps what is there and adds zeros",
        hint="b",
    )
    got = probe.call(module, x, tested=f"{given} on images of 7x6 pixels", hint="b")
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
