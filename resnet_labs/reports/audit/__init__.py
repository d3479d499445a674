"""The audit: what a report's own figures allow, checked by arithmetic, one file a check."""

from __future__ import annotations

from resnet_labs.reports.audit.class_sizes import class_supports
from resnet_labs.reports.audit.proportions import mcnemar_bounds, smallest_difference, two_proportions
from resnet_labs.reports.audit.sample_sizes import possible_sample_sizes

__all__ = ["class_supports", "mcnemar_bounds", "possible_sample_sizes", "smallest_difference", "two_proportions"]
