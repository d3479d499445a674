"""Probe of exercise 01.1: the basic block."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab01.shared import block_inputs, block_seen

ANSWERS = ("BasicBlock",)
POINTS = 3
WITHHELD = ("resnet_labs.blocks", "resnet_labs.resnet", "torchvision.models", "timm")
RTOL, ATOL = 1e-3, 1e-4


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return blocks that shrink the map, keep the shape, or have no shortcut."""
    return [case | {"expansion": 1} for case in block_inputs(rng, 1)]


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return what the block gives with literal weights, forwards and backwards."""
    return block_seen(answers.BasicBlock, case)
