"""The checks of lab 03, cats against dogs."""

from __future__ import annotations

from resnet_labs.checks.lab03.memory import check_run_all, check_training_bytes
from resnet_labs.checks.lab03.statistics import check_mcnemar, check_smallest_difference, check_wilson

__all__ = ["check_mcnemar", "check_run_all", "check_smallest_difference", "check_training_bytes", "check_wilson"]
