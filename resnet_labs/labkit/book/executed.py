"""Executed labs, kept until something changes that their outputs depend on.

`python -m resnet_labs.labkit.book.executed NOTEBOOK FILE` executes one notebook and keeps its outputs in that file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from filelock import FileLock
from nbclient.exceptions import CellExecutionError

from resnet_labs import files, progress
from resnet_labs.labkit.book.expected import is_check, with_checks
from resnet_labs.labkit.book.key import key
from resnet_labs.notebook import LabFailed, run

FOLDER = Path("book", "_build", "executed")  # in the repository

_AT_A_TIME = 2
_COLOR = re.compile(r"\x1b\[[\d;]*m")


class _Silent(progress.Lines):
    def _say(self, line: str) -> None:
        pass


def variables(outside: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment in which the book's labs run: fast mode on one thread, whatever is set outside."""
    left_out = {name for name in outside if name.startswith("RESNET_LABS_")} - {"RESNET_LABS_CACHE"} | {"MPLBACKEND"}
    kept = {name: value for name, value in outside.items() if name not in left_out}
    return kept | {"RESNET_LABS_FAST": "1", "OMP_NUM_THREADS": "1"}


def place(notebook: Path, folder: Path) -> Path:
    """Return the file in which the notebook's outputs are kept, or would be."""
    return folder / f"{notebook.stem}-{key(nbformat.read(notebook, as_version=4), variables=variables())}.json"


def with_outputs(notebook: Path, file: Path) -> nbformat.NotebookNode | None:
    """Return the notebook with the outputs that are kept in a file; None if they are not there, or damaged."""
    shown = nbformat.read(notebook, as_version=4)
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        code = [cell for cell in shown.cells if cell.cell_type == "code"]
        for cell, ran in zip(code, nbformat.from_dict(stored), strict=True):
            cell.execution_count, cell.outputs = ran["execution_count"], ran["outputs"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return shown


def execute(notebook: Path, file: Path) -> None:
    """Execute a notebook and keep its outputs, unless they are kept already.

    Another process that executes the same notebook is waited for. Outputs of older code are removed.

    Args:
        notebook: the notebook.
        file: where its outputs belong, by `place`.

    Raises:
        LabFailed: a cell failed, or a value is outside the range that the text expects; nothing is kept.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock"):
        if with_outputs(notebook, file) is not None:
            return
        checked = with_checks(nbformat.read(notebook, as_version=4))
        silent = _Silent("", progress.Progress(checked.cells, {}))
        with TemporaryDirectory() as where:
            run(checked, Path(where), environment=variables(), shown=silent)
        own = [cell for cell in checked.cells if cell.cell_type == "code" and not is_check(cell)]
        stored = [{"execution_count": count, "outputs": cell.outputs} for count, cell in enumerate(own, start=1)]
        with files.replacing(file, "w", encoding="utf-8") as out:
            json.dump(stored, out)
        for other in file.parent.glob(f"{notebook.stem}-*"):
            if not other.name.startswith(file.name):
                other.unlink(missing_ok=True)


def execute_all(places: Mapping[Path, Path]) -> dict[Path, str]:
    """Execute the notebooks whose outputs are not kept, two at a time.

    Args:
        places: for each notebook the file where its outputs belong, by `place`.

    Returns:
        For each notebook that failed what it said.
    """

    def long(notebook: Path) -> float:
        return sum(cell["seconds"] for cell in progress.measured(notebook.stem).values())

    missing = sorted((each for each in places if with_outputs(each, places[each]) is None), key=long, reverse=True)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        told = list(pool.map(_in_a_process, missing, [places[each] for each in missing]))
    return {notebook: said for notebook, said in zip(missing, told, strict=True) if said}


def _in_a_process(notebook: Path, file: Path) -> str:
    """Execute a notebook in a process of its own, which also gets the signals of the terminal."""
    started = time.monotonic()
    command = [sys.executable, "-m", "resnet_labs.labkit.book.executed", str(notebook), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    state = "failed" if done.returncode else "ran"
    print(f"{notebook.stem} {state} in {time.monotonic() - started:.0f} s", flush=True)
    if not done.returncode:
        return ""
    _, begins, said = done.stderr.partition(_begins(notebook))  # before it, what libraries said as the kernel closed
    return begins + said or done.stderr or f"It ended with status {done.returncode}."


def _begins(notebook: Path) -> str:
    return f"{notebook.stem} failed. "


def main(arguments: Sequence[str]) -> int:
    """Execute one notebook; return 1 if it failed."""
    notebook, file = map(Path, arguments)
    try:
        execute(notebook, file)
    except LabFailed as failure:
        said = str(failure)
        if isinstance(failure.__cause__, CellExecutionError):
            said = _COLOR.sub("", f"{failure.kind}: {failure}\n{failure.__cause__}")
        print(f"{_begins(notebook)}{said}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
