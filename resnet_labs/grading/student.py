"""The student notebook of a release, made from a lab's solution."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import nbformat

from resnet_labs import __version__
from resnet_labs.errors import InputError
from resnet_labs.grading import parsing
from resnet_labs.grading.bundle import ReleaseCell
from resnet_labs.labkit.cells import Cell, student_text
from resnet_labs.labs import Lab

_METADATA = ("exercise", "mystnb", "points", "tags")  # everything else, such as computed numbers, stays with the author
_COLAB = "[Open in Colab]("  # that copy is not the release


@dataclass(frozen=True)
class Solution:
    """A lab's solution notebook, and beside each of its cells the text that students get; None for a cell they lack."""

    lab: Lab
    notebook: dict[str, Any]
    texts: list[str | None]

    @property
    def code(self) -> list[tuple[dict[str, Any], str | None]]:
        """Its code cells with the students' text."""
        pairs = zip(self.notebook["cells"], self.texts, strict=True)
        return [(cell, text) for cell, text in pairs if cell["cell_type"] == "code"]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Exercise and source of every answer cell, in order."""
        return [(_exercise(cell), cell["source"]) for cell, _ in self.code if _role(cell) == "answer"]

    @property
    def before_answers(self) -> list[str]:
        """The sources of the code cells before the last answer, without answers and checks."""
        roles = [_role(cell) for cell, _ in self.code]
        last = max((number for number, role in enumerate(roles) if role == "answer"), default=0)
        return [cell["source"] for (cell, _), role in zip(self.code[:last], roles, strict=False) if role == "other"]

    @property
    def points(self) -> dict[str, Any]:
        """The points of every exercise, from its check cell."""
        checks = [cell for cell, _ in self.code if _role(cell) == "check"]
        return {_exercise(cell): cell["metadata"].get("points") for cell in checks}


def read(lab: Lab) -> Solution:
    """Read a lab's solution.

    Raises:
        InputError: the lab is not written, or its markers are wrong.
    """
    if lab.notebook is None:
        raise InputError(f"Lab {lab.number} {lab.slug} is not written yet.", "See `resnet-labs list`.")
    data = json.loads(lab.notebook.read_text(encoding="utf-8"))
    texts: list[str | None] = []
    for number, cell in enumerate(data["cells"], 1):
        cell["source"] = "".join(cell["source"])
        tags = cell["metadata"].get("tags", [])
        made = Cell(lab.notebook.name, number, 0, cell["cell_type"], cell["source"], cell["metadata"])
        texts.append(None if "solution" in tags else _without_badge(student_text(made)))
    return Solution(lab, data, texts)


def cells(solution: Solution, names: dict[str, tuple[str, ...]]) -> tuple[ReleaseCell, ...]:
    """Return the code cells of the student notebook.

    Args:
        solution: of the lab.
        names: for each exercise the names that its answers define.
    """
    made = []
    for cell, text in solution.code:
        if text is None:
            continue
        role, exercise = _role(cell), _exercise(cell)
        defined = parsing.defined(parsing.tree(cell["source"]).body) if role == "answer" else set()
        defines = tuple(name for name in names.get(exercise, ()) if name in defined)
        made.append(ReleaseCell(cell["id"], role, exercise if role != "other" else "", text, defines))
    return tuple(made)


def release_of(made: tuple[ReleaseCell, ...], points: dict[str, Any]) -> str:
    """Return the release's name: a hash of its answer and check cells, so that another word of text changes nothing."""
    counted = [[each.id, each.role, each.exercise, each.source] for each in made if each.role != "other"]
    return hashlib.sha256(json.dumps([counted, points], sort_keys=True).encode()).hexdigest()[:12]


def notebook(solution: Solution, release: str) -> str:
    """Return the student notebook as the text of its file."""
    made = []
    for cell, text in zip(solution.notebook["cells"], solution.texts, strict=True):
        if text is None:
            continue
        metadata = {key: deepcopy(value) for key, value in cell["metadata"].items() if key in _METADATA}
        one = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": metadata, "source": text}
        if cell["cell_type"] == "code":
            metadata["lab"] = {"id": _exercise(cell), "role": _role(cell), "cell": cell["id"]}
            one |= {"execution_count": None, "outputs": []}
        made.append(nbformat.from_dict(one))
    ours = {"lab": solution.lab.number, "release": release, "version": __version__}
    metadata = {key: solution.notebook["metadata"][key] for key in ("kernelspec", "language_info")}
    whole = nbformat.v4.new_notebook(cells=made, metadata=metadata | {"resnet_labs": ours})
    nbformat.validate(whole)
    return nbformat.writes(whole) + "\n"


def _role(cell: dict[str, Any]) -> str:
    tags = cell["metadata"].get("tags", [])
    return next((role for role in ("answer", "check") if role in tags), "other")


def _exercise(cell: dict[str, Any]) -> str:
    return cell["metadata"].get("exercise", "")


def _without_badge(text: str) -> str:
    lines = text.split("\n")
    kept = [line for line in lines if not line.startswith(_COLAB)]
    return text if len(kept) == len(lines) else "\n".join(kept).replace("\n\n\n", "\n\n")
