"""What pages promise, counted: claims by verdict, measured experiments, labs, exercises and reports."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import get_args

from resnet_labs import reports
from resnet_labs.errors import InputError
from resnet_labs.labs import LABS
from resnet_labs.reports import verdicts
from resnet_labs.reports.findings import Lines


def counted(source: str, figure: str, lines: Lines) -> int:
    """Return one of `NAMES`, such as `counted("claims", "refuted", reports.evidence)`.

    Raises:
        InputError: there is no such count.
    """
    known = NAMES[source](lines)
    if figure not in known:
        raise InputError(f"Of all {source} there is no {figure!r}.", f"Counts are {', '.join(known)}.")
    return known[figure]


@cache
def _claims(lines: Lines) -> dict[str, int]:
    numbers = [claim["id"] for report in reports.REPORTS for claim in reports.load_report(report)["claims"]]
    judged = {number: verdicts.verdict(number, lines).kind for number in numbers}
    kinds = Counter(judged.values())
    open_on_stand_ins = sum(
        kind == "not shown" and _only_on_stand_ins(number, lines) for number, kind in judged.items()
    )
    return {
        "count": len(numbers),
        **{kind.replace(" ", "_"): kinds[kind] for kind in get_args(verdicts.Kind)},
        "not_shown_on_stand_ins": open_on_stand_ins,
    }


def _only_on_stand_ins(number: str, lines: Lines) -> bool:
    measured = [finding for finding in verdicts.findings_of(number, lines)[1] if finding.data]
    return bool(measured) and all(finding.stand_in for finding in measured)


def _experiments(lines: Lines) -> dict[str, int]:
    """Count the experiments that have stored lines; a stand-in is one that has no line on the report's own data."""
    stored = [runs for name in reports.experiments() if (runs := lines(name))]
    own = sum(any(not run.stand_in for run in runs) for runs in stored)
    total = sum(map(len, stored))
    return {"count": len(stored), "on_stand_ins": len(stored) - own, "on_own_data": own, "runs": total}


def _labs(_: Lines) -> dict[str, int]:
    ready = [lab for lab in LABS if lab.notebook]
    minutes = sorted(lab.minutes for lab in ready if lab.minutes)
    return {"count": len(ready), "longest_minutes": math.ceil(minutes[-1])}


def _reports(_: Lines) -> dict[str, int]:
    return {"count": len(reports.REPORTS)}


NAMES: dict[str, Callable[[Lines], dict[str, int]]] = {
    "claims": _claims,
    "experiments": _experiments,
    "labs": _labs,
    "reports": _reports,
}
