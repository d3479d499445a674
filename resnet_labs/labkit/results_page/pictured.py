"""Which figures of an experiment its picture shows: those that claims compare, or else its main figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resnet_labs import results
from resnet_labs.labkit.results_page import rules, svg
from resnet_labs.labkit.results_page.shown import MANY, mark
from resnet_labs.metrics import quantity
from resnet_labs.reports import load_report
from resnet_labs.reports.compared import plain
from resnet_labs.reports.schema import lookup
from resnet_labs.results import Result

Labelled = Sequence[tuple[str, Sequence[Result]]]  # runs that differ in the seed alone, each group with its label


def panels(experiment: str, labelled: Labelled, shows: Sequence[str], own: Sequence[rules.Part]) -> list[svg.Panel]:
    """Return the panels of an experiment's picture.

    Args:
        experiment: its id.
        labelled: its runs, and those of other experiments that claims compare with them.
        shows: the figures of its table.
        own: the parts of claims' rules that it shows.
    """
    if not shows:
        return []
    metrics = list(dict.fromkeys(side["metric"] for part in own for side in part.sides)) or [main(shows)]
    if are_of_one_line(labelled, shows, own):
        return [_of_one_line(experiment, labelled, metrics[0], shows)]
    found = [] if not own or _decides_its_claim(experiment, own) else [_by_setting(experiment, labelled, main(shows))]
    for metric in metrics:
        sides = [side for part in own for side in part.sides if side["metric"] == metric]
        compared = [each for each in labelled if any(rules.reads(side, each[1][0]) for side in sides)]
        is_short = len(labelled) <= MANY and not found
        found.append(_by_setting(experiment, labelled if is_short or not own else compared, metric))
    return found


def main(shows: Sequence[str]) -> str:
    """Return the first figure that is a share of images, or else the first."""
    return next((name for name in shows if kind(name) == "share"), shows[0])


def kind(metric: str) -> str:
    """Return the kind of a figure, as `metrics.quantity`; "real" if it is not known."""
    return known.kind if (known := quantity(metric)) else "real"


def are_of_one_line(labelled: Labelled, shows: Sequence[str], own: Sequence[rules.Part]) -> bool:
    """Return whether a line's figures are compared with each other, rather than one figure between settings."""
    if own:
        return len(labelled) == 1 or any(len({side["metric"] for side in part.sides}) > 1 for part in own)
    return len(labelled) == 1 or ("accuracy" not in shows and kind(main(shows)) == "share")


def _decides_its_claim(experiment: str, own: Sequence[rules.Part]) -> bool:
    """Return whether the claim that an experiment is named after, if there is one, is among those that read it."""
    named = ".".join(experiment.split(".")[:2])
    claims = [claim["id"] for claim in load_report(experiment.split(".")[0])["claims"]]
    return named not in claims or named in {part.claim for part in own}


def _by_setting(experiment: str, labelled: Labelled, metric: str) -> svg.Panel:
    rows = [
        svg.Row(label, [mark(group, results.summarise(group, metric))])
        for label, group in labelled
        if metric in group[0].metrics
    ]
    reported = _reported(experiment, metric)
    return svg.Panel(plain(metric), [*([svg.Row("the report", reported)] if reported else []), *rows])


def _of_one_line(experiment: str, labelled: Labelled, first: str, shows: Sequence[str]) -> svg.Panel:
    rows = []
    for name in shows:
        if kind(name) == kind(first):
            groups = [group for _, group in labelled if name in group[0].metrics]
            ours = [mark(group, results.summarise(group, name)) for group in groups]
            rows.append(svg.Row(plain(name), [*_reported(experiment, name), *ours]))
    return svg.Panel("fraction of images" if kind(first) == "share" else plain(first), rows)


def _reported(experiment: str, metric: str) -> list[svg.Mark]:
    """Return the report's figure, if a claim compares it with this one."""
    report = load_report(experiment.split(".")[0])
    parts: list[Mapping[str, Any]] = [part for claim in report["claims"] for part in claim["rule"].get("contains", [])]
    figures = [
        lookup(report, part["figure"]) for part in parts if (part["evidence"], part["metric"]) == (experiment, metric)
    ]
    return [svg.Mark("report", figures[0])] if figures else []
