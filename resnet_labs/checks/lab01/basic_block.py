"""The check of exercise 01.1, the basic block."""

from __future__ import annotations

from typing import Any

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks.lab01 import reference
from resnet_labs.checks.lab01.blocks import compare_blocks


@check("01.1", "values and gradients are those of He et al.'s basic block, with a shortcut and without")
def check_basic_block(probe: Probe, block: Any) -> None:
    """Check the basic block against the reference."""
    compare_blocks(probe, block, reference.basic, expansion=1)
