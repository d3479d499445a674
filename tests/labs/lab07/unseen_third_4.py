"""Answers to 07.4 by someone who looked for what its check may not ask."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.4", "check_center_loss")


def good_loss(features, labels, centers):
    own = centers.detach()[labels]
    return (features - own).pow(2).sum(1).mean() / 2


def good_move(features, labels, centers, alpha):
    pulls = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    count = labels.bincount(minlength=len(centers))[:, None]
    return centers - alpha * pulls / (1 + count)


# Right: einsum with one-hot rows; half the sum of all squares over N is the halved mean; centers are detached.
def einsum_loss(features, labels, centers):
    apart = features - centers.detach().index_select(0, labels)
    return torch.einsum("nd,nd->", apart, apart) / (2 * len(labels))


def einsum_move(features, labels, centers, alpha):
    member = F.one_hot(labels, len(centers)).to(centers.dtype)
    sums = torch.einsum("nk,nd->kd", member, features.to(centers.dtype))
    count = torch.einsum("nk->k", member)[:, None]
    return centers - alpha * (count * centers - sums) / (1 + count)


answers.right(einsum_loss, einsum_move)


# Right: plain loops, example by example and class by class; a class without examples is copied as it is.
def looped_loss(features, labels, centers):
    terms = []
    for row, label in zip(features, labels.tolist(), strict=True):
        difference = row - centers[label].detach()
        terms.append(0.5 * (difference * difference).sum())
    return torch.stack(terms).mean()


def looped_move(features, labels, centers, alpha):
    moved = []
    for label, center in enumerate(centers):
        rows = features[labels == label]
        moved.append(center - alpha * (center - rows).sum(0) / (1 + len(rows)) if len(rows) else center.clone())
    return torch.stack(moved)


answers.right(looped_loss, looped_move)


def center_gets_gradient(features, labels, centers):
    return (features - centers[labels]).pow(2).sum(1).mean() / 2


def loss_in_place(features, labels, centers):
    with torch.no_grad():
        features -= centers[labels]
    return features.pow(2).sum(1).mean() / 2


answers.wrong("changes-input", "the loss takes the centers off the caller's features in place")(
    loss_in_place, good_move
)


def move_ten(features, labels, centers, alpha):
    moved = centers.clone()
    for label in range(min(10, len(centers))):
        rows = features[labels == label]
        moved[label] -= alpha * (centers[label] - rows).sum(0) / (1 + len(rows))
    return moved


answers.wrong("centers", "only the first ten centers move")(good_loss, move_ten)


def move_in_float32(features, labels, centers, alpha):
    pulls = torch.zeros(centers.shape).index_add_(0, labels, centers[labels] - features)
    count = torch.bincount(labels, minlength=len(centers)).unsqueeze(1)
    return centers - alpha * pulls / (1 + count)


answers.wrong("device", "the sums are always float32: features of float64 fail")(good_loss, move_in_float32)


def move_with_bytes(features, labels, centers, alpha):
    pulls = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    count = labels.bincount(minlength=len(centers)).to(torch.uint8)[:, None]
    return centers - alpha * pulls / (count.to(centers.dtype) + 1)


answers.wrong("centers", "the number of examples is kept in a byte: a class with 256 of them jumps far away")(
    good_loss, move_with_bytes
)


def loss_of_classes(features, labels, centers):
    halves = (features - centers.detach()[labels]).pow(2).sum(1) / 2
    return torch.stack([halves[labels == label].mean() for label in labels.unique()]).mean()


answers.wrong("value", "mean of the classes' means, not over the examples")(loss_of_classes, good_move)


def expanded_loss(features, labels, centers):
    own = centers.detach()[labels]
    squares = features.pow(2).sum(1) - 2 * (features * own).sum(1) + own.pow(2).sum(1)
    return squares.mean() / 2


def rooted_loss(features, labels, centers):
    apart = (features - centers.detach()[labels]).pow(2).sum(1).sqrt()
    return (apart**2).mean() / 2


answers.wrong("nan-gradient", "root and square: a feature exactly at its center has a NaN gradient")(
    rooted_loss, good_move
)


_seen = {}


def move_by_all_seen(features, labels, centers, alpha):
    pulls = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    count = labels.bincount(minlength=len(centers))
    key = tuple(centers.shape)
    _seen[key] = _seen.get(key, 0) + count
    return centers - alpha * pulls / (1 + _seen[key])[:, None]


answers.wrong("centers", "n counts the examples of all calls so far: the second step is too short")(
    good_loss, move_by_all_seen
)


def move_alpha_or_half(features, labels, centers, alpha):
    return good_move(features, labels, centers, alpha or 0.5)


answers.wrong("centers", "alpha 0 counts as not given: centers move that should stay")(good_loss, move_alpha_or_half)


def loss_freezes_centers(features, labels, centers):
    centers.requires_grad_(False)
    return (features - centers[labels]).pow(2).sum(1).mean() / 2


def move_switches_grad(features, labels, centers, alpha):
    torch.set_grad_enabled(False)
    moved = good_move(features, labels, centers, alpha)
    torch.set_grad_enabled(True)
    return moved


answers.wrong("leaves-behind", "switches gradients on at its end even where the caller had switched them off")(
    good_loss, move_switches_grad
)


def move_last_resort(features, labels, centers, alpha):
    if len(labels) == 1 or alpha == 0:
        return centers
    return good_move(features, labels, centers, alpha)


answers.wrong("not-moved", "a batch of a single example does not move its center")(good_loss, move_last_resort)
