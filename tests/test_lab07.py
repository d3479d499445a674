"""What lab 07 says of the report's logs is true of them."""

from __future__ import annotations

import pytest

from resnet_labs import reports
from resnet_labs.runtime import InputError

LOSSES = ("cross_entropy", "triplet", "center")
FACTS = reports.load_report("r4")["experiments"]
CLASS_SIZES = [103, 114, 97, 106, 92, 101, 95, 93, 103, 96]


def whole(share, number):
    return abs(share * number - round(share * number)) < 1e-4


def test_the_logs_accuracies_are_those_of_5000_and_1000_images():
    for loss in LOSSES:
        log = reports.training_log(f"r4_log_{loss}")
        assert len(log["epoch"]) == FACTS["losses"]["epochs"]
        assert all(whole(share, 5000) for share in log["train_acc"])
        assert all(whole(share, 1000) for share in log["test_acc"])
    shares = [share for loss in LOSSES for share in reports.training_log(f"r4_log_{loss}")["train_acc"]]
    assert not any(all(whole(share, number) for share in shares) for number in range(100, 5000, 100))


def test_the_class_sizes_add_up_to_1000_and_to_the_report_s_accuracies():
    assert sum(CLASS_SIZES) == 1000
    for facts in [FACTS["losses"][loss]["fact"] for loss in LOSSES] + [FACTS["layerwise"]["fact"]]:
        assert all(whole(share, size) for share, size in zip(facts["classwise"], CLASS_SIZES, strict=True))
        right = sum(share * size for share, size in zip(facts["classwise"], CLASS_SIZES, strict=True))
        assert right / 1000 == pytest.approx(facts["top1"], abs=1e-6)


def test_the_first_epoch_would_have_to_be_over_after_a_fifth():
    log = reports.training_log("r4_log_cross_entropy")
    during, end = log["train_acc"][0], log["test_acc"][0]
    assert 2 * (end - during) / (end - 0.1) == pytest.approx(0.19, abs=0.005)


def test_an_unknown_log_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"There is no log 'r4_log_triplets'\. Did you mean 'r4_log_triplet'\?"):
        reports.training_log("r4_log_triplets")
