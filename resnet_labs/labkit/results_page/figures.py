"""A section about figures of the report: a table that has them beside ours."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_labs import results
from resnet_labs.labkit.results_page import rules, svg
from resnet_labs.labkit.results_page.provenance import basis, commits, provenance, run_on, said, stand_ins
from resnet_labs.labkit.results_page.shown import Shown, mark
from resnet_labs.labkit.results_page.text import sentence, table
from resnet_labs.labkit.results_page.variants import shows
from resnet_labs.reports import compare, reruns
from resnet_labs.reports.compared import plain
from resnet_labs.results import Result


def figures(runs: Sequence[Result], ruled: Sequence[rules.Part]) -> Shown:
    """Return what a section shows of the report's figures and ours, for each group of like runs.

    Args:
        runs: all runs of an experiment.
        ruled: the parts of claims' rules.
    """
    experiment = runs[0].experiment
    own = [part for part in ruled if part.experiment == experiment]
    pictured = {side["metric"] for part in own for side in part.sides}
    groups = results.alike(runs)
    first = {id(again): before for before, again in reruns.reruns(groups)}
    rows: dict[str, list[svg.Mark]] = {}
    sentences: list[str] = []
    tables: list[str] = []
    for group in groups:
        compared = compare.compare(group)
        marks = stand_ins(group)
        for row in compared:
            reported = [] if row.report is None else [svg.Mark("report", row.report)]
            rows.setdefault(row.label, reported).append(mark(group, row.ours))
        sentences.append(_said(group, main(compared)))
        cells = [
            (
                row.label,
                "—" if row.report is None else f"{'about ' if row.about else ''}{row.report}",
                f"{row.ours}",
                *basis(group, marks, [row.metric]),
            )
            for row in compared
        ]
        besides = _besides(group, [row.metric for row in compared], ruled)
        for name in pictured & {*besides}:
            rows.setdefault(plain(name), []).append(mark(group, results.summarise(group, name)))
        tables += [
            said(marks),
            commits([group]),
            table(("figure", "report", "ours", "seeds", "images tested", "data"), cells),
        ]
        if besides:
            ours = [f"{results.summarise(group, name)}" for name in besides]
            head = (*map(plain, besides), "seeds", "images", "data")
            tables.append(table(head, [(*ours, *basis(group, marks, besides))]))
        if before := first.get(id(group)):
            metrics = [row.metric for row in compared]
            tables.append(f"- Rerun on {run_on(group[0])}: {reruns.agreement(before, group, metrics)}\n")
        tables.append(provenance(group))
    return Shown(
        " ".join(dict.fromkeys(sentences)),
        [svg.Panel("fraction of images, or score", [svg.Row(label, found) for label, found in rows.items()])],
        tables,
    )


def _besides(group: Sequence[Result], shown: Sequence[str], ruled: Sequence[rules.Part]) -> list[str]:
    """Return the figures that the recipe shows or claims read, and that the report does not give."""
    names = dict.fromkeys([*shows(group[0]), *rules.figures_of(group[0].experiment, ruled)])
    return [name for name in names if name not in shown and all(name in run.metrics for run in group)]


def main(rows: Sequence[compare.Row]) -> compare.Row:
    """Return the row that speaks for an experiment: its accuracy on test images, if it has one."""
    return next((row for row in rows if row.metric == "accuracy"), rows[0])


def briefly(runs: Sequence[Result]) -> str:
    """Return our main figure and the report's, for runs on the report's own data if there are any."""
    groups = results.alike(runs)
    row = main(compare.compare(next((group for group in groups if not group[0].stand_in), groups[-1])))
    return f"{row.label} {row.ours}" + ("" if row.report is None else f", the report {row.report}")


def _said(group: Sequence[Result], row: compare.Row) -> str:
    data = (
        f"a stand-in ({group[0].stand_in})" if group[0].stand_in else f"the report's own data ({group[0].data['name']})"
    )
    ours = f"{sentence(row.label)} on {data}: ours is {row.ours}"
    return f"{ours}." if row.report is None or group[0].stand_in else f"{ours}; the report has {row.report}."
