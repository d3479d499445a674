"""The check of exercise 06.4: clipping by the norm of all gradients together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._elsewhere import move_module_
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks._module_state import ModuleState
from resnet_labs.checks.lab06 import reference
from resnet_labs.checks.lab06.mistakes import named

_CLIPS: dict[str, tuple[Cause, str]] = {
    "each-alone": ("every tensor is clipped by its own norm; take one norm over all of them", "a"),
    "clamped": ("single numbers are cut off, which turns the gradient; multiply all of it by one factor", "b"),
    "always-scaled": ("gradients are scaled up where their norm is below the limit", "b"),
    "sum-of-norms": ("norms are added; the square of the whole norm is the sum of their squares", "a"),
    "no-root": ("the root is missing: this is the square of the norm", "a"),
    "largest-entry": ("the largest entry was taken for the norm", "a"),
    "largest-norm": ("the largest of the norms was taken; take one norm over all gradients", "a"),
    "inverse": ("the factor is norm / limit, which makes gradients longer; it is limit / norm", "a"),
    "unchanged": (
        (
            "`parameter.grad` itself was not changed, only a new tensor that was made from it",
            "a generator was walked twice; make a list of it",
            "the loop ends at the first parameter without a gradient; skip it with `continue`",
            "the norm and the limit are compared the wrong way round",
        ),
        "c",
    ),
}
_CAUSES = (
    "gradients are multiplied by a factor other than limit / norm, or `limit` is not read",
    "the norm is that of some gradients only: a missing one ends the loop, or frozen parameters are left out",
    "it is another norm than the root of the sum of all squares: `linalg.norm` of a matrix with ord 2 is its largest "
    "singular value",
    "not every gradient is multiplied, such as the last one alone, or a copy of it is, as `reshape` and `flatten` make "
    "where a gradient is not contiguous",
)


@check("06.4", "all gradients together have at most the limit's norm, keep their direction, and small ones stay")
def check_clipping(probe: Probe, clip_by_norm_: Callable[[Iterable[nn.Parameter], float], Any]) -> None:
    """Check gradients and returned norm above and below the limit, with a missing gradient, and with zeros."""
    for scale, limit, what in (
        (8.0, 2.0, "above"),
        (0.01, 2.0, "below"),
        (40.0, 0.5, "far above"),
        (0.0, 1.0, "zero"),
        (8.0, math.inf, "below any limit"),
    ):
        network = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(2, 1)).double()
        missing = probe.random.choice((0, 2))  # the first and the last layer have none, or the middle and the last
        parameters = list(network.parameters())
        for number, parameter in enumerate(parameters[:4]):
            if number == missing:
                continue
            shape = parameter.shape[::-1]
            drawn = torch.randn(shape, generator=probe.generator, dtype=torch.float64) * (scale / (number + 1))
            parameter.grad = drawn.mT if drawn.ndim > 1 else drawn  # a matrix is not contiguous
        parameters[1].requires_grad_(False)  # frozen since its gradient was computed
        state = ModuleState(network)
        with_gradient = [parameter for parameter in network.parameters() if parameter.grad is not None]
        held = [parameter.grad for parameter in with_gradient if parameter.grad is not None]
        before = [gradient.clone() for gradient in held]
        weights = [parameter.detach().clone() for parameter in network.parameters()]
        norm = reference.total_norm(before)
        tested = f"gradients with a norm of {norm:.4g}, limit {limit:g}, parameters {missing + 1}, 5 and 6 without"
        got = probe.call(
            clip_by_norm_,
            network.parameters(),
            limit,
            tested=tested,
            cause="" if norm else "something is divided by the norm, which may be zero",
            in_place=True,
            returns=False,
            hint="c",
        )
        after = [parameter.grad for parameter in with_gradient if parameter.grad is not None]
        probe.expect(
            len(after) == len(before) and all(gradient.isfinite().all() for gradient in after),
            "not-finite",
            tested=tested,
            expected="numbers",
            got="a gradient that is missing, infinite or no number",
            cause=_not_finite(norm, limit, missing=len(after) < len(before)),
            hint="b",
        )
        probe.expect(
            all(parameter.grad is None for parameter in (parameters[missing], *parameters[4:])),
            "zeros-made",
            tested=f"the parameters without a gradient, {tested}",
            expected="still without",
            got="gradients of zeros",
            cause="a missing gradient was replaced; skip it",
            hint="c",
        )
        mistakes = named(reference.wrong_clips(before, limit), _CLIPS)
        if norm <= limit:
            mistakes = [mistake for mistake in mistakes if mistake.code == "always-scaled"]
        cause: Cause = _CAUSES
        hint = "a"
        if norm <= limit:
            cause, hint = "gradients change although their norm is not above the limit", "b"
        probe.close(
            reference.flat(after),
            reference.flat(before) * min(1.0, limit / max(norm.item(), 1e-12)),
            "gradients",
            tested=f"{tested} ({what})",
            cause=cause,
            hint=hint,
            mistakes=mistakes,
        )
        probe.expect(
            torch.equal(reference.flat(held), reference.flat(after)),
            "new-gradients",
            tested=f"the gradient tensors that were there before, {tested}",
            expected="changed in place, as what else holds them needs it",
            got="as they were: `.grad` holds new tensors",
            cause="`parameter.grad = ...` puts a new tensor in its place; `parameter.grad.mul_(...)` changes it",
            hint="b",
        )
        probe.expect(
            all(torch.equal(old, new) for old, new in zip(weights, network.parameters(), strict=True)),
            "weights-changed",
            tested=f"the weights after clipping, {tested}",
            expected="as they were",
            got="changed",
            cause="the parameters were scaled; scale `parameter.grad`",
            hint="c",
        )
        probe.unchanged(state, tested=tested, hint="c", aspects=("requires_grad", "hooks"))
        probe.expect(
            got is not None,
            "no-norm",
            tested=f"what clip_by_norm_ returns, {tested}",
            expected="the norm before clipping",
            got=None,
            cause="the function ends without `return`, or returns only where it clips",
            hint="c",
        )
        probe.close(
            got,
            norm,
            "norm",
            tested=f"the returned norm, {tested}",
            cause="return the norm of all gradients as it was before clipping",
            hint="a",
            mistakes=[Mistake(min(norm, torch.tensor(limit)), "norm-after", "this is the norm after clipping", "c")],
        )

    _check_one_after_another(probe, clip_by_norm_)

    def on_a_device(move: Callable[[Tensor], Tensor]) -> None:
        layer = nn.Linear(3, 2)
        for parameter in layer.parameters():
            parameter.grad = 5 * torch.ones_like(parameter)
        move_module_(layer, move)
        clip_by_norm_(layer.parameters(), 1.0)

    probe.elsewhere(on_a_device, tested="clip_by_norm_ on one layer", hint="a")


def _not_finite(norm: Tensor, limit: float, *, missing: bool) -> str:
    if missing:
        return "a gradient was set to None"
    if limit == math.inf:
        return "infinity divided by infinity is no number"
    return "the factor is no number" if norm else "a division by a norm of zero"


def _check_one_after_another(probe: Probe, clip_by_norm_: Callable[[Iterable[nn.Parameter], float], Any]) -> None:
    """Clip gradients that are far above the limit, slightly above it, and below it; one has no axes.

    Of the squares of the last two norms one is above the limit and one below it, where the norm is not.
    """
    weight, scale = nn.Parameter(torch.zeros(2, 3)), nn.Parameter(torch.tensor(1.0))
    for norm, limit in ((500.0, 2.0), (2.01, 2.0), (1.5, 2.0), (0.6, 0.5)):
        weight.grad, scale.grad = torch.randn(2, 3, generator=probe.generator), torch.tensor(0.7)
        before = reference.flat([weight.grad, scale.grad])
        before = before * (norm / before.norm())
        weight.grad, scale.grad = before[:6].reshape(2, 3).clone(), before[6].clone()
        tested = f"gradients with a norm of {norm:g}, limit {limit:g}, one of them without axes"
        probe.call(
            clip_by_norm_,
            iter([weight, scale]),
            limit,
            tested=tested,
            in_place=True,
            returns=False,
            anywhere=False,
            hint="a",
        )
        probe.close(
            reference.flat([weight.grad, scale.grad]),
            before * min(1.0, limit / norm),
            "gradients-again",
            tested=tested,
            cause=(
                "gradients slightly above the limit are let through",
                "each gradient's own norm is compared with the limit, not that of all together",
                "the square of the norm is compared with the limit",
                "something of an earlier call goes into this one",
            ),
            hint="a",
            atol=1e-5,
        )
