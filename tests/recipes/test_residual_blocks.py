"""The recipe of lab 01: the paper's settings, plain beside residual, and gradients that are what autograd gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import recipes
from resnet_labs.recipes import Run, residual_blocks
from resnet_labs.recipes.residual_blocks import RECIPES, gradient_norms
from resnet_labs.train import TrainConfig


def test_each_depth_comes_plain_and_residual():
    for name, depths in (("r0.c1", (20, 32, 44, 56)), ("r0.c1.digits", (8, 20, 32, 56))):
        networks = [recipe.network for recipe in RECIPES[name]]
        assert [(kind, given["depth"], given["residual"]) for kind, given in networks] == [
            ("cifar_resnet", depth, residual) for depth in depths for residual in (False, True)
        ]
        assert {recipe.name for recipe in RECIPES[name]} == {name}


def test_the_settings_are_the_paper_s():
    recipe = RECIPES["r0.c1"][0]
    assert (recipe.dataset, recipe.batch_size, recipe.stand_in) == ("cifar10", 128, "")
    assert recipe.config == TrainConfig(
        epochs=164, learning_rate=0.1, weight_decay=1e-4, schedule="cosine", precision="fp32"
    )
    assert recipe.config.epochs == round(64_000 / -(-50_000 // 128))
    assert recipes.settings(recipe)["crop_and_flip"] is True
    assert RECIPES["r0.c1.digits"][0].stand_in


def test_gradient_norms_are_autograd_s_in_the_order_in_which_layers_run():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.second, self.first = nn.Conv2d(3, 2, 1), nn.Conv2d(1, 3, 3)

        def forward(self, x):
            return self.second(self.first(x)).mean((2, 3))

    torch.manual_seed(0)
    model, images, labels = Backwards(), torch.rand(4, 1, 5, 5), torch.tensor([0, 1, 1, 0])
    weights = [model.first.weight, model.second.weight]
    expected = torch.autograd.grad(F.cross_entropy(model(images), labels), weights)
    for _ in range(2):  # and nothing is left behind
        assert gradient_norms(model, images, labels) == pytest.approx([grad.norm().item() for grad in expected])
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_line_holds_losses_gradients_and_what_it_stands_in_for():
    small = replace(RECIPES["r0.c1.digits"][0], config=TrainConfig(epochs=1, learning_rate=0.03), limit=100)
    first, again = (residual_blocks.train_and_measure(small, Run(seed=0)) for _ in range(2))
    assert first.metrics == again.metrics
    assert first.stand_in.startswith("scikit-learn's 8x8 digits")
    assert set(first.metrics) == {
        "train_loss",
        "train_error",
        "accuracy",
        "log10_first_over_last_gradient_before",
        "log10_first_over_last_gradient_after",
    }
    assert (first.settings["depth"], first.settings["residual"]) == (8, False)
    assert first.data["train"] == 100
    assert 0 <= first.metrics["train_error"] <= 1


def test_crop_and_flip_change_what_is_trained_on():
    small = replace(RECIPES["r0.c1.digits"][0], config=TrainConfig(epochs=1, learning_rate=0.03), limit=100)
    moved = replace(small, knobs={"crop_and_flip": True})
    lines = [residual_blocks.train_and_measure(recipe, Run(seed=0)) for recipe in (small, moved)]
    gradients = [line.metrics["log10_first_over_last_gradient_before"] for line in lines]
    assert gradients[0] == gradients[1]
    assert lines[0].metrics["train_loss"] != lines[1].metrics["train_loss"]


def test_a_network_whose_gradients_are_zero_has_no_ratio_of_them():
    assert residual_blocks._first_over_last([0.0, 1.0], "after") == {}
    assert residual_blocks._first_over_last([1.0, 0.0], "after") == {}
    assert residual_blocks._first_over_last([10.0, 2.0, 0.1], "before") == {
        "log10_first_over_last_gradient_before": pytest.approx(2.0)
    }
