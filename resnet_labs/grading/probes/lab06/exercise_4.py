"""Probe of exercise 06.4: clipping by the global norm."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("clip_by_norm_",)
POINTS = 3
WITHHELD = (
    "torch.nn.utils.clip_grad_norm_",
    "torch.nn.utils.clip_grads_with_norm_",
    "torch.nn.utils.get_total_norm",
    "resnet_labs.train",
)
RTOL, ATOL = 1e-4, 1e-7


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return gradients above and below a limit, without one, missing, zeros, one number, large, small, float32."""
    shapes: list[list[tuple[int, ...]]] = [[(3, 4), (5,)], [(2, 2), (3,), (4, 1, 2)], [(6,), (2, 3)], [(1,)]]
    shapes += [[(3, 4), (7,)], [(2, 5), (3,)]]
    rows = zip(shapes, (1.0, 100.0, 0.5, 0.2, 3.0, 0.01), (1.0, 1.0, 0.0, 5.0, 1e6, 1e-3), strict=True)
    cases = []
    for number, (sizes, limit, scale) in enumerate(rows):
        dtype = "float32" if number == 4 else "float64"
        gradients: list[Any] = [(scale * rng.normal(size=size)).astype(dtype) for size in sizes]
        if number < 2:
            gradients.insert(int(rng.integers(0, 3)), None)
        cases.append({"gradients": gradients, "limit": limit})
    near = rng.normal(size=(2, 3))  # its norm is little above the limit
    cases.append({"gradients": [near], "limit": float(np.linalg.norm(near)) / 1.005})
    cases.append({"gradients": [rng.normal(size=(2, 3))], "limit": np.inf})
    return cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the norm, and gradients and weights afterwards; the parameters can be walked only once."""
    import torch
    from torch import nn

    given = [None if gradient is None else torch.tensor(gradient) for gradient in case["gradients"]]
    parameters = [nn.Parameter(torch.ones(2) if gradient is None else torch.cos(gradient)) for gradient in given]
    for parameter, gradient in zip(parameters, given, strict=True):
        parameter.grad = gradient if gradient is None or gradient.ndim < 2 else gradient.mT.contiguous().mT
    parameters[-1].requires_grad_(False)  # frozen since its gradient was computed
    norm = answers.clip_by_norm_((parameter for parameter in parameters), case["limit"])
    return {
        "norm": float(norm),
        "gradients": [parameter.grad for parameter in parameters if parameter.grad is not None],
        "missing": [number for number, parameter in enumerate(parameters) if parameter.grad is None],
        "weights": [parameter.detach() for parameter in parameters],
    }
