"""Answers to 07.4 by students who know its text alone."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.4", "check_center_loss")
import types


def center_loss(features, labels, centers):
    own = centers.detach()[labels]
    return (features - own).square().sum(1).mean() / 2


def move_centers(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers))
    return centers - alpha * pull / (1 + counts[:, None])


def _as(function, name):
    """The function under another name, so that a pair of answers can be told from the others."""
    return types.FunctionType(
        function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
    )


def _wrong_loss(why):
    return lambda function: answers.wrong("?", why)(function, move_centers)


def _wrong_move(why):
    return lambda function: answers.wrong("?", why)(_as(center_loss, function.__name__), function)


@_wrong_loss("the mean is taken over the features as well: too small by the factor D for D above 1")
def mean_over_features(features, labels, centers):
    return F.mse_loss(features, centers.detach()[labels]) / 2


@_wrong_loss(
    "the divisor is the square of the number of examples, which gives 5 in the example of two and nothing else"
)
def squared_divisor(features, labels, centers):
    return (features - centers.detach()[labels]).square().sum() / len(features) ** 2


@_wrong_loss("half the mean distance, not of its square")
def not_squared(features, labels, centers):
    return (features - centers.detach()[labels]).norm(dim=1).mean() / 2


@_wrong_loss("squeeze() makes features of one dimension (N,): minus centers of (N, 1) it is all pairs")
def squeezed_features(features, labels, centers):
    apart = features.squeeze() - centers.detach()[labels]
    return apart.square().sum() / 2 / len(features)


@_wrong_loss(
    "each class counts the same: a mean of the classes' means, another number where classes are not equally frequent"
)
def mean_of_class_means(features, labels, centers):
    losses = (features - centers.detach()[labels]).square().sum(1) / 2
    return torch.stack([losses[labels == k].mean() for k in labels.unique()]).mean()


@_wrong_loss("the features are changed in place: they hold the differences to their centers afterwards")
def differences_in_place(features, labels, centers):
    loss = (features - centers.detach()[labels]).square().sum(1).mean() / 2
    features.data.sub_(centers.detach()[labels])
    return loss


@_wrong_loss("a new tensor from a number: the features get no gradient from it")
def a_new_number(features, labels, centers):
    losses = (features - centers[labels]).square().sum(1) / 2
    return torch.tensor(losses.mean().item(), dtype=features.dtype, device=features.device)


@_wrong_loss("requires_grad is switched off at the centers that were given, and stays off")
def switched_off(features, labels, centers):
    if centers.is_leaf:
        centers.requires_grad_(False)
    return (features - centers.detach()[labels]).square().sum(1).mean() / 2


@_wrong_move("divided by n and not by 1 + n; a missing class is looked after by a clamp")
def without_the_one(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers)).clamp(min=1)
    return centers - alpha * pull / counts[:, None]


@_wrong_move("indexing with repeated labels writes each class once: only the last example of a class counts")
def last_write_wins(features, labels, centers, alpha):
    counts = labels.bincount(minlength=len(centers))
    moved = centers.clone()
    moved[labels] -= alpha * (centers[labels] - features) / (1 + counts[labels])[:, None]
    return moved


@_wrong_move("the given centers are moved in place, and the very same tensor is returned")
def moved_in_place(features, labels, centers, alpha):
    step = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers))
    with torch.no_grad():
        return centers.sub_(alpha * step / (1 + counts[:, None]))


@_wrong_move("alpha is never read: always 0.5, as in the example")
def always_one_half(features, labels, centers, alpha):
    return move_centers(features, labels, centers, 0.5)


@_wrong_move("all classes are divided by one more than the size of the batch, not of their own number of examples")
def size_of_the_batch(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * pull / (1 + len(features))


@_wrong_move("one example after the other: the second is compared with a center that has moved already")
def one_after_the_other(features, labels, centers, alpha):
    moved = centers.clone()
    counts = labels.bincount(minlength=len(centers))
    for feature, label in zip(features, labels):
        moved[label] = moved[label] - alpha * (moved[label] - feature) / (1 + counts[label])
    return moved


@_wrong_move("the classes of the batch are numbered anew: if class 0 is missing, class 1 moves the center of class 0")
def numbered_anew(features, labels, centers, alpha):
    moved = centers.clone()
    for k, label in enumerate(labels.unique()):
        rows = features[labels == label]
        moved[k] = centers[k] - alpha * (centers[k] - rows).sum(0) / (1 + len(rows))
    return moved


@_wrong_move("examples are counted in 8 bits: 256 examples of one class count as none, and the center jumps")
def counted_in_bytes(features, labels, centers, alpha):
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = labels.bincount(minlength=len(centers)).to(torch.uint8)
    return centers - alpha * pull / (1 + counts[:, None]).to(centers.dtype)


@_wrong_move("the classes of a batch end at its largest label: centers of later classes are missing from the result")
def up_to_the_largest_label(features, labels, centers, alpha):
    truth = F.one_hot(labels).to(centers.dtype)
    counts = truth.sum(0)[:, None]
    kept = centers[: truth.shape[1]]
    return kept - alpha * (counts * kept - truth.T @ features) / (1 + counts)


@_wrong_move("a mutable default keeps the counts of earlier calls: the second call divides by too much")
def counts_kept(features, labels, centers, alpha, seen={}):
    for label in labels.tolist():
        seen[label] = seen.get(label, 0) + 1
    pull = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    counts = [seen.get(k, 0) for k in range(len(centers))]
    return centers - alpha * pull / (1 + centers.new_tensor(counts)[:, None])


@_wrong_move(
    "the counts are a float32 tensor on the CPU, and the sums too: float64 centers fail, and so does another device"
)
def sums_on_the_cpu(features, labels, centers, alpha):
    sums, counts = torch.zeros(centers.shape), torch.zeros(len(centers), 1)
    sums.index_add_(0, labels, centers[labels] - features)
    counts.index_add_(0, labels, torch.ones(len(labels), 1))
    return centers - alpha * sums / (1 + counts)


def loss_by_einsum(features, labels, centers):
    apart = features - torch.index_select(centers.detach(), 0, labels)
    return torch.einsum("nd,nd->", apart, apart) / (2 * features.shape[0])


def move_by_one_hot(features, labels, centers, alpha):
    truth = F.one_hot(labels, num_classes=centers.shape[0]).to(centers.dtype)
    counts = truth.sum(0, keepdim=True).T
    return centers - alpha * (counts * centers - truth.T @ features) / (counts + 1)


answers.right(loss_by_einsum, move_by_one_hot)


def loss_one_by_one(features, labels, centers):
    fixed = [center.detach().clone() for center in centers]
    halves = [
        0.5 * torch.dot(feature - fixed[label], feature - fixed[label])
        for feature, label in zip(features, labels.tolist())
    ]
    return torch.stack(halves).mean()


def move_class_by_class(features, labels, centers, alpha):
    rows = []
    for label, center in enumerate(centers):
        own = features[labels == label]
        rows.append(center - alpha * (center - own).sum(dim=0) / (1 + own.shape[0]))
    return torch.stack(rows)


answers.right(loss_one_by_one, move_class_by_class)


def loss_with_a_mask(features, labels, centers):
    all_pairs = (features[:, None] - centers.detach()[None]).pow(2).sum(2)
    mine = labels[:, None] == torch.arange(centers.shape[0], device=labels.device)
    return all_pairs.masked_fill(~mine, 0).sum() / len(features) * 0.5


def move_by_numpy(features, labels, centers, alpha):
    values, classes = features.detach().cpu().numpy(), labels.cpu().numpy()
    before = centers.detach().cpu().numpy()
    sums = np.zeros_like(before)
    np.add.at(sums, classes, before[classes] - values)
    counts = np.bincount(classes, minlength=len(before)).reshape(-1, 1)
    after = before - alpha * sums / (1 + counts)
    return torch.from_numpy(after.astype(before.dtype)).to(centers.device)


answers.right(loss_with_a_mask, move_by_numpy)


def loss_by_mse(features, labels, centers):
    with torch.no_grad():
        own = centers[labels].clone()
    return F.mse_loss(features, own, reduction="sum").div(2).div(len(labels))


def move_towards_the_mean(features, labels, centers, alpha):
    counts = torch.bincount(labels, minlength=len(centers)).unsqueeze(1)
    sums = torch.zeros_like(centers).scatter_add(0, labels[:, None].expand_as(features), features)
    means = sums / counts.clamp(min=1)
    share = alpha * counts / (1 + counts)
    return torch.where(counts > 0, centers + share * (means - centers), centers)


answers.right(loss_by_mse, move_towards_the_mean)


class _Centers:
    def __init__(self, centers):
        self.centers = centers.detach().clone()

    def loss(self, features, labels):
        squares = (features - self.centers[labels]).norm(dim=1) ** 2
        return (squares / 2).mean()

    def moved(self, features, labels, alpha):
        found = self.centers.clone()
        for label in set(labels.tolist()):
            chosen = (labels == label).nonzero().flatten()
            force = self.centers[label] * len(chosen) - features.detach()[chosen].sum(0)
            found[label] -= alpha / (1 + len(chosen)) * force
        return found


def loss_of_a_class(features, labels, centers):
    return _Centers(centers).loss(features, labels)


def move_of_a_class(features, labels, centers, alpha):
    return _Centers(centers).moved(features, labels, alpha)


answers.right(loss_of_a_class, move_of_a_class)


def loss_written_out(features, labels, centers):
    own = centers.detach()[labels]
    parts = (features - own) ** 2
    return torch.mean(0.5 * torch.sum(parts, dim=-1))


def move_folded(features, labels, centers, alpha):
    counts = (labels[None] == torch.arange(len(centers), device=labels.device)[:, None]).sum(1)
    weights = (alpha / (1.0 + counts.to(centers.dtype)))[labels].unsqueeze(1)
    return centers.index_add(0, labels, weights * (features - centers[labels]))


answers.right(loss_written_out, move_folded)
