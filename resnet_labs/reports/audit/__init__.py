"""The audit: what a report's own figures allow, checked by arithmetic, one file a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_labs.reports.audit.class_sizes import class_supports
from resnet_labs.reports.audit.proportions import mcnemar_bounds, smallest_difference, two_proportions
from resnet_labs.reports.audit.sample_sizes import possible_sample_sizes

if TYPE_CHECKING:
    from resnet_labs.reports.audit.form import Report
    from resnet_labs.reports.verdicts import Verdict

__all__ = [
    "audit",
    "class_supports",
    "mcnemar_bounds",
    "possible_sample_sizes",
    "smallest_difference",
    "two_proportions",
]


def audit(report: str | Report) -> list[Verdict]:
    """Return the verdict on every claim of a report, in the report's order.

    Args:
        report: the name of one of the five, such as "r1", or a report that `audit.reading.read` returned. Of the latter
            each experiment is a claim too: that its figures can be true together.

    Raises:
        InputError: there is no such report.

    Example:
        >>> [str(each) for each in audit("r1")][3]
        'Not testable: the report names neither the GPU nor the batch and image sizes.'
    """
    from resnet_labs.reports.audit.judge import judged  # which imports the verdicts, and they this package

    return [each.verdict for each in judged(report)]
