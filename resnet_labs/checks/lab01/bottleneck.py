"""The check of exercise 01.2, the bottleneck."""

from __future__ import annotations

from typing import Any

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks.lab01 import reference
from resnet_labs.checks.lab01.blocks import compare_blocks


@check("01.2", "values and gradients are those of torchvision's bottleneck, with a shortcut and without")
def check_bottleneck(probe: Probe, block: Any) -> None:
    """Check the bottleneck against the reference."""
    compare_blocks(probe, block, reference.bottleneck, expansion=4)
