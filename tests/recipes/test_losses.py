"""The recipe of lab 07: three losses on equal budgets, and what is measured of the features."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from resnet_labs.losses import CenterLoss, cross_entropy, triplet_loss
from resnet_labs.recipes import find
from resnet_labs.recipes import losses as experiment
from resnet_labs.recipes._recipe import Run
from resnet_labs.recipes.losses import RECIPES
from resnet_labs.recipes.losses_networks import (
    CenterObjective,
    EmbeddingNetwork,
    NearestCenter,
    TripletObjective,
    class_means,
    spread,
)
from resnet_labs.reports import compare, load_report
from resnet_labs.resnet import cifar_resnet
from resnet_labs.train import TrainConfig

POINTS = torch.tensor([[0.0, 0.0], [0.0, 2.0], [6.0, 1.0], [6.0, 3.0]])
LABELS = torch.tensor([0, 0, 1, 1])
IMAGES = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))
CLASSES = torch.tensor([0, 1, 0, 1, 2, 2])


def network(**arguments):
    torch.manual_seed(0)
    return EmbeddingNetwork(cifar_resnet(8, in_channels=1), 3, **arguments)


def small(loss, **changes):
    (recipe,) = (each for each in RECIPES["r4.losses.digits"] if each.knobs["loss"] == loss)
    return replace(recipe, limit=60, config=replace(recipe.config, epochs=2), **changes)


def test_the_three_arms_share_the_report_s_settings():
    recipes = RECIPES["r4.losses"]
    assert [recipe.name for recipe in recipes] == [
        "r4.losses.cross_entropy",
        "r4.losses.triplet",
        "r4.losses.center",
    ]
    facts = load_report("r4")["experiments"]["losses"]
    for recipe in recipes:
        assert recipe.config == TrainConfig(
            epochs=facts["epochs"], learning_rate=1e-3, optimizer=facts["optimizer"], precision="fp32"
        )
        assert (recipe.network[0], recipe.dataset, recipe.batch_size, recipe.stand_in) == ("resnet18", "stl10", 50, "")
        assert compare.has_figures(recipe.name)
    assert recipes[1].knobs["mining"] == "hard"


def test_every_variant_away_from_stl10_says_what_it_stands_in_for():
    for name, recipes in RECIPES.items():
        for recipe in recipes:
            assert bool(recipe.stand_in) == (recipe.dataset != "stl10"), name


@pytest.mark.parametrize("embedding", [False, True])
def test_the_network_keeps_the_features_that_its_head_saw(embedding):
    model = network(embedding=embedding).eval()
    logits = model(IMAGES)
    assert model.features.shape == (6, 64)
    torch.testing.assert_close(model.head(model.features), logits)
    lengths = model.features.norm(dim=1)
    assert torch.allclose(lengths, torch.ones(6)) == embedding


def test_features_can_be_fewer_than_the_body_has():
    model = network(num_features=2)
    assert model(IMAGES).shape == (6, 3)
    assert model.features.shape == (6, 2)


def test_nearest_center_scores_by_distance():
    head = NearestCenter(2, 2)
    head.centers.copy_(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    torch.testing.assert_close(head(torch.tensor([[0.0, 0.0], [3.0, 0.0]])), torch.tensor([[0.0, -5.0], [-3.0, -4.0]]))


def test_triplet_objective_is_the_triplet_loss_and_its_centers_follow_in_training_alone():
    model = network(embedding=True)
    objective = TripletObjective(model, margin=0.5, mining="hard")
    logits = model(IMAGES)
    objective.eval()
    value = objective(logits, CLASSES)
    torch.testing.assert_close(value, triplet_loss(model.features, CLASSES, margin=0.5, mining="hard"))
    assert not model.head.centers.any()
    objective.train()
    objective(logits, CLASSES)
    following = CenterLoss(3, 64)
    following(model.features.detach(), CLASSES)
    torch.testing.assert_close(model.head.centers, following.centers)
    assert not list(objective.parameters())  # the network's own would be stepped twice


def test_center_objective_adds_the_pull_of_the_centers():
    model = network()
    objective = CenterObjective(model, 3, weight=0.2)
    logits = model(IMAGES)
    pull = model.features.square().sum(1).mean() * 0.2 / 2  # centers start at zero
    torch.testing.assert_close(objective(logits, CLASSES), cross_entropy(logits, CLASSES) + pull)
    assert objective.center_loss.centers.any()
    assert not list(objective.parameters())


def test_spread_of_two_classes_by_hand():
    torch.testing.assert_close(class_means(POINTS, LABELS, 2), torch.tensor([[0.0, 1.0], [6.0, 2.0]]))
    found = spread(POINTS, LABELS, 2)
    assert found == pytest.approx({"between_classes": 37**0.5, "within_classes": 1.0, "separation": 37**0.5})


@pytest.mark.parametrize("loss", ["cross_entropy", "triplet", "center"])
def test_a_line_holds_accuracies_clusters_and_the_curves(loss):
    line = experiment.train_with_loss(small(loss), Run(seed=0))
    assert line.experiment == f"r4.losses.{loss}"
    assert line.data["train"] == 60
    found = line.metrics
    assert {"accuracy", "accuracy_low", "top5_accuracy", "nearest_mean_accuracy", "separation"} < set(found)
    assert {f"{kind}_epoch_{epoch}" for kind in ("train_loss", "accuracy") for epoch in (1, 2)} < set(found)
    assert found["accuracy"] <= found["top5_accuracy"] <= 1
    assert (found["accuracy"] == found["nearest_mean_accuracy"]) == (loss == "triplet")
    assert ("between_centers" in found) == (loss != "triplet")
    assert line.metrics == experiment.train_with_loss(small(loss), Run(seed=0)).metrics


def test_a_run_goes_on_from_its_checkpoint(tmp_path):
    kept = tmp_path / "run.pt"
    whole = experiment.train_with_loss(small("center"), Run(seed=1))
    half = small("center")
    experiment.train_with_loss(replace(half, config=replace(half.config, epochs=1)), Run(seed=1, checkpoint=kept))
    resumed = experiment.train_with_loss(half, Run(seed=1, checkpoint=kept))
    assert resumed.metrics == whole.metrics


def test_choices_are_judged_on_images_cut_from_training():
    for name in ("r4.losses.digits.choice", "r4.c3.searched.choice", "r4.c3.searched.digits.choice"):
        assert all(recipe.validation for recipe in find(name))
    line = experiment.train_with_loss(
        replace(RECIPES["r4.losses.digits.choice"][0], config=TrainConfig(1, 1e-3, "adam", precision="fp32")),
        Run(seed=0),
    )
    assert (line.data["train"], line.data["validation"]) == (288, 1150)
    assert "test" not in line.data


def test_center_loss_without_weight_is_cross_entropy_on_the_same_budget():
    center = small("center")
    without = experiment.train_with_loss(replace(center, knobs={**center.knobs, "weight": 0.0}), Run(seed=0))
    plain = experiment.train_with_loss(small("cross_entropy"), Run(seed=0))
    assert without.metrics == plain.metrics
