"""The checks of lab 01's two shortcuts that change the shape."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe
from resnet_labs.checks.lab01 import reference

Shortcut = Callable[[int, int, int], nn.Module]


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


def check_projection(probe: Probe, projection: Shortcut, x: Tensor, out_channels: int, stride: int) -> None:
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
        cause="a projection is one convolution and one batch norm behind it",
        hint="a",
        mistakes=[
            Mistake(["Conv2d"], "no-norm", "the batch norm behind the convolution is missing", "a"),
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
            cause="something else happens before, between or behind the two layers",
            hint="a",
            mistakes=[
                Mistake(out.relu(), "relu", "a ReLU stands on the shortcut; the only one comes after the sum", "a")
            ],
        )


def _check_shape(probe: Probe, got: Tensor, out_channels: int, stride: int, x: Tensor, given: str) -> None:
    """Name the axis that is wrong, images first: a wrong number of pixels and of channels have different causes."""
    shape, want = tuple(got.shape), (len(x), out_channels, *(-(-side // stride) for side in x.shape[2:]))
    tested = f"the shape of {given} on images of shape {tuple(x.shape)}"
    images = "the first axis counts images, and stays; pixels are the third and the fourth: `x[:, :, ::n, ::n]`"
    pixels = "every `stride`-th pixel stays in *both* directions, from the first on: of seven pixels four"
    if shape[2:] == tuple(x.shape[2:]):
        pixels = "height and width stay as they are; take every `stride`-th pixel"
    floor = tuple(side // stride for side in x.shape[2:])
    fewer = "pixels 0, 2, 4 and 6 of seven stay, which are four; three come of the second on, or of half, rounded down"
    channels = "`out_channels` in all: `out_channels - in_channels` of zeros join those that are there, odd or even"
    for code, right, cause, hint in (
        ("axes", len(shape) == 4 and shape[0] == want[0], images, "c"),
        ("rounded-down", shape[2:] == want[2:] or shape[2:] != floor, fewer, "c"),
        ("size", shape[2:] == want[2:], pixels, "c"),
        ("channels", shape[1:2] == want[1:2], channels, "b"),
    ):
        probe.expect(right, code, tested=tested, expected=want, got=shape, cause=cause, hint=hint)


def check_padding(probe: Probe, padding: Shortcut, x: Tensor, out_channels: int, stride: int) -> None:
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
    # The paper leaves open on which side the zeros stand.
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
        cause="every `stride`-th pixel stays, from the first on, and whole channels of zeros join it",
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
            Mistake(repeated, "repeated", "the new channels are copies; they are zeros", "b"),
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


_POOLED = "the pixels are pooled; they are only thinned out"
