"""Every solution notebook runs to its end; what it shows is what the book shows."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from helpers.places import SOLUTIONS

SOLUTIONS = sorted((SOLUTIONS).glob("*.ipynb"))
Execute = Callable[[Path], Path]


def write(notebook: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    return notebook


def code(notebook: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.slow
@pytest.mark.parametrize("notebook", SOLUTIONS, ids=lambda notebook: notebook.stem)
def test_a_solution_runs_from_its_first_cell_to_its_last(notebook: Path, executed: Execute) -> None:
    ran = code(executed(notebook))
    assert [cell.source for cell in ran] == [cell.source for cell in code(notebook)]
    assert [cell.execution_count for cell in ran] == list(range(1, len(ran) + 1))
    assert [out.evalue for cell in ran for out in cell.outputs if out.output_type == "error"] == []


def test_two_who_ask_at_once_get_one_run_with_its_outputs(tmp_path: Path, executed: Execute) -> None:
    trace = tmp_path / "trace"
    run = f"import os\nopen({str(trace)!r}, 'a').write(os.environ['RESNET_LABS_FAST'])"
    notebook = write(tmp_path / "executed_once.ipynb", run, "print(6 * 7)")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(executed, [notebook, notebook])
    assert first == second
    assert trace.read_text() == "1"
    assert code(first)[1].outputs[0].text == "42\n"


def test_a_notebook_that_fails_leaves_nothing_to_be_taken_for_its_outputs(tmp_path: Path, executed: Execute) -> None:
    cause = tmp_path / "cause"
    cause.touch()
    stops = f"import os\nif os.path.exists({str(cause)!r}): raise LookupError('thrown')"
    notebook = write(tmp_path / "fails_then_runs.ipynb", "print('before')", stops)
    with pytest.raises(AssertionError, match=r"LookupError\S*: thrown"):
        executed(notebook)
    cause.unlink()
    assert code(executed(notebook))[0].outputs[0].text == "before\n"


def test_a_notebook_that_changed_is_executed_anew(tmp_path: Path, executed: Execute) -> None:
    shown = [code(executed(write(tmp_path / "changes.ipynb", f"print({word!r})")))[0].outputs[0].text for word in "ab"]
    assert shown == ["a\n", "b\n"]
