"""Probes: they call an answer on literal inputs and report what they saw. Whether that is right is decided here.

The kernel that runs a student's code gets a probe's `observe` and the inputs, never the reference.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from resnet_labs.errors import InputError
from resnet_labs.grading import codec

MIME = "application/vnd.resnet-labs.probe+json"
_CODEC = Path(codec.__file__).read_text(encoding="utf-8")


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


@dataclass(frozen=True)
class Case:
    """The verdict on one case: whether it passed, and else why not, in words that hold no value of the reference."""

    passed: bool
    reason: str = ""


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
    """Return the source of `observe` and its helpers, without the inputs."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    wanted = {"observe", *getattr(module, "HELPERS", ())}
    parts = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name in wanted]
    assert {part.name for part in parts} == wanted, module.__name__
    return "\n\n\n".join(["from __future__ import annotations", *map(ast.unparse, parts)])


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
    codec, own = {{"__name__": "codec"}}, {{"__name__": "probe"}}
    exec(asked["codec"], codec)
    exec(asked["probe"], own)
    here = globals()
    missing = [name for name in asked["answers"] if name not in here]
    seen = {{"exercise": asked["exercise"], "missing": missing, "cases": []}}
    for number, case in enumerate([] if missing else asked["cases"]):
        random.seed(number)
        np.random.seed(number)
        torch.manual_seed(number)
        try:
            answers = types.SimpleNamespace(**{{name: here[name] for name in asked["answers"]}})
            observed = {{"observed": codec["encode"](own["observe"](answers, codec["decode"](case)))}}
        except (Exception, SystemExit) as error:
            observed = {{"error": f"{{type(error).__name__}}: {{error}}"[:500]}}
        seen["cases"].append(observed)
    display({{{mime!r}: seen}}, raw=True)


_probe()
"""


def cell(probe: Probe, inputs: list[Any]) -> str:
    """Return the source of the cell that calls the student's answers on the inputs of every case.

    Its one display holds, under `MIME`, `{"exercise", "missing": [names], "cases": [{"observed": ...} or {"error":
    text}]}`. Everything of ours has a namespace of its own there, so that the student's names stay theirs.

    Args:
        probe: the exercise's probe.
        inputs: of `cases`.
    """
    asked = {"exercise": probe.exercise, "answers": probe.answers, "codec": _CODEC, "probe": probe.source}
    text = json.dumps(asked | {"cases": inputs}, allow_nan=False)
    return _CELL.format(asked=codec.base64.b64encode(text.encode()).decode(), mime=MIME)


def verdicts(probe: Probe, payload: Any, references: list[Any]) -> list[Case]:
    """Return the verdict on every case of an exercise.

    Args:
        probe: the exercise's probe.
        payload: what the probe cell displayed, from a process that is not trusted; None if there was nothing.
        references: what the same probe saw in the solution, one for each case.

    Returns:
        One verdict for each reference, whatever the payload is.
    """
    if not references:
        raise InputError(f"Exercise {probe.exercise} has no reference.", "Make the release again.")
    if not isinstance(payload, dict) or payload.get("exercise") != probe.exercise:
        return [Case(False, "the check gave no result")] * len(references)
    missing = payload.get("missing")
    if isinstance(missing, list) and (names := [name for name in probe.answers if name in missing]):
        return [Case(False, f"{', '.join(names)} is not defined")] * len(references)
    seen = payload.get("cases")
    if not isinstance(seen, list) or len(seen) != len(references):
        return [Case(False, "the check gave no result for every case")] * len(references)
    return [_verdict(probe, one, reference) for one, reference in zip(seen, references, strict=True)]


def _verdict(probe: Probe, one: Any, reference: Any) -> Case:
    if not isinstance(one, dict) or set(one) not in ({"observed"}, {"error"}):
        return Case(False, "the check gave no result for this case")
    if "error" in one:
        return Case(False, f"the answer raised {one['error'][:500]}" if isinstance(one["error"], str) else "an error")
    reason = difference(one["observed"], reference, rtol=probe.rtol, atol=probe.atol)
    return Case(not reason, reason)


def difference(observed: Any, reference: Any, *, rtol: float, atol: float, at: str = "the result") -> str:
    """Return where data differ from the reference, without its values; an empty string if they agree.

    Numbers agree within the tolerance, NaN with NaN, whole numbers and truth values only exactly; an array without axes
    is a number. The walk follows the reference, so it ends however deep the observed data are.

    Args:
        observed: JSON data of `codec.encode`, or anything else.
        reference: JSON data of `codec.encode`.
        rtol: relative tolerance.
        atol: absolute tolerance.
        at: what is compared, in words.
    """
    if isinstance(reference, list):
        if not isinstance(observed, list) or len(observed) != len(reference):
            return f"{at} has another length" if isinstance(observed, list) else f"{at} is not a list"
        pairs = [(f"{at}, entry {number}", *pair) for number, pair in enumerate(zip(observed, reference, strict=True))]
    elif isinstance(reference, dict) and not any(key.startswith("$") for key in reference):
        if not isinstance(observed, dict) or set(observed) != set(reference):
            return f"{at} has other parts"
        pairs = [(f"{at}, {key}", observed[key], reference[key]) for key in reference]
    elif isinstance(reference, (str, type(None))):
        return "" if type(observed) is type(reference) and observed == reference else f"{at} is another"
    elif isinstance(reference, dict) and "$dict" in reference:
        return "" if observed == reference else f"{at} is another"
    else:
        return _number_difference(observed, codec.decode(reference), rtol, atol, at)
    return next(filter(None, (difference(a, b, rtol=rtol, atol=atol, at=where) for where, a, b in pairs)), "")


def _number_difference(observed: Any, reference: Any, rtol: float, atol: float, at: str) -> str:
    marked = isinstance(observed, dict) and not {"$array", "$float", "$int"}.isdisjoint(observed)
    if not marked and not isinstance(observed, (bool, int, float)):
        return f"{at} is not a number or an array"
    try:
        got, want = np.asarray(codec.decode(observed)), np.asarray(reference)
    except (ValueError, OverflowError, RecursionError):
        return f"{at} cannot be read"
    if got.shape != want.shape:
        return f"{at} has another shape"
    if got.dtype == object or want.dtype == object:  # whole numbers beyond 64 bits
        return "" if got == want else f"{at} has another value"
    kinds = {"u": "i"}
    got_kind, want_kind = kinds.get(got.dtype.kind, got.dtype.kind), kinds.get(want.dtype.kind, want.dtype.kind)
    if got_kind != want_kind and (want.ndim or "b" in (got_kind, want_kind)):
        return f"{at} has another dtype"
    if want_kind != "f":
        return "" if np.array_equal(got, want) else f"{at} has another value"
    close = np.isclose(got.astype("float64"), want.astype("float64"), rtol=rtol, atol=atol, equal_nan=True)
    return "" if close.all() else f"{at} has another value"


def score(probe: Probe, cases: list[Case]) -> Fraction:
    """Return the points of an exercise, exactly: its share of passed cases."""
    return probe.points * Fraction(sum(case.passed for case in cases), len(cases))
