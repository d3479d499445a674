"""The runs behind a quotation: those that its source names, and their figures by seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from resnet_labs import reports, results
from resnet_labs.errors import InputError, nearest
from resnet_labs.reports.compared import plain
from resnet_labs.reports.findings import Lines
from resnet_labs.results import PARTS, Result

ANY = "any"
_OWN = ("data", "seed")  # what chooses runs beside their settings


@dataclass(frozen=True)
class Values:
    """Figures by seed, and where they come from.

    Attributes:
        by_seed: the values, in the order of the seeds.
        metric: the figure's name, for its interval.
        runs: the results lines, for its interval; empty if there is none.
        whole: what the values are if a mean over them means nothing, such as "24 epochs".
        compares: for comparisons, one more than the value that the first side must exceed: 1 or 2; otherwise 0.
        form: the format, if the quotation has none.
    """

    by_seed: dict[Any, float]
    metric: str = ""
    runs: Sequence[Result] = field(default=())
    whole: str = ""
    compares: int = 0
    form: str = ""


def values(experiment: str, chosen: dict[str, Any], figure: str, lines: Lines) -> Values:
    """Return a figure of the runs of an experiment that have the chosen settings.

    Raises:
        InputError: there are none, they lack the figure, or they differ in more than the seed.
    """
    stored = lines(experiment)
    if not stored:
        raise InputError(
            f"There is no results line of {experiment!r} in resnet_labs/reports/evidence.", _stored_names(experiment)
        )
    runs = _chosen(experiment, stored, chosen)
    measured = figure.split(" - ")[0] in {*runs[0].metrics, "seconds"}
    form = ".4" if measured and isinstance(_value(runs[0], figure), float) else ""
    left_open = [name for name, value in chosen.items() if value == ANY]
    if left_open:
        return Values(
            {number: _value(run, figure) for number, run in enumerate(runs)},
            whole=f"runs that differ in {', '.join(left_open)}",
            form=form,
        )
    runs = _one_group(experiment, runs)
    by_seed = {run.seed: _value(run, figure) for run in runs}
    return Values(by_seed, figure, runs, compares=int(" - " in figure), form=form)


def _stored_names(name: str) -> str:
    return nearest(name, reports.experiments())


def _chosen(experiment: str, stored: Sequence[Result], chosen: dict[str, Any]) -> list[Result]:
    settings = {name for run in stored for name in run.settings}
    for name in chosen:
        if name not in settings and name not in _OWN:
            raise InputError(f"The lines of {experiment} have no setting {name!r}.", nearest(name, settings))
    runs = [run for run in stored if all(value in (ANY, _has(run, name)) for name, value in chosen.items())]
    if not runs:
        said = ", ".join(f"{plain(name)} {value}" for name, value in chosen.items())
        raise InputError(f"There is no run of {experiment} with {said}.", f"Known: {_known(stored, chosen)}.")
    return runs


def _has(run: Result, name: str) -> Any:
    return {"data": run.data["name"], "seed": run.seed}.get(name, run.settings.get(name))


def _known(stored: Sequence[Result], names: dict[str, Any]) -> str:
    return "; ".join(f"{name} {', '.join(dict.fromkeys(str(_has(run, name)) for run in stored))}" for name in names)


def _one_group(experiment: str, runs: list[Result]) -> list[Result]:
    """Return the latest group of runs that differ only in the seed; the others must be earlier runs of the same."""
    settings = results.differing_settings(runs)
    if settings:
        raise InputError(
            f"Runs of {experiment} differ in {', '.join(settings)}.",
            f"Choose, as in `{settings[0]}={runs[0].settings.get(settings[0])}`.",
        )
    data = list(dict.fromkeys(run.data["name"] for run in runs))
    if len(data) > 1:
        raise InputError(f"Runs of {experiment} differ in their data: {', '.join(data)}.", f"Write `data={data[0]}`.")
    return results.alike(runs)[-1]


def _value(run: Result, figure: str) -> float:
    known = {**run.settings, **{part: run.data[part] for part in PARTS if part in run.data}, **run.metrics}
    known["seconds"] = run.seconds
    first, *less = figure.split(" - ")
    for name in (first, *less):
        if not isinstance(known.get(name), (int, float)):
            raise InputError(f"A line of {run.experiment} has no figure {name!r}.", nearest(name, known))
    return known[first] - sum(known[name] for name in less) if less else known[first]


def compared(word: str, first: Values, second: Values) -> Values:
    """Return the differences ("less") or ratios ("over") of two sides, seed by seed."""
    seeds = [seed for seed in first.by_seed if seed in second.by_seed]
    if first.whole or second.whole:
        raise InputError("Only runs that differ in the seed alone are compared.", "Choose the settings of both sides.")
    if not seeds:
        raise InputError("The two sides have no seed in common.", "Compare runs with the same seeds.")
    pairs = {seed: (first.by_seed[seed], second.by_seed[seed]) for seed in seeds}
    if word == "less":
        return Values({seed: one - other for seed, (one, other) in pairs.items()}, compares=1, form=first.form)
    return Values({seed: one / other for seed, (one, other) in pairs.items()}, compares=2, form=first.form)
