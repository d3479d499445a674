"""The claims of a report: what it says, the verdict, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from resnet_labs.labkit.results_page.text import escaped, folded, sentence
from resnet_labs.labkit.results_page.verdict_map import SIGNS, counts
from resnet_labs.reports import load_report, verdicts
from resnet_labs.reports.findings import Lines
from resnet_labs.reports.verdicts import Verdict


def judged(report: str, lines: Lines) -> list[tuple[dict[str, Any], Verdict]]:
    """Return each claim of a report with its verdict."""
    return [(claim, verdicts.verdict(claim["id"], lines)) for claim in load_report(report)["claims"]]


def parts(claims: Sequence[tuple[dict[str, Any], Verdict]]) -> Iterable[str]:
    """Yield the counts, the list of claims with their verdicts, and the folded reasons."""
    yield f"{len(claims)} claims: {counts([found.kind for _, found in claims])}.\n"
    for claim, found in claims:
        sign = f'<span class="verdict {found.kind.split()[-1]}" aria-hidden="true">{SIGNS[found.kind][0]}</span>'
        ends = "\n" if claim is claims[-1][0] else ""
        yield f"- {sign} {escaped(sentence(claim['text']))}: **{found.kind}** ({claim['id']}){ends}"
    yield folded("Why: the rule of each verdict, and what the lines give", list(_reasons(claims)))


def _reasons(claims: Sequence[tuple[dict[str, Any], Verdict]]) -> Iterable[str]:
    for claim, found in claims:
        kind, because = escaped(str(found)).split(": ", 1)
        said = f"the report {claim['certainty']}: {escaped(claim['text'])}. **{kind}**: {because}"
        yield f"- **{claim['id']}**, {said}" + ("\n" if claim is claims[-1][0] else "")
