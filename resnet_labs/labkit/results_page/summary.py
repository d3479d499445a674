"""The summary at the top of the page: every verdict, and the report's main figures against ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from resnet_labs import results
from resnet_labs.labkit.results_page import svg, verdict_map
from resnet_labs.labkit.results_page.figures import main
from resnet_labs.labkit.results_page.names import short
from resnet_labs.labkit.results_page.shown import Shown, mark
from resnet_labs.labkit.results_page.text import escaped
from resnet_labs.reports import compare, load_report
from resnet_labs.reports.verdicts import Verdict
from resnet_labs.results import Result

Judged = Mapping[str, Sequence[tuple[dict[str, Any], Verdict]]]  # report -> its claims with their verdicts
_BLACK = "#111"
_INK = {"not testable": _BLACK, "not shown": "#757575"}


def summary(judged: Judged, measured: Mapping[str, Sequence[Result]], pictures: dict[str, str]) -> Iterator[str]:
    """Yield the parts of the summary, and add its pictures."""
    every = [(claim["id"], found.kind) for claims in judged.values() for claim, found in claims]
    said = verdict_map.counts([kind for _, kind in every])
    titled = {
        f"{report}: {escaped(load_report(report)['title'])}": [(claim["id"], found.kind) for claim, found in claims]
        for report, claims in judged.items()
    }
    pictures["verdicts.svg"] = verdict_map.picture(titled)
    by_kind = {kind: ", ".join(number for number, found in every if found == kind) for kind in verdict_map.SIGNS}
    alt = "; ".join(f"{kind}: {numbers}" for kind, numbers in by_kind.items() if numbers)
    yield "## All claims at a glance\n"
    yield f"{len(every)} claims: {said}.\n"
    yield f"![A tile for each claim. {alt}.](_static/results/verdicts.svg)\n"
    shown = _figures(judged, measured)
    if shown.rows:
        pictures["figures.svg"] = svg.chart(shown.rows, shown.x, ink=_BLACK)
        yield (
            "The reports' main figures, and ours. The colour of ours is that of the verdict above, and black where no "
            "verdict rests on it; a hollow square is measured on a stand-in for the report's data, and cannot be "
            "compared by its height.\n"
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
        rows.append(
            svg.Row(f"{experiment.split('.')[0]}, {short(experiment)}", [*marks, mark(own[-1], row.ours, colour)])
        )
    return Shown("", rows, "accuracy (fraction of images)")


def _verdict(experiment: str, judged: Judged) -> str:
    """Return the verdict of the first claim whose rule names the experiment; claims about its figure come first."""
    claims = judged.get(experiment.split(".")[0], [])
    for parts in ("contains", "compare", "seeds"):
        for claim, found in claims:
            if f"'{experiment}'" in repr(claim["rule"].get(parts, "")):
                return found.kind
    return ""
