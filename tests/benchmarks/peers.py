"""nbgrader and otter over the same assembled notebooks, from an environment that has them beside resnet_labs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'labs'\nc.ExecutePreprocessor.timeout = 600\n"
OTTER_TEST = """OK_FORMAT = True
test = {"name": "%s", "points": 1, "suites": [{"cases": [{"code": ">>> 1 + 1\\n2"}], "type": "doctest"}]}
"""


def nbgrader(python: Path, notebooks: list[Notebook], folder: Path) -> Callable[[], None]:
    """Set up a course in a folder; the function that is returned grades all submissions.

    Every probe cell is a test cell of one point, which fails where its code raises.
    """
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    for number, each in enumerate(notebooks):
        marked = _with_nbgrader(each)
        _write(folder / "submitted" / f"student{number}" / "lab" / "lab.ipynb", marked)
        if number == 0:
            _write(folder / "source" / "lab" / "lab.ipynb", marked)
    _run([python, "-m", "nbgrader", "generate_assignment", "lab", "--create"], folder)
    return lambda: _run([python, "-m", "nbgrader", "autograde", "lab", "--force", "--create"], folder)


def otter(python: Path, notebooks: list[Notebook], folder: Path) -> Callable[[], None]:
    """Set up an autograder in a folder; the function that is returned runs it on each submission in turn."""
    folder.mkdir()
    (folder / "tests").mkdir()
    exercises = {cell["metadata"]["lab"]["id"] for cell in notebooks[0]["cells"] if _role(cell) == "probe"}
    for exercise in sorted(exercises):
        name = f"q{exercise.replace('.', '_')}"
        (folder / "tests" / f"{name}.py").write_text(OTTER_TEST % name, encoding="utf-8")
    for number, each in enumerate(notebooks):
        _write(folder / f"student{number}.ipynb", each)
    command = [python, "-m", "otter"]
    _run([*command, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"], folder)

    def grade() -> None:
        for number in range(len(notebooks)):
            (folder / f"out{number}").mkdir(exist_ok=True)
            run = ["run", "-a", "autograder.zip", "-o", f"out{number}", "--no-logo", "--debug"]
            _run([*command, *run, f"student{number}.ipynb"], folder)

    return grade


def _role(cell: dict[str, Any]) -> str:
    return cell["metadata"].get("lab", {}).get("role", "")


def _with_nbgrader(notebook: Notebook) -> Notebook:
    marked = json.loads(json.dumps(notebook))
    for number, cell in enumerate(marked["cells"]):
        role = _role(cell)
        grade = role == "probe"
        cell["metadata"]["nbgrader"] = {
            "schema_version": 3,
            "grade_id": f"cell{number}",
            "task": False,
            "grade": grade,
            "solution": role == "answer",
            "locked": role != "answer",
            **({"points": 1} if grade else {}),
        }
    return marked


def _write(path: Path, notebook: Notebook) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _run(command: list[Any], folder: Path) -> None:
    programs = os.pathsep.join([str(Path(command[0]).parent), os.environ["PATH"]])  # nbgrader calls alembic
    environment = {**os.environ, "PATH": programs, "OMP_NUM_THREADS": "1", "RESNET_LABS_FAST": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
