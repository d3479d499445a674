"""The check of the training step of exercise 08.1: two steps, compared with torch's own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe
from resnet_labs.checks._module_state import ModuleState
from resnet_labs.checks.lab08 import reference
from resnet_labs.checks.lab08.layers import flat, new_layers

_NOT_CLEARED = "the gradients of the first step are still there in the second; `optimizer.zero_grad()` is missing"
_SECOND = "the first loss and the weights are right; the second number is not the loss of the second step"


def check_step(
    probe: Probe,
    reconstruction_step: Callable[[nn.Module, nn.Module, Tensor, torch.optim.Optimizer], float],
    sizes: tuple[int, int],
    num_rows: int,
) -> None:
    """Check two steps on the same rows: what they return, what they move, and what they leave as it was."""
    (layer,) = new_layers(sizes)
    layer[1][0].bias.requires_grad_(False)  # type: ignore[index]
    start = copy.deepcopy(layer)
    encoder, decoder = layer
    rows = 5 * torch.randn(sizes[0], num_rows, generator=probe.generator, dtype=torch.float64).T  # not contiguous
    optimizer = torch.optim.SGD([{"params": part.parameters()} for part in layer], lr=0.5, momentum=0.5)
    if num_rows == 1:
        for parameter in (*encoder.parameters(), *decoder.parameters()):
            parameter.grad = torch.ones_like(parameter) if parameter.requires_grad else None
    state, settings = ModuleState(nn.ModuleList(layer)), _settings(optimizer)
    weights, losses = reference.steps(start, rows, num_steps=2)
    step = (reconstruction_step, encoder, decoder, rows, optimizer)
    kept = rows.clone()
    compared = (
        "the loss compares decoder(encoder(rows)) with the rows themselves, which have the same shape",
        "a type is written down, such as `.float()`; the rows and the weights are float64 here",
    )
    given = f"the first step, on {num_rows} rows of {sizes[0]} values"
    first = probe.call(*step, tested=given, cause=compared, in_place=True, hint="b")
    probe.kept(rows, kept, "rows", tested=given, hint="c")
    left = ("parts", "modes", "requires_grad", "hooks")
    probe.unchanged(state, tested=given, hint="c", aspects=left, what="encoder and decoder")
    probe.expect(
        all(weight.grad is None for part in layer for weight in part.parameters() if not weight.requires_grad),
        "frozen-gradient",
        tested=f"the gradient of a frozen bias after {given}",
        expected="none, as before: momentum or weight decay would move it, even by a gradient of zero",
        got="a gradient",
        cause="every parameter is given a gradient, such as zeros",
        hint="c",
    )
    probe.equal(
        _settings(optimizer),
        settings,
        "optimizer-changed",
        tested=f"the settings of the optimizer after {given}",
        cause="the step sets something in `optimizer.param_groups`, such as the learning rate",
        hint="c",
    )
    probe.expect(
        not isinstance(first, Tensor),
        "keeps-graph",
        tested="what reconstruction_step returns",
        expected="a Python number",
        got="a tensor, which keeps the step's whole graph in memory",
        cause="`.item()` is missing",
        hint="c",
    )
    error = (start[1](start[0](rows)) - rows).detach()
    probe.close(
        first,
        losses[0],
        "loss",
        tested="the loss of the first step, in float64",
        rtol=1e-6,
        cause=(
            "a loss other than the mean squared error between decoder(encoder(rows)) and rows",
            "the mean is over another number than all values of all rows, such as a number that is written down",
        ),
        hint="b",
        mistakes=[
            Mistake(losses[0] / 2, "halved", "this is half of the mean squared error", "b"),
            Mistake(error.square().sum(), "sum", "the squares are summed, not averaged", "b"),
            Mistake(error.square().sum(1).mean(), "sum-over-values", "summed over the values of an image", "b"),
            Mistake(error.square().mean().sqrt(), "root", "the root of the mean squared error is taken", "b"),
            Mistake(error.abs().mean(), "absolute", "the differences are not squared", "b"),
            Mistake(losses[1], "after-step", "this is the loss after the step; return the one before it", "c"),
        ],
    )
    second = probe.call(*step, tested=f"a second step, on {num_rows} rows", in_place=True, hint="c")
    probe.kept(rows, kept, "rows", tested="a second step", hint="c")
    probe.close(
        flat(encoder, decoder),
        weights,
        "weights",
        tested="the weights of encoder and decoder after two steps",
        cause=(
            "the order is clear, forward, backward, step; each happens once",
            "gradients that were there before the first step are added to it; clear them before `loss.backward()`",
            "something between the rows and the loss is detached, or the gradients are changed before the step",
        ),
        hint="c",
        mistakes=[
            Mistake(
                reference.steps(start, rows, num_steps=2, cut_code=True)[0],
                "code-detached",
                "the encoder never moves: its code is cut from the graph, by `detach` or `no_grad`",
                "c",
            ),
            Mistake(reference.steps(start, rows, num_steps=2, clear=False)[0], "not-cleared", _NOT_CLEARED, "c"),
            Mistake(
                flat(*start),
                "no-step",
                "the weights never move: no `backward`, no step, or `zero_grad` between the two",
                "c",
            ),
            Mistake(
                reference.steps(start, rows, num_steps=1)[0],
                "stale-step",
                "`optimizer.step()` comes before `loss.backward()`",
                "c",
            ),
        ],
    )
    probe.close(second, losses[1], "loss", tested="the loss of the second step", cause=_SECOND, hint="b", rtol=1e-6)
    encoder.requires_grad_(False)
    before = flat(encoder)
    probe.call(*step, tested="a third step, the encoder frozen after the second", in_place=True, hint="c")
    probe.expect(
        torch.equal(flat(encoder), before),
        "drifts",
        tested="the weights of the encoder after a step with momentum, the encoder frozen before it",
        expected="as they were",
        got="they moved",
        cause="gradients are set to zero and not to None, and momentum moves what has a gradient, even one of zero",
        hint="c",
    )


def _settings(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
