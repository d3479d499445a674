"""A series of runs: nothing finished is repeated, what was stopped goes on, every run is tracked."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import tempfile
import warnings
from dataclasses import replace

import pytest
from helpers import forked
from helpers.full_disk import full
from helpers.places import TESTS
from helpers.recipes import small_recipe

from resnet_labs import cli, data, distributed, lock, recipes, results, tracking
from resnet_labs.errors import InputError, LabError
from resnet_labs.recipes import _stand_ins, on_what_is_here, reproduce_all


def two_arms():
    recipe = replace(small_recipe(), limit=100)
    return tuple(replace(recipe, config=replace(recipe.config, epochs=3, learning_rate=rate)) for rate in (0.1, 0.01))


def test_every_arm_runs_with_a_seed_before_the_next_seed(tmp_path, capsys):
    lines = results.read(reproduce_all(two_arms(), tmp_path, seeds=2))
    assert [(line.seed, line.settings["learning_rate"]) for line in lines] == [(0, 0.1), (0, 0.01), (1, 0.1), (1, 0.01)]
    said = capsys.readouterr().out
    assert "; 3 more to run, about " in said
    assert said.count("more to run") == 3


def test_settings_are_printed_readably_and_after_every_argument_was_checked(tmp_path, capsys):
    recipe = small_recipe()
    with pytest.raises(InputError, match="There is no tracker 'foo'"):
        reproduce_all([recipe], tmp_path / "new", seeds=1, track=["foo"])
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "new").exists()
    reproduce_all([recipe], tmp_path / "new", seeds=1)
    assert capsys.readouterr().out.splitlines()[0] == (
        "small, seed 0: network cifar_resnet, depth 8, in_channels 1, batch_size 64, limit 200, epochs 1, "
        "learning_rate 0.1, optimizer sgd, weight_decay 0.0, schedule constant, warmup_epochs 0, precision fp32, "
        "channels_last auto, compile False, accumulate 1"
    )


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        (errno.ENOSPC, "Free some space, or give another folder."),
        (errno.EACCES, "Give a folder that you may write to."),
        (errno.EROFS, "Give a folder that you may write to."),
        (errno.EIO, "Give another folder."),
    ],
)
def test_a_folder_that_cannot_be_written_is_refused_with_the_mend_for_its_reason(tmp_path, monkeypatch, code, fix):
    def refuse(dir):
        assert dir == tmp_path
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(InputError) as caught:
        reproduce_all([small_recipe()], tmp_path / "new" / "small", seeds=1)
    assert str(caught.value) == f"The folder '{tmp_path}/new/small' cannot be written: {os.strerror(code)}. {fix}"
    assert not any(tmp_path.iterdir())


def test_a_finished_series_asks_for_no_folder_that_can_be_written(tmp_path, monkeypatch):
    target = reproduce_all([small_recipe()], tmp_path, seeds=1)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda dir: 1 / 0)
    assert reproduce_all([small_recipe()], tmp_path, seeds=1, resume=True) == target


def test_a_stopped_series_goes_on_within_the_run_that_was_stopped(tmp_path, monkeypatch):
    whole = results.read(reproduce_all(two_arms(), tmp_path / "whole", seeds=1))
    log, epochs = tracking.RunTracker.log, []

    def stop_at_fifth(self, row):
        if len(epochs) == 4:
            raise KeyboardInterrupt
        epochs.append(row["epoch"])
        log(self, row)

    monkeypatch.setattr(tracking.RunTracker, "log", stop_at_fifth)
    with pytest.raises(KeyboardInterrupt):
        reproduce_all(two_arms(), tmp_path / "stopped", seeds=1)
    assert epochs == [1, 2, 3, 1]
    assert len([*tmp_path.rglob("checkpoint.pt")]) == 1

    def record(self, row):
        epochs.append(row["epoch"])
        log(self, row)

    monkeypatch.setattr(tracking.RunTracker, "log", record)
    again = results.read(reproduce_all(two_arms(), tmp_path / "stopped", seeds=1, resume=True))
    assert epochs == [1, 2, 3, 1, 2, 3]
    assert [line.metrics for line in again] == [line.metrics for line in whole]
    assert not [*tmp_path.rglob("checkpoint.pt*")]
    assert [len(run.rows) for run in tracking.runs(tmp_path / "stopped")] == [3, 3]


def test_without_resume_a_stopped_run_begins_anew(tmp_path, monkeypatch):
    log = tracking.RunTracker.log
    monkeypatch.setattr(tracking.RunTracker, "log", lambda self, row: log(self, row) if row["epoch"] < 2 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reproduce_all(two_arms()[:1], tmp_path, seeds=1)
    epochs = []
    monkeypatch.setattr(tracking.RunTracker, "log", lambda self, row: (epochs.append(row["epoch"]), log(self, row)))
    reproduce_all(two_arms()[:1], tmp_path, seeds=1)
    assert epochs == [1, 2, 3]


def test_a_line_of_other_data_is_not_that_of_this_run(tmp_path):
    (recipe,) = two_arms()[:1]
    target = reproduce_all([recipe], tmp_path, seeds=1)
    (line,) = map(json.loads, target.read_text().splitlines())
    line["data"]["name"] = "mnist"
    target.write_text(json.dumps(line) + "\n")
    reproduce_all([recipe], tmp_path, seeds=1, resume=True)
    assert [line.data["name"] for line in results.read(target)] == ["mnist", "digits"]


def test_the_command_tracks_by_name_and_compares(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(recipes.RECIPES, "small", two_arms())
    assert cli.main(["reproduce", "small", "--track", "csv,tensorboard"]) == 0
    assert len([*tmp_path.rglob("events.out.tfevents.*")]) == 2
    capsys.readouterr()
    assert cli.main(["compare", "runs/small"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["run", "learning_rate", "epoch"]
    assert sorted(row.split()[1] for row in rows) == ["0.01", "0.1"]
    assert cli.main(["reproduce", "small", "--track", "tensorbord"]) == 2
    assert "Did you mean 'tensorboard'?" in capsys.readouterr().err
    assert cli.main(["compare", "nowhere"]) == 2
    assert "no tracked run under 'nowhere'" in capsys.readouterr().err


def test_a_missing_data_set_gives_way_to_its_stand_in_by_name(tmp_path, monkeypatch):
    entries = data.available(tmp_path)

    def only(*names):
        found = [replace(entry, here=entry.name in names) for entry in entries]
        monkeypatch.setattr(data, "available", lambda root: found)

    recipe = replace(small_recipe(), dataset="cifar100", size=32)
    assert on_what_is_here(recipe, tmp_path) is recipe  # neither is here: the error names the real one
    only("tiny_imagenet_100")
    stand_in = on_what_is_here(recipe, tmp_path)
    assert stand_in.dataset == "tiny_imagenet_100"
    assert "in place of CIFAR-100" in stand_in.stand_in
    assert on_what_is_here(replace(recipe, stand_in="a small network"), tmp_path).stand_in.endswith("; a small network")
    only("tiny_imagenet_100", "cifar100")
    assert on_what_is_here(recipe, tmp_path) is recipe
    assert set(_stand_ins.STAND_INS) == {"cifar10", "cifar100", "stl10"}


REPRODUCES = """
import sys
from pathlib import Path
from helpers.recipes import small_recipe
from resnet_labs import recipes, tracking
log = tracking.RunTracker.log
def log_and_wait(self, row):
    log(self, row)
    print("epoch", flush=True)
    sys.stdin.read()
tracking.RunTracker.log = log_and_wait
recipes.reproduce_all([small_recipe()], Path(sys.argv[1]), seeds=1)
"""


def test_a_second_process_in_the_folder_is_refused_and_the_first_one_killed_blocks_nobody(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(recipes, "find", lambda name: [small_recipe()])
    folder = tmp_path / "small"
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    with subprocess.Popen(
        [sys.executable, "-c", REPRODUCES, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as other:
        assert any(line == "epoch\n" for line in other.stdout)
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for more in ([], ["--resume"], ["--seeds", "3"]):
            capsys.readouterr()
            assert cli.main(["reproduce", "small", "--runs", str(tmp_path), *more]) == 2
            said = capsys.readouterr().err
            assert f"Process {other.pid} on {socket.gethostname()} has been writing in '{folder}' since " in said
            assert said.count("\n") == 1
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
        other.kill()
    assert cli.main(["reproduce", "small", "--runs", str(tmp_path)]) == 0
    assert len(results.read(folder / "results.jsonl")) == 1
    assert [len(run.rows) for run in tracking.runs(folder)] == [1]


def test_of_processes_that_train_together_the_writer_alone_has_the_lock(tmp_path, monkeypatch):
    with lock.alone(tmp_path):
        monkeypatch.setattr(distributed, "is_writer", lambda: False)
        reproduce_all([small_recipe()], tmp_path, seeds=1)
    assert not (tmp_path / "results.jsonl").exists()


TOGETHER = """
import sys
from helpers.recipes import small_recipe
from resnet_labs import cli, recipes
recipes.RECIPES["small"] = (small_recipe(),)
sys.exit(cli.main(["reproduce", "small", "--runs", sys.argv[1]]))
"""


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_processes_that_train_together_end_where_their_folder_is_another_s(tmp_path):
    def pair(place):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        two = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "PYTHONPATH": str(TESTS)}
        script = f"import sys\nsys.path.insert(0, {str(TESTS)!r})\n{TOGETHER}"
        return [forked.Job(script, [str(place)], {"RANK": rank, "LOCAL_RANK": rank, **two}) for rank in "01"]

    for name in ("jobs", "mine/small", "free"):
        (tmp_path / name).mkdir(parents=True)
    with lock.alone(tmp_path / "mine" / "small"):
        found = forked.run(tmp_path / "jobs", [*pair(tmp_path / "mine"), *pair(tmp_path / "free")])
    assert [status for status, _, _ in found] == [2, 2, 0, 0], found
    assert f"Process {os.getpid()} on " in found[0][2]
    assert "lost another process" in found[1][2]
    assert not (tmp_path / "mine" / "small" / "results.jsonl").exists()
    assert len(results.read(tmp_path / "free" / "small" / "results.jsonl")) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_line_that_cannot_be_written_costs_no_training(tmp_path, monkeypatch, code):
    target, epochs = tmp_path / "results.jsonl", []
    reproduce_all(two_arms()[1:], tmp_path, seeds=1)
    before = target.read_bytes()
    with full(monkeypatch, target, after=20, code=code), pytest.raises(LabError) as caught:
        reproduce_all(two_arms(), tmp_path, seeds=1, resume=True)
    (kept,) = tmp_path.rglob("checkpoint.pt")
    assert str(caught.value) == (
        f"The file '{target}' cannot be written: {os.strerror(code)}, so the line of small with seed 0 is missing. "
        f"Free some space, then add --resume: it goes on from the checkpoint in '{kept.parent}' and writes the line."
    )
    assert target.read_bytes() == before
    log = tracking.RunTracker.log
    monkeypatch.setattr(tracking.RunTracker, "log", lambda self, row: (epochs.append(row["epoch"]), log(self, row)))
    reproduce_all(two_arms(), tmp_path, seeds=1, resume=True)
    assert epochs == []
    assert sorted(line.settings["learning_rate"] for line in results.read(target)) == [0.01, 0.1]
    assert [len(run.rows) for run in tracking.runs(tmp_path)] == [3, 3]
    assert not [*tmp_path.rglob("checkpoint*")]


def test_a_checkpoint_that_outlived_its_line_goes_with_the_next_series(tmp_path):
    reproduce_all([small_recipe()], tmp_path, seeds=1)
    (own,) = (tmp_path / "tracked").iterdir()
    for name in ("checkpoint.pt", "checkpoint.pt.previous", "checkpoint.mlp.fit.pt"):
        (own / name).write_bytes(b"left")
    reproduce_all([small_recipe()], tmp_path, seeds=1, resume=True)
    assert sorted(path.name for path in own.iterdir()) == ["metrics.csv", "settings.json"]


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("end", ["", "\n", '\n{"schema": 2, "exp'], ids=["no last end", "whole", "a cut line"])
def test_a_run_that_has_a_line_is_not_run_again_beside_it(tmp_path, monkeypatch, capsys, seeds, end):
    monkeypatch.setattr(recipes, "find", lambda name: [small_recipe()])
    target = reproduce_all([small_recipe()], tmp_path / "small", seeds=1)
    target.write_text(target.read_text().rstrip() + end)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    capsys.readouterr()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Left out of")
        assert cli.main(["reproduce", "small", "--runs", str(tmp_path), "--seeds", str(seeds)]) == 2
    assert capsys.readouterr().err == (
        f"resnet-labs: '{target}' already has a line of small with seed 0 and the same settings. "
        "Add --resume to run only what is missing, or give another folder with --runs to run it again.\n"
    )
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_broken_line_is_named_once_though_it_is_read_again_under_the_lock(tmp_path):
    target = reproduce_all(two_arms()[:1], tmp_path, seeds=1)
    with target.open("a") as lines:
        lines.write('{"schema": 2, "exp')
    with pytest.warns(UserWarning, match="Left out of") as said:
        reproduce_all(two_arms(), tmp_path, seeds=1, resume=True)
    assert len(said) == 1
    with pytest.warns(UserWarning, match="line 2"):
        assert len(results.read(target)) == 2
