"""A lab of one exercise, a class of submissions, and stand-ins for grading them that cost nothing."""

from __future__ import annotations

import json
import os
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from resnet_labs.grading.bundle import NUM_VARIANTS, Bundle, Exercise, ReleaseCell
from resnet_labs.grading.probe import Probe

RIGHT = "def double(x):\n    return 2 * x"
_SOURCE = 'def observe(answers, case):\n    return {"value": answers.double(case["x"])}'


def bundle(secret: str = "00" * 32) -> Bundle:
    """Two of four cases are visible."""
    one = Probe("02.1", ("double",), Fraction(3), (), 1e-6, 1e-6, 2, _SOURCE)
    inputs = tuple([{"x": float(variant + case)} for case in range(4)] for variant in range(NUM_VARIANTS))
    references = tuple([{"value": 2 * case["x"]} for case in cases] for cases in inputs)
    cells = (ReleaseCell("answer-02-1", "answer", "02.1", "def double(x):\n    ...", ("double",)),)
    return Bundle("02", "lab02_digits", "0", "r1", secret, "", cells, (Exercise(one, inputs, references),))


def notebook(answer: str = RIGHT) -> bytes:
    cell = {"cell_type": "code", "id": "answer-02-1", "source": answer, "outputs": [], "execution_count": None}
    cell["metadata"] = {"tags": ["answer"], "exercise": "02.1"}
    about = {"resnet_labs": {"lab": "02", "release": "r1"}}
    return json.dumps({"cells": [cell], "metadata": about, "nbformat": 4, "nbformat_minor": 5}).encode()


def hand_in(folder: Path, students: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for student, content in students.items():
        (folder / f"{student}.ipynb").write_bytes(content)
    return folder


def counted(
    bundle_: Any, student: str, content: bytes, tier: Any, limits: Any, facts: dict[str, Any]
) -> dict[str, Any]:
    """Instead of `result.grade`: writes down that it was called, and ends its process for some students.

    `KILLER` always does so, `ONCE` the first time. The folder of the list is in the environment.
    """
    folder = Path(os.environ["COUNTED_IN"])
    with open(folder / "calls.txt", "a", encoding="utf-8") as file:
        file.write(f"{student}\n")
    marker = folder / f"ended-{student}"
    if student.startswith("KILLER") or (student.startswith("ONCE") and not marker.exists()):
        marker.touch()
        os._exit(1)
    time.sleep(float(os.environ.get("COUNTED_SECONDS", "0.05")))
    exercise = {"exercise": "02.1", "status": "passed", "points": "3", "max_points": "3", "passed": [True] * 4}
    exercise |= {"reasons": [""] * 4, "reason": "", "visible": 2, "seconds": 0.1, "memory": 0, "flaky": False}
    found = {
        "score": "3",
        "max": "3",
        "exercises": [exercise],
        "notes": [],
        "answers": {"02.1": student},
        "seconds": 0.1,
    }
    return facts | found | {"status": "graded", "problem": None}
