"""What the claims' rules read of each experiment: the sides that they compare, and what stored lines give for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from resnet_labs.labkit.results_page.text import escaped
from resnet_labs.reports import REPORTS, compare, findings, load_report
from resnet_labs.reports.findings import Finding, Lines
from resnet_labs.results import Result

_KINDS = ("compare", "contains", "seeds")
_OWN = ("evidence", "metric")


@dataclass(frozen=True)
class Part:
    """A part of a claim's rule.

    Attributes:
        claim: the claim's number.
        sides: the two that it compares, or the one whose figure it reads: each has `evidence`, `metric`, and the
            settings that pick its runs.
        found: the name of each data set on which it was measured, with the finding.
    """

    claim: str
    sides: tuple[Mapping[str, Any], ...]
    found: tuple[tuple[str, Finding], ...]

    @property
    def experiment(self) -> str:
        """The experiment that shows it: the one without figures of the report, which its own section compares."""
        names = [side["evidence"] for side in self.sides]
        return next((name for name in names if not compare.has_figures(name)), names[0])


def parts(lines: Lines) -> list[Part]:
    """Return the parts of all claims' rules for which lines are stored."""
    reports = [load_report(name) for name in REPORTS]
    every = [part for report in reports for claim in report["claims"] for part in _parts(claim, report, lines)]
    return [part for part in every if part.found]


def _parts(claim: Mapping[str, Any], report: Mapping[str, Any], lines: Lines) -> Iterator[Part]:
    for kind in _KINDS:
        given = claim["rule"].get(kind, [])
        together = [each for each in findings.measured({kind: given}, report, lines) if each.data]
        for number, part in enumerate(given):
            found = tuple((each.dataset, each) for each in together if each.part == number)
            yield Part(claim["id"], findings.sides_of(part), found)


def figures_of(experiment: str, every: Sequence[Part]) -> list[str]:
    """Return the names of the figures that rules read in an experiment's lines."""
    sides = [side for part in every for side in part.sides]
    return list(dict.fromkeys(side["metric"] for side in sides if side["evidence"] == experiment))


def reads(side: Mapping[str, Any], run: Result) -> bool:
    """Return whether a side of a rule picks a run all of whose texts are escaped."""
    wanted = {name: escaped(value) if isinstance(value, str) else value for name, value in side.items()}
    own = all(run.settings.get(name) == value for name, value in wanted.items() if name not in _OWN)
    return own and run.experiment == wanted["evidence"] and side["metric"] in run.metrics


def with_figures(run: Result, names: Sequence[str]) -> Result:
    """Return a run with the figures that rules compute from its line: its seconds, and differences of two figures."""
    found = {name: value for name in names if (value := findings.value_of(run, name)) is not None}
    return replace(run, metrics=run.metrics | found)
