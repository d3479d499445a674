"""A recipe that stops: what it promises is true for who asked for the recipe, who has no model in memory."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import pytest
from helpers.recipes import small_recipe

from resnet_labs import checkpoint, cli, recipes
from resnet_labs.train import NonFiniteLoss, OutOfMemory, Stopped


def three_epochs():
    recipe = small_recipe()
    return replace(recipe, limit=100, config=replace(recipe.config, epochs=3))


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run `reproduce`; return its exit status and what it says of the error."""
    monkeypatch.setattr(recipes, "find", lambda name: (three_epochs(),))

    def call(*options):
        status = cli.main(["reproduce", "small", "--runs", str(tmp_path), *options])
        return status, capsys.readouterr().err.replace(str(tmp_path), "").strip().rpartition("\n")[2]

    return call


def full_at(monkeypatch, number):
    """Let the disk be full when a checkpoint is saved for that time."""
    save, saves = checkpoint.save, []

    def full(path, state):
        saves.append(path)
        if len(saves) >= number:
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", refuse)
                return save(path, state)
        return save(path, state)

    def refuse(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoint, "save", full)


def out_of_memory_at(monkeypatch, number):
    from resnet_labs.train import loop

    step, steps = loop._Run.step, []

    def fails(self, group):
        steps.append(1)
        if len(steps) >= number:
            raise MemoryError
        return step(self, group)

    monkeypatch.setattr(loop._Run, "step", fails)


@pytest.mark.parametrize("stops", [full_at, out_of_memory_at])
def test_the_command_says_how_to_go_on_and_that_works(tmp_path, monkeypatch, command, stops):
    with monkeypatch.context() as patch:
        stops(patch, {full_at: 3, out_of_memory_at: 5}[stops])
        status, said = command()
    assert status == 2
    assert "in memory is" not in said
    assert "a run with the same steps" not in said
    assert said.endswith("With --resume the command goes on from it.")
    (kept,) = tmp_path.rglob("checkpoint.pt")
    assert len(checkpoint.load(kept)["rows"]) == 2
    status, said = command("--resume")
    assert status == 0


@pytest.mark.parametrize("stops", [full_at, out_of_memory_at])
def test_where_nothing_is_kept_nothing_is_promised(tmp_path, monkeypatch, command, stops):
    with monkeypatch.context() as patch:
        stops(patch, 1)
        status, said = command()
    assert status == 2
    assert not [*tmp_path.rglob("checkpoint.pt")]
    for promise in ("in memory is", "resume", "kept", "still there", "last whole state"):
        assert promise not in said


def test_called_as_a_function_a_recipe_names_the_file(tmp_path, monkeypatch):
    full_at(monkeypatch, 2)
    kept = tmp_path / "run.pt"
    with pytest.raises(Stopped) as caught:
        recipes.reproduce(three_epochs(), 0, checkpoint=kept)
    assert str(caught.value).endswith(f"what was saved before is still there. Its last whole state is in '{kept}'.")
    assert caught.value.fix in str(caught.value)


def test_what_promises_nothing_stays_as_it_is():
    from resnet_labs.train.history import History

    stopped = NonFiniteLoss(float("nan"), 1, 1, History("cpu", "fp32"))
    said = str(stopped)
    stopped.tell("With --resume the command goes on from it.")
    assert str(stopped) == said
    other = OutOfMemory(8, fits=4, too_large=8, accumulate=1, history=History("cpu", "fp32"), kept="Here.")
    other.tell("There.")
    assert str(other).endswith("images. There.")
