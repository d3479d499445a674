"""One submission's result: from bytes to a JSON document with everything that a grade can be argued with."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import time
from dataclasses import asdict, replace
from fractions import Fraction
from importlib import metadata
from typing import Any

from resnet_labs import __version__
from resnet_labs.grading import execute, sheet
from resnet_labs.grading.assemble import Assembled, assemble
from resnet_labs.grading.bundle import NUM_VARIANTS, Bundle
from resnet_labs.grading.reading import Rejected
from resnet_labs.grading.sandbox import Limits, Tier, library

SCHEMA = 1
_PACKAGES = ("torch", "torchvision", "numpy", "ipykernel", "nbval")


def key(content: bytes, bundle: Bundle, tier: Tier, limits: Limits) -> str:
    """Return what names a result: the same key means that grading again is no use."""
    facts = [hashlib.sha256(content).hexdigest(), bundle.digest, __version__, tier.name, asdict(limits), SCHEMA]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def slim(bundle: Bundle, student: str) -> Bundle:
    """Return the bundle with the inputs and references of one student's variant, to be sent to where it is graded."""
    chosen = bundle.variant(student)

    def only(variants: tuple[list[Any], ...]) -> tuple[list[Any], ...]:
        return tuple(variants[chosen] if number == chosen else [] for number in range(NUM_VARIANTS))

    exercises = (replace(each, inputs=only(each.inputs), references=only(each.references)) for each in bundle.exercises)
    return replace(bundle, exercises=tuple(exercises))


def grade(
    bundle: Bundle, student: str, content: bytes, tier: Tier, limits: Limits, facts: dict[str, Any]
) -> dict[str, Any]:
    """Return the result of one submission; no exception, whatever the bytes are.

    Args:
        bundle: of the lab; the student's variant is enough.
        student: whose it is.
        content: the submission.
        tier: the sandbox.
        limits: of the submission.
        facts: what is added to the result, such as its key.
    """
    start = time.monotonic()
    try:
        if facts["version"] != __version__:
            raise execute.GraderError(f"This worker has version {__version__}.", "Install the same one.")
        assembled = assemble(bundle, student, content)
        found = _graded(bundle, assembled, tier, limits)
    except Rejected as problem:
        found = rejected(problem)
    except Exception as error:
        found = _failed(f"{type(error).__name__}: {error}")
    return facts | {"seconds": round(time.monotonic() - start, 1), "environment": _environment()} | found


def rejected(problem: Rejected) -> dict[str, Any]:
    """Return the result of what cannot be graded: no score, and a sentence."""
    nothing: dict[str, Any] = {"score": None, "max": None, "exercises": [], "notes": [], "answers": {}}
    return nothing | {"status": "not graded", "problem": {"code": problem.code, "sentence": problem.sentence}}


def _failed(reason: str) -> dict[str, Any]:
    sentence = f"The grader failed, so this submission has no score: {sheet.plain(reason)}"
    return rejected(Rejected("grader-error", sentence)) | {"status": "grader error"}


def lost() -> dict[str, Any]:
    """Return the result of a submission whose worker ended every time."""
    return _failed("the process that graded it ended, every time")


def _graded(bundle: Bundle, assembled: Assembled, tier: Tier, limits: Limits) -> dict[str, Any]:
    probes = {each.probe.exercise: each for each in bundle.exercises}
    keys = {name: (each.probe, each.references[assembled.variant]) for name, each in probes.items()}
    outcomes: dict[str, execute.Outcome] = {}
    for withheld, names in _kernels(bundle, assembled).items():
        cells = [cell for cell in assembled.notebook["cells"] if _belongs(cell["metadata"]["lab"], names)]
        found = execute.run(assembled.notebook | {"cells": cells}, keys, withheld, tier=tier, limits=limits)
        outcomes |= {one.exercise: one for one in found}
    exercises = []
    for name, each in probes.items():
        if name in assembled.refused:
            one = execute.Outcome(name, "refused", Fraction(0), each.probe.points, reason=assembled.refused[name])
        else:
            one = outcomes[name]
        exercises.append(asdict(one) | {"points": str(one.points), "max_points": str(one.max_points)})
    errors = [each["reason"] for each in exercises if each["status"] == "grader error"]
    return {
        "status": "grader error" if errors else "graded",
        "problem": {"code": "grader-error", "sentence": errors[0]} if errors else None,
        "score": None if errors else str(sum((Fraction(each["points"]) for each in exercises), Fraction(0))),
        "max": str(sum((each.probe.points for each in probes.values()), Fraction(0))),
        "exercises": exercises,
        "notes": [asdict(note) for note in assembled.notes],
        "answers": assembled.answers,
        "variant": assembled.variant,
        "assembled": hashlib.sha256(json.dumps(assembled.notebook, sort_keys=True).encode()).hexdigest(),
    }


def _kernels(bundle: Bundle, assembled: Assembled) -> dict[tuple[str, ...], list[str]]:
    """Return what is withheld from each kernel, and the exercises that it asks.

    One kernel is enough, unless an answer uses a module that only other exercises withhold.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for each in bundle.exercises:
        name, own = each.probe.exercise, each.probe.withheld
        if name in assembled.refused:
            continue
        others = {one.rpartition(".")[2] for one in set(bundle.withheld) - set(own) if library.is_module(one)}
        uses = any(re.search(rf"\b{re.escape(word)}\b", assembled.answers.get(name, "")) for word in others)
        found.setdefault(own if uses else bundle.withheld, []).append(name)
    return found


def _belongs(about: dict[str, str], names: list[str]) -> bool:
    return about["role"] != "probe" or about["id"] in names


def _environment() -> dict[str, str]:
    versions = {name: metadata.version(name) for name in _PACKAGES}
    machine = {"python": platform.python_version(), "system": platform.platform(), "processor": platform.machine()}
    return machine | versions
