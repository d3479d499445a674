"""Probe of exercise 06.3: cosine with warm-up."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("learning_rate_factor",)
POINTS = 2
WITHHELD = ("resnet_labs.optim", "torch.optim.lr_scheduler", "transformers", "timm")
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return runs with long and short warm-up, one step of it, none, nearly all, and one of another length."""
    long = int(rng.integers(30, 60))
    runs = [(int(rng.integers(10, 20)), 4), (long, long // 3), (9, 1), (int(rng.integers(5, 12)), 0), (7, 6), (1, 0)]
    runs += [(1500, 5), (8, 4)]
    return [{"num_steps": num_steps, "warmup_steps": warmup_steps} for num_steps, warmup_steps in runs]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the factor of every step."""
    steps, warmup = case["num_steps"], case["warmup_steps"]
    return {"factors": [float(answers.learning_rate_factor(step, steps, warmup)) for step in range(steps)]}
