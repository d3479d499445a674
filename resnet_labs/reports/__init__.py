"""The reports' facts, and this project's measurements."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from resnet_labs import results
from resnet_labs.errors import InputError, nearest
from resnet_labs.reports import schema
from resnet_labs.reports.audit.printed import Loader, Printed

_HERE = Path(str(resources.files(__package__)))

EVIDENCE = _HERE / "evidence"

REPORTS = tuple(sorted(path.stem for path in _HERE.glob("r*.yaml")))


@cache
def load_report(report: str) -> dict[str, Any]:
    """Return a report's facts: title, experiments with settings and figures, claims. A missing figure is None.

    Raises:
        InputError: there is no such report, or its file does not follow `schema`.

    Example:
        >>> load_report("r1")["experiments"]["digits"]["batch_size"]
        128
    """
    if report not in REPORTS:
        raise InputError(f"There is no report {report!r}.", nearest(report, REPORTS))
    text = (_HERE / f"{report}.yaml").read_text(encoding="utf-8")
    return schema.check(yaml.load(text, Loader), report)  # a safe loader that keeps the decimals


def claim_facts(number: str) -> dict[str, Any]:
    """Return a claim such as `r1.c2`: its text, how certain the report is, and the rule of its verdict.

    Raises:
        InputError: there is no such claim.

    Example:
        >>> claim_facts("r2.c3")["certainty"]
        'suggests'
    """
    known = {entry["id"]: entry for entry in load_report(number.split(".")[0])["claims"]}
    if number not in known:
        raise InputError(f"There is no claim {number!r}.", nearest(number, known))
    return known[number]


def claim(number: str) -> str:
    """Return the text of a claim such as `r1.c2`, in this project's words.

    Raises:
        InputError: there is no such claim.

    Example:
        >>> claim("r1.c2")
        'the images are 8x8 pixels'
    """
    return claim_facts(number)["text"]


def training_log(name: str) -> dict[str, list[float]]:
    """Return the columns of a report's training log, one value per epoch.

    Raises:
        InputError: there is no such log.

    Example:
        >>> training_log("r4_log_triplet")["test_acc"][0]
        0.866
    """
    known = sorted(path.stem for path in _HERE.glob("*.csv"))
    if name not in known:
        raise InputError(f"There is no log {name!r}.", nearest(name, known))
    with (_HERE / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {column: [Printed(row[column]) for row in rows] for column in rows[0]}


def evidence(experiment: str) -> list[results.Result]:
    """Return the results lines stored for an experiment, oldest first; an empty list if there are none.

    Example:
        >>> evidence("r1.nothing")
        []
    """
    path = EVIDENCE / f"{experiment}.jsonl"
    return results.read(path) if path.is_file() else []


def experiments() -> list[str]:
    """Return the names of all experiments that have stored results lines, in order.

    Example:
        >>> "r1.digits" in experiments()
        True
    """
    return sorted(path.stem for path in EVIDENCE.glob("*.jsonl"))
