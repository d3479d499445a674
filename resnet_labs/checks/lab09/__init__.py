"""The checks of lab 09, reading reports."""

from __future__ import annotations

from resnet_labs.checks.lab09.batch_sizes import check_batch_sizes
from resnet_labs.checks.lab09.class_sizes import check_class_sizes
from resnet_labs.checks.lab09.difference import check_difference
from resnet_labs.checks.lab09.sample_sizes import check_sample_sizes
from resnet_labs.checks.lab09.which_score import check_which_score

__all__ = [
    "check_batch_sizes",
    "check_class_sizes",
    "check_difference",
    "check_sample_sizes",
    "check_which_score",
]
