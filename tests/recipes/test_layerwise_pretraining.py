"""The recipes of lab 08 are the report's, compare like with like, and go on where they were stopped."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torchvision.transforms import functional as torchvision_functional

from resnet_labs import checkpoint, data, recipes, reports, results
from resnet_labs.data import ImageData
from resnet_labs.errors import InputError, LabError
from resnet_labs.recipes import (
    Run,
    layerwise_pretraining,
    layerwise_pretraining_networks,
    layerwise_pretraining_runs,
    settings,
)
from resnet_labs.reports import compare
from resnet_labs.tracking import tracker
from resnet_labs.train import loop


def quick(name: str) -> recipes.Recipe:
    """Return the digits variant with few epochs and narrow layers."""
    (recipe,) = layerwise_pretraining.RECIPES[name]
    fewer = dict.fromkeys(recipe.knobs, 1) | ({"more_epochs": 3} if "more_epochs" in recipe.knobs else {})
    config = replace(recipe.config, epochs=2)
    return replace(recipe, knobs=fewer, config=config, network=("mlp", {"hidden": [12, 8]}))


def as_reported() -> recipes.Recipe:
    return replace(quick("r4.c9.digits"), name="r4.layerwise", run=layerwise_pretraining_runs.as_reported)


def test_the_report_s_recipe_is_the_report_s():
    (recipe,) = layerwise_pretraining.RECIPES["r4.layerwise"]
    stated = reports.load_report("r4")["experiments"]["layerwise"]
    assert recipe.network[1]["hidden"] == stated["hidden"]
    assert recipe.dataset == "stl10"
    assert recipe.size**2 == 9216
    assert recipe.knobs["pretraining_epochs"] == stated["autoencoder"]["epochs"]
    for part in ("autoencoder", "classifier"):
        assert (recipe.config.optimizer, recipe.config.learning_rate) == (
            stated[part]["optimizer"],
            stated[part]["learning_rate"],
        )
    assert recipe.config.epochs == stated["classifier"]["epochs"]
    assert compare.has_figures(recipe.name)


def test_batches_of_the_report_are_those_that_its_log_shows():
    (recipe,) = layerwise_pretraining.RECIPES["r4.layerwise"]
    num_batches = 5000 / recipe.batch_size
    assert 226.134165 / num_batches == pytest.approx(torch.tensor(10.0).log().item(), abs=0.05)


def test_no_two_variants_of_a_name_are_alike_and_stand_ins_say_so():
    for name, variants in layerwise_pretraining.RECIPES.items():
        assert len({repr(settings(recipe)) for recipe in variants}) == len(variants)
        for recipe in variants:
            assert bool(recipe.stand_in) == (name.endswith((".stand_in", ".digits")))


def test_grey_is_torchvision_s_grey():
    pixels = torch.randint(0, 256, (3, 3, 4, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    colour = ImageData(pixels, torch.zeros(3, dtype=torch.int64), ("one",), "drawn")
    found = layerwise_pretraining_networks.grey(colour)
    assert torch.equal(found.images, torchvision_functional.rgb_to_grayscale(pixels))
    assert layerwise_pretraining_networks.grey(found) is found


def test_shuffled_pixels_are_the_same_pixels_in_one_order_for_all_images():
    digits = data.load("digits", split="test")
    shuffled, again, other = (layerwise_pretraining_networks.shuffle_pixels(digits, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(shuffled.images, again.images)
    assert not torch.equal(shuffled.images, other.images)
    assert torch.equal(shuffled.images.flatten(1).sort(1).values, digits.images.flatten(1).sort(1).values)
    columns = {tuple(column.tolist()) for column in digits.images.flatten(1).T}
    assert {tuple(column.tolist()) for column in shuffled.images.flatten(1).T} == columns


def test_conv_net_is_small_and_as_costly_as_the_mlp_on_48_pixels():
    network = layerwise_pretraining_networks.small_conv_net(10)
    weights = sum(weight.numel() for weight in network.parameters())
    mlp = [48 * 48, *layerwise_pretraining.HIDDEN, 10]
    multiplications = sum(before * after for before, after in pairwise(mlp))
    convolved = 9 * (24**2 * 32 + 12**2 * 32 * 64 + 6**2 * 64 * 128) + 1280
    assert convolved == pytest.approx(multiplications, rel=0.15)
    assert 45 < multiplications / weights < 60


def test_few_labels_line_holds_both_starts_and_their_difference():
    line = recipes.reproduce(quick("r4.c7.digits"), 1)
    for labels in ("10", "100", "all"):
        pretrained, random = line.metrics[f"pretrained_{labels}"], line.metrics[f"random_{labels}"]
        assert line.metrics[f"gain_{labels}"] == pytest.approx(pretrained - random)
        assert 0 <= random <= 1
    assert {*quick("r4.c7.digits").shows} <= {*line.metrics}
    assert line.metrics == recipes.reproduce(quick("r4.c7.digits"), 1).metrics


def test_dead_outputs_are_those_that_are_above_zero_for_no_row():
    logits = torch.tensor([[-1.0, 0.0, -9.0, 0.1, -1.0], [-2.0, 0.0, 9.0, 0.2, 0.0], [-1.0, 0.0, -9.0, 0.3, -2.0]])
    assert layerwise_pretraining_networks.num_dead(logits) == 3  # output 2 is below zero on average and once above it
    assert layerwise_pretraining_networks.num_dead(logits[1:2]) == 3
    assert layerwise_pretraining_networks.num_dead(logits.relu()) == 3
    assert layerwise_pretraining_networks.num_dead(-logits) == 2


def test_causes_line_holds_every_arm_and_both_numbers_of_epochs():
    recipe = quick("r4.c9.digits")
    line = recipes.reproduce(recipe, 0)
    assert {*recipe.shows} <= {*line.metrics}
    assert line.metrics["dead_outputs_conv_net"] == 0
    shorter = replace(recipe, knobs=recipe.knobs | {"more_epochs": 2})
    again = recipes.reproduce(shorter, 0).metrics
    for name in ("as_reported", "without_relu"):
        for figure in ("", "train_accuracy_", "dead_outputs_"):
            assert again[f"{figure}{name}"] == line.metrics[f"{figure}{name}"] == again[f"{figure}{name}_more_epochs"]
    assert line.metrics["train_accuracy_without_relu_more_epochs"] != line.metrics["train_accuracy_without_relu"]


def test_more_epochs_that_go_on_from_fewer_are_the_same_as_all_at_once(tmp_path):
    recipe = quick("r4.c9.digits")
    whole = recipes.reproduce(recipe, 0).metrics
    assert recipes.reproduce(recipe, 0, checkpoint=tmp_path / "checkpoint.pt").metrics == whole
    assert recipes.reproduce(recipe, 0, checkpoint=tmp_path / "checkpoint.pt").metrics == whole  # every fit is kept


def test_the_printed_network_differs_from_the_old_one_by_the_relu_behind_its_code(monkeypatch):
    built = {}
    original = layerwise_pretraining_runs._fit

    def watch(model, *given, kept, **settings):
        built[kept] = [type(part).__name__ for part in model.modules() if not [*part.children()]]
        return original(model, *given, kept=kept, **settings)

    monkeypatch.setattr(layerwise_pretraining_runs, "_fit", watch)
    recipes.reproduce(quick("r4.c9.digits"), 0)
    assert built["as_reported"] == ["Linear", "ReLU", "Linear", "Linear"]
    assert built["code_relu"] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]


def test_lines_of_the_network_with_a_relu_behind_its_code_belong_to_no_recipe():
    for name in layerwise_pretraining.RECIPES:
        (recipe,) = layerwise_pretraining.RECIPES[name]
        assert settings(recipe)["code"] == "linear"


def test_shuffled_line_holds_three_accuracies():
    recipe = quick("r4.c8.digits")
    line = recipes.reproduce(recipe, 0)
    assert {*line.metrics} == {*recipe.shows} == {"mlp", "conv_net", "conv_net_shuffled"}


def test_the_mlp_on_shuffled_pixels_is_the_mlp_with_shuffled_columns():
    digits = data.load("digits", split="test")
    pixels, mixed = (
        given.images.double() for given in (digits, layerwise_pretraining_networks.shuffle_pixels(digits, seed=3))
    )
    order = layerwise_pretraining_networks.shuffle_pixels(
        replace(digits, images=torch.arange(64, dtype=torch.uint8).view(1, 1, 8, 8), labels=digits.labels[:1]), seed=3
    ).images.flatten()
    first = torch.nn.Linear(64, 12).double()
    same = torch.nn.functional.linear(mixed.flatten(1), first.weight[:, order.long()], first.bias)
    assert torch.allclose(same, first(pixels.flatten(1)), rtol=0, atol=1e-9)


def test_one_network_has_one_figure_in_every_table():
    causes, shuffled, few = (recipes.reproduce(quick(f"r4.{name}.digits"), 0).metrics for name in ("c9", "c8", "c7"))
    assert causes["conv_net"] == shuffled["conv_net"]
    assert shuffled["mlp"] == few["random_all"]
    assert causes["without_relu"] == few["pretrained_all"]


def test_line_of_the_report_s_classifier_stands_beside_its_figures():
    line = recipes.reproduce(as_reported(), 0)
    assert line.metrics["classes_at_zero"] == int(line.metrics["classes_at_zero"])
    assert 0 < line.metrics["reconstruction_error"] < 0.5
    text = compare.as_text([line])
    assert "top-1 accuracy" in text
    assert "0.2650" in text
    assert "0.7050" in text


def test_a_stopped_run_goes_on_with_its_pretrained_layers(tmp_path, monkeypatch):
    kept = tmp_path / "checkpoint.pt"
    whole = recipes.reproduce(as_reported(), 0)

    def stop(*given, **settings):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(layerwise_pretraining_runs, "fit", stop)
        with pytest.raises(KeyboardInterrupt):
            recipes.reproduce(as_reported(), 0, checkpoint=kept)
    assert checkpoint.exists(kept)
    monkeypatch.setattr(layerwise_pretraining_runs, "pretrain_layerwise", None)
    with tracker(("csv",), tmp_path / "tracked", settings={}) as view:
        resumed = as_reported().run(as_reported(), Run(seed=0, checkpoint=kept, tracker=view))
    assert resumed.metrics == whole.metrics
    assert checkpoint.exists(kept)  # it is needed until the line is written


def test_every_checkpoint_of_a_run_stays_until_its_line_is_written(tmp_path, monkeypatch):
    def fail(*_):
        raise InputError("The disk is full.", "Free some space.")

    recipe = quick("r4.c8.digits")
    monkeypatch.setattr(results, "append", fail)
    with pytest.raises(LabError, match=r"the line of r4\.c8\.digits with seed 0 is missing"):
        recipes.reproduce_all([recipe], tmp_path, seeds=1)
    monkeypatch.undo()
    assert len([*tmp_path.rglob("checkpoint.*.fit.pt")]) == 3
    monkeypatch.setattr(layerwise_pretraining_runs, "pretrain_layerwise", None)
    monkeypatch.setattr(loop._Run, "train_epoch", None)
    (line,) = results.read(recipes.reproduce_all([recipe], tmp_path, seeds=1, resume=True))
    assert {*line.metrics} == {*recipe.shows}
    assert [*tmp_path.rglob("checkpoint*")] == []


def test_fits_that_an_older_run_left_are_not_gone_on_with(tmp_path):
    kept = tmp_path / "checkpoint.pt"
    left = tmp_path / "checkpoint.classifier.fit.pt"
    left.write_bytes(b"not a checkpoint")
    other = tmp_path / "another.classifier.fit.pt"
    other.write_bytes(b"of another run")
    recipes.reproduce(as_reported(), 0, checkpoint=kept)
    assert left.read_bytes() != b"not a checkpoint"  # this run's own, until its line is written
    assert other.exists()
