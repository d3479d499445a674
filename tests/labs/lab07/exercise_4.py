"""Right and wrong answers to exercise 07.4: center loss and its centers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers


def _pull(features, labels, centers):
    return (features - centers[labels]).square().sum(1).mean() / 2


def _moved(features, labels, centers, alpha, *, plus=1):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (plus + labels.bincount(minlength=len(centers)))[:, None]


def as_moved(answer):
    return _pull, answer


answers = Answers("07.4", "check_center_loss", place=lambda answer: (answer, _moved))


@answers.wrong("no-half")
def half_forgotten(features, labels, centers):
    return (features - centers[labels]).square().sum(1).mean()


@answers.wrong("sum")
def pull_summed(features, labels, centers):
    return (features - centers[labels]).square().sum() / 2


@answers.wrong("mean-over-features")
def pull_averaged_over_features(features, labels, centers):
    return (features - centers[labels]).square().mean() / 2


@answers.wrong("not-squared")
def pull_not_squared(features, labels, centers):
    return (features - centers[labels]).norm(dim=1).mean() / 2


@answers.wrong("every-center")
def pull_of_every_center(features, labels, centers):
    return (features[:, None] - centers).square().sum(2).mean() / 2


@answers.wrong("mean-over-features")
def pull_by_the_mean_squared_error(features, labels, centers):
    return F.mse_loss(features, centers[labels])


@answers.wrong("half-squared")
def half_within_the_square(features, labels, centers):
    return ((features - centers[labels]) / 2).square().sum(1).mean()


@answers.wrong("not-averaged")
def pull_for_each_example(features, labels, centers):
    return (features - centers[labels]).square().sum(1) / 2


@answers.wrong("changes-input")
def features_centered_in_place(features, labels, centers):
    features -= centers[labels]
    return features.square().sum(1).mean() / 2


@answers.wrong("no-gradient")
def pull_cut_off(features, labels, centers):
    return _pull(features.detach(), labels, centers)


@answers.wrong("away", place=as_moved)
def centers_move_away(features, labels, centers, alpha):
    return 2 * centers - _moved(features, labels, centers, alpha)


@answers.wrong("step-only", place=as_moved)
def step_in_place_of_centers(features, labels, centers, alpha):
    return _moved(features, labels, centers, alpha) - centers


@answers.wrong("no-alpha", place=as_moved)
def alpha_forgotten(features, labels, centers, alpha):
    return _moved(features, labels, centers, 1.0)


@answers.wrong("last-example", place=as_moved)
def last_example_wins(features, labels, centers, alpha):
    moved = centers.clone()
    moved[labels] -= alpha * (centers[labels] - features)
    return moved


@answers.wrong("last-example", place=as_moved)
def last_example_wins_divided(features, labels, centers, alpha):
    moved = centers.clone()
    counts = labels.bincount(minlength=len(centers))[labels][:, None]
    moved[labels] -= alpha * (centers[labels] - features) / (1 + counts)
    return moved


@answers.wrong("not-divided", place=as_moved)
def sum_not_divided(features, labels, centers, alpha):
    return centers - alpha * torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)


@answers.wrong("plain-mean", place=as_moved)
def divided_by_n(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / labels.bincount(minlength=len(centers)).clamp(min=1)[:, None]


@answers.wrong("plain-mean", place=as_moved)
def divided_by_n_with_a_missing_class(features, labels, centers, alpha):
    return _moved(features, labels, centers, alpha, plus=0)


@answers.wrong("divided-by-batch", place=as_moved)
def divided_by_the_batch(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + len(labels))


@answers.wrong("missing-class", place=as_moved)
def part_of_the_way_to_the_mean(features, labels, centers, alpha):
    means = torch.stack([features[labels == label].mean(0) for label in range(len(centers))])
    counts = labels.bincount(minlength=len(centers))[:, None]
    return centers - alpha * counts / (1 + counts) * (centers - means)


@answers.wrong("class-means", place=as_moved)
def means_of_the_classes(features, labels, centers, alpha):
    return torch.stack([features[labels == label].mean(0) for label in range(len(centers))])


@answers.wrong("not-moved", place=as_moved)
def centers_as_they_were(features, labels, centers, alpha):
    return centers


@answers.wrong("raises", place=as_moved)
def counts_up_to_the_largest_label(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + labels.bincount())[:, None]


@answers.wrong("missing-class", place=as_moved)
def classes_of_the_batch_alone(features, labels, centers, alpha):
    return _moved(features, labels, centers, alpha)[labels.unique()]


@answers.wrong("centers-type", place=as_moved)
def centers_as_a_list(features, labels, centers, alpha):
    return list(_moved(features, labels, centers, alpha))


@answers.wrong("changes-input", place=as_moved)
def centers_moved_in_place(features, labels, centers, alpha):
    centers.copy_(_moved(features, labels, centers, alpha))
    return centers


def pull_by_a_loop(features, labels, centers):
    return sum(((row - centers[label]) ** 2).sum() for row, label in zip(features, labels, strict=True)) / (
        2 * len(labels)
    )


def moved_by_a_loop(features, labels, centers, alpha):
    moved = []
    for label, center in enumerate(centers):
        own = features[labels == label]
        moved.append(center - alpha * (center - own).sum(0) / (1 + len(own)))
    return torch.stack(moved)


answers.right(pull_by_a_loop, moved_by_a_loop)


def pull_by_mse(features, labels, centers):
    return 0.5 * features.shape[1] * F.mse_loss(features, centers.index_select(0, labels))


def moved_by_a_table(features, labels, centers, alpha):
    table = F.one_hot(labels, len(centers)).to(features.dtype)
    counts = table.sum(0)[:, None]
    return centers + alpha * (table.T @ features - counts * centers) / (counts + 1)


answers.right(pull_by_mse, moved_by_a_table)


def pull_by_one_hot(features, labels, centers):
    table = F.one_hot(labels, len(centers)).float()
    return 0.5 * torch.linalg.vector_norm(features - table @ centers, dim=1).pow(2).mean()


def moved_from_plain_zeros(features, labels, centers, alpha):
    sums = centers.new_zeros(len(centers), centers.shape[1]).index_add_(0, labels, centers[labels] - features)
    counts = centers.new_zeros(len(centers)).index_add_(0, labels, centers.new_ones(len(labels)))
    return centers - alpha * sums / (1 + counts)[:, None]


answers.right(pull_by_one_hot, moved_from_plain_zeros)


@answers.wrong("nan-gradient")
def square_of_a_root(features, labels, centers):
    return (features - centers[labels]).square().sum(1).sqrt().square().mean() / 2


@answers.wrong("centers", place=as_moved)
def alpha_of_0_is_the_usual_one(features, labels, centers, alpha):
    return _moved(features, labels, centers, alpha or 0.5)


@answers.wrong("centers", place=as_moved)
def counts_in_a_byte(features, labels, centers, alpha):
    counts = labels.bincount(minlength=len(centers))[:, None]
    step = centers - _moved(features, labels, centers, alpha)
    return centers - step * (1 + counts) / (1 + counts.to(torch.uint8).to(centers))


@answers.wrong("one-number")
def pull_squeezed(features, labels, centers):
    return (features.squeeze() - centers[labels]).square().sum() / 2 / len(features)


@answers.wrong("changes-input")
def pull_on_centers_switched_off(features, labels, centers):
    return _pull(features, labels, centers.requires_grad_(False))


@answers.wrong("mean-of-means")
def pull_by_class_means(features, labels, centers):
    each = (features - centers[labels]).square().sum(1) / 2
    return torch.stack([each[labels == label].mean() for label in labels.unique()]).mean()


@answers.wrong("missing-class", place=as_moved)
def classes_without_an_example_shrink(features, labels, centers, alpha):
    absent = labels.bincount(minlength=len(centers))[:, None] == 0
    return torch.where(absent, centers * (1 - alpha), _moved(features, labels, centers, alpha))
