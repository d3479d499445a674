"""Probes: they call an answer on literal inputs and report what they saw.

The kernel that runs a student's code gets a probe's `observe` and the inputs, never the reference. Whether what was
seen is right is decided outside of it, by `compare`.
"""

from __future__ import annotations

import ast
import base64
import importlib
import inspect
import json
import pkgutil
from dataclasses import dataclass
from fractions import Fraction
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from resnet_labs.errors import InputError
from resnet_labs.grading import codec, probes, watch

MIME = "application/vnd.resnet-labs.probe+json"
_CODEC, _WATCH = inspect.getsource(codec), inspect.getsource(watch)


@dataclass(frozen=True)
class Probe:
    """One exercise's probe.

    Attributes:
        exercise: such as "02.1".
        answers: names that the answer cells define.
        points: for all cases; each case is worth the same.
        withheld: modules and functions that an answer must not use, as dotted names.
        rtol: relative tolerance of floats.
        atol: absolute tolerance of floats.
        visible: how many cases, from the first, may be shown to students.
        source: `observe` and what it uses, as Python.
    """

    exercise: str
    answers: tuple[str, ...]
    points: Fraction
    withheld: tuple[str, ...]
    rtol: float
    atol: float
    visible: int
    source: str


def labs() -> list[str]:
    """Return the numbers of the labs that have probes."""
    return sorted(each.name.removeprefix("lab") for each in pkgutil.iter_modules(probes.__path__) if each.ispkg)


def modules(lab: str) -> list[ModuleType]:
    """Return the probe modules of a lab such as "02", in the order of its exercises.

    Raises:
        InputError: the lab has none.
    """
    name = f"{__package__}.probes.lab{lab}"
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(f"Lab {lab} has no probes, so it cannot be graded.", "See `resnet-labs list`.") from error
    found = sorted(each.name for each in pkgutil.iter_modules(package.__path__) if each.name.startswith("exercise_"))
    return [importlib.import_module(f"{name}.{each}") for each in found]


def load(module: ModuleType) -> Probe:
    """Return what a probe module says about its exercise."""
    lab, number = module.__name__.split(".")[-2:]
    return Probe(
        exercise=f"{lab.removeprefix('lab')}.{number.removeprefix('exercise_')}",
        answers=tuple(module.ANSWERS),
        points=Fraction(module.POINTS),
        withheld=tuple(module.WITHHELD),
        rtol=float(module.RTOL),
        atol=float(module.ATOL),
        visible=int(getattr(module, "VISIBLE", 1)),
        source=_shipped(module),
    )


def cases(module: ModuleType, rng: np.random.Generator) -> list[Any]:
    """Return the inputs of every case as JSON data."""
    return [codec.encode(case) for case in module.inputs(rng)]


def _shipped(module: ModuleType) -> str:
    """Return the source of `observe` and of the functions that it uses, without the inputs."""
    parts = [ast.unparse(ast.parse(inspect.getsource(part))) for part in _used(module.observe, [])]
    return "\n\n\n".join(["from __future__ import annotations", *parts])


def _used(function: FunctionType, found: list[FunctionType]) -> list[FunctionType]:
    """Add a function of a probe to the list, behind the functions of probes that it uses."""
    names = {node.id for node in ast.walk(ast.parse(inspect.getsource(function))) if isinstance(node, ast.Name)}
    for helper in (inspect.unwrap(function).__globals__.get(name) for name in sorted(names)):
        if isinstance(helper, FunctionType) and helper not in (function, *found):
            _used(helper, found)
    found.append(function)
    return found


_CELL = """\
def _probe():
    import base64
    import json
    import random
    import types

    import numpy as np
    import torch
    from IPython.display import display

    asked = json.loads(base64.b64decode({asked!r}))
    codec, own, watch = {{"__name__": "codec"}}, {{"__name__": "probe"}}, {{"__name__": "watch"}}
    exec(asked["codec"], codec)
    exec(asked["probe"], own)
    exec(asked["watch"], watch)
    here = globals()
    missing = [name for name in asked["answers"] if name not in here]
    seen, left = {{"cases": []}}, []
    for number, case in enumerate(asked["cases"]):
        random.seed(number)
        np.random.seed(number)
        torch.manual_seed(number)
        changed, before = [], watch["settings"]()
        try:
            if missing:
                raise NameError(f"{{', '.join(missing)}} is not defined")
            answers = {{name: watch["watched"](here[name], changed, left) for name in asked["answers"]}}
            result = own["observe"](types.SimpleNamespace(**answers), codec["decode"](case))
            observed = {{"observed": codec["encode"](result)}}
            if changed or (left and case is asked["cases"][-1]):
                raise ValueError(f"it changed {{', '.join(sorted({{*changed, *left}}))}}")
        except (Exception, SystemExit) as error:
            observed = {{"error": f"{{type(error).__name__}}: {{error}}"[:500]}}
        watch["put_back"](before)
        seen["cases"].append(observed)
    display({{{mime!r}: seen}}, raw=True)


_probe()
"""


def cell(probe: Probe, inputs: list[Any]) -> str:
    """Return the source of the cell that calls the student's answers on the inputs of every case.

    Its one display holds, under `MIME`, `{"cases": [...]}`: for each case `{"observed": data}` or, if the answer
    failed or changed its inputs, `{"error": "KeyError: text"}`; settings of torch that an answer leaves changed are an
    error of the last case. Our names are in a namespace of their own there, apart from the student's.

    Args:
        probe: the exercise's probe.
        inputs: of `cases`.
    """
    asked = {"answers": probe.answers, "codec": _CODEC, "watch": _WATCH, "probe": probe.source, "cases": inputs}
    text = json.dumps(asked, allow_nan=False)
    return _CELL.format(asked=base64.b64encode(text.encode()).decode(), mime=MIME)
