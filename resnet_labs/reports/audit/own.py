"""The five reports as the audit reads them.

Each form in `forms/` names the places of its figures, which are stored once, in the report's own file: `=place`, or
`=log.column`. Besides the fields of `audit/form.py` it says which traces bear on which claim: those under `checks`
count for the verdict, those under `notes` are shown beside it.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from resnet_labs import reports
from resnet_labs.errors import InputError
from resnet_labs.reports.audit import reading
from resnet_labs.reports.audit.examine import examine
from resnet_labs.reports.audit.form import Report
from resnet_labs.reports.audit.printed import Loader
from resnet_labs.reports.audit.trace import Trace
from resnet_labs.reports.schema import lookup


@cache
def own_report(name: str) -> Report:
    """Return one of the five reports, with its figures.

    Raises:
        InputError: there is no such report, or its form names a place that it does not hold.
    """
    facts = reports.load_report(name)
    form = {key: value for key, value in _form(name).items() if key not in ("checks", "notes")}
    return reading.report(_filled(form, facts), f"forms/{name}.yaml")


@cache
def own_traces(name: str) -> tuple[Trace, ...]:
    """Return everything that the checks find in one of the five reports."""
    return tuple(examine(own_report(name)))


def bearing(claim: str, kind: str = "checks") -> list[Trace]:
    """Return the traces that bear on a claim such as `r4.c10`: its `checks` or its `notes`; none without a form.

    Raises:
        InputError: the form names a place where nothing was found.
    """
    name = claim.split(".")[0]
    places = _form(name).get(kind, {}).get(claim, [])
    found = [[trace for trace in own_traces(name) if trace.place == place] for place in places]
    for place, traces in zip(places, found, strict=True):
        if not traces:
            raise InputError(f"forms/{name}.yaml names {place!r}, where nothing was found.", "Correct the place.")
    return [trace for traces in found for trace in traces]


@cache
def _form(name: str) -> dict[str, Any]:
    path = resources.files(__package__).joinpath("forms", f"{name}.yaml")
    return yaml.load(path.read_text(encoding="utf-8"), Loader) if path.is_file() else {}  # safe


def _filled(given: Any, facts: dict[str, Any]) -> Any:
    if isinstance(given, dict):
        return {key: _filled(each, facts) for key, each in given.items()}
    if isinstance(given, list):
        return [_filled(each, facts) for each in given]
    if not isinstance(given, str) or not given.startswith("="):
        return given
    place = given[1:]
    log, _, column = place.partition(".")
    if log.startswith(f"{facts['id']}_log_"):
        return reports.training_log(log)[column]
    try:
        return facts[place] if place in facts else lookup(facts, place)
    except (KeyError, TypeError):
        problem = f"forms/{facts['id']}.yaml names {place!r}, which {facts['id']}.yaml does not hold."
        raise InputError(problem, "Correct the place.") from None
