"""What both blocks are made of: convolutions and batch norms, how many, which ones, in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from resnet_labs.checks._engine import Probe
from resnet_labs.checks._failure import Cause
from resnet_labs.checks.lab01 import reference

Geometries = Callable[[int, int, int], list[reference.Geometry]]

_OPTION = "an option that the exercise does not name is given"
_WEIGHTS = (
    "weights are set after the layer is made",
    "these are the layers of an earlier block, kept in a dict or in the class; make new ones in every call",
)


def check_made(probe: Probe, block: Any, shortcut: nn.Module | None, given: str) -> None:
    """Check that a new block is a module, holds its shortcut, trains, and is in training mode."""
    probe.expect(
        isinstance(block, nn.Module),
        "not-a-module",
        tested=given,
        expected="an `nn.Module`",
        got=type(block).__name__,
        cause="the class does not inherit from `nn.Module`",
        hint="a",
    )
    probe.expect(
        shortcut is None or any(part is shortcut for part in block.modules()),
        "not-registered",
        tested=f"whether the shortcut is a part of {given}",
        expected="yes: then the optimizer, `.to(device)`, `.train()` and `.eval()` reach it",
        got="no",
        cause=(
            "`shortcut` is not kept, and so never added",
            "it is kept in a list or a function; assign it: `self.shortcut = shortcut`",
        ),
        hint="b",
    )
    check_trains(probe, block, given, "a")
    others = {id(part) for part in shortcut.modules()} if shortcut else set()
    own = [(name, part) for name, part in block.named_modules() if isinstance(part, nn.BatchNorm2d) and part.affine]
    unusual = [(f"`{name}`: {it[0]}", it[1]) for name, norm in own if id(norm) not in others and (it := _unusual(norm))]
    got, cause = unusual[0] if unusual else ("", "")
    probe.expect(
        not unusual,
        "norm-options",
        tested=f"momentum, epsilon, weight and bias of the batch norms of {given} when it is new",
        expected="0.1, 0.00001, all ones and all zeros, as `nn.BatchNorm2d(channels)` makes them",
        got=got,
        cause=cause,
        hint="c",
    )


def _unusual(norm: nn.BatchNorm2d) -> tuple[str, Cause] | None:
    """Return what a batch norm has in place of one of torch's defaults, and the likeliest cause."""
    for name, option, default in (("momentum", norm.momentum, 0.1), ("epsilon", norm.eps, 1e-5)):
        if option != default:
            return f"{name} {option}", _OPTION
    for name, numbers, start in (("weight", norm.weight, 1), ("bias", norm.bias, 0)):
        if not bool((numbers == start).all()):
            low, high = numbers.min().item(), numbers.max().item()
            if low == high:
                return f"every {name} is {low:.3g}", _WEIGHTS[0]
            return f"{name} from {low:.3g} to {high:.3g}", _WEIGHTS
    return None


def check_trains(probe: Probe, module: nn.Module, given: str, hint: str) -> None:
    """Check that all of a new module trains, and that it is in training mode, as new modules are."""
    still = [name for name, weight in module.named_parameters() if not weight.requires_grad]
    probe.expect(
        not still,
        "frozen",
        tested=f"which parameters of {given} learn",
        expected="all",
        got=f"all but {', '.join(still[:3])}",
        cause="`requires_grad` was switched off",
        hint=hint,
    )
    resting = [name or "the module" for name, part in module.named_modules() if not part.training]
    probe.expect(
        not resting,
        "made-in-eval",
        tested=f"the mode of {given} when it is new",
        expected="training mode, as torch makes its layers",
        got=f"evaluation mode: {', '.join(resting[:3])}",
        cause="`.eval()` was called where it is made",
        hint=hint,
    )


def check_structure(
    probe: Probe,
    block: nn.Module,
    x: Tensor,
    shortcut: nn.Module | None,
    expected: list[reference.Geometry],
    given: str,
) -> tuple[list[nn.Conv2d], list[nn.BatchNorm2d]]:
    """Check the layers that run, one by one; return the convolutions and the batch norms in their order."""
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
        cause=(
            "a convolution is missing or left over",
            "one is made but never called, is kept in a plain list (use `nn.ModuleList`), or belongs to the shortcut",
        ),
        hint="a",
    )
    for number, (conv, want) in enumerate(zip(convs, expected, strict=True), 1):
        got = reference.geometry(conv)
        code, cause = _why(number, got, want, [one[3] for one in expected], [one.stride[0] for one in convs])
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
            got=conv.padding[0] if len({*conv.padding}) == 1 else conv.padding,
            cause=_why_padded(conv),
            hint="a",
        )
        probe.expect(
            conv.padding_mode == "zeros" and conv.groups == 1 and conv.dilation == (1, 1),
            "conv-options",
            tested=f"padding mode, groups and dilation of convolution {number} of {given}",
            expected="zeros, 1 and 1",
            got=f"{conv.padding_mode}, {conv.groups} and {conv.dilation[0]}",
            cause="an option of `nn.Conv2d` that the exercise does not name has another value than its default",
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
        cause=(
            "every convolution is followed by a batch norm, the last one too",
            "layers are made and never called: `F.batch_norm` or another layer is called in their place",
        ),
        hint="c",
    )
    probe.expect(
        all(norm.affine and norm.running_mean is not None for norm in norms),
        "norm-kind",
        tested=f"the batch norms of {given}",
        expected="`nn.BatchNorm2d(channels)`, with its weights and its running statistics",
        got="one without weights, or without running statistics",
        cause="`affine=False` or `track_running_stats=False` is given",
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


def _why_padded(conv: nn.Conv2d) -> str:
    """Return the likeliest cause of a padding that is not half the kernel."""
    if conv.kernel_size[0] == 1:
        return "a 1x1 convolution needs no padding: it sees one pixel at a time"
    if conv.padding in ("valid", (0, 0)):
        return "a 3x3 convolution without padding loses a pixel on every side"
    return "the padding of a 3x3 is 1, whatever the stride"


def _why(
    number: int, got: reference.Geometry, want: reference.Geometry, expected: list[int], strides: list[int]
) -> tuple[str, Cause]:
    """Return the code and the likeliest cause of a convolution's first wrong number; the lists are all strides."""
    if got[:3] == want[:3]:
        strided = next((place for place, each in enumerate(expected, 1) if each > 1), 0)
        if not strided:
            return "stride", f"`stride` is 1 in this block; {got[3]} is a number of your own"
        if number != strided:
            return "stride", f"convolution {number} moves by one pixel; `stride` belongs in convolution {strided} alone"
        other = next((place for place, each in enumerate(strides, 1) if place != strided and each > 1), 0)
        if other:
            return "stride", f"`stride` belongs in convolution {strided}, not in convolution {other}"
        return "stride", (
            f"convolution {strided} gets a number of your own in place of `stride`",
            "it gets `stride` in some blocks only, or only where it is 1 or 2; pass it on as it is, in every block",
        )
    names = ("input channels", "output channels", "kernel size")
    first = next(place for place in range(3) if got[place] != want[place])
    return "geometry", f"the {names[first]}: {got[first]} instead of {want[first]}"
