"""Store how long each cell of an executed notebook took; `resnet-labs run` shows its progress by these times."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat

from resnet_labs import progress


def store(lab: str, notebook: Path) -> None:
    """Store the seconds of an executed notebook beside those of other labs. Only their proportions matter.

    Args:
        lab: the stem of its files, such as `lab02_digits`.
        notebook: executed by `resnet-labs run`.
    """
    stored = json.loads(progress.STORED.read_text(encoding="utf-8"))
    stored[lab] = of_notebook(nbformat.read(notebook, as_version=4).cells)
    progress.STORED.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def of_notebook(cells: Sequence[Any]) -> dict[str, progress.Measured]:
    """Return how long the cells of an executed notebook took, by name; cells below the default are left out."""
    found: dict[str, progress.Measured] = {}
    for cell, name in zip(cells, progress.names(cells), strict=True):
        if name is None:
            continue
        times = cell.metadata["execution"]
        begun, ended = (datetime.fromisoformat(times[f"iopub.status.{state}"]) for state in ("busy", "idle"))
        seconds = round((ended - begun).total_seconds(), 1)
        if seconds > progress.UNKNOWN:
            found[name] = {"seconds": seconds, "fits": _fits(cell)}
    return found


def _fits(cell: Any) -> int:
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    return sum(line[1] == line[2] for line in progress.epochs(printed))
