"""Several numbers that a learner's function returns, as one tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_labs.checks import _answers
from resnet_labs.checks._engine import Probe


def returned_numbers(probe: Probe, got: Any, count: int, tested: str, expected: str, code: str = "how-many") -> Tensor:
    """Return what the learner returned, a tuple, a list, an array or a tensor, as one float64 tensor of numbers."""
    fits = isinstance(got, (tuple, list, Tensor, np.ndarray)) and np.shape(got)[:1] == (count,)
    probe.expect(
        fits,
        code,
        tested=f"what {tested} returns",
        expected=expected,
        got=got,
        cause="a different number of values is returned",
        hint="a",
    )
    parts = [_answers.values(value) for value in got]
    for part, given in zip(parts, got, strict=True):
        probe.expect(
            part is not None and part.numel() == 1,
            f"{code}-each",
            tested=f"what {tested} returns",
            expected=expected,
            got=given if part is None else f"one of them has the shape {tuple(part.shape)}",
            cause="one of the values is not a number",
            hint="a",
        )
    return torch.stack([part.double().reshape(()) for part in parts if part is not None])
