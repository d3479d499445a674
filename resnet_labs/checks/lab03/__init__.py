"""The checks of lab 03, cats against dogs."""

from __future__ import annotations

from resnet_labs.checks.lab03.mcnemar import check_mcnemar
from resnet_labs.checks.lab03.run_all import check_run_all
from resnet_labs.checks.lab03.smallest_difference import check_smallest_difference
from resnet_labs.checks.lab03.training_bytes import check_training_bytes
from resnet_labs.checks.lab03.wilson import check_wilson

__all__ = ["check_mcnemar", "check_run_all", "check_smallest_difference", "check_training_bytes", "check_wilson"]
