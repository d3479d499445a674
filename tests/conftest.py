"""What a whole test run shares: every solution notebook is executed once, by whichever test asks for it first."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from helpers.expected import with_checks
from helpers.time_limits import seconds

TESTS = Path(__file__).parent
# In this order two workers take the notebooks from both ends, and everything else fills the time that is left.
LONGEST = ("test_book.py", "test_solutions.py")

collect_ignore = ["benchmarks"]  # scripts that are run by hand


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))


@pytest.fixture(scope="module", autouse=True)
def _collector_skips_what_was_imported() -> None:
    """Keep `gc.collect()`, which tests of memory call by the dozen, from walking through all of torch each time."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()  # extension modules report what is left at exit


def _run_nbval(notebook: Path, kept: Path) -> None:
    """Run every cell of a notebook; write what came out where none failed.

    One thread: two that wait for each other on a busy machine are many times slower than one.
    """
    own = {"RESNET_LABS_FAST": "1", "OMP_NUM_THREADS": "1", "KEEP_OUTPUTS": str(kept), "PYTHONPATH": str(TESTS)}
    limit = str(round(seconds(1800)))  # ten times what the slowest lab took on the slowest machine seen
    options = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", limit, "-p", "helpers.keep_outputs"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, *options, str(notebook)],
        env=os.environ | own,
        cwd=notebook.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def executed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """A function that executes a notebook in fast mode and returns the copy with its outputs.

    It fails if a value is outside the range that the notebook's prose expects.

    Copies go by content and live as long as the test run: none is older than notebook or code. A failure leaves none.
    """
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):  # a worker of xdist: its folder lies in the one of all workers
        folder = folder.parent
    folder = folder / "executed"
    folder.mkdir(exist_ok=True)

    def execute(notebook: Path) -> Path:
        text = notebook.read_text(encoding="utf-8")
        place = folder / f"{notebook.stem}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        kept = place.with_suffix(".ipynb")
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.is_file():
                place.mkdir(exist_ok=True)
                copy = place / notebook.name
                nbformat.write(with_checks(nbformat.reads(text, as_version=4)), copy)
                _run_nbval(copy, kept)
        return kept

    return execute
