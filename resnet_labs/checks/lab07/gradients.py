"""The answer's value together with its gradient, for the checks of losses and distances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_labs.checks._engine import Probe
from resnet_labs.checks._values import same_bits

BACKWARD = "a backward of your own does not multiply by the gradient that comes in"
_IN_PLACE = (
    "something was changed in place: `masked_fill` makes a new table, `fill_diagonal_` and `table[mask] = 0` do not"
)


def differentiated(
    probe: Probe,
    function: Callable[..., Any],
    inputs: Tensor,
    *args: Any,
    gradient_hint: str,
    number: str = "a Python number is returned; leave out `.item()` and `float(...)`",
    **how: Any,
) -> tuple[Tensor, Callable[..., Tensor]]:
    """Call the function; return its value, and what gives the gradient of the value's weighted sum for the inputs.

    It gets copies, so that an answer that changes them in place spoils no later check. `number` is the cause to name
    where it returns a number.
    """
    leaf = inputs.clone().requires_grad_()
    copies = [it.clone() if isinstance(it, Tensor) else it for it in args]
    value = probe.call(function, leaf.clone(), *copies, follows=True, **how)
    probe.expect(
        isinstance(value, Tensor),
        "not-a-tensor",
        tested=how["tested"],
        expected="a tensor, so that gradients can flow back",
        got=value,
        cause=number if isinstance(value, (int, float, np.number)) else "return one tensor and nothing else",
        hint=gradient_hint,
    )

    for copy, given in zip(copies, args, strict=True):
        if isinstance(copy, Tensor) and isinstance(given, Tensor):
            probe.expect(
                same_bits(copy, given) and not copy.requires_grad,
                "changes-input",
                tested=f"the other inputs after {how['tested']}",
                expected="as they were",
                got="one of them requires a gradient" if copy.requires_grad else "other values",
                cause="`requires_grad_` was called on it"
                if copy.requires_grad
                else "an in-place operation on an argument",
                hint=gradient_hint,
            )
    probe.expect(
        not value.requires_grad or value.dtype == inputs.dtype,
        "dtype",
        tested=f"the type of {how['tested']}",
        expected=f"{inputs.dtype}, the type of the inputs".removeprefix("torch."),
        got=str(value.dtype).removeprefix("torch."),
        cause="the inputs are converted to another type on the way, such as by `.float()`",
        hint=gradient_hint,
    )

    def gradient(*, connected: bool = False) -> Tensor:
        tested = f"the gradient of {how['tested']}"
        probe.expect(
            value.requires_grad,
            "no-gradient",
            tested=tested,
            expected="a gradient for every input",
            got="a value that is cut off from the inputs",
            cause="`.detach()`, `.data`, `.item()`, NumPy or `torch.no_grad()` on the way, or a new tensor of zeros",
            hint=gradient_hint,
        )
        try:
            (found,) = torch.autograd.grad((value * weights(value)).sum(), leaf, allow_unused=True)
        except RuntimeError as error:
            if "inplace" not in str(error):
                raise
            got = "torch's error that a tensor the gradient needs was modified by an inplace operation"
            raise probe.failure(
                "in-place", tested=tested, expected="a gradient", got=got, cause=_IN_PLACE, hint=gradient_hint
            ) from error
        probe.expect(
            found is not None or not connected,
            "not-connected",
            tested=tested,
            expected="zeros, through the graph of the inputs",
            got="a value that does not depend on the inputs at all",
            cause="a new tensor of zeros is returned; begin with the inputs, such as `points.sum() * 0`",
            hint=gradient_hint,
        )
        return torch.zeros_like(leaf) if found is None else found

    return value, gradient


def check_finite(
    probe: Probe, found: Tensor, code: str, *, tested: str, cause: str, hint: str, expected: str = "numbers"
) -> None:
    """Fail if an entry of a gradient is NaN or infinite."""
    probe.expect(
        bool(found.isfinite().all()),
        code,
        tested=f"the gradient of {tested}",
        expected=expected,
        got=f"{int((~found.isfinite()).sum())} of {found.numel()} entries are NaN or infinite",
        cause=cause,
        hint=hint,
    )


def gradient_of(function: Callable[..., Tensor], inputs: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return the gradient of the value's weighted sum for the inputs."""
    leaf = inputs.clone().requires_grad_()
    value = function(leaf, *args, **kwargs)
    return torch.autograd.grad((value * weights(value)).sum(), leaf)[0]


def weights(value: Tensor) -> Tensor:
    """Return a different factor for every entry, none of them 1, so that no two gradients cancel."""
    return torch.linspace(2, 3, value.numel(), dtype=value.dtype).reshape(value.shape)
