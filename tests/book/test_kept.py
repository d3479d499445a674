"""Executed labs are kept under a key that changes with everything that their outputs depend on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from helpers.time_limits import seconds

from resnet_labs.labkit.book import executed, key

Change = Callable[[Path, dict[str, Any]], None]


def write(notebook: Path, *sources: str, text: str = "# Lab\nsome text", expected: list[Any] | None = None) -> Path:
    metadata = {"expected": expected} if expected else {}
    cells = [nbformat.v4.new_markdown_cell(text, metadata=metadata)]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    return notebook


@pytest.fixture
def facts(tmp_path: Path) -> dict[str, Any]:
    """What the outputs of a notebook depend on: all of it is given, so that each part can be changed alone."""
    package = tmp_path / "package"
    (package / "reports").mkdir(parents=True)
    (package / "losses.py").write_text("margin = 0.2\n")
    (package / "reports" / "r1.yaml").write_text("accuracy: 0.97\n")
    return {
        "notebook": write(tmp_path / "lab.ipynb", "x = 1", "print(x)"),
        "package": package,
        "versions": {"python": "3.11.7", "torch": "2.15.0", "numpy": "2.4.6"},
        "machine": {"device": "cpu", "processor": "A", "capability": "AVX2"},
        "variables": {"RESNET_LABS_FAST": "1", "OMP_NUM_THREADS": "1", "HOME": "/nowhere"},
    }


def found(facts: dict[str, Any]) -> str:
    given = dict(facts)
    return key.key(nbformat.read(given.pop("notebook"), as_version=4), **given)


def set_in(name: str, entry: str, value: str) -> Callable[[dict[str, Any]], None]:
    return lambda facts: facts[name].update({entry: value})


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a cell": lambda facts: write(facts["notebook"], "x = 2", "print(x)"),
    "a cell less": lambda facts: write(facts["notebook"], "print(x)"),
    "two cells in another order": lambda facts: write(facts["notebook"], "print(x)", "x = 1"),
    "one cell made of two": lambda facts: write(facts["notebook"], "x = 1\nprint(x)"),
    "what the text expects": lambda facts: write(
        facts["notebook"], "x = 1", "print(x)", expected=[{"text": "1", "low": 1, "high": 1, "of": "x"}]
    ),
    "a module": lambda facts: (facts["package"] / "losses.py").write_text("margin = 0.3\n"),
    "a report": lambda facts: (facts["package"] / "reports" / "r1.yaml").write_text("accuracy: 0.98\n"),
    "a new module": lambda facts: (facts["package"] / "new.py").touch(),
    "a module less": lambda facts: (facts["package"] / "losses.py").unlink(),
    "a module by another name": lambda facts: (facts["package"] / "losses.py").rename(facts["package"] / "loss.py"),
    "torch": set_in("versions", "torch", "2.15.1"),
    "a package that numpy needs": set_in("versions", "another", "1.0"),
    "Python": set_in("versions", "python", "3.12.1"),
    "the instruction set": set_in("machine", "capability", "AVX512"),
    "the processor": set_in("machine", "processor", "B"),
    "a GPU": set_in("machine", "device", "cuda"),
    "the mode": set_in("variables", "RESNET_LABS_FAST", "0"),
    "the threads": set_in("variables", "OMP_NUM_THREADS", "2"),
    "a limit of oneDNN": set_in("variables", "ONEDNN_MAX_CPU_ISA", "AVX2"),
    "the seed of hashes": set_in("variables", "PYTHONHASHSEED", "1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_kind_of_change_changes_the_key(change: str, facts: dict[str, Any]) -> None:
    before = found(facts)
    CHANGES[change](facts)
    assert found(facts) != before


def _ran_before(facts: dict[str, Any]) -> None:
    notebook = nbformat.read(facts["notebook"], as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    notebook.cells[2].execution_count = 7
    nbformat.write(notebook, facts["notebook"])


def _imported(facts: dict[str, Any]) -> None:
    (facts["package"] / "__pycache__").mkdir()
    (facts["package"] / "__pycache__" / "losses.cpython-311.pyc").write_bytes(b"\0")


SAME: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nothing": lambda facts: None,
    "its text": lambda facts: write(facts["notebook"], "x = 1", "print(x)", text="# Lab\nother text"),
    "outputs of an earlier run": _ran_before,
    "compiled files": _imported,
    "time stamps": lambda facts: (facts["package"] / "losses.py").write_text("margin = 0.2\n"),
    "another home": set_in("variables", "HOME", "/elsewhere"),
    "what torch sets as it runs": set_in("variables", "TORCHINDUCTOR_CACHE_DIR", "somewhere"),
}


@pytest.mark.parametrize("change", SAME)
def test_what_changes_no_output_leaves_the_key(change: str, facts: dict[str, Any]) -> None:
    before = found(facts)
    SAME[change](facts)
    assert found(facts) == before


def test_the_package_may_lie_anywhere(facts: dict[str, Any], tmp_path: Path) -> None:
    before = found(facts)
    shutil.move(facts["package"], tmp_path / "elsewhere")
    assert found({**facts, "package": tmp_path / "elsewhere"}) == before


def test_what_is_looked_up_here_covers_this_python_and_its_packages() -> None:
    assert key._versions()["torch"]
    assert key._versions()["python"] == sys.version
    assert key._machine()["capability"]
    assert "threads" not in key._machine()  # those of this process, not of the notebook's


def test_a_notebook_runs_in_fast_mode_on_one_thread_whatever_is_set_outside() -> None:
    outside = {"RESNET_LABS_FAST": "0", "RESNET_LABS_DATA": "data", "RESNET_LABS_CACHE": "kept", "MPLBACKEND": "Agg"}
    assert executed.variables({**outside, "OMP_NUM_THREADS": "8", "HOME": "h"}) == {
        "RESNET_LABS_CACHE": "kept", "RESNET_LABS_FAST": "1", "OMP_NUM_THREADS": "1", "HOME": "h"
    }  # fmt: skip


def store(notebook: Path, folder: Path) -> Path:
    """Store outputs as an execution would, without one."""
    count = sum(cell.cell_type == "code" for cell in nbformat.read(notebook, as_version=4).cells)
    output = nbformat.v4.new_output("stream", text="kept\n")
    file = folder / "kept.json"
    file.write_text(json.dumps([{"execution_count": n + 1, "outputs": [output]} for n in range(count)]))
    return file


def test_new_text_gets_the_outputs_that_were_kept(tmp_path: Path) -> None:
    notebook = write(tmp_path / "lab.ipynb", "x = 1", "print(x)")
    assert executed.with_outputs(notebook, tmp_path / "none.json") is None
    file = store(notebook, tmp_path)
    write(notebook, "x = 1", "print(x)", text="# Lab\nother text")
    shown = executed.with_outputs(notebook, file)
    assert shown is not None
    assert shown.cells[0].source == "# Lab\nother text"
    assert [cell.outputs[0].text for cell in shown.cells[1:]] == ["kept\n", "kept\n"]
    nbformat.validate(shown)


@pytest.mark.parametrize("damage", ["", "[", "{}", "[]", "null", '[{"outputs": []}, {}]', "cut"])
def test_a_damaged_file_counts_as_none(tmp_path: Path, damage: str) -> None:
    notebook = write(tmp_path / "lab.ipynb", "x = 1", "print(x)")
    file = store(notebook, tmp_path)
    file.write_text(file.read_text()[:-5] if damage == "cut" else damage)
    assert executed.with_outputs(notebook, file) is None


def test_labs_run_two_at_a_time_and_one_that_fails_is_named_and_stops_none(tmp_path: Path) -> None:
    waits = (
        "import pathlib, time\n"
        f"mine, other = (pathlib.Path({str(tmp_path)!r}, name) for name in ({{}}))\n"
        "mine.touch()\n"
        f"end = time.monotonic() + {seconds(600)}\n"
        "while not other.exists() and time.monotonic() < end: time.sleep(0.01)\n"
        "assert other.exists()\n"
    )
    fails = write(tmp_path / "lab01_fails.ipynb", waits.format("'a', 'b'"), "raise LookupError('thrown')")
    runs = write(tmp_path / "lab02_runs.ipynb", waits.format("'b', 'a'"), "print('ran')")
    dies = write(tmp_path / "lab03_dies.ipynb", "import os; os._exit(9)")
    folder = tmp_path / "kept"
    folder.mkdir()
    old, other = (folder / f"{stem}-0123456789abcdef.json" for stem in ("lab02_runs", "lab02_runs_again"))
    old.write_text("[]")  # what an older package gave
    other.write_text("[]")
    places = {notebook: executed.place(notebook, folder) for notebook in (fails, runs, dies)}
    failed = executed.execute_all(places)
    assert runs not in failed, failed[runs]
    assert set(failed) == {fails, dies}
    assert failed[fails].startswith("lab01_fails failed. LookupError: thrown\n")
    assert "\x1b" not in failed[fails]
    assert "resnet_labs/" not in failed[fails]  # the traceback is the lab's, not ours
    died = "The notebook's kernel died, most likely because memory ran out.\n"
    assert failed[dies] == f"lab03_dies failed. {died}"
    assert set(folder.glob("*.json")) == {places[runs], other}
    shown = executed.with_outputs(runs, places[runs])
    assert shown is not None
    assert shown.cells[-1].outputs[0].text == "ran\n"
    assert executed.execute_all({runs: places[runs]}) == {}


def test_what_libraries_say_before_a_failure_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "ERROR:tornado.general:Uncaught exception in ZMQStream callback\nlab01 failed. LookupError: thrown\n"
    ended = subprocess.CompletedProcess([], 1, stdout="", stderr=said)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    notebook = write(tmp_path / "lab01.ipynb", "1")
    (failed,) = executed.execute_all({notebook: tmp_path / "lab01.json"}).values()
    assert failed == "lab01 failed. LookupError: thrown\n"
