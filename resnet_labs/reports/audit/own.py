"""The five reports as the audit reads them: each form names the places of its figures, which are stored once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from resnet_labs import reports
from resnet_labs.errors import InputError
from resnet_labs.reports.audit import reading
from resnet_labs.reports.audit.form import Report
from resnet_labs.reports.audit.printed import Loader
from resnet_labs.reports.schema import lookup


@cache
def own_report(name: str) -> Report:
    """Return one of the five reports, with its figures in place of `=place` or `=log.column`.

    Raises:
        InputError: there is no such report, or its form names a place that it does not hold.
    """
    facts = reports.load_report(name)
    text = resources.files(__package__).joinpath("forms", f"{name}.yaml").read_text(encoding="utf-8")
    return reading.report(_filled(yaml.load(text, Loader), facts), f"forms/{name}.yaml")  # a safe loader


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
