"""The verdict on every claim of a report: of one of the five, or of a file that follows `audit/form.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_labs import reports
from resnet_labs.reports import verdicts
from resnet_labs.reports.audit.examine import examine
from resnet_labs.reports.audit.form import Report
from resnet_labs.reports.audit.own import bearing, own_traces
from resnet_labs.reports.audit.trace import ACCUSING, Trace
from resnet_labs.reports.verdicts import Kind, Verdict

_BY_TRACE: dict[str, Kind] = {
    "contradiction": "inconsistent with itself",
    "false": "refuted",
    "unlikely": "not shown",
    "not shown": "not shown",
    "undecided": "not testable",
}
_NOTHING = "the checks find nothing against it, which does not make it true"


@dataclass(frozen=True)
class Judged:
    """A claim in our words, how sure the report is of it, its verdict, and the traces that bear on it besides."""

    claim: str
    text: str
    certainty: str
    verdict: Verdict
    notes: tuple[str, ...] = ()


def judged(report: str | Report) -> list[Judged]:
    """Return every claim of a report with its verdict.

    Args:
        report: the name of one of the five, or a report that was read from a file. Of the latter each experiment is a
            claim too: that its figures can be true together.

    Raises:
        InputError: there is no such report.
    """
    if isinstance(report, str):
        return [
            Judged(
                claim["id"],
                claim["text"],
                claim["certainty"],
                verdicts.verdict(claim["id"]),
                tuple(trace.says for trace in bearing(claim["id"], "notes")),
            )
            for claim in reports.load_report(report)["claims"]
        ]
    found = examine(report)
    own = [
        Judged(claim["id"], claim["text"], claim["certainty"], _claimed(claim["rule"], report, found))
        for claim in report.claims
    ]
    implied = [
        Judged(name, "its figures can be true together", "says", _by_traces(_of(name, found)))
        for name in report.experiments
    ]
    return [*own, *implied]


def traces_of(report: str | Report) -> Sequence[Trace]:
    """Return everything that the checks find in a report."""
    return own_traces(report) if isinstance(report, str) else examine(report)


def _claimed(rule: dict[str, object], report: Report, found: Sequence[Trace]) -> Verdict:
    if "none" in rule:
        return Verdict("not testable", str(rule["none"]))
    if isinstance(names := rule.get("checks"), list):
        return _by_traces([trace for name in names for trace in _of(str(name), found)])
    better, worse = rule["better"] if isinstance(rule["better"], list) else ("", "")
    compared = Report(
        report.id,
        report.title,
        {name: report.experiments[name] for name in (better, worse)},
        comparisons=({"better": better, "worse": worse, "images": "test"},),
        same_images=tuple(group for group in report.same_images if {*group} <= {better, worse}),
    )
    trace = next((each for each in examine(compared) if each.place == "comparisons[0]"), None)
    if trace is None:
        return Verdict("not testable", "one of the two accuracies is no share of its images")
    if trace.kind == "follows":
        return Verdict("confirmed", f"{trace.says}; of these two trained networks, not of others ({trace.assumes})")
    return Verdict(_BY_TRACE[trace.kind], trace.says)


def _by_traces(found: Sequence[Trace]) -> Verdict:
    accusing = [trace for trace in found if trace.kind in ACCUSING]
    if not accusing:
        return Verdict("not shown", _NOTHING)
    first = min((trace.kind for trace in accusing), key=ACCUSING.index)
    return Verdict(_BY_TRACE[first], "; ".join(dict.fromkeys(trace.says for trace in accusing)))


def _of(name: str, found: Sequence[Trace]) -> list[Trace]:
    """Return the traces of an experiment, alone or together with another."""
    return [trace for trace in found if trace.place.startswith(f"{name}.") or name in trace.place.split(" and ")]
