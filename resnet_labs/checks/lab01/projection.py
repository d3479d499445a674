"""The check of the shortcut that learns to change the shape."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe
from resnet_labs.checks.lab01 import reference
from resnet_labs.checks.lab01.structure import check_trains

_BOTH = "the convolution has to do both: 1x1 changes the channels, its stride the size"
_STRIDE = "the stride of the convolution is a number of your own; give it `stride`"


def check_projection(probe: Probe, module: nn.Module, x: Tensor, out_channels: int, stride: int, given: str) -> None:
    """Check the learnt shortcut: it trains, its layers, then its values in both modes."""
    check_trains(probe, module, given, "a")
    reference.randomise_(module, probe.generator)
    ran, _ = reference.layers(module, x)
    kinds = ["Conv2d" if isinstance(layer, nn.Conv2d) else "BatchNorm2d" for layer in ran]
    probe.equal(
        kinds,
        ["Conv2d", "BatchNorm2d"],
        "layers",
        tested=f"which convolutions and batch norms run in {given}, in turn",
        cause=(
            "a projection is one convolution followed by one batch norm, also where only the size changes",
            "the layers are made and never called",
        ),
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
        cause=_BOTH if got[:3] != want[:3] else (_BOTH, _STRIDE) if got[3] == 1 else _STRIDE,
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
            got,
            out,
            "projection",
            tested=f"the outputs of {given} in {'training' if training else 'evaluation'} mode",
            cause="something else happens before, between or after the two layers",
            hint="a",
            mistakes=[
                Mistake(out.relu(), "relu", "there is a ReLU on the shortcut; the block's own comes after the sum", "a")
            ],
        )
