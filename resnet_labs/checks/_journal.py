"""The answer journal: what passed, kept beside the notebook, so that a lost kernel or a new copy costs no answer.

One JSON file in the notebook's folder holds, for every exercise whose check passed, the cells of the answer and the
time. Nothing else reads it, and it leaves the machine only if somebody copies it. It is kept where somebody works in a
notebook; `checks.start(..., journal=False)` or `RESNET_LABS_JOURNAL=0` switches it off.
"""

from __future__ import annotations

import ast
import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from resnet_labs.checks._points import POINTS
from resnet_labs.errors import InputError
from resnet_labs.files import replacing

FILE = "resnet_labs_answers.json"


@dataclass
class Journal:
    """Knows which cell made each name of the notebook, and writes the cells of answers that passed.

    Attributes:
        lab: the lab's number.
        file: the journal.
        cells: for each name of the notebook the text of the cell that set it last.
        restored: the stored cells by exercise, which stand in for answer cells that are not written.
    """

    lab: str
    file: Path
    cells: dict[str, str] = field(default_factory=dict)
    running: str = ""
    restored: dict[str, list[str]] = field(default_factory=dict)
    announced: bool = False

    def before_cell(self, info: Any) -> None:
        self.running = info.raw_cell or ""

    def after_cell(self, result: Any) -> None:
        text = getattr(result.info, "raw_cell", None)
        if result.success and text:
            self.cells.update(dict.fromkeys(_made(text), text))

    def passed(self, exercise: str) -> None:
        """Keep the cells that made the answer, as the running check cell names it."""
        texts = [self.cells[name] for name in _asked(self.running, exercise) if name in self.cells]
        if not texts:
            return
        entry = {"passed": datetime.now().astimezone().isoformat(timespec="seconds"), "cells": [*dict.fromkeys(texts)]}
        kept = {**read(self.file), exercise: entry}
        try:
            with replacing(self.file, "w", encoding="utf-8") as file:
                json.dump(dict(sorted(kept.items())), file, indent=1, ensure_ascii=False)
        except OSError as error:
            print(f"Your answer was not kept in {self.file.name}: {error.strerror}.")
            return
        if not self.announced:
            print(f"Answers that pass are kept in {self.file.name}, beside this notebook; checks.restore() reads it.")
        self.announced = True


_journal: Journal | None = None


def begin(lab: str, shell: Any, *, wanted: bool) -> Journal | None:
    """Begin to keep answers, where somebody works in a notebook and wants it."""
    global _journal
    setting = os.environ.get("RESNET_LABS_JOURNAL", "")
    if shell is None or not wanted or setting == "0" or not (setting == "1" or _somebody_is_there(shell)):
        _journal = None
        return None
    if _journal is None:
        _journal = Journal(lab, Path.cwd() / FILE)
        shell.events.register("pre_run_cell", _journal.before_cell)
        shell.events.register("post_run_cell", _journal.after_cell)
    _journal.lab = lab
    return _journal


def note(exercise: str) -> None:
    """Keep the answer that has just passed, if there is a journal."""
    if _journal is not None:
        _journal.passed(exercise)


def stored(exercise: str) -> list[str]:
    """Return the cells that `restore` brought back for an exercise."""
    return _journal.restored.get(exercise, []) if _journal is not None else []


def restore() -> None:
    """Bring back the answers of this lab that passed their checks, into a fresh kernel or a new copy of the notebook.

    The stored cells run again, and answer cells that are not written use them from then on. Their text appears in a new
    cell below, to be put where it belongs.

    Raises:
        InputError: nothing is kept, because the setup cell did not run or the journal is switched off.
    """
    if _journal is None:
        raise InputError(
            "No answers are kept in this notebook.",
            "Run the setup cell first, without `journal=False` and without `RESNET_LABS_JOURNAL=0`.",
        )
    from IPython import get_ipython

    shell = get_ipython()
    kept = {number: it for number, it in read(_journal.file).items() if number.startswith(f"{_journal.lab}.")}
    texts = []
    for exercise, entry in kept.items():
        cells = entry["cells"]
        results = [shell.run_cell(text, store_history=False, silent=False) for text in cells]
        if all(result.success for result in results):
            _journal.restored[exercise] = cells
            texts += [f"# Exercise {exercise}, passed {entry['passed'][:16].replace('T', ' ')}", *cells]
            print(f"{exercise}: brought back, from {entry['passed'][:16].replace('T', ' ')}")
        else:
            print(f"{exercise}: does not run here; see the error above")
    if texts:
        shell.set_next_input("\n\n".join(texts))
    else:
        print(f"{_journal.file.name} has no answer of lab {_journal.lab}.")


def progress() -> None:
    """Print a table of this lab's exercises, or of all, with their points and when they passed."""
    kept = read(_journal.file if _journal is not None else Path.cwd() / FILE)
    lab = _journal.lab if _journal is not None else ""
    rows = {exercise: points for exercise, points in POINTS.items() if exercise.startswith(lab)}
    print(f"{'exercise':10}{'points':>6}  passed")
    for exercise, points in rows.items():
        when = kept[exercise]["passed"][:16].replace("T", " ") if exercise in kept else "-"
        print(f"{exercise:10}{points:>6}  {when}")
    print(f"{sum(points for it, points in rows.items() if it in kept)} of {sum(rows.values())} points")


def read(file: Path) -> dict[str, Any]:
    """Return the journal's entries; none where there is no journal, or what is there is not one."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {it: kept[it] for it in kept if it in POINTS and {"passed", "cells"} <= kept[it].keys()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _somebody_is_there(shell: Any) -> bool:
    """Return whether the notebook can ask its reader; a notebook that a program executes cannot."""
    kernel = getattr(shell, "kernel", None)
    return kernel is None or bool(getattr(kernel, "_allow_stdin", False))


def _made(text: str) -> list[str]:
    """Return the names that a cell sets at top level."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    names = [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for statement in tree.body:
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            stores = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
            names += [node.id for node in stores if isinstance(node.ctx, ast.Store)]
    return names


def _asked(text: str, exercise: str) -> list[str]:
    """Return the names that the cell gives to the check of the exercise's lab."""
    try:
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    except SyntaxError:
        return []
    lab = f".lab{exercise[:2]}.check_"
    own = [call for call in calls if lab in f".{ast.unparse(call.func)}"]
    return [node.id for call in own for it in call.args for node in ast.walk(it) if isinstance(node, ast.Name)]
