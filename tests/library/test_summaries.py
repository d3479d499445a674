"""What figures rest on: both shares of a gap, with the images of each, and one network for all seeds."""

from __future__ import annotations

import pytest
from helpers.result_lines import result

from resnet_labs import metrics, reports, results
from resnet_labs.labkit.results_page.sections import _share_a_network
from resnet_labs.results import shares, shares_of_both, summarise

GAPS = [
    result(
        seed,
        data={"name": "mnist", "source": "made here", "train": 240, "test": 600},
        metrics={
            "train_accuracy": 0.5 + seed / 64,
            "accuracy": 0.25,
            "accuracy_gap": 0.25 + seed / 64,
            "loss_gap": seed,
        },
    )
    for seed in range(3)
]


def test_a_gap_has_both_shares_each_with_its_images() -> None:
    expected = [([0.5, 0.515625, 0.53125], 240), ([0.25, 0.25, 0.25], 600)]
    for name in ("accuracy_gap", "train_accuracy - accuracy"):
        assert shares(GAPS, name, [0, 1, 2]) == expected
    assert shares(GAPS, "accuracy", [2]) == [([0.25], 600)]
    assert shares(GAPS, "loss_gap", [0, 1]) == shares(GAPS, "gain_10", [0]) == shares(GAPS, "seconds", [0]) == []


def test_the_difference_of_two_gaps_has_four_shares_and_none_if_a_side_has_none() -> None:
    both = shares_of_both((GAPS, GAPS), ("accuracy_gap", "accuracy_gap"), [0, 1])
    assert both is not None
    assert [each.num_images for each in both] == [240, 600, 240, 600]
    assert shares_of_both((GAPS, GAPS), ("accuracy_gap", "loss_gap"), [0, 1]) is None


def test_a_gap_s_interval_is_that_of_the_difference_of_its_shares() -> None:
    found = summarise(GAPS, "accuracy_gap")
    alone = metrics.mean_interval([run.metrics["accuracy_gap"] for run in GAPS])
    both = shares(GAPS, "accuracy_gap", [0, 1, 2])
    expected = metrics.paired_difference(both[0].values, both[1].values, shares=both)
    assert (found.mean, found.low, found.high) == pytest.approx(expected[:3])
    assert found.low is not None
    assert found.high is not None
    assert found.low < alone[0] < alone[1] < found.high
    assert summarise(GAPS[:1], "accuracy_gap").low is None


def test_every_stored_gap_is_the_difference_of_its_parts() -> None:
    count = 0
    for experiment in reports.experiments():
        for line in reports.evidence(experiment):
            for name, value in line.metrics.items():
                parts = metrics.parts_of(name)
                if len(parts) == 2 and parts[0] in line.metrics:
                    count += 1
                    assert value == pytest.approx(line.metrics[parts[0]] - line.metrics[parts[1]], abs=1e-12)
    assert count > 100


def test_an_old_task_that_training_left_alone_is_one_network() -> None:
    def lines(before: list[float], after: list[float]) -> list[results.Result]:
        both = zip(before, after, strict=True)
        return [
            result(seed, metrics={"old_task_accuracy_before": one, "old_task_accuracy": two})
            for seed, (one, two) in enumerate(both)
        ]

    said = "0.1400 (one network, measured 3 times)"
    frozen, thawed, several = (
        lines([0.14] * 3, [0.14] * 3),
        lines([0.14] * 3, [0.06] * 3),
        lines([0.14, 0.15], [0.14] * 2),
    )
    assert {str(summarise(frozen, name)) for name in frozen[0].metrics} == {said}
    assert str(summarise(thawed, "old_task_accuracy_before")) == said
    assert str(summarise(thawed, "old_task_accuracy")) == "0.0600 (in every run)"
    assert summarise(several, "old_task_accuracy_before").low is not None


@pytest.mark.parametrize(
    ("settings", "shared"),
    [
        ({"weights": "other classes"}, True),
        ({"weights": "stand_in"}, True),
        ({"pretrained": "IMAGENET1K_V1"}, True),
        ({"network": "stand_in_network"}, True),
        ({"weights": "stand_in_random"}, False),
        ({"weights": "random"}, False),
        ({"pretrained": None}, False),
        ({"pretraining_epochs": 30}, False),
    ],
)
def test_seeds_share_pretrained_weights(settings: dict, shared: bool) -> None:
    assert _share_a_network([result(settings=settings)]) == shared
