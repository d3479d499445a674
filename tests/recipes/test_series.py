"""A series of runs: nothing finished is repeated, what was stopped goes on, every run is tracked."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from dataclasses import replace

import pytest
from helpers.recipes import small_recipe

from resnet_labs import cli, data, recipes, results, tracking
from resnet_labs.errors import InputError
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
    assert set(_stand_ins.STAND_INS) == {"cifar100", "stl10"}
