"""The summary at the top of the page: every verdict, and the report's main figures against ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from resnet_labs import results
from resnet_labs.labkit.results_page import svg, verdict_map
from resnet_labs.labkit.results_page.figures import main
from resnet_labs.labkit.results_page.names import name
from resnet_labs.labkit.results_page.shown import Shown, mark
from resnet_labs.reports import compare
from resnet_labs.reports.findings import Lines
from resnet_labs.reports.verdicts import Verdict, findings_of
from resnet_labs.results import Result

Judged = Mapping[str, Sequence[tuple[dict[str, Any], Verdict]]]  # report -> its claims with their verdicts
_BLACK = "#111"
_INK = {"not testable": _BLACK, "not shown": "#757575"}


def summary(
    judged: Judged, lines: Lines, measured: Mapping[str, Sequence[Result]], pictures: dict[str, str]
) -> Iterator[str]:
    """Yield the parts of the summary, and add its pictures."""
    every = [
        verdict_map.found(claim["id"], found.kind, *findings_of(claim["id"], lines))
        for claims in judged.values()
        for claim, found in claims
    ]
    pictures["verdicts.svg"] = verdict_map.picture(every)
    yield "## All claims at a glance\n"
    yield f"{len(every)} claims: {verdict_map.counts([each.kind for each in every])}.\n"
    yield (
        "Each row is a claim. Its marks say what was found against it, undecided, or for it: by counting in the "
        "report's own figures, in runs on the report's own data, or in runs on a stand-in for its images or network. "
        "Runs on a stand-in decide only claims about methods in general, so a claim may have nothing against it and "
        "still be *not shown*.\n"
    )
    yield f"![{verdict_map.in_words(every)}.](_static/results/verdicts.svg)\n"
    shown = _figures(judged, measured)
    if shown.panels:
        pictures["figures.svg"] = svg.chart(shown.panels, ink=_BLACK)
        yield (
            "The reports' main figures, and ours. The colour of ours is that of the verdict above, and black where no "
            "verdict rests on it; a hollow square is measured on a stand-in, so its distance from the report's figure "
            "says nothing.\n"
        )
        yield f"![{shown.alt}](_static/results/figures.svg)\n"


def _figures(judged: Judged, measured: Mapping[str, Sequence[Result]]) -> Shown:
    rows = []
    for experiment, runs in measured.items():
        if not compare.has_figures(experiment):
            continue
        kind = _verdict(experiment, judged)
        colour = _INK.get(kind, verdict_map.SIGNS[kind][1]) if kind else _BLACK
        own = [group for group in results.alike(runs) if not group[0].stand_in] or results.alike(runs)
        row = main(compare.compare(own[-1]))
        marks = [] if row.report is None else [svg.Mark("report", row.report)]
        rows.append(svg.Row(name(experiment), [*marks, mark(own[-1], row.ours, colour)]))
    return Shown("", [svg.Panel("accuracy (fraction of images)", rows)] if rows else [])


def _verdict(experiment: str, judged: Judged) -> str:
    """Return the verdict of the first claim whose rule names the experiment; claims about its figure come first."""
    claims = judged.get(experiment.split(".")[0], [])
    for parts in ("contains", "compare", "seeds"):
        for claim, found in claims:
            if f"'{experiment}'" in repr(claim["rule"].get(parts, "")):
                return found.kind
    return ""
