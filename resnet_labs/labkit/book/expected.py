"""The ranges that a lab's prose expects, as cells that fail where a value of the executed solution is outside."""

from __future__ import annotations

import re
from typing import Any

import nbformat

_CELL = """\
from numbers import Real as _Real

import numpy as _np


def _outside(text, low, high, of, value):
    values = [float(value)] if isinstance(value, _Real) else _np.asarray(value, dtype=float).ravel().tolist()
    lows, highs = ([end] * len(values) if not isinstance(end, list) else end for end in (low, high))
    fits = [(a is None or x >= a) and (b is None or x <= b) for a, x, b in zip(lows, values, highs)]
    assert values and all(fits) and len(lows) == len(values), f"the text expects {{text}}; {{of}} is {{values}}"


for _text, _low, _high, _of in {expected!r}:
    _outside(_text, _low, _high, _of, eval(_of))
"""


def with_checks(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Add a cell behind each section whose prose expects something, marked by its metadata."""
    cells: list[Any] = []
    expected: list[tuple[Any, ...]] = []
    for cell in [*notebook.cells, None]:
        ends = cell is None or (cell.cell_type == "markdown" and re.match("##? ", cell.source))
        if ends and expected:
            check = nbformat.v4.new_code_cell(_CELL.format(expected=expected), metadata={"checks_expected": True})
            cells.append(check)
            expected = []
        if cell is not None:
            cells.append(cell)
            expected += [(one["text"], one["low"], one["high"], one["of"]) for one in cell.metadata.get("expected", [])]
    return nbformat.from_dict({**notebook, "cells": cells})


def is_check(cell: nbformat.NotebookNode) -> bool:
    """Return whether a cell was added by `with_checks`."""
    return bool(cell.metadata.get("checks_expected"))
