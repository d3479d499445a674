"""Every solution notebook runs to its end; what it shows is what the book shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from helpers.notebooks import in_turn
from helpers.places import SOLUTIONS

SOLUTIONS = sorted(SOLUTIONS.glob("*.ipynb"), key=lambda notebook: in_turn(notebook.stem))
Execute = Callable[[Path], nbformat.NotebookNode]


def write(notebook: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    return notebook


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.slow
@pytest.mark.parametrize("notebook", SOLUTIONS, ids=lambda notebook: notebook.stem)
def test_a_solution_runs_from_its_first_cell_to_its_last(notebook: Path, executed: Execute) -> None:
    ran = code(executed(notebook))
    assert [cell.source for cell in ran] == [cell.source for cell in code(nbformat.read(notebook, as_version=4))]
    assert [cell.execution_count for cell in ran] == list(range(1, len(ran) + 1))
    assert [out.evalue for cell in ran for out in cell.outputs if out.output_type == "error"] == []


@pytest.mark.slow
@pytest.mark.parametrize("notebook", SOLUTIONS, ids=lambda notebook: notebook.stem)
def test_every_picture_of_a_solution_says_what_it_shows_and_every_table_is_one(
    notebook: Path, executed: Execute
) -> None:
    outputs = [out for cell in code(executed(notebook)) for out in cell.outputs]
    pictures = [out for out in outputs if "image/png" in out.get("data", {})]
    texts = [out.metadata.get("image/png", {}).get("alt", "") for out in pictures]
    assert pictures
    assert min(len(text.split()) for text in texts) >= 4
    tables = [out.data for out in outputs if '<table class="results"' in out.get("data", {}).get("text/html", "")]
    assert tables
    assert all("text/plain" in table for table in tables)
    printed = [line for out in outputs for line in out.get("text", "").splitlines()]
    columns = [line for line in printed if re.search(r"\d {2,}\S", line) and not re.match(r" *epoch \d", line)]
    assert columns == []


def test_two_who_ask_at_once_get_one_run_with_its_outputs(tmp_path: Path, executed: Execute) -> None:
    trace = tmp_path / "trace"
    run = f"import os\nopen({str(trace)!r}, 'a').write(os.environ['RESNET_LABS_FAST'])"
    notebook = write(tmp_path / "executed_once.ipynb", run, "print(6 * 7)")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(executed, [notebook, notebook])
    assert trace.read_text() == "1"
    assert [code(ran)[1].outputs[0].text for ran in (first, second)] == ["42\n", "42\n"]


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


def expecting(notebook: Path, text: str, *sources: str) -> Path:
    """Write a notebook whose first section expects something of what its cells compute."""
    low, high, of = text.split(" ", 2)
    ends = {"low": json.loads(low), "high": json.loads(high)}
    kept = {"expected": [{"text": f"between {low} and {high}", **ends, "of": of}]}
    cells = [nbformat.v4.new_markdown_cell("## Section\n**Expected:** so.", metadata=kept)]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    cells += [nbformat.v4.new_markdown_cell("## Next"), nbformat.v4.new_code_cell("losses = None")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    return notebook


def test_what_the_prose_expects_is_compared_at_the_end_of_its_section(tmp_path: Path, executed: Execute) -> None:
    ran = executed(expecting(tmp_path / "expects.ipynb", "0.1 0.3 losses", "losses = [0.1, 0.25]"))
    assert [cell.source for cell in code(ran)] == ["losses = [0.1, 0.25]", "losses = None"]
    assert [cell.execution_count for cell in code(ran)] == [1, 2]


@pytest.mark.parametrize("losses", ["[0.2, 0.31]", "0.09", "[]", "float('nan')"])
def test_a_value_that_the_prose_does_not_expect_fails(tmp_path: Path, executed: Execute, losses: str) -> None:
    with pytest.raises(AssertionError, match=r"the text expects between 0\.1 and 0\.3; losses is"):
        executed(expecting(tmp_path / "does_not_expect.ipynb", "0.1 0.3 losses", f"losses = {losses}"))


@pytest.mark.parametrize("losses", ["[0.1, 0.4]", "[0.1]", "[0.1, 0.2, 0.3]"])
def test_of_several_values_each_has_its_own_range(tmp_path: Path, executed: Execute, losses: str) -> None:
    with pytest.raises(AssertionError, match="losses is"):
        executed(expecting(tmp_path / "several.ipynb", "[0.1,0.2] [0.1,0.2] losses", f"losses = {losses}"))
