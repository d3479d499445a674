"""A lab's release: the notebook for students, and the private bundle that grades what comes back."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from resnet_labs import __version__, files
from resnet_labs.errors import InputError
from resnet_labs.grading import assemble, bundle, probe, student
from resnet_labs.grading.bundle import NUM_VARIANTS, Bundle, Exercise
from resnet_labs.grading.prelude import prelude
from resnet_labs.grading.withheld import everywhere
from resnet_labs.labs import Lab

Ask = Callable[[dict[str, Any], tuple[str, ...]], list[dict[str, Any]]]
_WORKFLOWS = Path(__file__).parent / "workflows"


def release(lab: Lab, out: Path, *, ask: Ask) -> list[Path]:
    """Write a lab's release.

    Args:
        lab: the lab.
        out: the folder; `public` in it is for students, `private` for teachers only.
        ask: runs a notebook's probe cells in the sandbox, where some names are withheld, and returns what each
            displayed, as `execute.observe` does.

    Returns:
        The files.

    Raises:
        InputError: the lab has no notebook or an exercise no probe, a probe's points are not the lab's, or the solution
            fails at a probe.
    """
    public, private = out / "public", out / "private"
    solution = student.read(lab)
    made = with_references(draft(solution, _secret(private / "course.secret")), solution.answers, ask)
    texts = {
        public / f"{lab.stem}.ipynb": student.notebook(solution, made.release),
        public / f"{lab.stem}.manifest.json": _manifest(made),
        public / "self-check.yml": (_WORKFLOWS / "self-check.yml").read_text(encoding="utf-8"),
        private / "grade.yml": (_WORKFLOWS / "grade.yml").read_text(encoding="utf-8"),
    }
    for path, text in texts.items():
        with files.replacing(path, "w", encoding="utf-8") as file:
            file.write(text)
    bundle.write(made, private / f"{lab.stem}.bundle.json")
    return [*texts, private / f"{lab.stem}.bundle.json", private / "course.secret"]


def draft(solution: student.Solution, secret: str) -> Bundle:
    """Return a lab's bundle without references."""
    lab = solution.lab
    modules = {(one := probe.load(module)).exercise: (one, module) for module in probe.modules(lab.number)}
    _compare(solution, {exercise: one.points for exercise, (one, _) in modules.items()})
    exercises = []
    for exercise in solution.points:
        one, module = modules[exercise]
        inputs = tuple(probe.cases(module, _generator(secret, exercise, variant)) for variant in range(NUM_VARIANTS))
        exercises.append(Exercise(replace(one, withheld=everywhere(one.withheld)), inputs))
    cells = student.cells(solution, {each.probe.exercise: each.probe.answers for each in exercises})
    names = {name for each in exercises for name in each.probe.answers}
    withheld = {name for each in exercises for name in each.probe.withheld}
    return Bundle(
        lab=lab.number,
        stem=lab.stem,
        version=__version__,
        release=student.release_of(cells, solution.points),
        secret=secret,
        prelude=prelude(solution.before_answers, names, withheld),
        cells=cells,
        exercises=tuple(exercises),
    )


def with_references(made: Bundle, answers: list[tuple[str, str]], ask: Ask) -> Bundle:
    """Return the bundle with what every probe sees in the solution.

    Raises:
        InputError: the solution fails at a probe.
    """
    seen = ask(assemble.of_answers(made, answers), made.withheld)
    exercises = []
    for number, each in enumerate(made.exercises):
        asked = [payload["cases"] for payload in seen[number :: len(made.exercises)]]
        for variant, cases in enumerate(asked):
            errors = [case["error"] for case in cases if "error" in case]
            if errors or not cases or len(cases) != len(each.inputs[variant]):
                problem = (
                    f"The solution of exercise {each.probe.exercise} fails at its own probe: {(errors or [''])[0]}."
                )
                raise InputError(problem, "Correct the probe or the solution.")
        references = tuple([case["observed"] for case in cases] for cases in asked)
        exercises.append(replace(each, references=references))
    return replace(made, exercises=tuple(exercises))


def _compare(solution: student.Solution, points: dict[str, Fraction]) -> None:
    lab = solution.lab.number
    if set(points) != set(solution.points):
        problem = f"Lab {lab} has the exercises {sorted(solution.points)} and probes of {sorted(points)}."
        raise InputError(problem, f"Write resnet_labs/grading/probes/lab{lab}/exercise_M.py for each.")
    for exercise, given in points.items():
        if given != solution.points[exercise]:
            problem = f"Exercise {exercise} has {solution.points[exercise]} points in the lab and {given} in its probe."
            raise InputError(problem, "Correct POINTS in the probe.")


def _generator(secret: str, exercise: str, variant: int) -> np.random.Generator:
    """Return a generator that nobody without the secret can repeat."""
    return np.random.default_rng(list(hmac.digest(bytes.fromhex(secret), f"{exercise}\0{variant}".encode(), "sha256")))


def _secret(path: Path) -> str:
    """Return the course's secret, which is drawn once and kept for all of its labs."""
    if path.is_file():
        secret = path.read_text(encoding="utf-8").strip()
        if len(secret) < 32 or not set(secret) <= set("0123456789abcdef"):
            raise InputError(
                f"{str(path)!r} is damaged.", "Restore it, or delete it to draw other inputs for everyone."
            )
        return secret
    with files.replacing(path, "w", encoding="utf-8", opener=bundle.private) as file:
        file.write((secret := secrets.token_hex(32)) + "\n")
    return secret


def _manifest(made: Bundle) -> str:
    probes = map(probe.load, probe.modules(made.lab))  # they name what is withheld in fewer words than the bundle
    names = ("exercise", "points", "answers", "withheld")
    cells = [cell for cell in made.cells if cell.role != "other"]
    facts = {
        "lab": made.lab,
        "release": made.release,
        "version": made.version,
        "exercises": [{name: getattr(each, name) for name in names} for each in probes],
        "cells": [{name: getattr(cell, name) for name in ("id", "role", "exercise")} for cell in cells],
    }
    return json.dumps(facts, indent=1, default=str) + "\n"
