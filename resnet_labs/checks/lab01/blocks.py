"""What the checks of both blocks share: structure, values and input gradients are compared with the reference."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe
from resnet_labs.checks.lab01 import reference

Geometries = Callable[[int, int, int], list[reference.Geometry]]

# code -> the likeliest cause, and the hint
_MISTAKES = {
    "no-skip": ("the shortcut is never added", "b"),
    "ignores-shortcut": ("`x` is added as it is; add what `shortcut(x)` gives", "b"),
    "multiplied": ("the two paths are multiplied; they should be added", "b"),
    "averaged": ("the two paths are averaged; they should be added, without dividing", "b"),
    "concatenated": ("the two paths are concatenated; they should be added, number by number", "b"),
    "norm-after-sum": ("the last batch norm comes after the addition; it belongs before it", "c"),
    "relu-before-add": ("the last ReLU comes before the addition; it comes after", "c"),
    "relu-before-and-after": ("there is a ReLU before the addition too; the only one comes after it", "c"),
    "no-final-relu": ("the ReLU after the addition is missing", "c"),
    "no-relu-between": ("a ReLU between the convolutions is missing", "c"),
    "no-relu-1": ("the ReLU after the first batch norm is missing", "c"),
    "no-relu-2": ("the ReLU after the second batch norm is missing", "c"),
    "plain-has-skip": ("with `shortcut=None` something is still added", "b"),
}
_WITHOUT = ("no-relu-between", "no-relu-1", "no-relu-2", "no-final-relu", "plain-has-skip")
_WITH = tuple(name for name in _MISTAKES if name != "plain-has-skip")
_DETACHED = "the shortcut is cut out of the graph: `.detach()`, `.data` or `torch.no_grad()`"


def compare_blocks(probe: Probe, make: Any, geometries: Geometries, *, expansion: int) -> None:
    """Ask a block class for five blocks; compare each with the reference, in evaluation and in training mode."""
    same = 3 * expansion  # the number of input and of output channels
    for in_channels, stride, kind in (
        (same, 1, "projection"),
        (same, 1, "identity"),
        (5, 2, "projection"),
        (same, 1, "None"),
        (5, 2, "None"),
    ):
        shortcut: nn.Module | None = None
        if kind != "None":
            shortcut = nn.Identity() if kind == "identity" else reference.projection(in_channels, same, stride).double()
        given = f"{getattr(make, '__name__', 'block')}({in_channels}, 3, {stride}, shortcut), shortcut: {kind}"
        untouched = copy.deepcopy(shortcut)
        block = probe.call(
            make, in_channels, 3, stride, shortcut, tested=given, in_place=True, anywhere=False, hint="a"
        )
        probe.expect(
            isinstance(block, nn.Module),
            "not-a-module",
            tested=given,
            expected="an `nn.Module`",
            got=type(block).__name__,
            cause="the class does not inherit from `nn.Module`",
            hint="a",
        )
        block = block.double()
        reference.randomise_(block, probe.generator)
        x = torch.randn(4, in_channels, 7, 6, dtype=torch.float64, generator=probe.generator)
        expected = geometries(in_channels, 3, stride)
        convs, norms = _structure(probe, block, x, shortcut, expected, given)
        if untouched is not None and shortcut is not None:
            untouched.load_state_dict(shortcut.state_dict())
        twin = reference.Twin(convs, norms, untouched, expected)
        for training in (False, True):
            _values(probe, block, x, twin, training, given)


def _structure(
    probe: Probe,
    block: nn.Module,
    x: Tensor,
    shortcut: nn.Module | None,
    expected: list[reference.Geometry],
    given: str,
) -> tuple[list[nn.Conv2d], list[nn.BatchNorm2d]]:
    ran, whole = reference.layers(block, x, apart=shortcut)
    convs = [layer for layer in ran if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in ran if isinstance(layer, nn.BatchNorm2d)]
    two_3x3 = len(expected) == 3 and [conv.kernel_size[0] for conv in convs] == [3, 3]
    probe.expect(
        not two_3x3,
        "two-3x3",
        tested=f"the convolutions of {given}",
        expected="1x1, 3x3, 1x1",
        got="two of 3x3",
        cause="this is the basic block; the report describes the bottleneck so, and is wrong",
        hint="a",
    )
    probe.equal(
        len(convs),
        len(expected),
        "conv-count",
        tested=f"how many `nn.Conv2d` run in {given}, the shortcut's own left out",
        cause="a convolution is missing or left over, is made but never called, or belongs to the shortcut",
        hint="a",
    )
    for number, (conv, want) in enumerate(zip(convs, expected, strict=True), 1):
        got = reference.geometry(conv)
        code, cause = _why(number, got, want, expected)
        probe.equal(
            got,
            want,
            code,
            tested=f"input channels, output channels, kernel size and stride of convolution {number} of {given}",
            cause=cause,
            hint="a",
        )
        probe.expect(
            reference.padded_by_half(conv),
            "padding",
            tested=f"the padding of convolution {number} of {given}",
            expected=f"{conv.kernel_size[0] // 2}: with stride 1 height and width stay",
            got=conv.padding,
            cause="a 3x3 convolution without padding takes a pixel from every side; a 1x1 needs none",
            hint="a",
        )
        probe.expect(
            conv.bias is None,
            "bias",
            tested=f"the bias of convolution {number} of {given}",
            expected="none: the batch norm after it subtracts the mean and has its own shift",
            got="a bias",
            cause="`bias=False` is missing; `nn.Conv2d` adds a bias by default",
            hint="a",
        )
    probe.equal(
        len(norms),
        len(expected),
        "norm-count",
        tested=f"how many `nn.BatchNorm2d` run in {given}, the shortcut's own left out",
        cause="every convolution is followed by a batch norm, the last one too",
        hint="c",
    )
    channels = [norm.num_features for norm in norms]
    wanted = [out_channels for _, out_channels, _, _ in expected]
    probe.expect(
        whole or sorted(channels) == sorted(wanted),  # where the block runs, they fit what comes before them
        "norm-channels",
        tested=f"the channels of the batch norms of {given}",
        expected=wanted,
        got=channels,
        cause="a batch norm has as many channels as the convolution before it has outputs",
        hint="c",
    )
    for name, kind in (("convolutions", convs), ("batch norms", norms)):
        probe.equal(
            len({id(layer) for layer in kind}),
            len(expected),
            "shared",
            tested=f"how many different {name} run in {given}",
            cause="one layer is called twice; each place needs its own",
            hint="c",
        )
    probe.expect(
        not whole or [isinstance(layer, nn.Conv2d) for layer in ran] == [True, False] * len(expected),
        "order",
        tested=f"the order of the layers in {given}",
        expected="convolution, batch norm, convolution, batch norm, ...",
        got=", ".join(type(layer).__name__ for layer in ran),
        cause="a batch norm comes before its convolution",
        hint="c",
    )
    return convs, norms


def _why(
    number: int, got: reference.Geometry, want: reference.Geometry, expected: list[reference.Geometry]
) -> tuple[str, str]:
    """Return the code and the likeliest cause of a convolution's first wrong number."""
    if got[:3] == want[:3]:
        strided = next((place for place, each in enumerate(expected, 1) if each[3] > 1), 0)
        if number == strided:
            return "stride", f"`stride` belongs here, into convolution {strided}"
        return "stride", "this convolution moves by one pixel; only one of the block's convolutions has the `stride`"
    names = ("input channels", "output channels", "kernel size")
    first = next(place for place in range(3) if got[place] != want[place])
    return "geometry", f"the {names[first]}: {got[first]} instead of {want[first]}"


def _values(probe: Probe, block: nn.Module, x: Tensor, twin: reference.Twin, training: bool, given: str) -> None:
    tested = f"{given}, in {'training' if training else 'evaluation'} mode"
    plain = twin.shortcut is None
    names = _WITHOUT if plain else _WITH
    block.train(training)
    with torch.no_grad():
        want = twin.output(x, training=training)
        mistakes = [
            Mistake(value, name, *_MISTAKES[name])
            for name in names
            if (value := _or_none(twin, x, training, name)) is not None
        ]
    cause = "with `shortcut=None` nothing is added; test for it before you call the shortcut" if plain else ""
    got = probe.call(block, x, tested=tested, cause=cause, hint="b")
    probe.close(
        got.detach() if isinstance(got, Tensor) else got,
        want,
        "values",
        tested=f"the outputs of {tested}, in float64",
        cause="the order is convolution, batch norm, ReLU; after the last batch norm the sum, then a ReLU",
        hint="c",
        mistakes=mistakes,
    )

    weights = torch.randn(want.shape, dtype=torch.float64, generator=probe.generator)

    def right(x: Tensor, how: str = "right") -> Tensor:
        return twin.output(x, training=training, how=how)

    gradient = reference.input_gradient(block, x, weights)
    probe.expect(
        gradient is not None,
        "no-gradient",
        tested=f"the gradient at the input of {tested}",
        expected="a gradient",
        got="none: the output is not part of a graph",
        cause="`.detach()`, `.data` or `torch.no_grad()` in `forward`",
        hint="b",
    )
    detached = reference.input_gradient(partial(right, how="detached"), x, weights)
    probe.close(
        gradient,
        reference.input_gradient(right, x, weights),  # type: ignore[arg-type]
        "gradient",
        tested=f"the gradient at the input of {tested}, in float64",
        cause="a part of the block is cut out of the graph",
        hint="b",
        mistakes=[] if plain else [Mistake(detached, "detached", _DETACHED, "b")],
    )


def _or_none(twin: reference.Twin, x: Tensor, training: bool, how: str) -> Tensor | None:
    """Return what the mistake gives, None where its shapes do not fit."""
    try:
        return twin.output(x, training=training, how=how)
    except RuntimeError:
        return None
