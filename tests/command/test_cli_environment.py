"""The command in odd surroundings: variables with nonsense in them, a closed pipe, a narrow terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from helpers.recipes import small_recipe

from resnet_labs import cli, distributed, notebook, recipes
from resnet_labs.labs import LABS


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "COLUMNS", "RESNET_LABS_FAST"):
        monkeypatch.delenv(name, raising=False)


def refused(arguments, capsys):
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "bug in resnet-labs" not in said
    return said


PLACE = {"MASTER_ADDR": "localhost", "MASTER_PORT": "29599"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"WORLD_SIZE": "banana"}, "WORLD_SIZE"),
        ({"WORLD_SIZE": "0"}, "WORLD_SIZE"),
        ({"WORLD_SIZE": "-2"}, "WORLD_SIZE"),
        ({"WORLD_SIZE": "2.0"}, "WORLD_SIZE"),
        ({"WORLD_SIZE": "2"}, "RANK"),
        ({"WORLD_SIZE": "2", "RANK": "", **PLACE}, "RANK"),
        ({"WORLD_SIZE": "2", "RANK": "first", **PLACE}, "RANK"),
        ({"WORLD_SIZE": "2", "RANK": "2", **PLACE}, "RANK"),
        ({"WORLD_SIZE": "2", "RANK": "0"}, "MASTER_ADDR"),
        ({"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "localhost"}, "MASTER_PORT"),
        ({"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "here"}, "MASTER_PORT"),
    ],
)
def test_variables_that_start_no_processes_are_named(given, named, monkeypatch, capsys):
    monkeypatch.setattr(recipes, "find", lambda name: [small_recipe()])
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    said = refused(["reproduce", "small"], capsys)
    assert named in said
    assert "torchrun" in said


@pytest.mark.parametrize("value", ["", "1", " 1 "])
def test_one_process_is_alone_whatever_the_rest_says(value, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", value)
    monkeypatch.setenv("RANK", "banana")
    with distributed.joined():
        assert distributed.count() == 1


@pytest.mark.parametrize("value", ["banana", "true", "2"])
@pytest.mark.parametrize("command", [["run", "digits"], ["run", "02", "--report"]])
def test_fast_mode_that_is_neither_is_refused_before_a_lab_runs(value, command, monkeypatch, capsys):
    monkeypatch.setenv("RESNET_LABS_FAST", value)
    monkeypatch.setattr(notebook, "execute", lambda *arguments, **named: 1 / 0)
    assert f"RESNET_LABS_FAST is {value!r}" in refused(command, capsys)


@pytest.mark.parametrize("command", [["list"], ["data"], ["--help"], ["--version"], ["run", "--help"]])
def test_a_closed_pipe_is_no_error(command):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "resnet_labs.cli", *command], stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has /dev/full")
def test_output_that_cannot_be_written_is_a_sentence():
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "resnet_labs.cli", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1


def test_work_that_a_closed_pipe_stops_does_not_end_as_done(monkeypatch, capsys):
    def closed(name):
        raise BrokenPipeError

    monkeypatch.setattr(recipes, "find", closed)
    assert cli.main(["reproduce", "small"]) == 130
    assert "what was finished is kept" in capsys.readouterr().err


@pytest.mark.parametrize("columns", [30, 40, 72, 80])
def test_the_list_fits_the_terminal(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert cli.main(["list"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= columns
    words = " ".join(text.split())
    for lab in LABS:
        for part in (f"{lab.number} {lab.slug}", lab.reports, lab.report_data, lab.question):
            assert part in words


def test_the_list_is_a_table_where_there_is_room(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    assert cli.main(["list"]) == 0
    wide = capsys.readouterr().out
    assert wide.splitlines()[0].split() == ["lab", "report", "minutes,", "fast", "mode", "data", "fast/report"]


def test_a_warning_is_a_sentence_of_the_command(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("epoch\n1\n")
    (tmp_path / "one" / "settings.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-m", "resnet_labs.cli", "compare", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stderr.startswith("resnet-labs: Left out of ")
    assert done.stderr.count("\n") == 1
