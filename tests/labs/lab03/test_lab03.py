"""What lab 03 says of the report's figures is arithmetic, and true."""

from __future__ import annotations

import pytest
import torch

from resnet_labs import metrics, reports
from resnet_labs.checks.lab03 import reference

FACTS = reports.load_report("r1")["experiments"]["pets"]["fact"]


@pytest.mark.parametrize(("network", "right"), [("resnet18", 7363), ("resnet50", 7360)])
def test_the_accuracies_are_those_of_7500_images(network, right):
    assert round(right / 7500, 5) == FACTS[network]["accuracy_after"]
    low, high = metrics.wilson_interval(right, 7500)
    assert (round(low, 3), round(high, 3)) == (0.978, 0.985 if network == "resnet18" else 0.984)


def test_no_other_test_set_below_15000_images_gives_the_four_accuracies():
    figures = [FACTS[name][when] for name in FACTS for when in ("accuracy_before", "accuracy_after")]
    fits = [n for n in range(1, 15_000) if all(round(round(figure * n) / n, 5) == figure for figure in figures)]
    assert fits == [7500]


@pytest.mark.parametrize("only_second", [0, 1, 10, 50, 100])
def test_three_images_never_give_a_small_p_value(only_second):
    p = reference.two_sided(only_second + 3, only_second)
    assert p >= 0.25
    outcomes = reference.outcomes(0, only_second + 3, only_second, 1, torch.Generator().manual_seed(0))
    assert p == pytest.approx(metrics.mcnemar(*outcomes).p_value)


def test_the_smallest_difference_and_the_images_that_the_report_would_need():
    assert 7500 * reference.smallest_difference(0.98153, 7500) == pytest.approx(46, abs=0.5)
    assert reference.images_needed(0.98153, 0.0004) == pytest.approx(1_778_000, rel=0.001)


def test_resnet50_before_training_was_no_guess():
    deviations = (FACTS["resnet50"]["accuracy_before"] - 0.5) / (0.25 / 7500) ** 0.5
    assert deviations < -40
