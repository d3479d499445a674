"""The checks of lab 01, residual blocks."""

from __future__ import annotations

from resnet_labs.checks.lab01.basic_block import check_basic_block
from resnet_labs.checks.lab01.bottleneck import check_bottleneck
from resnet_labs.checks.lab01.shortcuts import check_shortcuts
from resnet_labs.checks.lab01.stages import check_stages

__all__ = ["check_basic_block", "check_bottleneck", "check_shortcuts", "check_stages"]
