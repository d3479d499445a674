"""Answers that pass are kept beside the notebook, come back into a fresh one, and are counted."""

from __future__ import annotations

import json
import re

import pytest
from helpers.places import SOLUTIONS
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from resnet_labs import checks
from resnet_labs.checks import _journal, _waiting
from resnet_labs.checks._points import POINTS

ANSWER = """import torch
from torch import nn


def adapt(network, in_channels, num_classes):
    network.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network
"""
STUB = """def adapt(network, in_channels, num_classes):
    raise NotImplementedError("exercise 02.1 is not written yet")
"""
CHECK = "from resnet_labs import checks\nchecks.lab02.check_adapt(adapt)"


@pytest.fixture
def notebook(tmp_path, monkeypatch, capsys):
    """Return a function that begins a kernel in the folder; it returns one that runs a cell and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESNET_LABS_JOURNAL", "1")

    def kernel(**options):
        monkeypatch.setattr(_journal, "_journal", None)
        shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        monkeypatch.setattr("IPython.get_ipython", lambda: shell)
        shell.ast_transformers.append(_waiting.WaitForAnswers(shell.user_ns))
        _journal.begin("02", shell, **{"wanted": True} | options)

        def run(text):
            result = shell.run_cell(text)
            return capsys.readouterr().out, result.success

        run.shell = shell
        return run

    return kernel


def test_an_answer_that_passed_is_kept_with_its_time_and_comes_back(notebook, tmp_path):
    run = notebook()
    run(ANSWER)
    printed, _ = run(CHECK)
    assert "02.1 passed" in printed
    assert "resnet_labs_answers.json" in printed
    kept = json.loads((tmp_path / "resnet_labs_answers.json").read_text())
    assert kept["02.1"]["cells"] == [ANSWER]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*", kept["02.1"]["passed"])

    run = notebook()  # the kernel is lost
    printed, _ = run("from resnet_labs import checks\nchecks.restore()")
    assert "02.1: brought back" in printed
    printed, fine = run(CHECK)
    assert fine
    assert "02.1 passed" in printed
    printed, fine = run(STUB)  # a fresh copy of the notebook
    assert fine
    assert "02.1: your answer from the journal is used" in printed
    assert run(CHECK)[1]
    printed, _ = run("checks.progress()")
    assert re.search(r"02\.1 +2  \d{4}-", printed)
    assert re.search(r"02\.2 +3  -", printed)
    assert "2 of 10 points" in printed


@pytest.mark.parametrize("how", ["argument", "environment", "executed by a program"])
def test_nothing_is_kept_where_nobody_wants_it(notebook, tmp_path, monkeypatch, how):
    if how == "environment":
        monkeypatch.setenv("RESNET_LABS_JOURNAL", "0")
    if how == "executed by a program":
        monkeypatch.setenv("RESNET_LABS_JOURNAL", "")
        monkeypatch.setattr(_journal, "_somebody_is_there", lambda shell: False)
    run = notebook(wanted=how != "argument")
    run(ANSWER)
    assert "02.1 passed" in run(CHECK)[0]
    assert not list(tmp_path.iterdir())
    with pytest.raises(checks._journal.InputError):
        checks.restore()


def test_a_wrong_answer_or_a_damaged_journal_costs_nothing(notebook, tmp_path):
    run = notebook()
    run(ANSWER.replace("kernel_size=7", "kernel_size=3"))
    assert not run(CHECK)[1]
    assert not list(tmp_path.iterdir())
    (tmp_path / "resnet_labs_answers.json").write_text("{")
    run(ANSWER)
    run(CHECK)
    assert "02.1" in json.loads((tmp_path / "resnet_labs_answers.json").read_text())


def test_points_are_those_of_the_labs():
    found = {}
    for path in sorted(SOLUTIONS.glob("lab*.py")):
        cells = re.findall(r'tags=\["check"\] exercise="([\d.]+)" points=(\d+)', path.read_text(encoding="utf-8"))
        found |= {exercise: int(points) for exercise, points in cells}
    assert found == POINTS
