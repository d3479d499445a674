"""Measure what every cell of a lab takes: `python -m resnet_labs.labkit.seconds [LAB ...]`.

Runs the labs in fast mode and stores the seconds in `resnet_labs/cell_seconds.json`, by which `resnet-labs run` shows
how far it is. Only proportions matter, so any machine will do; it should be quiet.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat

from resnet_labs import notebook, progress
from resnet_labs.errors import InputError
from resnet_labs.labs import LABS, find


def of_notebook(cells: Sequence[Any]) -> dict[str, progress.Measured]:
    """Return what the cells of an executed notebook took, by name; cells below the default are left out."""
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


def main(names: Sequence[str]) -> int:
    """Run the labs, all where none is named; return 0, 1 where one failed, 2 where there is no such lab."""
    try:
        chosen = [find(name) for name in names] or [lab for lab in LABS if lab.notebook]
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    stored = json.loads(progress.STORED.read_text(encoding="utf-8"))
    for lab in chosen:
        with tempfile.TemporaryDirectory() as folder:
            try:
                kept = notebook.execute(lab, report=False, root=None, runs=Path(folder))
            except notebook.LabFailed as failure:
                print(f"Lab {lab.number} failed: {failure}", file=sys.stderr)
                return 1
            stored[lab.stem] = of_notebook(nbformat.read(kept / "notebook.ipynb", as_version=4).cells)
        progress.STORED.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
