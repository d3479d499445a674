"""What every cell of a lab takes is read from an executed notebook and stored by lab."""

from __future__ import annotations

import json

import nbformat

from resnet_labs import progress
from resnet_labs.labkit import _cell_seconds


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
    assert _cell_seconds.of_notebook(cells) == {
        "Setup 2": {"seconds": 2.5, "fits": 0},
        "Experiment 1": {"seconds": 20.0, "fits": 2},
    }


def test_seconds_are_stored_beside_those_of_other_labs(tmp_path, monkeypatch):
    path = tmp_path / "seconds.json"
    path.write_text('{"lab99_other": {"Setup 1": {"seconds": 1.0, "fits": 0}}}')
    monkeypatch.setattr(progress, "STORED", path)
    cells = [nbformat.v4.new_markdown_cell("## Setup"), cell("fit", "10.0", "30.0", "epoch 2/2  l\n")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebook.ipynb")
    _cell_seconds.store("lab02_digits", tmp_path / "notebook.ipynb")
    assert json.loads(path.read_text()) == {
        "lab02_digits": {"Setup 1": {"seconds": 20.0, "fits": 1}},
        "lab99_other": {"Setup 1": {"seconds": 1.0, "fits": 0}},
    }
