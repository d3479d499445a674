"""Probe of exercise 03.2: McNemar's exact test."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("mcnemar",)
POINTS = 3
WITHHELD = ("resnet_labs.metrics", "statsmodels", "mlxtend")
RTOL, ATOL = 1e-6, 1e-14


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return uneven pairs either way, an even one, no difference, one image, and many images with a tiny p-value."""
    few, many = int(rng.integers(2, 6)), int(rng.integers(7, 12))
    counts = [(few, many, 20, 5), (many + 3, few, 3, 9), (few, few, 8, 8), (0, 0, 6, 4), (1, 0, 0, 0)]
    counts += [(80, 0, 9, 3), (2540, 2560 + many, 1500, 900)]  # p-values far below the last digit of 1, and thousands
    counts += [(int(rng.integers(150, 200)), int(rng.integers(60, 90)), 900, 40), (0, many, 5, 0)]
    cases = []
    for first, second, both, none in counts:
        pairs = np.repeat([[True, False], [False, True], [True, True], [False, False]], [first, second, both, none], 0)
        cases.append({"pairs": pairs[rng.permutation(len(pairs))]})
    return cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return both counts and the p-value; the two columns are not contiguous, and then hold other predictions."""
    import math

    import torch

    pairs = torch.tensor(case["pairs"])
    first, second = pairs[:, 0], pairs[:, 1]
    only_first, only_second, p = answers.mcnemar(first, second)
    counts = [int(only_first), int(only_second)]
    first.logical_not_()
    again = [int(count) for count in tuple(answers.mcnemar(first, second))[:2]]
    return {"counts": counts, "p": float(p), "log p": math.log(p), "again": again}
