"""Labs are counted in steps: what the registry holds comes from one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_labs import lab_time
from resnet_labs.labkit import timings


@pytest.fixture(autouse=True)
def a_step_of_50_ms(monkeypatch):
    monkeypatch.setattr(lab_time, "step_seconds", lambda work, device: 0.05)
    monkeypatch.setattr(timings, "stand_in_network", lambda: None)


def test_a_lab_s_steps_are_its_time_less_the_constant_in_units_of_a_step(monkeypatch, capsys):
    monkeypatch.setattr(timings, "run", lambda lab: 61.7 + lab_time.OTHER_SECONDS)
    assert timings.main(["digits", "8"]) == 0
    digits, layerwise = capsys.readouterr().out.splitlines()[-2:]
    assert digits.startswith("02 digits")
    assert digits.endswith("71.7 s   50.0 ms   minutes=1.5   steps=1200")
    assert layerwise.startswith("08 layerwise_pretraining")


def test_the_seconds_are_those_of_the_whole_command_and_the_cells_are_stored(monkeypatch):
    seen, stored = [], []

    class Done:
        returncode, stdout, stderr = 0, "", ""

    def command(called, cwd, **options):
        seen.append(called)
        (folder := Path(cwd) / "runs" / "lab02").mkdir(parents=True)
        (folder / "notebook.ipynb").write_text("executed")
        return Done

    monkeypatch.setattr(timings.subprocess, "run", command)
    monkeypatch.setattr(timings._cell_seconds, "store", lambda lab, path: stored.append((lab, path.read_text())))
    assert timings.run(timings.find("digits")) >= 0
    assert seen[0][1:] == ["-m", "resnet_labs.cli", "run", "02"]
    assert stored == [("lab02_digits", "executed")]


def test_a_lab_that_fails_is_not_counted(monkeypatch, capsys):
    class Done:
        returncode, stdout, stderr = 1, "", "resnet-labs: The kernel died."

    monkeypatch.setattr(timings.subprocess, "run", lambda command, **options: Done)
    assert timings.main(["digits"]) == 1
    assert "Lab 02 failed: resnet-labs: The kernel died." in capsys.readouterr().err


def test_an_unknown_lab_is_refused(capsys):
    assert timings.main(["digit"]) == 2
    assert "Did you mean 'digits'?" in capsys.readouterr().err
