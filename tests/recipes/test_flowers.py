"""The flowers recipes: the report's settings, heads trained on cached views, judged on images that they never saw."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from resnet_labs import recipes, reports
from resnet_labs.blocks import BasicBlock
from resnet_labs.errors import InputError
from resnet_labs.recipes import flowers
from resnet_labs.resnet import ResNet, resnet18
from resnet_labs.train import TrainConfig
from resnet_labs.weights import load_weights


def small_network():
    torch.manual_seed(0)
    return ResNet(BasicBlock, [1, 1], widths=[8, 16], num_classes=4, stem="small")


@pytest.fixture
def recipe(monkeypatch):
    """The variant of r3.c5 with views, on few procedural images and a network that nobody trained."""
    monkeypatch.setattr(flowers, "stand_in_network", small_network)
    config = TrainConfig(epochs=3, learning_rate=1e-2, optimizer="adam", precision="fp32")
    _, variant = flowers.RECIPES["r3.c5"]
    return replace(variant, dataset="procedural_target", size=16, limit=60, config=config)


def test_settings_are_the_report_s():
    (recipe,) = flowers.RECIPES["r3.flowers"]
    stated = reports.load_report("r3")["experiments"]["flowers"]
    assert recipe.network == ("resnet152", {})
    assert recipe.config.optimizer == stated["optimizer"]
    assert recipe.config.learning_rate == stated["learning_rate"]
    assert recipe.config.epochs == stated["epochs"]
    assert recipe.batch_size == stated["batch_size"]
    assert f"{recipe.size}x{recipe.size}" in stated["input"]
    assert not recipe.stand_in


def test_variants_of_c5_differ_in_the_views_alone():
    without, with_views = flowers.RECIPES["r3.c5"]
    assert (without.knobs, with_views.knobs) == ({"views": 0}, {"views": 5})
    assert replace(without, knobs=with_views.knobs) == with_views
    assert "in place of ResNet-152" in without.stand_in


def test_one_seed_gives_one_line_again_and_again(recipe):
    first, again = (recipes.reproduce(recipe, 3) for _ in range(2))
    assert first.metrics == again.metrics
    assert first.metrics != recipes.reproduce(recipe, 4).metrics
    assert first.data["train"] == first.data["validation"] == 60
    assert first.settings == recipes.settings(recipe)
    assert first.metrics["accuracy_gap"] == first.metrics["train_accuracy"] - first.metrics["accuracy"]
    assert math.isfinite(first.metrics["loss_gap"])


def test_views_are_augmented_and_the_head_is_judged_on_plain_images(recipe, monkeypatch):
    with_views = recipes.reproduce(recipe, 0)
    without = recipes.reproduce(replace(recipe, knobs={"views": 0}), 0)
    assert with_views.metrics != without.metrics
    drawn = []
    monkeypatch.setattr(flowers, "_augmentation", lambda size: lambda x, y, g: (drawn.append(len(x)) or x, y))
    unchanged = recipes.reproduce(recipe, 0)
    assert sum(drawn) == 5 * 60
    assert unchanged.metrics["train_accuracy"] == pytest.approx(without.metrics["train_accuracy"], abs=0.05)


def test_variants_of_views_differ_in_the_views_alone():
    variants = flowers.RECIPES["r3.c5.views"]
    assert [variant.knobs["views"] for variant in variants] == [1, 2, 5, flowers.LIVE]
    assert all(replace(variant, knobs={}) == replace(variants[0], knobs={}) for variant in variants)


def test_live_views_are_drawn_in_every_epoch_and_move_the_head_alone(recipe, monkeypatch):
    drawn = []
    monkeypatch.setattr(flowers, "_augmentation", lambda size: lambda x, y, g: (drawn.append(len(x)) or x, y))
    live = recipes.reproduce(replace(recipe, knobs={"views": flowers.LIVE}), 0)
    assert len(drawn) >= recipe.config.epochs  # more where types are checked, which looks into iterables
    # Without a change by the augmentation, every epoch is the plain features' own.
    plain = recipes.reproduce(replace(recipe, knobs={"views": 0}), 0)
    assert live.metrics["accuracy"] == pytest.approx(plain.metrics["accuracy"], abs=0.02)
    assert live.metrics["loss_gap"] == pytest.approx(plain.metrics["loss_gap"], abs=1e-3)


def test_imagenet_weights_come_with_their_normalisation(monkeypatch):
    torch.manual_seed(1)
    state = resnet18().state_dict()
    (recipe,) = flowers.RECIPES["r3.flowers"]
    network = flowers._backbone(replace(recipe, network=("resnet18", {}), knobs={"weights": state, "views": 5})).eval()
    plain = load_weights(resnet18(), state).eval()
    images = torch.rand(2, 3, 32, 32)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(network(images), plain((images - mean) / deviation))


def test_weights_that_cannot_be_had_are_named(monkeypatch, tmp_path):
    (recipe,) = flowers.RECIPES["r3.flowers"]
    missing = replace(
        recipe, dataset="procedural_target", size=16, limit=60, knobs={"weights": str(tmp_path / "none.pt"), "views": 1}
    )
    with pytest.raises(InputError, match=r"There is no weights file .*none\.pt"):
        recipes.reproduce(missing, 0)
