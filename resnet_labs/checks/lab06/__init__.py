"""The checks of lab 06, the recipe."""

from __future__ import annotations

from resnet_labs.checks.lab06.mixing import check_mixup, check_submission
from resnet_labs.checks.lab06.steps import check_clipping, check_loss, check_schedule

__all__ = ["check_clipping", "check_loss", "check_mixup", "check_schedule", "check_submission"]
