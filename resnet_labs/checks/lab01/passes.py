"""What a block does beside its values: its statistics, copies of it, another type, a shortcut that does not fit."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._describe import error_text
from resnet_labs.checks._engine import Probe
from resnet_labs.checks.lab01.structure import Geometries, check_structure


def check_statistics(probe: Probe, block: nn.Module, norms: list[nn.BatchNorm2d], x: Tensor, given: str) -> None:
    """Each batch norm's statistics move once in a pass in training mode; the block can be copied after it."""
    tested = f"the running statistics of {given}"
    before = _means(norms)
    out = probe.call(block.train(), x.clone().requires_grad_(), tested=f"{given}, in training mode", hint="c")
    after = _means(norms)
    probe.expect(
        not any(torch.equal(*pair) for pair in zip(before, after, strict=True)),
        "statistics-still",
        tested=f"{tested} after a pass in training mode",
        expected="moved towards the batch, in every batch norm",
        got="one did not move at all",
        cause="its momentum is 0, or it runs in evaluation mode",
        hint="c",
    )
    out.sum().backward()
    probe.expect(
        all(torch.equal(*pair) for pair in zip(after, _means(norms), strict=True)),
        "statistics-twice",
        tested=f"{tested} after the backward pass",
        expected="as they were after the forward pass",
        got="they moved once more",
        cause="a part of `forward` runs again in the backward pass, as with `checkpoint`",
        hint="c",
    )
    error = ""
    try:
        copy.deepcopy(block)
    except RuntimeError as problem:
        error = error_text(problem)
    block.zero_grad()
    probe.expect(
        not error,
        "kept-output",
        tested=f"a copy of {given} after a pass, by `copy.deepcopy`",
        expected="a copy",
        got=error,
        cause="a tensor of the last pass is kept on `self`, and with it the whole graph",
        hint="c",
    )


def _means(norms: list[nn.BatchNorm2d]) -> list[Tensor]:
    return [norm.running_mean.clone() for norm in norms if norm.running_mean is not None]


def check_half(probe: Probe, block: nn.Module, x: Tensor, given: str) -> None:
    """Weights and images in bfloat16 give bfloat16."""
    tested = f"the type of the outputs of {given}, with weights and images in bfloat16"
    half = copy.deepcopy(block).bfloat16().eval()
    got = probe.call(half, x.bfloat16(), tested=tested, anywhere=False, hint="c")
    probe.expect(
        got.dtype == torch.bfloat16,
        "dtype",
        tested=tested,
        expected="bfloat16",
        got=str(got.dtype).removeprefix("torch."),
        cause="a tensor of another type is added, such as `torch.zeros(...)`",
        hint="c",
    )


def check_wide(probe: Probe, make: Any, geometries: Geometries, *, expansion: int) -> None:
    """A block of 128 channels is made like a narrow one."""
    channels, shortcut = 128 * expansion, nn.Identity()
    given = f"{getattr(make, '__name__', 'block')}({channels}, 128, 1, nn.Identity())"
    block = probe.call(make, channels, 128, 1, shortcut, tested=given, in_place=True, makes=True, hint="a")
    check_structure(probe, block, torch.zeros(1, channels, 3, 3), shortcut, geometries(channels, 128, 1), given)


def check_misfit(probe: Probe, make: Any, *, expansion: int) -> None:
    """A shortcut whose shape does not fit the branch is an error."""
    given = f"{getattr(make, '__name__', 'block')}({2 * expansion}, 2, 2, nn.Identity())"
    block = probe.call(make, 2 * expansion, 2, 2, nn.Identity(), tested=given, in_place=True, makes=True, hint="b")
    try:
        got = block(torch.zeros(2, 2 * expansion, 6, 6))
    except Exception:
        return
    probe.expect(
        False,
        "misfit",
        tested=f"{given} on images of 6x6 pixels: the branch gives 3x3, the shortcut 6x6",
        expected="torch's error about the two shapes",
        got=tuple(got.shape) if isinstance(got, Tensor) else got,
        cause="a shortcut that does not fit is left out, so nobody notices a wrong network",
        hint="b",
    )
