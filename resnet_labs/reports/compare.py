"""A report's figures beside ours: the one table that labs, the command line and the book show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resnet_labs import results, tables
from resnet_labs.errors import InputError
from resnet_labs.metrics.quantities import quantity
from resnet_labs.reports import load_report
from resnet_labs.reports.differences import HEADING, differences
from resnet_labs.results import PARTS, Result, Summary, alike, differing_settings

# experiment -> (the row's label, the name in our results lines, the figure's place under the report's `fact`)
_FIGURES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "r1.digits": (
        ("accuracy before training", "accuracy_before", "accuracy_before_training"),
        ("accuracy after training", "accuracy", "accuracy_after_training"),
        ("macro precision", "macro_precision", "macro.precision"),
        ("macro recall", "macro_recall", "macro.recall"),
        ("macro F score", "macro_f_score", "macro.f_score"),
    ),
    **{
        f"r1.pets.{network}": (
            ("accuracy before training", "accuracy_before", f"{network}.accuracy_before"),
            ("accuracy after training", "accuracy", f"{network}.accuracy_after"),
            ("macro precision", "macro_precision", f"{network}.precision"),
            ("macro recall", "macro_recall", f"{network}.recall"),
            ("macro F score", "macro_f_score", f"{network}.f_score"),
        )
        for network in ("resnet18", "resnet50")
    },
    **{f"r2.model_{number}": (("test accuracy", "accuracy", "kaggle_accuracy"),) for number in (1, 2, 3)},
    "r3.flowers": (("validation accuracy", "accuracy", "val_accuracy"),),
    **{
        f"r0.transfer_table.{row}": (
            ("validation accuracy", "validation_accuracy", f"{row}.val"),
            ("test accuracy", "accuracy", f"{row}.test"),
        )
        for row in ("linear_probe_pretrained", "linear_probe_random", "last_block", "full_fine_tuning")
    },
    **{
        f"r4.losses.{loss}": (
            ("top-1 accuracy", "accuracy", f"{loss}.fact.top1"),
            ("top-5 accuracy", "top5_accuracy", f"{loss}.fact.top5"),
        )
        for loss in ("cross_entropy", "triplet", "center")
    },
    "r4.layerwise": (("top-1 accuracy", "accuracy", "top1"), ("top-5 accuracy", "top5", "top5")),
}


@dataclass(frozen=True)
class Row:
    """One figure: its label, the report's value and ours. A figure that is not in the report is None.

    Attributes:
        about: whether the report itself calls its figure approximate.
    """

    label: str
    metric: str
    report: float | None
    ours: Summary
    about: bool = False


def has_figures(experiment: str) -> bool:
    """Return whether a report gives figures for an experiment."""
    return experiment in _FIGURES


def compare(runs: Sequence[Result]) -> list[Row]:
    """Return the report's figures beside the runs' means and intervals; ours alone if the report gives none.

    Args:
        runs: results lines of one experiment with the same settings, one per seed.

    Raises:
        InputError: no run, a seed twice, or a run without one of the figures.
    """
    if not runs:
        raise InputError("There is no run to compare.", "Run the experiment first.")
    experiment = runs[0].experiment
    twice = sorted({run.seed for run in runs if sum(other.seed == run.seed for other in runs) > 1})
    if twice:
        seeds = f"Seed{'s' if len(twice) > 1 else ''} {', '.join(map(str, twice))} of {experiment}"
        raise InputError(f"{seeds} appears more than once.", "Compare one group of `results.alike` at a time.")
    if has_figures(experiment):
        figures = _FIGURES[experiment]
    else:
        names = [name for name in runs[0].metrics if not name.endswith(("_low", "_high"))]
        figures = tuple((name.replace("_", " "), name, "") for name in names)
    for run in runs:
        if missing := [metric for _, metric, _ in figures if metric not in run.metrics]:
            raise InputError(
                f"The line of {experiment} with seed {run.seed} lacks {', '.join(missing)}.",
                "Move it to another file, or run that seed again.",
            )
    return [
        Row(
            label,
            metric,
            _stated(experiment, place) if place else None,
            results.summarise(runs, metric),
            bool(place) and place in _settings(experiment).get("about", []),
        )
        for label, metric, place in figures
    ]


def _settings(experiment: str) -> dict[str, Any]:
    report, part = experiment.split(".")[:2]
    return load_report(report)["experiments"][part]


def _stated(experiment: str, place: str) -> float | None:
    facts: Any = _settings(experiment)
    facts = facts.get("fact", facts)  # an experiment with several arms has figures under each
    for key in place.split("."):
        facts = facts[key]
    return facts


def as_text(runs: Sequence[Result]) -> str:
    """Return the comparison as a plain table with its provenance below, for a terminal.

    Runs that differ in more than the seed get separate blocks, each under its differing settings.
    """
    blocks = []
    for heading, group in _headed(runs):
        rows = compare(group)
        width = max(26, *(len(row.label) + 2 for row in rows))
        lines = [f"{heading:{width}}{'report':>8}   ours"]
        lines += [f"{row.label:{width}}{_report(row):>8}   {row.ours}" for row in rows]
        blocks.append("\n".join([*lines, *provenance(group)]))
    paired = ["\n".join([f"{name}, {HEADING}:", *map(str, each)]) for name, each in _paired(runs).items()]
    return "\n\n".join([*blocks, *paired])


def show(runs: Sequence[Result]) -> None:
    """Display the comparison in a notebook: a table for each group of runs, with its provenance folded.

    Raises:
        InputError: as `compare`.
    """
    for heading, group in _headed(runs):
        facts = provenance(group)
        rows = [
            {"figure": row.label, "unit": _unit(row.metric), "report": _report(row), "ours": str(row.ours)}
            for row in compare(group)
        ]
        stand_in = [fact for fact in facts if fact.startswith("STAND-IN")]
        tables.show(
            rows,
            caption=heading or group[0].experiment,
            notes=stand_in,
            folded=[fact for fact in facts if fact not in stand_in],
        )
    for name, found in _paired(runs).items():
        tables.show([{"difference": str(each)} for each in found], caption=f"{name}, {HEADING}")


def _headed(runs: Sequence[Result]) -> list[tuple[str, Sequence[Result]]]:
    """Return the groups of runs that differ in the seed alone, each with its differing settings as heading."""
    groups = alike(runs)
    found: list[tuple[str, Sequence[Result]]] = []
    headings: list[str] = []
    for group in groups or [list(runs)]:
        heading = _heading(group[0], runs) if len(groups) > 1 else ""
        headings.append(heading)
        times = headings.count(heading)
        found.append((f"{heading}, run again ({times})" if times > 1 else heading, group))
    return found


def _report(row: Row) -> str:
    return "-" if row.report is None else f"~{row.report:.2f}" if row.about else f"{row.report:.4f}"


def _unit(metric: str) -> str:
    """Return the unit of a figure, by its name."""
    found = quantity(metric)
    if "loss" in metric and "error" not in metric:
        return "nats" if "triplet" not in metric else "distance"
    if found is None or found.kind in ("real", "positive"):
        return "–"
    return "count" if found.kind == "count" else "fraction"


def _paired(runs: Sequence[Result]) -> dict[str, Sequence[Any]]:
    """Return for each experiment the differences of its runs, compared seed by seed; empty if there are none."""
    measured: dict[str, list[Result]] = {}
    for run in runs:
        measured.setdefault(run.experiment, []).append(run)
    found = {name: differences(name, measured) for name in measured}
    return {name: each for name, each in found.items() if each}


def _heading(run: Result, runs: Sequence[Result]) -> str:
    same = [other for other in runs if other.experiment == run.experiment]
    settings = [f"{name} {run.settings.get(name)}" for name in differing_settings(same)]
    ways = [computed_on(run)] if len({computed_on(other) for other in same}) > 1 else []
    return ", ".join([run.experiment, *settings, *ways])


def computed_on(run: Result) -> str:
    """Return the device and the number format of a run, in words."""
    return f"{run.device}, {run.precision}"


def provenance(runs: Sequence[Result]) -> list[str]:
    """Return the provenance of the runs' figures, one line per fact."""
    first = runs[0]
    split = next(name for name in PARTS if name in first.data)
    images = first.data[split]
    seconds = ", ".join(f"{run.seconds:.1f}" for run in runs)
    counts = [
        f"{first.data[part]} {word}" for part, word in (("train", "training"), (split, split)) if part in first.data
    ]
    counts = counts[:1] if split == "train" else counts
    source = first.data["source"].removesuffix(", train split")  # the numbers say more
    lines = [f"data: {source}, {' and '.join(counts)} images"]
    seeds = ", ".join(str(run.seed) for run in runs)
    lines.append(f"seeds {seeds}: the mean and its 95 % interval, of shares for new images too")
    if "accuracy_low" in first.metrics:
        wilson = " / ".join(f"[{run.metrics['accuracy_low']:.4f}, {run.metrics['accuracy_high']:.4f}]" for run in runs)
        lines.append(f"95 % interval of each seed's accuracy from {images} images (Wilson): {wilson}")
    lines.append(f"training took {seconds} s on {first.device} in {first.precision}")
    if first.stand_in:
        lines.insert(0, f"STAND-IN: {first.stand_in}")
    return lines
