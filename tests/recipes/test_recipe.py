"""The ablation of lab 06: the report's settings at both ends, one ingredient between an arm and its end."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import checkpoint, data, recipes, reports
from resnet_labs.recipes import _pretrained, _train_arm
from resnet_labs.recipes import recipe as ablation
from resnet_labs.recipes._pretrained import other_classes, pretrained
from resnet_labs.recipes._train_arm import watch_gradients_
from resnet_labs.resnet import cifar_resnet
from resnet_labs.train import TrainConfig, fit

STATED = reports.load_report("r2")["experiments"]
load = cache(data.load)  # procedural images are drawn once for all tests


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Pretraining of a second, kept in a folder of its own."""
    monkeypatch.setattr(data, "load", load)
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))
    quick = partial(pretrained, limit=60, config=TrainConfig(epochs=1, learning_rate=0.01, precision="fp32"))
    monkeypatch.setattr(_train_arm, "pretrained", quick)


def arm(name, **changes):
    """Return an arm of the stand-in ablation on few small images."""
    found = {recipe.knobs.get("arm", recipe.name): recipe for recipe in ablation.RECIPES["r2.ablation.stand_in"]}
    config = replace(found[name].config, epochs=2, precision="fp32")
    return replace(found[name], dataset="procedural_target", size=16, limit=60, config=config, **changes)


@pytest.mark.parametrize("name", ["r2.models", "r2.ablation"])
def test_the_three_models_have_the_report_s_settings(name):
    for number, recipe in enumerate(recipes.find(name)[:3], start=1):
        stated = STATED[f"model_{number}"]
        assert recipe.name == f"r2.model_{number}"
        assert recipe.dataset == stated["dataset"]
        assert recipe.batch_size == stated["batch_size"]
        assert recipe.config.learning_rate == stated["learning_rate"]
        assert stated.get("epochs") in (recipe.config.epochs, None)
    assert recipe.config.optimizer == STATED["model_3"]["optimizer"]
    assert recipe.config.schedule == "cosine"
    assert recipe.knobs["label_smoothing"] == STATED["model_3"]["label_smoothing"]
    assert recipe.network[0] == "resnet152"


def test_an_arm_differs_from_its_end_by_one_ingredient():
    for name in ("r2.ablation", "r2.ablation.stand_in"):
        first, _, last, *others = recipes.find(name)
        known = {**recipes.settings(first), "arm": None}, {**recipes.settings(last), "arm": None}
        seen = set()
        for recipe in others:
            side, ingredient = recipe.knobs["arm"].split(" ", 1)
            own, other = known if side == "with" else known[::-1]
            given = {**recipes.settings(recipe), "arm": None}
            changed = tuple(key for key in given if given[key] != own[key])
            if ingredient in ablation.INGREDIENTS:
                assert set(changed) == set(ablation.INGREDIENTS[ingredient]), recipe.knobs["arm"]
                assert all(given[key] == other[key] for key in changed)
                seen.add((side, ingredient))
        assert seen == {(side, each) for side in ("with", "without") for each in ablation.INGREDIENTS}


def test_every_setting_between_the_ends_belongs_to_an_ingredient():
    named = {key for keys in ablation.INGREDIENTS.values() for key in keys}
    assert {key for key, value in ablation.MODEL_1.items() if value != ablation.MODEL_3[key]} == named


def test_the_stand_in_keeps_the_factor_between_few_and_more_epochs():
    for name in ("r2.ablation", "r2.ablation.stand_in"):
        first, second, last, *_ = recipes.find(name)
        assert second.config.epochs == last.config.epochs == 6 * first.config.epochs
    assert "in place of ResNet-152" in first.stand_in


def test_one_seed_gives_one_line_again_and_again():
    recipe = arm("r2.model_3")
    first, again = (recipes.reproduce(recipe, 1) for _ in range(2))
    assert first.metrics == again.metrics != recipes.reproduce(recipe, 2).metrics
    assert first.settings == recipes.settings(recipe)
    assert first.metrics["accuracy_gap"] == first.metrics["train_accuracy"] - first.metrics["accuracy"]
    assert first.data["train"] == 60
    assert first.stand_in


@pytest.mark.parametrize("ingredient", ["crop and flip", "AutoAugment", "mixup", "label smoothing", "pretraining"])
def test_an_ingredient_changes_the_run(ingredient):
    without, with_it = (recipes.reproduce(arm(name), 0) for name in ("r2.model_1", f"with {ingredient}"))
    assert without.metrics != with_it.metrics


def test_a_stopped_run_goes_on_and_remembers_its_largest_gradient(tmp_path):
    recipe, path = arm("with clipping"), tmp_path / "run.pt"
    whole = recipes.reproduce(recipe, 0)
    recipes.reproduce(replace(recipe, config=replace(recipe.config, epochs=1)), 0, checkpoint=path)
    assert checkpoint.exists(path)
    assert recipes.reproduce(recipe, 0, checkpoint=path).metrics == whole.metrics


def test_the_largest_gradient_is_that_of_the_worst_step_before_clipping():
    torch.manual_seed(0)
    model, images, labels = nn.Linear(3, 2), torch.randn(2, 4, 3), torch.tensor([0, 1, 1, 0])
    norms = []
    for batch in images * torch.tensor([1.0, 5.0])[:, None, None]:
        gradients = torch.autograd.grad(F.cross_entropy(model(batch), labels), list(model.parameters()))
        norms.append(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    watch_gradients_(model)
    for batch in reversed(images * torch.tensor([1.0, 5.0])[:, None, None]):
        model.zero_grad()
        F.cross_entropy(model(batch), labels).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
    torch.testing.assert_close(model.largest_gradient_norm, max(norms))


def test_pretraining_never_sees_the_classes_of_the_experiment():
    target = data.load("procedural_target", split="train", size=16, limit=60)
    others = other_classes("procedural_target", size=16, limit=60)
    assert len(others) == 60
    assert not {*others.classes} & {*target.classes}


def test_the_other_hundred_classes_of_tiny_imagenet_are_counted_from_zero(monkeypatch, tmp_path):
    classes = tuple(f"class {number}" for number in range(200))
    images = torch.zeros(400, 3, 16, 16, dtype=torch.uint8)
    whole = data.ImageData(images, torch.arange(400) % 200, classes, "Tiny ImageNet")
    asked = {}
    monkeypatch.setattr(_pretrained.data, "load", lambda name, **given: asked.update(name=name, **given) or whole)
    others = other_classes("tiny_imagenet_100", size=16, limit=200, root=tmp_path)
    assert (asked["name"], asked["limit"], asked["root"]) == ("tiny_imagenet", 400, tmp_path)
    assert others.labels.tolist() == [*range(100)] * 2
    assert others.classes == classes[100:]


def test_pretraining_is_done_once(monkeypatch):
    histories = []
    monkeypatch.setattr(_pretrained, "fit", lambda *given, **named: histories.append(fit(*given, **named)))
    config = TrainConfig(epochs=1, learning_rate=0.01, precision="fp32")

    def build(num_classes):
        return cifar_resnet(8, num_classes=num_classes)

    first, again = (pretrained(build, "procedural_target", size=16, limit=60, config=config) for _ in range(2))
    assert histories[0].rows == histories[1].rows  # the same seconds: read, not trained again
    for name, value in first.state_dict().items():
        torch.testing.assert_close(value, again.state_dict()[name], rtol=0, atol=0)


def test_arms_of_the_batches_take_as_many_epochs_or_steps_as_said():
    arms = {recipe.knobs["arm"]: recipe for recipe in recipes.find("r2.c1.batches.choice")}
    large, by_epochs, by_steps = (
        arms[name] for name in ("large batch", *(f"small batch, equal {what}" for what in ("epochs", "steps")))
    )
    assert by_epochs.config.epochs == large.config.epochs

    def steps(recipe):
        return recipe.config.epochs * (recipe.limit * recipe.validation / recipe.batch_size)

    assert steps(by_steps) == steps(large)
    assert by_steps.batch_size == by_epochs.batch_size == STATED["model_1"]["batch_size"]
    assert large.batch_size == STATED["model_3"]["batch_size"]


def test_a_choice_of_the_ablation_is_judged_on_images_cut_from_training():
    line = recipes.reproduce(arm("with clipping", validation=0.5), 0)
    assert (line.data["train"], line.data["validation"]) == (30, 30)
    assert "test" not in line.data
