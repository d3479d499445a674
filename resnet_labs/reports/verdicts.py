"""The verdict on a claim: computed from its rule and the stored results lines, never typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from resnet_labs import reports
from resnet_labs.reports import findings
from resnet_labs.reports.findings import Finding, Lines, Outcome

Kind = Literal["confirmed", "refuted", "inconsistent with itself", "not shown", "not testable"]


@dataclass(frozen=True)
class Verdict:
    """The kind of a verdict and its reason; as a string, one sentence."""

    kind: Kind
    because: str

    def __str__(self) -> str:
        return f"{self.kind[0].upper()}{self.kind[1:]}: {self.because}."


def verdict(number: str, lines: Lines = reports.evidence) -> Verdict:
    """Return the verdict on a claim.

    A claim is confirmed if every part of its rule holds, and refuted if one part fails. Stored lines decide it only if
    they are of the report's own data and settings, or if the claim is about methods in general; otherwise the verdict
    is "not shown", and the sentence says what they show.

    Args:
        number: such as `r1.c2`.
        lines: returns the results lines of an experiment.

    Raises:
        InputError: there is no such claim, or its rule names a count that does not exist.

    Example:
        >>> verdict("r2.c8").kind
        'inconsistent with itself'
    """
    claim = reports.claim_facts(number)
    rule = claim["rule"]
    if "none" in rule:
        return Verdict("not testable", rule["none"])
    found, measured = findings_of(number, lines)
    binding = [*found, *(each for each in measured if not _is_held_back(each, claim))]
    kind = _kind([each.outcome for each in binding], complete=len(binding) == len(found) + len(measured))
    parts = [each.words for each in found]
    parts += _by_data(measured)
    if "limits" in rule and any(each.data for each in measured):
        parts.append(f"but {rule['limits']}")
    return Verdict(kind, "; ".join(parts))


def findings_of(number: str, lines: Lines = reports.evidence) -> tuple[list[Finding], list[Finding]]:
    """Return what the report's own figures say of a claim, and what stored lines say; a verdict joins them.

    Raises:
        InputError: there is no such claim, or its rule names a count that does not exist.
    """
    rule, report = reports.claim_facts(number)["rule"], reports.load_report(number.split(".")[0])
    measured = [*findings.measured(rule, report, lines)]
    if "unmeasured" in rule:
        measured.append(Finding("unmeasured", f"not measured yet: {rule['unmeasured']}"))
    return [*findings.own(rule, report), *findings.traced(number)], measured


def _is_held_back(finding: Finding, claim: Mapping[str, Any]) -> bool:
    limited = "limits" in claim["rule"] or (finding.stand_in and not claim.get("general"))
    return finding.outcome in ("holds", "fails") and limited


def _kind(outcomes: Sequence[Outcome], *, complete: bool) -> Kind:
    if "inconsistent" in outcomes:
        return "inconsistent with itself"
    if "fails" in outcomes:
        return "refuted"
    return "confirmed" if complete and {*outcomes} == {"holds"} else "not shown"


def _by_data(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the findings, grouped by their data."""
    for data in dict.fromkeys(each.data for each in findings):
        words = "; ".join(dict.fromkeys(each.words for each in findings if each.data == data))
        yield f"on {data}: {words}" if data else words
