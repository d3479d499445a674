"""A report's figures beside ours: the one table that labs, the command line and the book show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resnet_labs.reports import load_report
from resnet_labs.results import Result, Summary, summarise
from resnet_labs.runtime import InputError, nearest

# experiment -> (what the row says, the name in our results lines, where the figure stands under the report's `fact`)
_FIGURES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "r1.digits": (
        ("accuracy before training", "accuracy_before", "accuracy_before_training"),
        ("accuracy after training", "accuracy", "accuracy_after_training"),
        ("macro precision", "macro_precision", "macro.precision"),
        ("macro recall", "macro_recall", "macro.recall"),
        ("macro F score", "macro_f_score", "macro.f_score"),
    ),
}


@dataclass(frozen=True)
class Row:
    """One figure: what it is, what the report says, what we measured. A figure left out of the report is None."""

    label: str
    metric: str
    report: float | None
    ours: Summary


def compare(runs: Sequence[Result]) -> list[Row]:
    """Return the report's figures beside the runs' means and intervals.

    Args:
        runs: results lines of one experiment on like settings, one a seed.

    Raises:
        InputError: no run, or an experiment of which the report gives no figures.
    """
    if not runs:
        raise InputError("There is no run to compare.", "Run the experiment first.")
    experiment = ".".join(runs[0].experiment.split(".")[:2])
    if experiment not in _FIGURES:
        raise InputError(f"The reports give no figures for {experiment!r}.", nearest(experiment, _FIGURES))
    report, part = experiment.split(".")
    facts = load_report(report)["experiments"][part]["fact"]
    return [
        Row(label, metric, _stated(facts, place), summarise(runs, metric))
        for label, metric, place in _FIGURES[experiment]
    ]


def _stated(facts: Any, place: str) -> float | None:
    for key in place.split("."):
        facts = facts[key]
    return facts


def as_text(runs: Sequence[Result]) -> str:
    """Return the comparison as a plain table with its provenance below, for a terminal or a notebook's output."""
    lines = [f"{'':26}{'report':>8}   ours"]
    for row in compare(runs):
        report = "-" if row.report is None else f"{row.report:.4f}"
        lines.append(f"{row.label:26}{report:>8}   {row.ours}")
    return "\n".join([*lines, *provenance(runs)])


def provenance(runs: Sequence[Result]) -> list[str]:
    """Return what the runs' figures rest on, a line a fact."""
    first = runs[0]
    images = first.data.get("test", first.data.get("validation"))
    wilson = " / ".join(f"[{run.metrics['accuracy_low']:.4f}, {run.metrics['accuracy_high']:.4f}]" for run in runs)
    seconds = ", ".join(f"{run.seconds:.1f}" for run in runs)
    lines = [
        f"data: {first.data['source']}, {first.data['train']} training and {images} test images",
        f"seeds {', '.join(str(run.seed) for run in runs)}: the mean, and the 95 % interval of the mean over seeds",
        f"95 % interval of each seed's accuracy from {images} images (Wilson): {wilson}",
        f"training took {seconds} s on {first.device} in {first.precision}",
    ]
    if first.stand_in:
        lines.insert(0, f"STAND-IN: {first.stand_in}")
    return lines
