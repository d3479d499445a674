"""Several numbers that a learner's function returns, as one tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_labs.checks._engine import Probe


def returned_numbers(probe: Probe, got: Any, count: int, tested: str, expected: str) -> Tensor:
    """Return what the learner returned as one float64 tensor with that many numbers."""
    fits = isinstance(got, (tuple, list, Tensor, np.ndarray)) and np.shape(got)[:1] == (count,)
    probe.expect(
        fits,
        "how-many",
        tested=f"what {tested} returns",
        expected=expected,
        got=got,
        cause="a different number of values is returned",
        hint="a",
    )
    return torch.stack([torch.as_tensor(value, dtype=torch.float64) for value in got])
