"""A lab's student notebook as a student hands it in: answered by its solution, then changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from resnet_labs import labs
from resnet_labs.grading import release, student
from resnet_labs.grading.assemble import Assembled, assemble
from resnet_labs.grading.bundle import NUM_VARIANTS, Bundle

SECRET = "0123456789abcdef" * 4


@cache
def solution(lab: str) -> student.Solution:
    return student.read(labs.find(lab))


@cache
def bundle(lab: str) -> Bundle:
    """A bundle whose references are made up: enough for all that happens before a notebook runs."""
    made = release.draft(solution(lab), SECRET)
    fake = tuple([0] for _ in range(NUM_VARIANTS))
    return replace(made, exercises=tuple(replace(each, references=fake) for each in made.exercises))


def untouched(lab: str = "02") -> dict[str, Any]:
    return json.loads(student.notebook(solution(lab), bundle(lab).release))


def solved(lab: str = "02") -> dict[str, Any]:
    """The student notebook with the solution's answers; a cell's source is one string."""
    notebook = untouched(lab)
    full = {cell["id"]: cell["source"] for cell, _ in solution(lab).code}
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code" and cell["metadata"]["lab"]["role"] == "answer":
            cell["source"] = full[cell["id"]]
    return notebook


def cell(notebook: dict[str, Any], id: str) -> dict[str, Any]:
    return next(each for each in notebook["cells"] if each.get("id") == id)


def code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}


def without_ids(notebook: dict[str, Any]) -> dict[str, Any]:
    """As an editor saves it that keeps neither ids nor metadata of cells."""
    for each in notebook["cells"]:
        each.pop("id", None)
        each["metadata"] = {}
    return notebook


def assembled(
    notebook: dict[str, Any], lab: str = "02", change: Callable[[dict[str, Any]], Any] | None = None
) -> Assembled:
    if change is not None:
        change(notebook)
    return assemble(bundle(lab), "ann", json.dumps(notebook).encode())


def sources(made: Assembled, role: str = "answer") -> str:
    return "\n\n".join(each["source"] for each in made.notebook["cells"] if each["metadata"]["lab"]["role"] == role)
