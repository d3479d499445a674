"""Tables of the pages on teaching and timings, from the labs' sources and from stored lines."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from resnet_labs import reports
from resnet_labs.labkit import lab_facts
from resnet_labs.labkit._source import read_source
from resnet_labs.labkit.results_page.names import name
from resnet_labs.labkit.results_page.text import escaped, table
from resnet_labs.labs import LABS
from resnet_labs.reports import compare
from resnet_labs.results import Result


def teaching(root: Path) -> str:
    """Return the labs with minutes, exercises, points and the answer to expect."""
    rows = []
    for lab in LABS:
        source = root / "labs" / "solutions" / f"{lab.stem}.py"
        if source.is_file():
            checks = [cell.metadata for cell in read_source(source).cells if "check" in cell.tags]
            points = sum(check["points"] for check in checks)
            work = lab_facts.work_minutes(lab, root)
            counts = f"{work}", f"{lab.minutes:g}", f"{len(checks)}", f"{points}"
            rows.append((f"{lab.number} {lab.question}", *counts, lab_facts.found(lab)))
    return table(("lab", "minutes of work", "of computing", "exercises", "points", "answer to expect"), rows)


def recipes() -> str:
    """Return how long a run of each experiment took, by machine class."""
    rows = [row for experiment in reports.experiments() for row in _times(experiment)]
    return table(("experiment", "images trained on", "machine class", "runs", "seconds per run"), rows)


def _times(experiment: str) -> Iterator[tuple[str, ...]]:
    classes: dict[tuple[int, str], list[Result]] = defaultdict(list)
    for run in reports.evidence(experiment):
        classes[run.data["train"], compare.computed_on(run)].append(run)
    for (images, machine), runs in classes.items():
        seconds = sorted(run.seconds for run in runs)
        ends = [f"{each:,.0f}" if each >= 100 else f"{each:.3g}" for each in dict.fromkeys((seconds[0], seconds[-1]))]
        anchor = re.sub(r"[._]", "-", experiment.lower())  # of a target whose name Markdown links cannot hold
        link = f'<a href="results.html#{anchor}">{name(experiment)}</a>'
        yield link, f"{images:,}", escaped(machine), f"{len(runs)}", " to ".join(dict.fromkeys(ends))


def benchmarks(root: Path) -> str:
    """Return the latest row of each benchmark on each machine class."""
    path = root / "tests" / "benchmarks" / "results.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    latest: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for line in lines:
        if not line["skipped"]:
            latest[line["name"], line["what"], line["peer"], line["device"], line["precision"]] = line
    rows = [
        (
            f"`{line['name']}`: {escaped(line['what'])}",
            escaped(line["peer"]),
            f"{escaped(line['device'])}, {line['precision']}",
            f"{median(line['ours']):.4g} {line['unit']}",
            f"{median(line['theirs']):.4g} {line['unit']}",
            f"{line['ratio']:.2f} ({line['lowest']:.2f} to {line['highest']:.2f})",
        )
        for line in latest.values()
    ]
    return table(("benchmark", "peer", "machine class", "ours", "peer's", "ratio"), rows)
