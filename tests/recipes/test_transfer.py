"""The transfer recipes are the report's table, move what they say, and judge choices on validation images."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
import torch
from torch.nn import functional as F
from torchvision.transforms.v2.functional import normalize, resize

from resnet_labs import data, features, reports
from resnet_labs.errors import InputError
from resnet_labs.freeze import frozen_names
from resnet_labs.recipes import Run, settings, stand_in_network, transfer
from resnet_labs.recipes.transfer_networks import METHODS, network_for, preparation, train_only_
from resnet_labs.reports import compare


@pytest.fixture
def quick(monkeypatch, tmp_path) -> None:
    """A stand-in network that is hardly trained, in a folder of the test, and few images."""
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path))
    short = replace(stand_in_network._CONFIG, epochs=1, warmup_epochs=0)
    monkeypatch.setattr(stand_in_network, "_CONFIG", short)
    monkeypatch.setattr(data, "load", partial(data.load, limit=192))


def test_the_table_is_the_report_s():
    stated = reports.load_report("r0")["experiments"]["transfer_table"]
    table = transfer.RECIPES["r0.transfer_table"]
    assert {recipe.name.rpartition(".")[2] for recipe in table} == {*stated["fact"]}
    for recipe in table:
        assert (recipe.network[0], recipe.dataset) == (stated["model"], stated["dataset"])
        assert stated["batch_size"] is None
        assert compare.has_figures(recipe.name)
        assert not recipe.stand_in
        assert recipe.validation
    (random,) = (recipe for recipe in table if recipe.name.endswith("random"))
    assert settings(random)["weights"] == "random"


def test_stand_ins_say_so_and_no_two_variants_are_alike():
    for name in ("r0.transfer_table.stand_in", "r0.c7", "r0.c8"):
        variants = transfer.RECIPES[name]
        assert all(recipe.stand_in for recipe in variants)
        assert len({(recipe.name, repr(settings(recipe))) for recipe in variants}) == len(variants)


def test_each_rung_moves_more_than_the_one_below(quick):
    trains = []
    for method in METHODS:
        network = network_for("stand_in", 5, seed=0)
        train_only_(network, method)
        trains.append({name for name, _ in network.named_parameters()} - {*frozen_names(network)})
    assert trains[0] == {"fc.weight", "fc.bias"}
    assert all(below < above for below, above in pairwise(trains))
    assert "conv1.weight" in trains[-1]


def test_untrained_stand_in_is_another_network_with_the_same_shapes(quick):
    trained, random = (network_for(weights, 12, seed=0) for weights in ("stand_in", "stand_in_random"))
    shapes = [{name: value.shape for name, value in network.state_dict().items()} for network in (trained, random)]
    assert shapes[0] == shapes[1]
    assert not torch.equal(trained.conv1.weight, random.conv1.weight)
    assert not random.bn1.running_mean.any()


def test_images_are_prepared_as_torchvision_prepares_them():
    assert preparation("stand_in") is None
    images = torch.rand(2, 3, 32, 32)
    prepared, labels = preparation("IMAGENET1K_V1")(images, torch.arange(2), torch.Generator())
    expected = normalize(resize(images, [224, 224], antialias=True), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    assert F.l1_loss(prepared, expected) < 1e-5
    assert labels.tolist() == [0, 1]


def test_one_seed_gives_one_line_again_and_again(quick):
    recipe = replace(
        transfer.RECIPES["r0.transfer_table.stand_in"][2],
        limit=48,
        config=replace(transfer.RECIPES["r0.c7"][0].config, epochs=1),
    )
    first, again = (recipe.run(recipe, Run(seed=1)) for _ in range(2))
    assert first.metrics == again.metrics
    assert first.experiment == "r0.transfer_table.last_block"
    assert (first.data["train"], first.data["validation"], first.data["test"]) == (48, 24, 192)
    assert "test accuracy" in compare.as_text([first])


@pytest.mark.slow
def test_clusters_are_measured_before_and_after(quick, monkeypatch):
    # UMAP takes 12 s to compile; tests/library/test_features.py has it.
    tsne = features.embed
    monkeypatch.setattr(transfer, "embed", lambda last, method, *, seed: tsne(last, "tsne", seed=seed))
    (recipe,) = transfer.RECIPES["r0.c8"]
    recipe = replace(recipe, limit=48, config=replace(recipe.config, epochs=1))
    line = recipe.run(recipe, Run(seed=0))
    for when in ("random", "before", "after"):
        for place in ("layer1", "layer2", "layer3", "tsne", "umap"):
            assert 0 <= line.metrics[f"purity_{place}_{when}"] <= 1
    assert {*recipe.shows} <= {*line.metrics}


def test_unknown_names_are_refused(quick):
    with pytest.raises(InputError, match=r"weights is 'standin'\. Did you mean 'stand_in'"):
        network_for("standin", 3, seed=0)
    with pytest.raises(InputError, match=r"method is 'last'\. Did you mean"):
        train_only_(torch.nn.Linear(2, 2), "last")
