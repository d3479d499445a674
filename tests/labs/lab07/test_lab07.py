"""What lab 07 says of the report's logs is true of them."""

from __future__ import annotations

import pytest
import torch
from helpers import answers

from resnet_labs import reports
from resnet_labs.checks import lab07
from resnet_labs.checks._engine import CheckFailed
from resnet_labs.errors import InputError

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


def test_an_answer_that_changes_its_labels_spoils_no_later_check(capsys):
    exercise = next(exercise for exercise in answers.of_lab("07") if exercise.exercise == "07.3")
    (right,) = exercise.rights[0].given

    def in_place(points, labels, margin, mining):
        labels += 1
        return right(points, labels, margin, mining)

    with pytest.raises(CheckFailed) as failure:
        lab07.check_triplet_loss(in_place)
    assert failure.value.code == "07.3/changes-input"
    lab07.check_triplet_loss(right)
    assert "07.3 passed" in capsys.readouterr().out


def test_an_answer_that_moves_its_centers_or_examples_spoils_no_later_check(capsys):
    def loss(features, labels, centers):
        return (features - centers[labels]).square().sum(1).mean() / 2

    def moved(features, labels, centers, alpha):
        rows = [
            center - alpha * (center - features[labels == k]).sum(0) / (1 + (labels == k).sum())
            for k, center in enumerate(centers)
        ]
        return torch.stack(rows)

    def in_place(features, labels, centers, alpha):
        return centers.copy_(moved(features, labels, centers, alpha))

    def nearest(known, labels, asked, num_classes):
        return -torch.cdist(asked, torch.stack([known[labels == k].mean(0) for k in range(num_classes)]))

    def centered(known, labels, asked, num_classes):
        known -= 5
        return nearest(known, labels, asked, num_classes)

    def top_k(scores, labels, k):
        return (scores.topk(k).indices == labels[:, None]).any(1).float().mean()

    def by_class(scores, labels):
        right = scores.argmax(1) == labels
        return torch.stack([right[labels == k].float().mean() for k in range(scores.shape[1])])

    with pytest.raises(CheckFailed, match="centers was changed"):
        lab07.check_center_loss(loss, in_place)
    lab07.check_center_loss(loss, moved)
    with pytest.raises(CheckFailed, match="known was changed"):
        lab07.check_judging(centered, top_k, by_class)
    lab07.check_judging(nearest, top_k, by_class)
    assert [line[:11] for line in capsys.readouterr().out.splitlines()] == ["07.4 passed", "07.5 passed"]
