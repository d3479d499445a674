"""The check of exercise 01.3: two shortcuts that change the shape."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks.lab01.padding import check_padding
from resnet_labs.checks.lab01.projection import check_projection

Shortcut = Callable[[int, int, int], nn.Module]


@check("01.3", "the projection learns to change the shape, the padding changes it without a parameter")
def check_shortcuts(probe: Probe, projection: Shortcut, padding: Shortcut) -> None:
    """Check both shortcuts that change the shape, on even and odd sizes, with few and with many new channels."""
    few, some = (probe.random.randint(3, 5) for _ in range(2))
    for in_channels, out_channels, stride in (
        (few, 2 * few, 2),
        (some, some + 1, 1),
        (2, probe.random.choice((7, 9)), 3),
        (few, few, 2),
        (some, some, 1),
    ):
        x = torch.randn(4, in_channels, 7, 6, dtype=torch.float64, generator=probe.generator)
        module, given = made(probe, projection, x, out_channels, stride, "a")
        check_projection(probe, module, x, out_channels, stride, given)
        _check_fresh(probe, projection, x, out_channels, stride, module, given)
        module, given = made(probe, padding, x, out_channels, stride, "b")
        check_padding(probe, module, x, out_channels, stride, given)


def made(
    probe: Probe, make: Shortcut, x: torch.Tensor, out_channels: int, stride: int, hint: str
) -> tuple[nn.Module, str]:
    """Return the learner's shortcut in float64, and the call that made it in words."""
    given = f"{getattr(make, '__name__', 'shortcut')}({x.shape[1]}, {out_channels}, {stride})"
    module = probe.call(make, x.shape[1], out_channels, stride, tested=given, makes=True, hint=hint)
    probe.expect(
        isinstance(module, nn.Module),
        "not-a-module",
        tested=f"what {given} returns",
        expected="an `nn.Module`, which a block can hold and call",
        got=type(module).__name__,
        cause="a tensor or a function is returned; return a layer, or layers in an `nn.Sequential`",
        hint=hint,
    )
    # Another one, of other sizes, must not change this one.
    probe.call(make, x.shape[1] + 1, out_channels + 2, stride + 1, anywhere=False, draws_numbers=True, hint=hint)
    return module.double(), given


def _check_fresh(
    probe: Probe, make: Shortcut, x: torch.Tensor, out_channels: int, stride: int, module: nn.Module, given: str
) -> None:
    """Every block needs a projection of its own, also where two have the same shape."""
    again, _ = made(probe, make, x, out_channels, stride, "a")
    own = {id(parameter) for parameter in module.parameters()}
    probe.expect(
        not any(id(parameter) in own for parameter in again.parameters()),
        "shared",
        tested=f"{given}, called twice",
        expected="two layers with weights of their own",
        got="the same weights twice",
        cause="a layer is made once and kept, outside the function or by a cache; make a new one in every call",
        hint="a",
    )
