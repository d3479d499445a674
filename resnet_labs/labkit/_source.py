"""A lab's source: its cells and their lines in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

from resnet_labs.errors import InputError
from resnet_labs.labkit.cells import Cell

_NAME = re.compile(r"lab(\d\d)_[a-z][a-z0-9_]*")


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
