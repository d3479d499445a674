"""Answers to 07.4 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.4", "check_center_loss")


def right_loss(features, labels, centers):
    return 0.5 * (features - centers.detach()[labels]).square().sum(1).mean()


def right_move(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + labels.bincount(minlength=len(centers)))[:, None]


# ---- wrong: what students commonly do
def loss_over_all_entries(features, labels, centers):
    return 0.5 * (features - centers[labels]).square().mean()


answers.wrong(
    "mean-over-features",
    "loss: the mean over examples and features, D times too small; right on the example, where D = 1",
)(loss_over_all_entries, right_move)


def loss_before_last_write(features, labels, centers):
    return right_loss(features, labels, centers)


def last_write_wins(features, labels, centers, alpha):
    moved = centers.clone()
    counts = labels.bincount(minlength=len(centers))
    moved[labels] -= alpha * (centers[labels] - features) / (1 + counts[labels])[:, None]
    return moved


answers.wrong("last-example", "centers: of several examples of one class only the last one counts")(
    loss_before_last_write, last_write_wins
)


def loss_before_plain_mean(features, labels, centers):
    return right_loss(features, labels, centers)


def divided_by_n(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / labels.bincount(minlength=len(centers)).clamp(min=1)[:, None]


answers.wrong("plain-mean", "centers: divided by n in place of 1 + n")(loss_before_plain_mean, divided_by_n)


def loss_before_few_classes(features, labels, centers):
    return right_loss(features, labels, centers)


def classes_of_the_batch(features, labels, centers, alpha):
    counts = labels.bincount()
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)[: len(counts)]
    return centers[: len(counts)] - alpha * sums / (1 + counts)[:, None]


answers.wrong(
    "missing-class",
    "centers: bincount without minlength, so the last classes' centers are missing when the batch has none of them",
)(loss_before_few_classes, classes_of_the_batch)


# ---- wrong, but right on the visible example
def loss_by_number_of_classes(features, labels, centers):
    return 0.5 * (features - centers[labels]).square().sum() / len(centers)


answers.wrong("value", "loss: divided by the number of classes K, not of examples N; equal on the example")(
    loss_by_number_of_classes, right_move
)


def loss_by_class(features, labels, centers):
    each = 0.5 * (features - centers[labels]).square().sum(1)
    return torch.stack([each[labels == label].mean() for label in labels.unique()]).mean()


answers.wrong("value", "loss: mean of the classes' means; wrong where classes have unlike numbers of examples")(
    loss_by_class, right_move
)


def loss_before_whole_batch(features, labels, centers):
    return right_loss(features, labels, centers)


def divided_by_batch(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + len(labels))


answers.wrong(
    "divided-by-batch",
    "centers: divided by 1 + batch size, not by 1 + examples of the class; shows with two classes in a batch",
)(loss_before_whole_batch, divided_by_batch)


def loss_before_center_once(features, labels, centers):
    return right_loss(features, labels, centers)


def center_subtracted_once(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, features)
    counts = labels.bincount(minlength=len(centers))[:, None]
    return torch.where(counts > 0, centers - alpha * (centers - sums) / (1 + counts), centers)


answers.wrong(
    "centers", "centers: the center is counted once in the sum, not n times; hidden by centers at 0 or n = 1"
)(loss_before_center_once, center_subtracted_once)


def loss_before_absent_classes(features, labels, centers):
    return right_loss(features, labels, centers)


def absent_classes_decay(features, labels, centers, alpha):
    moved = []
    for label, center in enumerate(centers):
        own = features[labels == label]
        pull = (center - own).sum(0) if len(own) else center
        moved.append(center - alpha * pull / (1 + len(own)))
    return torch.stack(moved)


answers.wrong(
    "centers", "centers: a class without an example shrinks towards 0; hidden on the example, where it is at 0"
)(loss_before_absent_classes, absent_classes_decay)


def loss_before_fixed_alpha(features, labels, centers):
    return right_loss(features, labels, centers)


def alpha_not_read(features, labels, centers, alpha):
    return right_move(features, labels, centers, 0.5)


answers.wrong("centers", "centers: alpha is never read, always 0.5")(loss_before_fixed_alpha, alpha_not_read)


def loss_before_runs(features, labels, centers):
    return right_loss(features, labels, centers)


def runs_of_labels(features, labels, centers, alpha):
    moved, start = centers.clone(), 0
    for label, count in zip(*(t.tolist() for t in labels.unique_consecutive(return_counts=True))):
        own = features[start : start + count]
        moved[label] = centers[label] - alpha * (centers[label] - own).sum(0) / (1 + count)
        start += count
    return moved


answers.wrong("centers", "centers: needs sorted labels; with 0, 1, 0 only the last run of class 0 counts")(
    loss_before_runs, runs_of_labels
)


# ---- wrong: a promise broken
def loss_cut_off(features, labels, centers):
    return 0.5 * (features.detach() - centers[labels]).square().sum(1).mean()


answers.wrong("no-gradient", "loss: the features are detached and get no gradient")(loss_cut_off, right_move)


def loss_before_changed_centers(features, labels, centers):
    return right_loss(features, labels, centers)


def changes_centers(features, labels, centers, alpha):
    centers -= alpha * torch.zeros_like(centers).index_add_(
        0, labels, (centers[labels] - features) / (1 + labels.bincount()[labels])[:, None]
    )
    return centers


answers.wrong("changes-input", "centers: changes the given centers in place where new ones are to be returned")(
    loss_before_changed_centers, changes_centers
)


_counts = {}


def loss_before_counts(features, labels, centers):
    return right_loss(features, labels, centers)


def counts_add_up(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    key = tuple(centers.shape)
    _counts[key] = _counts.get(key, 0) + labels.bincount(minlength=len(centers))
    return centers - alpha * sums / (1 + _counts[key])[:, None]


answers.wrong(
    "centers", "centers: n adds up over calls; right in the first call with each shape, too small a step in the second"
)(loss_before_counts, counts_add_up)


def loss_before_grad_mode(features, labels, centers):
    return right_loss(features, labels, centers)


def leaves_gradients_off(features, labels, centers, alpha):
    torch.set_grad_enabled(False)
    return right_move(features, labels, centers, alpha)


answers.wrong("leaves-behind", "centers: turns gradients off and never on again, for the whole program")(
    loss_before_grad_mode, leaves_gradients_off
)


# ---- right
def loss_one_hot(features, labels, centers):
    mine = F.one_hot(labels, len(centers)).to(features.dtype) @ centers.detach()
    apart = features - mine
    return torch.einsum("nd,nd->", apart, apart) / (2 * len(features))


def move_one_hot(features, labels, centers, alpha):
    member = F.one_hot(labels, len(centers)).to(centers.dtype)
    n = member.sum(0).unsqueeze(1)
    pulled = n * centers - torch.einsum("nk,nd->kd", member, features)
    return centers - pulled.mul(alpha).div(n + 1)


answers.right(loss_one_hot, move_one_hot)


def loss_in_a_loop(features, labels, centers):
    total = 0
    for feature, label in zip(features, labels.tolist()):
        total = total + torch.sum((feature - centers[label].detach()) ** 2) / 2
    return total / features.shape[0]


def move_in_a_loop(features, labels, centers, alpha):
    new = []
    for label in range(centers.shape[0]):
        step, n = torch.zeros_like(centers[label]), 0
        for feature, its in zip(features, labels.tolist()):
            if its == label:
                step, n = step + centers[label] - feature, n + 1
        new.append(centers[label] - alpha * step / (1 + n))
    return torch.stack(new, dim=0)


answers.right(loss_in_a_loop, move_in_a_loop)


def loss_of_squares(features, labels, centers):
    own = torch.index_select(centers.detach(), 0, labels)
    return torch.linalg.vecdot(features - own, features - own, dim=1).mean().div(2)


def move_scattered(features, labels, centers, alpha):
    apart = centers.index_select(0, labels) - features
    where = labels.unsqueeze(1).expand_as(apart)
    sums = torch.zeros_like(centers).scatter_add(0, where, apart)
    n = torch.stack([(labels == label).sum() for label in range(len(centers))])
    return torch.lerp(centers, centers - sums / (1 + n).unsqueeze(-1), alpha)


answers.right(loss_of_squares, move_scattered)


class _OneCenter:
    def __init__(self, center, rows):
        self.center, self.rows = center, rows

    def loss(self):
        return sum(((row - self.center.detach()).pow(2).sum() for row in self.rows), self.rows.sum() * 0) / 2

    def moved(self, alpha):
        share = len(self.rows) / (1 + len(self.rows))
        if not share:
            return self.center.clone()
        return (1 - alpha * share) * self.center + alpha * share * self.rows.mean(0)


def _all_centers(features, labels, centers):
    return [_OneCenter(c, features[labels.eq(k)]) for k, c in enumerate(centers)]


def loss_center_by_center(features, labels, centers):
    losses = [one.loss() for one in _all_centers(features, labels, centers)]
    return torch.stack(losses).sum() / len(labels)


def move_center_by_center(features, labels, centers, alpha):
    rows = [one.moved(alpha)[None] for one in _all_centers(features, labels, centers)]
    return torch.cat(rows)


answers.right(loss_center_by_center, move_center_by_center)
