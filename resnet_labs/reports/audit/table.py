"""An audit as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import Any, get_args

from resnet_labs.reports.audit.judge import Judged
from resnet_labs.reports.audit.trace import Trace
from resnet_labs.reports.verdicts import Kind

_HEADINGS = {
    "contradiction": "the report contradicts itself",
    "false": "the report contradicts what is known",
    "unlikely": "chance would hardly give this",
    "not shown": "no larger than chance gives",
    "undecided": "not decided",
    "follows": "what else follows from the figures",
}


def as_text(claims: Sequence[Judged], traces: Sequence[Trace], columns: int) -> str:
    """Return the claims with their verdicts, and what the checks found, in lines of so many characters at most."""
    width = max(columns, 40)
    lines = []
    for each in claims:
        lines += wrap(f"{each.claim}  {each.certainty}: {each.text}", width, subsequent_indent="    ")
        lines += wrap(str(each.verdict), width, initial_indent="    ", subsequent_indent="    ")
        for note in each.notes:
            lines += wrap(f"besides: {note}", width, initial_indent="    ", subsequent_indent="      ")
    kinds = Counter(each.verdict.kind for each in claims)
    counted = ", ".join(f"{kinds[kind]} {kind}" for kind in get_args(Kind) if kinds[kind])
    lines += ["", *wrap(f"{len(claims)} claim{'' if len(claims) == 1 else 's'}: {counted}.", width)]
    for kind, heading in _HEADINGS.items():
        found = [trace for trace in traces if trace.kind == kind]
        lines += ["", f"{heading[0].upper()}{heading[1:]}:"] if found else []
        for trace in found:
            lines += wrap(f"- {trace.place}: {_whole(trace)}", width, subsequent_indent="  ")
    return "\n".join(lines)


def _whole(trace: Trace) -> str:
    assumed = f" (if {trace.assumes})" if trace.assumes else ""
    decided = f" To decide it: {trace.decides}." if trace.decides else ""
    return f"{trace.says}{assumed}.{decided}"


def as_json(audits: Mapping[str, tuple[Sequence[Judged], Sequence[Trace]]]) -> str:
    """Return one JSON object, with the claims and the traces of each report under its name."""
    found = {
        name: {"claims": [*_claims(claims)], "traces": [asdict(each) for each in traces]}
        for name, (claims, traces) in audits.items()
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _claims(claims: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    for each in claims:
        yield {
            "claim": each.claim,
            "text": each.text,
            "certainty": each.certainty,
            "verdict": each.verdict.kind,
            "because": each.verdict.because,
            "besides": [*each.notes],
        }
