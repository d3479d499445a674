"""All checks over one report."""

from __future__ import annotations

from resnet_labs.reports.audit import (
    batches,
    chance,
    classwise,
    known_sets,
    logs,
    losses,
    matrices,
    pairs,
    shares,
    structure,
    throughput,
    twice,
)
from resnet_labs.reports.audit.form import SPLITS, Report
from resnet_labs.reports.audit.sizes import sizes_of
from resnet_labs.reports.audit.trace import Trace


def examine(report: Report) -> list[Trace]:
    """Return everything that the checks find in a report, experiment by experiment."""
    sizes = sizes_of(report)
    found: list[Trace] = []
    for name, experiment in report.experiments.items():
        for check in (known_sets, structure, throughput):
            found += check.traces(name, experiment)
        for part in SPLITS:
            for measured in (shares, classwise, matrices, chance):
                found += measured.traces(name, experiment, part, sizes.get((name, part)))
        found += logs.traces(name, experiment)
        found += losses.traces(name, experiment, sizes)
    found += batches.traces(report, sizes)
    found += pairs.traces(report, sizes)
    found += twice.traces(report)
    return [*dict.fromkeys(found)]
