"""A lab's cells, and the copy of an answer cell that students get."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from typing import Any

from resnet_labs import scopes
from resnet_labs.errors import InputError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


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
    symbols = scopes.table(ast.parse(block)).get_symbols()
    names = [it.get_name() for it in symbols if it.is_assigned() and not it.get_name().startswith("_")]
    if not names:
        problem = f"{cell.where(begin + 1)}: the answer sets no name."
        raise InputError(problem, "An answer outside a function sets a name that later cells read.")
    return names
