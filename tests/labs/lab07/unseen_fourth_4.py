"""Answers to 07.4 by students who know its text alone."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.4", "check_center_loss")


def _loss(features, labels, centers):
    return (features - centers.detach()[labels]).pow(2).sum(1).mean() / 2


def _move(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers))
    return centers - alpha * pull / (1 + counts)[:, None]


def mean_of_values(features, labels, centers):
    return F.mse_loss(features, centers.detach()[labels]) / 2


answers.wrong("mean-over-features", "loss: the mean goes over features too, D times too small for all but one feature")(
    mean_of_values, _move
)


def pulls_centers(features, labels, centers):
    return (features - centers[labels]).pow(2).sum(1).mean() / 2


def mean_of_classes(features, labels, centers):
    each = (features - centers.detach()[labels]).pow(2).sum(1) / 2
    return torch.stack([each[labels == k].mean() for k in labels.unique()]).mean()


answers.wrong(
    "value", "loss: the mean of the classes' means, another number if the classes of the batch are not equally frequent"
)(mean_of_classes, _move)


def mean_over_centers(features, labels, centers):
    return (features - centers.detach()[labels]).pow(2).sum() / (2 * len(centers))


answers.wrong(
    "value",
    "loss: divides by the number of classes; right only where that is the number of examples, as in the example",
)(mean_over_centers, _move)


def without_the_one(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers)).clamp(min=1)
    return centers - alpha * pull / counts[:, None]


answers.wrong("plain-mean", "centers: divides by n in place of 1 + n: with alpha 1 a class's center lands on its mean")(
    _loss, without_the_one
)


@torch.no_grad()
def in_place(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers))
    centers -= alpha * pull / (1 + counts)[:, None]
    return centers


answers.wrong("changes-input", "centers: the given ones are changed in place")(_loss, in_place)


def last_write_wins(features, labels, centers, alpha):
    moved = centers.clone()
    counts = labels.bincount(minlength=len(centers))
    moved[labels] -= alpha * (centers[labels] - features) / (1 + counts[labels])[:, None]
    return moved


answers.wrong("last-example", "centers: of several examples of a class only one moves its center")(
    _loss, last_write_wins
)


def whole_batch(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * pull / (1 + len(labels))


answers.wrong(
    "divided-by-batch",
    "centers: the divisor is 1 + the batch's size, not that of the class: too slow as soon as two classes occur",
)(_loss, whole_batch)


def seen_classes(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * pull / (1 + labels.bincount())[:, None]


answers.wrong(
    "raises",
    "centers: counts only as many classes as the labels show, crashes if the last one has no example (unless one count stretches)",
)(_loss, seen_classes)


def one_after_the_other(features, labels, centers, alpha):
    moved = centers.clone()
    counts = labels.bincount(minlength=len(centers))
    for row, label in zip(features, labels.tolist(), strict=False):
        moved[label] -= alpha * (moved[label] - row) / (1 + counts[label])
    return moved


answers.wrong(
    "centers",
    "centers: each example pulls at the center that the one before has moved; wrong for two examples of a class",
)(_loss, one_after_the_other)


def cpu_only(features, labels, centers, alpha):
    pull = torch.zeros(centers.shape, dtype=centers.dtype)
    pull.index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers))
    return centers - alpha * pull / (1 + counts)[:, None]


answers.wrong("device", "centers: the sums lie on the CPU, crashes for features on a GPU")(_loss, cpu_only)


def without_gradients(features, labels, centers, alpha):
    torch.set_grad_enabled(False)
    return _move(features, labels, centers, alpha)


answers.wrong(
    "leaves-behind", "centers: switches gradients off and leaves them off: nothing can be trained afterwards"
)(_loss, without_gradients)


# One-hot memberships: a matrix product adds up each class; einsum for the squares.
def loss_by_einsum(features, labels, centers):
    across = features - centers.detach().index_select(0, labels)
    return torch.einsum("nd,nd->n", across, across).mul(0.5).mean()


def move_by_product(features, labels, centers, alpha):
    member = F.one_hot(labels, len(centers)).to(centers.dtype)
    counts = member.sum(0).unsqueeze(1)
    return centers - alpha * (counts * centers - member.T @ features.detach()) / (counts + 1)


answers.right(loss_by_einsum, move_by_product)


# Loops in plain Python over examples and classes.
def loss_by_loop(features, labels, centers):
    terms = [((f - centers[y].detach()) ** 2).sum() / 2 for f, y in zip(features, labels.tolist(), strict=False)]
    return sum(terms) / len(terms)


def move_by_loop(features, labels, centers, alpha):
    rows = []
    for k, center in enumerate(centers):
        own = features.detach()[labels == k]
        rows.append(center - alpha * (center - own).sum(0) / (1 + len(own)))
    return torch.stack(rows)


answers.right(loss_by_loop, move_by_loop)


# The rule in NumPy: no gradient is asked of it. The loss as a lambda, from the norm.
def move_by_numpy(features, labels, centers, alpha):
    f, c = (rows.detach().double().cpu().numpy() for rows in (features, centers))
    y = labels.cpu().numpy()
    pull = np.zeros_like(c)
    np.add.at(pull, y, c[y] - f)
    counts = np.bincount(y, minlength=len(c))
    return torch.from_numpy(c - alpha * pull / (1 + counts[:, None])).to(centers)


answers.right(lambda f, y, c: 0.5 * (f - c.detach()[y]).square().sum(-1).mean(), move_by_numpy)
