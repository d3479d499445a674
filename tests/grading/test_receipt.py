"""A receipt brings the answers; its claims and its hash bring no point."""

from __future__ import annotations

import json

import pytest
from helpers.submitted import bundle, cell, solved, sources, without_ids

from resnet_labs import cli
from resnet_labs.errors import InputError
from resnet_labs.grading import reading, receipt
from resnet_labs.grading.assemble import assemble

PICTURE = "iVBORw0KGgo" * 10_000


def handed(tmp_path, notebook):
    path = tmp_path / "lab02_digits.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return receipt.make(path)


def ran(notebook):
    """Outputs as Jupyter saves them: one check passed, one failed, the others did not run."""
    said = {"output_type": "stream", "name": "stdout", "text": ["02.1 passed: two layers are new\n"]}
    failed = {"output_type": "error", "ename": "CheckFailed", "evalue": "02.2 does not hold yet", "traceback": []}
    picture = {"output_type": "display_data", "data": {"image/png": PICTURE}, "metadata": {}}
    cell(notebook, "check-02-1")["outputs"] = [said]
    cell(notebook, "check-02-2")["outputs"] = [failed]
    cell(notebook, "answer-02-1")["outputs"] = [picture]
    return notebook


def test_a_receipt_holds_answers_checks_machine_and_versions_and_no_picture(tmp_path):
    path = handed(tmp_path, ran(solved()))
    assert path.name == "lab02_digits.receipt.json"
    held = json.loads(path.read_text())
    assert held["claims"]["checks"] == {"02.1": "passed", "02.2": "failed", "02.3": "not run", "02.4": "not run"}
    assert {"processor", "device"} <= set(held["machine"])
    assert {"torch", "resnet-labs"} <= set(held["versions"])
    assert PICTURE[:50] not in path.read_text()
    assert held["sha256"] == reading.seal(held)


@pytest.mark.parametrize("prepared", [lambda notebook: notebook, ran], ids=["as it is", "with outputs"])
def test_a_receipt_is_graded_like_its_notebook(tmp_path, prepared):
    notebook = prepared(solved())
    from_receipt = assemble(bundle("02"), "ann", handed(tmp_path, notebook).read_bytes())
    from_notebook = assemble(bundle("02"), "ann", json.dumps(notebook).encode())
    assert from_receipt == from_notebook


def test_answers_in_cells_of_another_type_come_along(tmp_path):
    notebook = solved()
    cell(notebook, "answer-02-3")["cell_type"] = "markdown"
    made = assemble(bundle("02"), "ann", handed(tmp_path, notebook).read_bytes())
    assert "def precision_recall_f" in sources(made)


CHANGES = {
    "another answer": lambda held: held["cells"][0].update(source="x = 1"),
    "another claim": lambda held: held["claims"]["checks"].update({"02.2": "passed"}),
    "another hash": lambda held: held.update(sha256="0" * 64),
    "no hash": lambda held: held.pop("sha256"),
    "a score": lambda held: held.update(score=100, points={"02.1": 50}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_receipt_is_graded_and_shown_to_a_person(tmp_path, name):
    held = json.loads(handed(tmp_path, ran(solved())).read_text())
    CHANGES[name](held)
    made = assemble(bundle("02"), "ann", json.dumps(held).encode())
    assert not made.refused
    assert any(note.kind == "flagged" and "receipt was changed" in note.text for note in made.notes)
    assert "passed" not in json.dumps(made.notebook["metadata"])


def test_whoever_makes_the_hash_again_gains_nothing(tmp_path):
    held = json.loads(handed(tmp_path, solved()).read_text())
    held["claims"]["checks"] = dict.fromkeys(("02.1", "02.2", "02.3", "02.4"), "passed")
    for each in held["cells"]:
        if each["metadata"]["lab"]["cell"].startswith("answer"):
            each["source"] = ""
    held["sha256"] = reading.seal(held)
    made = assemble(bundle("02"), "ann", json.dumps(held).encode())
    assert set(made.refused) == {"02.1", "02.2", "02.3", "02.4"}


@pytest.mark.parametrize("held", [{}, {"cells": 3}, {"cells": []}, {"cells": [{"cell_type": "code"}], "metadata": []}])
def test_a_receipt_without_answers_is_rejected(held):
    with pytest.raises(reading.Rejected):
        reading.read(json.dumps({"resnet_labs_receipt": 1} | held).encode())


def test_what_has_no_receipt_is_said(tmp_path, capsys):
    stranger = without_ids(solved())
    stranger["metadata"] = {}
    for content in (b"{", b"", json.dumps(stranger).encode()):
        (tmp_path / "lab.ipynb").write_bytes(content)
        with pytest.raises(InputError):
            receipt.make(tmp_path / "lab.ipynb")
    with pytest.raises(InputError, match="cannot be read"):
        receipt.make(tmp_path / "nothing.ipynb")
    assert cli.main(["receipt", str(tmp_path / "nothing.ipynb")]) == 2
    assert "cannot be read" in capsys.readouterr().err
