"""More answers to 07.4 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.4", "check_center_loss")


def center_loss(features, labels, centers):
    return (features - centers.detach()[labels]).pow(2).sum(1).mean() / 2


def move_centers(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + labels.bincount(minlength=len(centers)))[:, None]


# One-hot rows and matrix products in both.
def loss_by_products(features, labels, centers):
    own = F.one_hot(labels, len(centers)).to(centers.dtype) @ centers.detach()
    off = features - own
    return 0.5 * torch.einsum("nd,nd->", off, off) / features.shape[0]


def move_by_products(features, labels, centers, alpha):
    member = F.one_hot(labels, len(centers)).to(centers.dtype).T
    count = member.sum(1, keepdim=True)
    return centers - alpha * (count * centers - member @ features.detach()) / (1 + count)


answers.right(loss_by_products, move_by_products)


# Loops over examples and over classes, with stacked lists.
def loss_by_loop(features, labels, centers):
    fixed = centers.detach().clone()
    return sum(F.mse_loss(f, fixed[int(y)], reduction="sum") for f, y in zip(features, labels, strict=False)) / (
        2 * len(labels)
    )


def move_by_loop(features, labels, centers, alpha):
    moved = []
    for j, center in enumerate(centers):
        own = features[labels == j]
        moved.append(torch.lerp(center, (center + own.sum(0)) / (1 + len(own)), float(alpha)))
    return torch.stack(moved)


answers.right(loss_by_loop, move_by_loop)


# The distances to all centers, of which the own one is picked; scatter_reduce and weights for the move.
def loss_by_table(features, labels, centers):
    table = (features[:, None] - centers.detach()).square().sum(-1)
    return table.gather(1, labels[:, None]).mul(0.5).mean()


@torch.no_grad()
def move_by_scatter(features, labels, centers, alpha):
    moved, index = centers.clone(), labels[:, None].expand_as(features)
    ones = torch.ones_like(features)
    count = torch.zeros_like(centers).scatter_add(0, index, ones)
    sums = torch.zeros_like(centers).scatter_add(0, index, features)
    moved += alpha * (sums - count * centers) / (count + 1)
    return moved


answers.right(loss_by_table, move_by_scatter)


def not_halved(features, labels, centers):
    return (features - centers.detach()[labels]).pow(2).sum(1).mean()


answers.wrong("no-half", "the loss is not halved: twice too large")(not_halved, move_centers)


def mean_of_features(features, labels, centers):
    return F.mse_loss(features, centers.detach()[labels]) / 2


answers.wrong("mean-over-features", "the loss is a mean over the features too: right for a single feature only")(
    mean_of_features, move_centers
)


def summed(features, labels, centers):
    return (features - centers.detach()[labels]).pow(2).sum() / 2


answers.wrong("sum", "the loss is summed over the batch, not averaged: right for a batch of one only")(
    summed, move_centers
)


def detached(features, labels, centers):
    return (features.detach() - centers[labels]).pow(2).sum(1).mean() / 2


answers.wrong("no-gradient", "the features are detached in the loss: they get no gradient")(detached, move_centers)


def centers_learn(features, labels, centers):
    return (features - centers[labels]).pow(2).sum(1).mean() / 2


def in_place(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    centers -= alpha * sums / (1 + labels.bincount(minlength=len(centers)))[:, None]
    return centers


answers.wrong("changes-input", "move_centers changes the given centers in place and returns them")(
    center_loss, in_place
)


def last_write_wins(features, labels, centers, alpha):
    moved = centers.clone()
    count = labels.bincount(minlength=len(centers))
    moved[labels] -= alpha * (centers[labels] - features) / (1 + count[labels])[:, None]
    return moved


answers.wrong("last-example", "indexed -=: of a class with several examples only the last one moves the center")(
    center_loss, last_write_wins
)


def without_the_one(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / labels.bincount(minlength=len(centers))[:, None]


answers.wrong("plain-mean", "divided by n, not by 1 + n: other steps, and NaN for a class without examples")(
    center_loss, without_the_one
)


def at_least_one(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / labels.bincount(minlength=len(centers)).clamp(min=1)[:, None]


answers.wrong("plain-mean", "divided by max(n, 1): right for classes without examples, too far a step for all others")(
    center_loss, at_least_one
)


def by_batch(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + len(labels))


answers.wrong("divided-by-batch", "divided by 1 + the batch size: right only if all examples are of one class")(
    center_loss, by_batch
)


def away(features, labels, centers, alpha):
    return 2 * centers - move_centers(features, labels, centers, alpha)


answers.wrong("away", "the sign is wrong: centers move away from their features")(center_loss, away)


def always_a_half(features, labels, centers, alpha):
    return move_centers(features, labels, centers, 0.5)


answers.wrong("centers", "alpha is never read, always 0.5")(center_loss, always_a_half)


def short_count(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + labels.bincount())[:, None]


answers.wrong(
    "raises", "bincount without minlength: a batch without the last class crashes, one of class 0 alone does not"
)(center_loss, short_count)


def first_ten(features, labels, centers, alpha):
    moved = centers.clone()
    for j in range(min(10, len(centers))):
        own = features[labels == j]
        moved[j] -= alpha * (centers[j] - own).sum(0) / (1 + len(own))
    return moved


answers.wrong("centers", "only the first ten classes move: the eleventh of a larger set stays where it is")(
    center_loss, first_ten
)


class Remembers:
    """Counts the examples of all calls so far."""

    def __init__(self):
        self.count = None

    def __call__(self, features, labels, centers, alpha):
        new = labels.bincount(minlength=len(centers))
        self.count = new if self.count is None or len(self.count) != len(new) else self.count + new
        sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
        return centers - alpha * sums / (1 + self.count)[:, None]


answers.wrong("centers", "n counts the examples of earlier calls too: right at the first call only")(
    center_loss, Remembers()
)


def float32_sums(features, labels, centers, alpha):
    sums = torch.zeros(centers.shape)
    sums.index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + labels.bincount(minlength=len(centers)))[:, None]


answers.wrong("device", "the sum begins as float32 zeros: float64 features crash")(center_loss, float32_sums)
