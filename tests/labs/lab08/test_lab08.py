"""What lab 08 says of the report and of its stack is true."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from helpers.places import SOLUTIONS

from resnet_labs import reports

FACTS = reports.load_report("r4")["experiments"]
LAB = (SOLUTIONS / "lab08_layerwise_pretraining.py").read_text(encoding="utf-8")
TEST_IMAGES = [103, 114, 97, 106, 92, 101, 95, 93, 103, 96]


def rows(name: str) -> list[dict[str, str]]:
    with (Path(reports.__file__).parent / f"r4_log_{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_numbers_of_test_images_fit_every_class_wise_accuracy_of_the_report():
    assert f"num_test_images = {TEST_IMAGES}" in LAB
    assert sum(TEST_IMAGES) == 1000
    lists = [FACTS["layerwise"], *(FACTS["losses"][name] for name in ("cross_entropy", "triplet", "center"))]
    for experiment in lists:
        right = 0
        for accuracy, count in zip(experiment["fact"]["classwise"], TEST_IMAGES, strict=True):
            assert abs(accuracy * count - round(accuracy * count)) < 1e-5
            right += round(accuracy * count)
        assert right / 1000 == pytest.approx(experiment["fact"]["top1"])


def test_classes_at_zero_are_the_two_that_the_lab_names():
    names = FACTS["layerwise"]["dataset"].split("classes ")[1].split()
    zero = [name for name, accuracy in zip(names, FACTS["layerwise"]["fact"]["classwise"], strict=True) if not accuracy]
    assert zero == ["cat", "monkey"]
    assert "cats and monkeys" in LAB
    lost = sum(count for name, count in zip(names, TEST_IMAGES, strict=True) if name in zero)
    assert lost == 106 + 93


def test_logs_say_what_the_lab_reads_off_them():
    classifier, autoencoder = rows("classifier"), rows("autoencoder")
    assert (len(classifier), len(autoencoder)) == (30, 24)
    assert abs(float(classifier[0]["train_loss_sum"]) / 100 - math.log(10)) < 0.05
    assert round(float(classifier[0]["train_loss_sum"]), 2) == 226.13
    assert round(float(classifier[0]["test_loss_sum"])) == 2227
    assert all(round(float(row["test_acc"]) * 1000, 6).is_integer() for row in classifier)
    assert all(round(float(row["train_acc"]) * 5000, 6).is_integer() for row in classifier)
    assert not all(round(float(row["train_acc"]) * 1000, 6).is_integer() for row in classifier)
    assert round(float(classifier[-1]["train_acc"]), 2) == 0.29
    assert round(float(autoencoder[-1]["test_loss_sum"]), 2) == 35.08
