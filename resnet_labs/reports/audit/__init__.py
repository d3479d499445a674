"""The audit: what a report's own figures allow, checked by arithmetic, one file a check."""

from __future__ import annotations

from resnet_labs.reports.audit.class_sizes import class_supports
from resnet_labs.reports.audit.sample_sizes import possible_sample_sizes

__all__ = ["class_supports", "possible_sample_sizes"]
