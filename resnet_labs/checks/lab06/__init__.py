"""The checks of lab 06, the recipe."""

from __future__ import annotations

from resnet_labs.checks.lab06.clipping import check_clipping
from resnet_labs.checks.lab06.loss import check_loss
from resnet_labs.checks.lab06.mixup import check_mixup
from resnet_labs.checks.lab06.schedule import check_schedule
from resnet_labs.checks.lab06.submission import check_submission

__all__ = ["check_clipping", "check_loss", "check_mixup", "check_schedule", "check_submission"]
