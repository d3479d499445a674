"""How far a result may be from float64, by number format.

The inputs, weights and upstream gradients of every case are rounded to 8 significant bits, which every format holds
exactly. So the result of a single operation differs from float64 by

- the rounding of the result to its format, at most u relative to the largest value: u is half the gap between 1 and the
  next number, 2^-24 in fp32, 2^-11 in fp16, 2^-8 in bf16;
- sums in fp32: the roundings of K terms have random signs, and add up to about sqrt(K) 2^-24 of the largest value; no
  case sums more than 4096 terms.

If results are rounded `depth` times in a row, the first part counts `depth` times. On CUDA a convolution in fp32
rounds its factors to TF32 (u = 2^-11), which affects later operations of a chain. The sum is multiplied by eight,
because the largest of many errors is a few times the typical one, and some kernels add up in blocks of their own
format. A fault changes results by a share of their size: 100 % in all cases seen so far.

A single operation is judged by its largest error. A chain of more than `LONG` operations is judged by the norm of its
errors, because a ReLU near zero may fall to either side and then changes its own gradient completely.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

ROUNDOFF = {"fp32": 2.0**-24, "fp16": 2.0**-11, "bf16": 2.0**-8}
_TF32 = 2.0**-11
_TERMS = 4096
_SAFETY = 8
LONG = 4


def tolerance(precision: str, device: str, depth: int) -> float:
    """Return the largest error allowed, relative to the largest exact value (for long chains, to the norm)."""
    roundoff = ROUNDOFF[precision]
    if device == "cuda" and precision == "fp32" and depth > 1:
        roundoff = _TF32
    return _SAFETY * (depth * roundoff + math.sqrt(_TERMS) * ROUNDOFF["fp32"])


def error(got: Tensor, exact: Tensor, depth: int) -> float:
    """Return the relative error; infinite for NaN, a wrong shape, or any error if the exact result is zero."""
    got, exact = got.detach().double().cpu(), exact.detach().double()
    if got.shape != exact.shape or not got.isfinite().all():
        return math.inf
    order = 2.0 if depth > LONG else math.inf
    difference, size = (float(torch.linalg.vector_norm(values, order)) for values in (got - exact, exact))
    if difference == 0:
        return 0.0
    return difference / size if size > 0 else math.inf
