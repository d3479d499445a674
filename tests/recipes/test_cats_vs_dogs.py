"""The recipes of lab 03: the report's settings, and two depths that are treated alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from resnet_labs import recipes, reports
from resnet_labs.recipes import _imagenet, cats_vs_dogs


@pytest.fixture
def photographs(tmp_path):
    """A folder in the layout of the Kaggle archive, with dark cats and light dogs."""
    noise = np.random.default_rng(0)
    for split, count in (("train", 16), ("test", 8)):
        for name, light in (("cat", 40), ("dog", 200)):
            folder = tmp_path / "cats-vs-dogs" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = noise.integers(light - 30, light + 30, (24, 24, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path


def test_the_recipe_is_the_report_s():
    stated = reports.load_report("r1")["experiments"]["pets"]
    pair = recipes.find("r1.pets")
    assert [recipe.network[0] for recipe in pair] == stated["models"]
    assert {recipe.dataset for recipe in pair} == {stated["dataset"]}
    assert {recipe.config.epochs for recipe in pair} == {stated["epochs"]}


@pytest.mark.parametrize("name", ["r1.pets", "r1.c6"])
def test_the_two_depths_differ_in_the_network_alone(name):
    first, second = recipes.find(name)
    assert [first.network[0], second.network[0]] == ["resnet18", "resnet50"]
    assert replace(second, name=first.name, network=first.network) == first


def test_a_run_reads_photographs_and_writes_one_line(photographs):
    (recipe, _) = recipes.find("r1.c6")
    small = replace(
        recipe,
        size=16,
        batch_size=8,
        network=("cifar_resnet", {"depth": 8}),
        config=replace(recipe.config, epochs=6, learning_rate=1e-2),
    )
    line, again = (recipes.reproduce(small, 1, root=photographs) for _ in range(2))
    assert line.metrics == again.metrics
    assert (line.data["train"], line.data["test"]) == (32, 16)
    assert line.metrics["train_accuracy"] > 0.9
    assert line.metrics["accuracy_low"] <= line.metrics["accuracy"] <= line.metrics["accuracy_high"]
    assert set(recipe.shows) <= set(line.metrics)


def test_a_pretrained_network_gets_two_classes_and_imagenet_s_normalisation(monkeypatch):
    import torch

    asked = []
    monkeypatch.setattr(_imagenet, "load_weights", lambda model, source: asked.append(source) or model)
    network = cats_vs_dogs._network(recipes.find("r1.pets")[0]).eval()
    assert asked == ["IMAGENET1K_V1"]
    seen = []
    network.conv1.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1).expand(3, 32, 32)
    assert network(mean[None]).shape == (1, 2)
    torch.testing.assert_close(seen[0], torch.zeros(1, 3, 32, 32))
