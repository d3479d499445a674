"""What every cell of a lab takes is read from an executed notebook and stored by lab."""

from __future__ import annotations

import json

import nbformat
import pytest

from resnet_labs import progress
from resnet_labs.labkit import seconds
from resnet_labs.labs import Lab


def cell(source, begun, ended, *printed):
    made = nbformat.v4.new_code_cell(source)
    made.metadata["execution"] = {
        "iopub.status.busy": f"2026-11-28T10:00:{begun}Z",
        "iopub.status.idle": f"2026-11-28T10:00:{ended}Z",
    }
    made.outputs = [nbformat.v4.new_output("stream", text=text) for text in printed]
    return made


def test_seconds_and_trainings_are_read_and_quick_cells_left_out():
    cells = [
        nbformat.v4.new_markdown_cell("## Setup"),
        cell("quick", "00.000000", "00.150000"),
        cell("slow", "01.000000", "03.460000", "no epoch\n"),
        nbformat.v4.new_markdown_cell("## Experiment"),
        cell("fit", "10.000000", "30.000000", "epoch 1/2  l\nepoch 2/2  l\nepoch 1/2  l\n", "epoch 2/2  l\n"),
    ]
    assert seconds.of_notebook(cells) == {
        "Setup 2": {"seconds": 2.5, "fits": 0},
        "Experiment 1": {"seconds": 20.0, "fits": 2},
    }


@pytest.fixture
def stored(tmp_path, monkeypatch):
    path = tmp_path / "seconds.json"
    path.write_text('{"lab99_other": {"Setup 1": {"seconds": 1.0, "fits": 0}}}')
    monkeypatch.setattr(progress, "STORED", path)
    return path


def plant(path, monkeypatch, *sources):
    cells = [nbformat.v4.new_markdown_cell("## Setup"), *map(nbformat.v4.new_code_cell, sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    monkeypatch.setattr(Lab, "notebook", property(lambda self: path))


def test_a_lab_is_run_and_stored_beside_the_others(tmp_path, monkeypatch, stored):
    plant(tmp_path / "lab.ipynb", monkeypatch, "import time; time.sleep(0.5); print('epoch 2/2  loss 1')")
    assert seconds.main(["digits"]) == 0
    kept = json.loads(stored.read_text())
    assert set(kept) == {"lab02_digits", "lab99_other"}
    assert kept["lab02_digits"]["Setup 1"]["fits"] == 1
    assert kept["lab02_digits"]["Setup 1"]["seconds"] >= 0.5


def test_a_lab_that_fails_is_named_and_nothing_is_stored(tmp_path, monkeypatch, stored, capsys):
    before = stored.read_text()
    plant(tmp_path / "lab.ipynb", monkeypatch, "raise LookupError('thrown')")
    assert seconds.main(["digits"]) == 1
    assert "Lab 02 failed: thrown" in capsys.readouterr().err
    assert stored.read_text() == before


def test_an_unknown_lab_gets_the_nearest(capsys):
    assert seconds.main(["digitz"]) == 2
    assert "Did you mean 'digits'?" in capsys.readouterr().err
