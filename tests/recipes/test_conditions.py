"""A recipe is one experiment everywhere: its number format and its threads are fixed, and its lines are known again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers.recipes import small_recipe

from resnet_labs import recipes, reports, results
from resnet_labs.recipes import RECIPES, _pretrained, reproduce, reproduce_all, stand_in_network

EVERY = [(name, recipe) for name, variants in RECIPES.items() for recipe in variants]


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_every_recipe_and_what_it_starts_from_runs_in_fp32():
    assert {recipe.config.precision for _, recipe in EVERY} == {"fp32"}
    assert _pretrained._CONFIG.precision == stand_in_network._CONFIG.precision == "fp32"


def seen_by(recipe, seen):
    def run(recipe, run):
        seen.append((torch.get_num_threads(), torch.backends.cudnn.allow_tf32))
        return RECIPES["r1.digits"][0].run(recipe, run)

    return replace(recipe, run=run)


def test_a_recipe_runs_on_one_thread_without_tf32_and_leaves_both_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    seen = []
    recipe = seen_by(replace(small_recipe(), limit=64), seen)
    line = reproduce(recipe, 0)
    (again,) = results.read(reproduce_all([recipe], tmp_path, seeds=1))
    assert seen == [(1, False), (1, False)]
    assert (torch.get_num_threads(), torch.backends.cudnn.allow_tf32) == (2, True)
    assert line.machine["threads"] == 1
    assert line.device.endswith(", 1 thread")
    assert line.metrics == again.metrics


def test_a_run_that_fails_leaves_the_threads_as_they_were():
    recipe = replace(small_recipe(), run=lambda recipe, run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reproduce(recipe, 0)
    assert torch.get_num_threads() == 2


def as_stored(recipe, tmp_path, **changes):
    """Return the line of a recipe, as read from a file."""
    line = results.Result(
        experiment=recipe.name,
        data={"name": recipe.dataset, "source": "made", "train": 1},
        seed=0,
        settings=recipes.settings(recipe),
        metrics={},
        seconds=1.0,
        device="a processor",
        precision="fp32",
    )
    results.append(tmp_path / "lines.jsonl", replace(line, **changes))
    return results.read(tmp_path / "lines.jsonl")[-1]


@pytest.mark.parametrize(("name", "recipe"), EVERY[:: len(EVERY) // 20])
def test_a_line_finds_the_recipe_that_made_it_in_whatever_number_format(tmp_path, name, recipe):
    assert recipes.recipe_of(as_stored(recipe, tmp_path)) == recipe
    settings = recipes.settings(recipe) | {"precision": "bf16"}
    assert recipes.recipe_of(as_stored(recipe, tmp_path, settings=settings, precision="bf16")) == recipe


def test_a_line_of_a_stand_in_data_set_finds_the_recipe_too(tmp_path):
    recipe = RECIPES["r2.ablation.stand_in"][0]
    data = {"name": "tiny_imagenet_100", "source": "made", "train": 1}
    assert recipes.recipe_of(as_stored(recipe, tmp_path, data=data)) == recipe


@pytest.mark.parametrize(
    "change",
    [
        {"experiment": "r1.pets"},
        {"data": {"name": "cifar10", "source": "made here", "train": 10}},
        {"settings": {"epochs": 1}},
    ],
)
def test_a_line_of_something_else_has_no_recipe(tmp_path, change):
    assert recipes.recipe_of(as_stored(RECIPES["r1.digits"][0], tmp_path, **change)) is None


def test_old_lines_of_every_stored_experiment_have_a_recipe():
    stored = sorted(path.stem for path in (Path(reports.__file__).parent / "evidence").glob("*.jsonl"))
    orphans = [name for name in stored for line in reports.evidence(name) if recipes.recipe_of(line) is None]
    assert stored
    assert not orphans


@pytest.mark.parametrize(("asked", "ran", "repeated"), [("auto", "fp32", False), ("auto", "bf16", True)])
def test_a_finished_run_is_left_out_only_in_the_recipe_s_number_format(tmp_path, asked, ran, repeated):
    recipe = replace(small_recipe(), limit=64)
    target = reproduce_all([recipe], tmp_path, seeds=1)
    old = json.loads(target.read_text())
    del old["schema"], old["machine"], old["settings"]["accumulate"]
    old["settings"]["precision"], old["precision"] = asked, ran
    target.write_text(json.dumps(old) + "\n")
    reproduce_all([recipe], tmp_path, seeds=1, resume=True)
    assert [line.precision for line in results.read(target)] == [ran] + ["fp32"] * repeated
