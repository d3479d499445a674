"""Answers to 07.4 by students who know its text alone."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.4", "check_center_loss")


def _loss(features, labels, centers):
    return (features - centers[labels]).square().sum(1).mean() / 2


def _move(features, labels, centers, alpha):
    total = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    number = labels.bincount(minlength=len(centers))[:, None]
    return centers - alpha * total / (1 + number)


# ---------------------------------------------------------------- wrong


def not_halved(features, labels, centers):
    return (features - centers[labels]).square().sum(1).mean()


answers.wrong("?", "the loss is not halved: 10 in the example, not 5")(not_halved, _move)


def mean_over_features_too(features, labels, centers):
    return F.mse_loss(features, centers[labels]) / 2


answers.wrong("?", "the mean over N*D numbers: too small by D; shows for more than one feature")(
    mean_over_features_too, _move
)


def norm_not_squared(features, labels, centers):
    return (features - centers[labels]).norm(dim=1).mean() / 2


answers.wrong("?", "half the mean distance, not the squared one")(norm_not_squared, _move)


def cut_from_features(features, labels, centers):
    value = sum((f - centers[y]).square().sum().item() for f, y in zip(features, labels))
    return torch.tensor(value / (2 * len(labels)), dtype=features.dtype, requires_grad=True)


answers.wrong("?", ".item() cuts the loss off: the features get no gradient")(cut_from_features, _move)


def moves_in_the_loss(features, labels, centers):
    value = _loss(features, labels, centers)
    with torch.no_grad():
        centers.copy_(_move(features, labels, centers, 0.5))
    return value


answers.wrong(
    "?", "the loss already moves the given centers in place, and they move by a rule of their own after the step"
)(moves_in_the_loss, _move)


def mean_of_class_means(features, labels, centers):
    each = (features - centers[labels]).square().sum(1) / 2
    return torch.stack([each[labels == label].mean() for label in labels.unique()]).mean()


answers.wrong("?", "the mean over the classes' means, not over the examples: shows for unequal numbers of examples")(
    mean_of_class_means, _move
)


def divided_by_n(features, labels, centers, alpha):
    total = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    number = labels.bincount(minlength=len(centers))[:, None].clamp(min=1)
    return centers - alpha * total / number


answers.wrong("?", "divides by n, not by 1 + n: the example's center is at 1.5")(_loss, divided_by_n)


def divided_by_the_batch(features, labels, centers, alpha):
    total = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * total / (1 + len(labels))


answers.wrong("?", "n is the size of the batch, not the number of the class's examples: shows for two classes")(
    _loss, divided_by_the_batch
)


def in_place(features, labels, centers, alpha):
    total = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    centers -= alpha * total / (1 + labels.bincount(minlength=len(centers))[:, None])
    return centers


answers.wrong("?", "moves the given centers in place, where the text says that it returns new ones")(_loss, in_place)


def last_write_wins(features, labels, centers, alpha):
    number = labels.bincount(minlength=len(centers))[labels][:, None]
    moved = centers.clone()
    moved[labels] -= alpha * (centers[labels] - features) / (1 + number)
    return moved


answers.wrong("?", "a class is written once, with its last example: the others of the batch do not count")(
    _loss, last_write_wins
)


def absent_ones_shrink(features, labels, centers, alpha):
    total = torch.zeros_like(centers).index_add_(0, labels, features)
    number = labels.bincount(minlength=len(centers))[:, None]
    return centers - alpha * (centers - total / number.clamp(min=1)) * (1 + number - 1).clamp(min=1) / (1 + number)


answers.wrong(
    "?", "a class without an example moves towards zero, and has to stay: shows for centers that are not zero"
)(_loss, absent_ones_shrink)


def one_after_the_other(features, labels, centers, alpha):
    moved = centers.clone()
    for f, y in zip(features, labels):
        moved[y] = moved[y] - alpha * (moved[y] - f) / (1 + int((labels == y).sum()))
    return moved


answers.wrong("?", "each example moves the center that the one before has moved: shows for two examples of a class")(
    _loss, one_after_the_other
)


def classes_numbered_without_gaps(features, labels, centers, alpha):
    moved = centers.clone()
    for j in range(labels.unique().numel()):
        own = features[labels == j]
        moved[j] = centers[j] - alpha * (centers[j] - own).sum(0) / (1 + len(own))
    return moved


answers.wrong("?", "goes only over as many classes as the batch has: of the classes 0 and 3 the last never moves")(
    _loss, classes_numbered_without_gaps
)


def sum_on_the_cpu(features, labels, centers, alpha):
    belongs = torch.eye(len(centers), dtype=centers.dtype)[labels.cpu()].T
    number = belongs.sum(1, keepdim=True)
    return centers - alpha * (number * centers - belongs @ features) / (1 + number)


answers.wrong(
    "?", "the table of which example belongs to which class is on the CPU: fails for features on another device"
)(_loss, sum_on_the_cpu)


# ---------------------------------------------------------------- right


def loss_one_by_one(features, labels, centers):
    total = features.new_zeros(())
    for feature, label in zip(features, labels.tolist()):
        difference = feature - centers[label]
        total = total + torch.dot(difference, difference)
    return total / (2 * features.shape[0])


def move_one_by_one(features, labels, centers, alpha):
    moved = []
    for j, center in enumerate(centers):
        own = [f for f, label in zip(features, labels.tolist()) if label == j]
        step = sum((center - f for f in own), torch.zeros_like(center))
        moved.append(center - step * alpha / (1 + len(own)))
    return torch.stack(moved)


answers.right(loss_one_by_one, move_one_by_one)


def loss_by_einsum(features, labels, centers):
    away = features - centers.index_select(0, labels)
    return 0.5 * torch.einsum("nd,nd->n", away, away).mean()


def move_by_matrix(features, labels, centers, alpha):
    belongs = F.one_hot(labels, centers.shape[0]).to(centers.dtype)
    number = belongs.sum(0).unsqueeze(1)
    return centers - alpha * (number * centers - torch.einsum("nk,nd->kd", belongs, features)) / (1 + number)


answers.right(loss_by_einsum, move_by_matrix)


def loss_by_norms(features, labels, centers):
    rows = torch.cat([centers[label : label + 1] for label in labels.tolist()])
    return torch.linalg.vector_norm(features - rows, dim=1).pow(2).mean().mul(0.5)


@torch.no_grad()
def move_with_numpy(features, labels, centers, alpha):
    f, y, c = (part.detach().cpu().numpy() for part in (features, labels, centers))
    total, number = np.zeros(c.shape), np.zeros((len(c), 1))
    np.add.at(total, y, c[y].astype(np.float64) - f)
    np.add.at(number, y, 1)
    moved = c - alpha * total / (1 + number)
    return torch.from_numpy(moved).to(centers)


answers.right(loss_by_norms, move_with_numpy)


class _CenterLoss(torch.autograd.Function):
    @staticmethod
    def forward(context, features, labels, centers):
        away = features - centers[labels]
        context.save_for_backward(away)
        return (away * away).sum() / (2 * len(away))

    @staticmethod
    def backward(context, above):
        (away,) = context.saved_tensors
        return above * away / len(away), None, None


def loss_with_own_backward(features, labels, centers):
    return _CenterLoss.apply(features, labels, centers)


def move_to_weighted_mean(features, labels, centers, alpha):
    # c - alpha n / (1 + n) (c - mean)
    moved = centers.clone()
    for label in set(labels.tolist()):
        own = features[labels == label]
        share = alpha * len(own) / (1 + len(own))
        moved[label] = (1 - share) * centers[label] + share * own.mean(0)
    return moved


answers.right(loss_with_own_backward, move_to_weighted_mean)


def loss_by_class(features, labels, centers):
    parts = [(features[labels == j] - center).square().sum() for j, center in enumerate(centers)]
    return torch.stack(parts).sum() / len(labels) / 2


def move_by_scatter(features, labels, centers, alpha):
    where = labels.unsqueeze(1).expand(-1, features.shape[1])
    total = torch.zeros_like(centers).scatter_add(0, where, centers[labels] - features)
    number = torch.zeros_like(centers).scatter_add(0, where, torch.ones_like(features))
    return torch.addcdiv(centers, total, 1 + number, value=-alpha)


answers.right(loss_by_class, move_by_scatter)


def loss_by_mse(features, labels, centers):
    return F.mse_loss(features, centers[labels].clone(), reduction="none").sum(dim=-1).div(2).mean(dim=0)


def move_recursively(features, labels, centers, alpha, j=0):
    if j == len(centers):
        return centers[:0].clone()
    own = (labels == j).to(centers.dtype)
    step = (own[:, None] * (centers[j] - features)).sum(0) / own.sum().add(1)
    rest = move_recursively(features, labels, centers, alpha, j + 1)
    return torch.cat([(centers[j] - alpha * step)[None], rest])


answers.right(loss_by_mse, move_recursively)
