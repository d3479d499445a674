"""What a whole test run shares: every solution notebook is executed once, by whichever test asks for it first."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from helpers.places import ROOT
from helpers.time_limits import seconds
from jaxtyping import install_import_hook

# Shapes and types are checked where signatures have shapes. In every module, the checks would take half of the time.
SHAPED = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "resnet_labs").rglob("*.py")
    if "from jaxtyping import" in path.read_text(encoding="utf-8")
]
install_import_hook(SHAPED, "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

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


@pytest.fixture(scope="session")
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of executed notebooks. It lives as long as the test run, and all its processes share it."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):  # a worker of xdist: its folder lies in the one of all workers
        folder = folder.parent
    return folder / "executed"


@pytest.fixture(scope="session")
def executed(kept: Path) -> Callable[[Path], nbformat.NotebookNode]:
    """A function that executes a notebook as the book does, in fast mode, and returns it with its outputs.

    It fails if a value is outside the range that the notebook's prose expects.
    """
    # Not above: jaxtyping can only check a package that is imported after it, and some versions begin after this file.
    from resnet_labs.labkit.book import executed as book

    def execute(notebook: Path) -> nbformat.NotebookNode:
        limit = seconds(1800)  # ten times what the slowest lab took on the slowest machine seen
        file = book.place(notebook, kept)
        command = [sys.executable, "-m", book.__name__, str(notebook), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
        assert done.returncode == 0, done.stderr
        shown = book.with_outputs(notebook, file)
        assert shown is not None
        return shown

    return execute
