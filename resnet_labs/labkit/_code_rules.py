"""What the code cells of a lab must hold, so that code, tables and pictures read well in the book."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from resnet_labs.labkit._problem import Problem
from resnet_labs.labkit.cells import Cell

CODE_WIDTH = 85  # characters that the book's column holds
_PROSE_WIDTH = 120
_WIDTH_OF_A_COLUMN = re.compile(r"[<>^]?\d+(?:$|[^\d])")
_DRAWN_ELSEWHERE = re.compile(r"\bplt\.\w+\(|\bfrom matplotlib|\bimport matplotlib")


def lines(cell: Cell) -> Iterator[Problem]:
    """Check how long the cell's lines are."""
    most, what = (CODE_WIDTH, "code") if cell.kind == "code" else (_PROSE_WIDTH, "Markdown")
    comment = 0 if cell.kind == "code" else len("# ")
    for number, line in enumerate(cell.text.splitlines(), 1):
        if len(line) + comment > most:
            fix = f"Break it: {what} has at most {most}."
            yield Problem(cell.where(number), f"a line of {len(line) + comment} characters.", fix)


def printed_tables(cell: Cell) -> Iterator[Problem]:
    """Check that no table is printed as text, which wraps into rubble on a narrow page."""
    for call in _calls(cell):
        if isinstance(call.func, ast.Name) and call.func.id == "print" and any(map(_aligns, ast.walk(call))):
            fix = "Show it with `tables.table(rows)` or `compare.show(runs)`."
            yield Problem(cell.where(call.lineno), "a table is printed as text.", fix)


def pictures(cell: Cell) -> Iterator[Problem]:
    """Check that what a picture shows is said from the drawn numbers, and not written before they are there."""
    fix = "Draw with `resnet_labs.plotting`: its figures describe themselves."
    asserted = "alt" in cell.metadata.get("mystnb", {}).get("image", {})
    if asserted or any(word.arg == "alt" for call in _calls(cell) for word in call.keywords):
        yield Problem(cell.where(), "an alternative text that was written before the picture is drawn.", fix)
    elif _DRAWN_ELSEWHERE.search(cell.text):
        yield Problem(cell.where(), "a picture without alternative text.", fix)


def _calls(cell: Cell) -> Iterator[ast.Call]:
    text = "\n".join("" if line.startswith(("{{", "%", "!")) else line for line in cell.text.splitlines())
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return  # the build says so
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _aligns(node: ast.AST) -> bool:
    if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
        spec = "".join(str(part.value) for part in node.format_spec.values if isinstance(part, ast.Constant))
        return bool(_WIDTH_OF_A_COLUMN.match(spec))
    if isinstance(node, ast.Attribute) and node.attr == "as_text" and isinstance(node.value, ast.Name):
        return node.value.id in ("compare", "tracking")
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(re.search(r"\{:[<>^]?\d", node.value))
    )
