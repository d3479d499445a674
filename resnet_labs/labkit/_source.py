"""A lab's source: its cells, their lines in the file, and the copy of an answer cell that students get."""

from __future__ import annotations

import ast
import re
import symtable
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

from resnet_labs.errors import InputError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_NAME = re.compile(r"lab(\d\d)_[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Cell:
    """One cell of a source: its number from 1, the line before its text, and its content."""

    file: str
    number: int
    start: int
    kind: str
    text: str
    metadata: dict[str, Any]

    @property
    def tags(self) -> list[str]:
        """The cell's tags."""
        return self.metadata.get("tags", [])

    def where(self, line: int | None = None) -> str:
        """Return the place in words; `line` counts from 1 within the cell."""
        return f"{self.file}, line {self.start + (line or 0)} (cell {self.number})"


@dataclass(frozen=True)
class Source:
    """A lab as its author wrote it."""

    path: Path
    cells: list[Cell]

    @property
    def lab(self) -> str:
        """The lab's number, such as "02"."""
        return self.path.name[3:5]


def read_source(path: Path) -> Source:
    """Read `labs/solutions/labNN_slug.py`."""
    if not _NAME.fullmatch(path.stem):
        raise InputError(f"{path.name} is not the name of a lab.", "Call it labNN_slug.py, such as lab02_digits.py.")
    text = path.read_text(encoding="utf-8")
    starts = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"# %%($|\s)", line)]
    cells = jupytext.reads(text, fmt="py:percent").cells
    if len(cells) != len(starts):
        raise InputError(f"{path.name} has text before its first cell.", "Begin every cell with a line `# %%`.")
    return Source(
        path,
        [
            Cell(path.name, number, start, cell.cell_type, cell.source, _without_layout(cell.metadata))
            for number, (start, cell) in enumerate(zip(starts, cells, strict=True), 1)
        ],
    )


def _without_layout(metadata: dict[str, Any]) -> dict[str, Any]:
    """Drop what jupytext notes about blank lines in the script."""
    return {key: value for key, value in metadata.items() if not key.startswith("lines_to_") and key != "cell_marker"}


def solution_blocks(cell: Cell) -> list[tuple[int, int]]:
    """Return the lines (from 0) of every pair of markers in the cell.

    Raises:
        InputError: a marker is outside an answer cell, has no partner or is inside another pair, or an answer cell has
            no marker.
    """
    blocks: list[tuple[int, int]] = []
    opened: int | None = None
    for number, line in enumerate(cell.text.splitlines()):
        marker = line.strip()
        if marker not in (BEGIN, END):
            if "BEGIN SOLUTION" in line or "END SOLUTION" in line:
                problem = f"{cell.where(number + 1)}: {marker!r} looks like a marker."
                raise InputError(problem, f"A marker is a line of its own, `{BEGIN}` or `{END}`.")
            continue
        if "answer" not in cell.tags or cell.kind != "code":
            problem = f"{cell.where(number + 1)}: `{marker}` is outside an answer cell."
            raise InputError(problem, 'Tag the cell "answer", or "solution" to drop it whole.')
        if (marker == BEGIN) != (opened is None):
            problem = f"{cell.where(number + 1)}: `{marker}` has no partner, or is inside another pair."
            raise InputError(problem, f"Every `{BEGIN}` needs one `{END}` after it.")
        if opened is None:
            opened = number
        else:
            blocks.append((opened, number))
            opened = None
    if opened is not None:
        problem = f"{cell.where(opened + 1)}: `{BEGIN}` has no `{END}`."
        raise InputError(problem, f"Write `{END}` where the answer ends.")
    if "answer" in cell.tags and not blocks:
        raise InputError(f"{cell.where()}: an answer cell has no `{BEGIN}`.", "Put the answer between the markers.")
    return blocks


def student_text(cell: Cell) -> str:
    """Return the cell with every answer replaced by an error that says it is not written yet."""
    lines = cell.text.splitlines()
    for begin, end in reversed(solution_blocks(cell)):
        indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
        message = f"exercise {cell.metadata.get('exercise')} is not written yet"
        if not _in_definition(cell, begin):
            message += f"; it sets {', '.join(_names_set(cell, begin, end))}"
        stub = ["# Your code here: replace the next line.", f'raise NotImplementedError("{message}")']
        lines[begin : end + 1] = [indent + line for line in stub]
    return "\n".join(lines)


def _in_definition(cell: Cell, line: int) -> bool:
    try:
        body = ast.parse(cell.text).body
    except SyntaxError as error:
        problem = f"{cell.where(error.lineno)}: {error.msg}."
        raise InputError(problem, "An answer cell is plain Python, without magics.") from error
    before = [statement for statement in body if statement.lineno <= line + 1]
    indented = cell.text.splitlines()[line][0].isspace()
    return indented and isinstance(before[-1], (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _names_set(cell: Cell, begin: int, end: int) -> list[str]:
    block = textwrap.dedent("\n".join(cell.text.splitlines()[begin + 1 : end]))
    symbols = symtable.symtable(block, cell.file, "exec").get_symbols()
    names = [it.get_name() for it in symbols if it.is_assigned() and not it.get_name().startswith("_")]
    if not names:
        problem = f"{cell.where(begin + 1)}: the answer sets no name."
        raise InputError(problem, "An answer outside a function sets a name that later cells read.")
    return names
