"""What lab 04 says of the report's figure and of parameter counts is true."""

from __future__ import annotations

import math
import re

import torch
from helpers.notebooks import shown

from resnet_labs import data, reports
from resnet_labs.checks.lab04 import reading, reference
from resnet_labs.metrics import wilson_interval
from resnet_labs.resnet import resnet18, resnet152
from resnet_labs.weights import replace_head

SOURCE = shown("lab04_flowers")
FLOWERS = reports.load_report("r3")["experiments"]["flowers"]
FIGURE, LIKELY = FLOWERS["fact"]["val_accuracy"], FLOWERS["likely_dataset"]


def allow(sizes):
    """Return the sizes of which any whole number of images prints as the report's figure, found the slow way."""
    return [n for n in sizes if any(f"{k / n:.6f}" == f"{FIGURE:.6f}" for k in range(n + 1))]


def test_only_multiples_of_19_allow_the_report_s_figure():
    sizes = allow(range(1, 1001))
    assert sizes == list(range(19, 1001, 19))
    assert f"{len(sizes)} sizes up to 1,000" in SOURCE


def test_of_the_sets_in_the_table_one_has_a_fifth_that_allows_it():
    rows = re.findall(r"^\| [^|]+ \| ([\d,]+) \| ([\d, ]+) \|$", SOURCE, re.MULTILINE)
    fifths = [int(n) for _, part in rows for n in part.split(", ")]
    for total, part in rows:
        exact = int(total.replace(",", "")) / 5
        assert {int(n) for n in part.split(", ")} == {math.floor(exact), math.ceil(exact)}
    named = [int(n) for n in re.search(r"possible_sizes\(0\.947368, 6, \[([\d, ]+)\]\)", SOURCE)[1].split(", ")]
    assert fifths == named == list(reading._FIFTHS)
    assert allow(named) == [570]
    assert sum(LIKELY["images"].values()) == 2848
    assert LIKELY["validation"] == 570


def test_the_lab_claims_nothing_of_all_sets():
    assert "no known set" not in SOURCE
    assert "855" not in SOURCE
    assert "It does not prove it" in SOURCE


def test_the_interval_around_it_is_as_wide_as_the_lab_says():
    low, high = wilson_interval(540, 570)
    assert round(540 / 570, 6) == FIGURE
    assert f"a width of about {high - low:.3f}" in SOURCE


def test_parameter_counts_of_new_heads():
    for build, trained, everything in ((resnet18, 2_565, None), (resnet152, 10_245, 58_154_053)):
        with torch.device("meta"):
            network = replace_head(build(), 5)
        assert sum(p.numel() for p in network.fc.parameters()) == trained
        assert f"{trained:,}" in SOURCE or f"= {trained}$" in SOURCE
        if everything:
            assert sum(p.numel() for p in network.parameters()) == everything


def test_the_stand_in_s_classes_are_new_to_the_network_and_uneven_as_the_flowers():
    named = re.findall(r'"(\w+ \w+)"', re.search(r"classes = \(([^)]+)\)", SOURCE)[1])
    assert len(named) == 5
    assert set(named) <= set(data.procedural.SETS["procedural_target"])
    counts = torch.tensor([int(n) for n in re.search(r"counts = \(([\d, ]+)\)", SOURCE)[1].split(", ")])
    flowers = torch.tensor([764, 1052, 784, 733, 984])  # daisy, dandelion, rose, sunflower, tulip: 4,317 photographs
    assert counts.sum() == 500
    torch.testing.assert_close(counts / 500, flowers / flowers.sum(), atol=0.002, rtol=0)


def test_training_of_the_freeze_check_moves_every_tensor_that_is_not_frozen():
    network = reference.small()
    before = reference.backbone(network)
    images, labels = reference.images_and_labels(12, torch.Generator().manual_seed(0))
    for name, make in reference.OPTIMIZERS.items():
        trained = reference.small()
        reference.train(trained, make(list(trained.parameters())), images, labels, steps=1)
        assert reference.moved(before, trained) == list(before), name
