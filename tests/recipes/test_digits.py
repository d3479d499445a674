"""The recipe of r1.c2 differs from r1.digits in size and, for 8 pixels, in rate, and counts the commonest class."""

from __future__ import annotations

from dataclasses import replace

from resnet_labs import data, recipes


def test_both_sizes_have_the_settings_of_the_main_recipe_but_for_the_rate():
    (main,) = recipes.find("r1.digits")
    small, own = recipes.find("r1.c2")
    assert (small.size, own.size) == (8, 28)
    assert recipes.settings(replace(own, size=None)) == recipes.settings(main)
    assert recipes.settings(replace(small, size=None)) == {**recipes.settings(main), "learning_rate": 0.001}


def test_the_largest_share_is_the_test_set_s_and_no_network_s():
    (recipe,) = recipes.find("r1.c2.8_pixels")
    quick = replace(recipe, dataset="digits", limit=64, config=replace(recipe.config, epochs=1))
    counts = data.load("digits", split="test").labels.bincount()
    metrics = recipes.reproduce(quick, 0).metrics
    assert metrics["largest_share"] == counts.max().item() / counts.sum().item()
    assert {"accuracy_before", "accuracy"} <= set(metrics)
