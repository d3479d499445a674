"""A section about figures of the report: a table that has them beside ours."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_labs import results
from resnet_labs.labkit.results_page import svg
from resnet_labs.labkit.results_page.provenance import basis, commits, provenance, run_on, said, stand_ins
from resnet_labs.labkit.results_page.shown import Shown, mark
from resnet_labs.labkit.results_page.text import sentence, table
from resnet_labs.reports import compare, reruns
from resnet_labs.results import Result


def figures(runs: Sequence[Result]) -> Shown:
    """Return what a section shows of the report's figures and ours, for each group of like runs."""
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
        tables += [
            said(marks),
            commits([group]),
            table(("figure", "report", "ours", "seeds", "images tested", "data"), cells),
        ]
        if before := first.get(id(group)):
            metrics = [row.metric for row in compared]
            tables.append(f"- Rerun on {run_on(group[0])}: {reruns.agreement(before, group, metrics)}\n")
        tables.append(provenance(group))
    return Shown(
        " ".join(dict.fromkeys(sentences)),
        [svg.Row(label, found) for label, found in rows.items()],
        "fraction of images, or score",
        tables,
    )


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
    if row.report is None:
        return f"{ours}."
    if row.ours.low is None or row.ours.high is None:
        return f"{ours}; the report has {row.report}."
    holds = row.ours.low <= row.report <= row.ours.high
    return f"{ours}, and the interval {'holds' if holds else 'does not hold'} the report's {row.report}."
