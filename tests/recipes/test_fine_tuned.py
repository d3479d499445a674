"""Fine-tuned recipes: what is frozen keeps its old task, choices see no test image, and seeds share a mean."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from resnet_labs import data, recipes, results
from resnet_labs.recipes.flowers import RECIPES

load = cache(data.load)


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(data, "load", lambda name, **given: load(name, **{**given, "limit": 48}))


def small(method, *, rate=0.03, **changes):
    (recipe, *_) = RECIPES["r3.c4.choice"]
    knobs = {**recipe.knobs, "method": method, "pretraining_images": 48, "pretraining_epochs": 1}
    config = replace(recipe.config, epochs=1, learning_rate=rate)
    given = {"dataset": "procedural_target", "size": 16, "batch_size": 16, "validation": None, "config": config}
    return replace(recipe, **{**given, "knobs": knobs, **changes})


def test_a_frozen_network_keeps_its_old_task_and_a_thawed_one_moves():
    frozen, thawed = (recipes.reproduce(small(method), 0).metrics for method in ("linear_probe", "full_fine_tuning"))
    assert frozen["old_task_accuracy"] == frozen["old_task_accuracy_before"] == thawed["old_task_accuracy_before"]
    assert thawed["train_accuracy"] != frozen["train_accuracy"]
    assert frozen["accuracy_gap"] == frozen["train_accuracy"] - frozen["accuracy"]


def test_one_seed_gives_one_line_again_and_again():
    first, again, other = (recipes.reproduce(small("full_fine_tuning"), seed) for seed in (1, 1, 2))
    assert first.metrics == again.metrics != other.metrics
    assert {"train", "test"} < {*first.data}


def test_a_choice_sees_no_test_image():
    line = recipes.reproduce(small("linear_probe", validation=0.25), 0)
    assert (line.data["train"], line.data["validation"]) == (36, 12)
    assert "test" not in line.data


def test_random_weights_have_no_old_task():
    knobs = {"method": "full_fine_tuning", "weights": "random"}
    line = recipes.reproduce(small("", knobs=knobs), 0)
    assert not [name for name in line.metrics if name.startswith("old_task")]


def test_a_split_by_each_seed_does_not_part_the_seeds(tmp_path, monkeypatch):
    import numpy as np
    from PIL import Image

    monkeypatch.setattr(data, "load", load)
    for name in ("daisy", "dandelion", "rose", "sunflower", "tulip"):
        (tmp_path / "flowers" / name).mkdir(parents=True)
        for number in range(10):
            pixels = np.random.default_rng(number).integers(0, 255, (16, 16, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "flowers" / name / f"{number}.png")
    recipe = small("linear_probe", dataset="flowers", knobs={"method": "linear_probe", "weights": "random"})
    lines = [recipes.reproduce(recipe, seed, root=tmp_path) for seed in (0, 1)]
    assert len(results.alike(lines)) == 1
    assert lines[0].data["checksum"]["test"] != lines[1].data["checksum"]["test"]


@pytest.mark.parametrize("name", ["r3.c4.choice", "r1.c6.choice", "r0.transfer_table.choice"])
def test_rates_are_chosen_on_images_cut_from_training(name):
    assert all(recipe.validation for recipe in recipes.find(name))
