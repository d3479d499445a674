"""What a probe sees in answers that are defined here, in this process, and the verdict on each case."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import IPython.display
import numpy as np
import pytest
import torch
from helpers.submitted import solution

from resnet_labs.grading import compare, probe
from resnet_labs.grading.prelude import prelude

LABS = [f"0{number}" for number in range(1, 10)]


@cache
def probes(lab: str) -> dict[str, tuple[probe.Probe, Any]]:
    """Each exercise's probe and its module."""
    return {(one := probe.load(module)).exercise: (one, module) for module in probe.modules(lab)}


@cache
def namespace(lab: str) -> dict[str, Any]:
    """The names that the lab's solution defines, with nothing withheld."""
    answers = {name for one, _ in probes(lab).values() for name in one.answers}
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(prelude(solution(lab).before_answers, answers, ()), names)
    for _, source in solution(lab).answers:
        exec(source, names)
    return names


@cache
def inputs(exercise: str, variant: int = 0) -> list[Any]:
    _, module = probes(exercise[:2])[exercise]
    return probe.cases(module, np.random.default_rng([int(exercise.replace(".", "")), variant]))


def references(exercise: str, variant: int = 0) -> list[Any]:
    """What the probe sees in the solution."""
    return _references(exercise, variant)


@cache
def _references(exercise: str, variant: int) -> list[Any]:
    seen = look(exercise, namespace(exercise[:2]), inputs(exercise, variant))
    assert [case for case in seen if "error" in case] == []
    return [case["observed"] for case in seen]


def look(exercise: str, names: dict[str, Any], cases: list[Any]) -> list[dict[str, Any]]:
    """Run the probe's own cell where these names are defined; return what it shows of each case."""
    one, _ = probes(exercise[:2])[exercise]
    shown: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(devices=[]):
        patch.setattr(IPython.display, "display", lambda data, raw: shown.append(data))
        exec(probe.cell(one, cases), dict(names))
    (data,) = shown
    return data[probe.MIME]["cases"]


def failures(exercise: str, changed: dict[str, Any], *, variant: int = 0, first: bool = False) -> list[str]:
    """Return why cases fail where names of the solution are replaced; with `first`, those up to the first."""
    one, _ = probes(exercise[:2])[exercise]
    names, expected, found = namespace(exercise[:2]) | changed, references(exercise, variant), []
    cases = inputs(exercise, variant)
    parts = [[case] for case in range(len(cases))] if first else [list(range(len(cases)))]
    for part in parts:
        seen = look(exercise, names, [cases[case] for case in part])
        verdicts = compare.verdicts(one, {"cases": seen}, [expected[case] for case in part])
        found += [verdict.reason for verdict in verdicts if not verdict.passed]
        if found and first:
            break
    return found


def arguments(lab: str, check: str) -> list[str]:
    """Return the names that the lab gives to a check."""
    text = "\n".join(cell["source"] for cell, _ in solution(lab).code)
    first = re.findall(rf"checks\.lab{lab}\.{check}\((.+?)\)", text)[0]  # labs break their answers further down
    return [name.strip() for name in first.split(",")]
