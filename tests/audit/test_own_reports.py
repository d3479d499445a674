"""What the checks find in the five reports."""

from __future__ import annotations

import pytest

from resnet_labs.reports import REPORTS
from resnet_labs.reports.audit.examine import examine
from resnet_labs.reports.audit.own import own_report
from resnet_labs.reports.audit.trace import Trace

FOUND = {name: examine(own_report(name)) for name in REPORTS}

WANTED = [
    ("r0", "follows", "validation loss is lowest in epoch 7, 0.4972, and 0.5654 in epoch 10"),
    ("r0", "follows", "221 to 224 pixels a side, so the 32 pixels of CIFAR-10 were enlarged"),
    ("r0", "follows", "0.8314 and 0.793, which differ unless"),
    ("r1", "contradiction", "0.974222 is called accuracy, and the accuracy is 0.97450 elsewhere; it equals the macro"),
    ("r1", "contradiction", "0.981691 is no share of 7,500 images"),
    ("r1", "contradiction", "0.98125 is no share of 7,500 images"),
    ("r1", "follows", "0.11350 is exactly the share of class 1"),
    ("r1", "follows", "images of MNIST have 28 pixels a side, and 8 are stated"),
    ("r1", "follows", "has 1,797 in all, too few"),
    ("r1", "follows", "classes of 3,713 and 3,787 images with 84 and 53 errors"),
    ("r1", "follows", "classes of 3,713 and 3,787 images with 101 and 39 errors"),
    ("r1", "follows", "the same test images"),
    ("r1", "follows", "0.26547 is far below the 0.495 that guessing gets"),
    (
        "r1",
        "not shown",
        "p = 0.86; so many images show differences from about 0.0062; on the same images McNemar's p is",
    ),
    ("r2", "follows", "0.01 is what guessing gets of 100 classes"),
    ("r2", "contradiction", "the best network is resnet152 and resnet101"),
    ("r3", "false", "1x1, 3x3, 1x1; of the stated 3x3, 3x3 its 50 blocks would make 102 layers"),
    ("r3", "follows", "19, 38, 57"),
    ("r3", "follows", "the 2,848 of OpenMMLab's tutorials leave 570"),
    ("r3", "follows", "7.44 s an epoch"),
    ("r4", "false", "Tiny ImageNet has 10,000 test images, and 100,000 are stated"),
    ("r4", "contradiction", "a last layer of 10 outputs cannot name 200 classes"),
    ("r4", "contradiction", "10 class-wise accuracies are given, and the report states 200"),
    ("r4", "contradiction", "4 residual blocks are stated, and the network that is printed has 8"),
    ("r4", "false", "4 blocks make 10"),
    ("r4", "unlikely", "whole numbers of 5,000 images; measured on the stated 100,000"),
    ("r4", "unlikely", "whole numbers of 1,000 images; measured on the stated 8,000"),
    ("r4", "follows", "5,000 training images and 10 outputs are those of STL-10"),
    ("r4", "follows", "the classes have 103, 114, 97, 106, 92, 101, 95, 93, 103, 96; 807 are right"),
    ("r4", "follows", "103, 114, 97, 106, 92, 101, 95, 93, 103, 96; 891 are right"),
    ("r4", "contradiction", "though Tiny ImageNet is stated for one and STL-10 for the other"),
    ("r4", "follows", "the sums fit batches of 1 only, 1,000 in an epoch"),
    ("r4", "follows", "the sums fit batches of 47 to 52 images"),
    ("r4", "follows", "the sums fit batches of 48 to 58 images"),
    ("r4", "contradiction", "the logged test loss is not the triplet loss"),
    ("r4", "contradiction", "the log ends after epoch 24, and 50 epochs are stated"),
    ("r4", "contradiction", "the log ends after epoch 30, and 20 epochs are stated"),
    ("r4", "follows", "0.265 is the last epoch's, 30; the best is 0.268 in epoch 25; after the stated 20 epochs it is"),
    ("r4", "follows", "0.807 is the last epoch's, 10; the best is 0.82 in epoch 6"),
    ("r4", "follows", "class 4, 8 of 10 has no right image"),
    ("r4", "follows", "while the accuracy rises from 0.793 to 0.807"),
    ("r4", "follows", "as with pretrained weights"),
    ("r4", "follows", "still rises at the end, from 0.567 to 0.601"),
    ("r4", "follows", "the test accuracy is 0 in every epoch"),
    ("r4", "unlikely", "they did not start from the same weights with the same settings"),
    ("r4", "false", "STL-10 has 10 folds of 1,000 train images, and 10 of 500 are stated"),
    ("r4", "follows", "0.891 and 0.807 of 1,000 images"),
]


@pytest.mark.parametrize(("name", "kind", "says"), WANTED)
def test_what_a_careful_reader_finds_is_found(name: str, kind: str, says: str) -> None:
    assert [each for each in FOUND[name] if each.kind == kind and says in each.says]


@pytest.mark.parametrize("trace", [trace for found in FOUND.values() for trace in found], ids=lambda trace: trace.place)
def test_every_trace_is_one_plain_sentence(trace: Trace) -> None:
    for text in (trace.says, trace.assumes, trace.decides):
        assert not text.endswith(".")
        assert "\n" not in text
        assert "Printed" not in text
        assert "None" not in text
    assert trace.says
