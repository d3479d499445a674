"""Answers to 07.4 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers


def good_loss(features, labels, centers):
    return (features - centers[labels]).square().sum(1).mean() / 2


def good_move(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers))[:, None]
    return centers - alpha * sums / (1 + counts)


def moves(move):
    return (good_loss, move)


def loss_(loss):
    return (loss, good_move)


answers = Answers("07.4", "check_center_loss", place=moves)


@answers.wrong("device", "sums in zeros on the CPU")
def cpu_zeros(features, labels, centers, alpha):
    sums = torch.zeros(centers.shape, dtype=centers.dtype).index_add(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + labels.bincount(minlength=len(centers))[:, None])


@answers.wrong("device", "classes numbered on the CPU")
def cpu_range(features, labels, centers, alpha):
    mask = (torch.arange(len(centers))[:, None] == labels).to(centers.dtype)
    return centers - alpha * (mask.sum(1, keepdim=True) * centers - mask @ features) / (1 + mask.sum(1, keepdim=True))


@answers.wrong("centers", "alpha of 0.5")
def half(features, labels, centers, alpha):
    return good_move(features, labels, centers, 0.5)


@answers.wrong("centers", "one feature alone (the example): the first column moves")
def one_feature(features, labels, centers, alpha):
    moved = centers.clone()
    moved[:, 0] = good_move(features, labels, centers, alpha)[:, 0]
    return moved


@answers.wrong("raises", "bincount without minlength")
def no_minlength(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + labels.bincount()[:, None])


@answers.wrong("last-example", "the last example of a class wins")
def last_wins(features, labels, centers, alpha):
    sums = torch.zeros_like(centers)
    sums[labels] = centers[labels] - features
    return centers - alpha * sums / (1 + labels.bincount(minlength=len(centers))[:, None])


@answers.wrong("plain-mean", "divided by n, a missing class gives nan")
def by_n(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / labels.bincount(minlength=len(centers))[:, None]


@answers.wrong("plain-mean", "divided by max(1, n)")
def by_max(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / labels.bincount(minlength=len(centers)).clamp(min=1)[:, None]


@answers.wrong("centers", "one example of a class does not move its center")
def not_single(features, labels, centers, alpha):
    moved = good_move(features, labels, centers, alpha)
    lone = labels.bincount(minlength=len(centers)) == 1
    return torch.where(lone[:, None], centers, moved)


@answers.wrong("changes-input", "the centers that were given are moved")
def in_place(features, labels, centers, alpha):
    centers.copy_(good_move(features, labels, centers, alpha))
    return centers


@answers.wrong("4: new centers hang on the features' graph")
def graph(features, labels, centers, alpha):
    return good_move(features, labels, centers, alpha)


answers.wrongs.pop()  # the lab's own solution keeps it too


@answers.wrong("leaves-behind", "grad mode off")
def grad_off(features, labels, centers, alpha):
    torch.set_grad_enabled(False)
    return good_move(features, labels, centers, alpha)


@answers.wrong("away", "away from the features")
def away(features, labels, centers, alpha):
    return 2 * centers - good_move(features, labels, centers, alpha)


@answers.wrong("step-only", "the step in place of the centers")
def step(features, labels, centers, alpha):
    return good_move(features, labels, centers, alpha) - centers


@answers.wrong("plain-mean", "to the mean itself")
def mean(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, features)
    n = labels.bincount(minlength=len(centers))[:, None]
    return torch.where(n > 0, (1 - alpha) * centers + alpha * sums / n.clamp(min=1), centers)


@answers.wrong("divided-by-batch", "divided by 1 + N of the batch")
def by_batch(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + len(labels))


@answers.wrong("mean-over-features", "mean over features too", place=loss_)
def mean_features(features, labels, centers):
    return (features - centers[labels]).square().mean() / 2


@answers.wrong("no-half", "not halved", place=loss_)
def whole(features, labels, centers):
    return 2 * good_loss(features, labels, centers)


@answers.wrong("not-squared", "distances, not squares", place=loss_)
def rooted(features, labels, centers):
    return (features - centers[labels]).norm(dim=1).mean() / 2


@answers.wrong("value", "mean of the classes' means", place=loss_)
def by_class(features, labels, centers):
    each = (features - centers[labels]).square().sum(1) / 2
    return torch.stack([each[labels == k].mean() for k in labels.unique()]).mean()


@answers.wrong("changes-input", "features are changed in place", place=loss_)
def features_in_place(features, labels, centers):
    with torch.no_grad():
        features -= centers[labels]
    return features.square().sum(1).mean() / 2


@answers.wrong("changes-input", "features are cut off", place=loss_)
def cut(features, labels, centers):
    return good_loss(features.detach(), labels, centers.requires_grad_())


@answers.wrong("changes-input", "centers are made to require a gradient", place=loss_)
def wants(features, labels, centers):
    centers.requires_grad_(True)
    return good_loss(features, labels, centers)


@answers.wrong("device", "own centers by a CPU one-hot", place=loss_)
def eye(features, labels, centers):
    return (features - torch.eye(len(centers), dtype=centers.dtype)[labels] @ centers).square().sum(1).mean() / 2


def einsum_loss(features, labels, centers):
    gaps = features - centers.index_select(0, labels)
    return 0.5 * torch.einsum("nd,nd->", gaps, gaps) / len(features)


def loop_move(features, labels, centers, alpha):
    rows = []
    for number, center in enumerate(centers):
        own = features[labels == number]
        rows.append(center - alpha * (center - own).sum(0) / (1 + len(own)))
    return torch.stack(rows)


def hot_move(features, labels, centers, alpha):
    hot = torch.nn.functional.one_hot(labels, len(centers)).to(centers.dtype)
    n = hot.sum(0).unsqueeze(1)
    return centers + alpha * (hot.T @ features - n * centers) / (n + 1)


def scatter_move(features, labels, centers, alpha):
    with torch.no_grad():
        moved = centers.clone()
        index = labels[:, None].expand_as(features)
        moved.scatter_add_(0, index, -alpha * (centers[labels] - features) / (1 + labels.bincount()[labels])[:, None])
    return moved


def detached_loss(features, labels, centers):
    return torch.nn.functional.mse_loss(features, centers.detach()[labels], reduction="sum") / (2 * features.shape[0])


answers.right(einsum_loss, loop_move)
answers.right(detached_loss, hot_move)
answers.right(good_loss, scatter_move)
answers.right(
    lambda f, y, c: sum(((a - c[k]) ** 2).sum() for a, k in zip(f, y, strict=False)) / (2 * len(f)),
    lambda f, y, c, a: list_move(f, y, c, a),
)


def list_move(features, labels, centers, alpha):
    """index_put with accumulate."""
    sums = torch.zeros_like(centers).index_put((labels,), features - centers[labels], accumulate=True)
    n = (labels == torch.arange(len(centers), device=labels.device)[:, None]).sum(1, keepdim=True)
    return torch.addcdiv(centers, sums * alpha, (n + 1).to(centers.dtype))
