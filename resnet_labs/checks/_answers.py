"""What answers return, as the checks compare it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_labs.checks._values import plain_tensor


def values(got: Any) -> Tensor | None:
    """Return a number, an array or a tensor as a plain tensor on the CPU; None for anything else."""
    if isinstance(got, Tensor):
        return plain_tensor(got)
    if isinstance(got, np.ndarray):
        return torch.from_numpy(np.array(got)) if got.dtype.kind in "biuf" else None
    if isinstance(got, (bool, np.bool_)):
        return torch.tensor(bool(got))
    if isinstance(got, (int, np.integer)):
        return torch.tensor(int(got))
    if isinstance(got, (float, np.floating)):
        return torch.tensor(float(got), dtype=torch.float64)
    return None
