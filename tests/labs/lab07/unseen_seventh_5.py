"""Answers to 07.5 by students who know its text alone."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.5", "check_judging")


def _nearest(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return -(asked[:, None] - means).norm(dim=2)


def _top(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).double().mean().item()


def _each(scores, labels):
    right = labels[scores.argmax(1) == labels]
    count = scores.shape[1]
    return right.bincount(minlength=count) / labels.bincount(minlength=count)


# ---------------------------------------------------------------- wrong


def distance_as_score(known, known_labels, asked, num_classes):
    return -_nearest(known, known_labels, asked, num_classes)


answers.wrong("?", "the distance itself: the farthest class has the highest score")(distance_as_score, _top, _each)


def nearest_example(known, known_labels, asked, num_classes):
    apart = (asked[:, None] - known).norm(dim=2)
    return torch.stack([-apart[:, known_labels == label].amin(1) for label in range(num_classes)], 1)


answers.wrong("?", "the nearest example of a class, not the mean of its examples: shows for a class with an outlier")(
    nearest_example, _top, _each
)


def dot_product(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return asked @ means.T


answers.wrong("?", "the dot product with the mean: a long mean wins over a near one")(dot_product, _top, _each)


def exponential(known, known_labels, asked, num_classes):
    return _nearest(known, known_labels, asked, num_classes).exp()


answers.wrong("?", "exp(-distance) is 0 for every class beyond about 104 in float32: far rows have ties, class 0 wins")(
    exponential, _top, _each
)


def by_first_appearance(known, known_labels, asked, num_classes):
    means = []
    for label in dict.fromkeys(known_labels.tolist()):
        means.append(known[known_labels == label].mean(0))
    return -(asked[:, None] - torch.stack(means)).norm(dim=2)


answers.wrong("?", "the columns are in the order in which classes first appear: wrong for labels that are not sorted")(
    by_first_appearance, _top, _each
)


def means_on_the_cpu(known, known_labels, asked, num_classes):
    means = torch.zeros(num_classes, known.shape[1], dtype=known.dtype)
    means.index_add_(0, known_labels, known)
    means /= known_labels.bincount(minlength=num_classes)[:, None]
    return -(asked[:, None] - means).norm(dim=2)


answers.wrong("?", "the means begin as zeros on the CPU: fails for features on another device")(
    means_on_the_cpu, _top, _each
)


def divided_by_all(known, known_labels, asked, num_classes):
    means = torch.zeros_like(known[:1]).repeat(num_classes, 1).index_add_(0, known_labels, known)
    means = means / (len(known) / num_classes)
    return -(asked[:, None] - means).norm(dim=2)


answers.wrong("?", "the sums are divided by N/K, as if all classes were equally large: shows if they are not")(
    divided_by_all, _top, _each
)


def k_not_read(scores, labels, k):
    return (scores.argmax(1) == labels).double().mean().item()


answers.wrong("?", "k is never read: always top-1")(_nearest, k_not_read, _each)


def kth_only(scores, labels, k):
    return (scores.topk(k).indices[:, k - 1] == labels).double().mean().item()


answers.wrong("?", "asks whether the label has the k-th highest score, not one of the k highest: shows for k of 2")(
    _nearest, kth_only, _each
)


def best_ones_struck_out(scores, labels, k):
    right = torch.zeros_like(labels, dtype=torch.bool)
    rows = torch.arange(len(labels), device=labels.device)
    for _ in range(k):
        named = scores.argmax(1)
        right |= named == labels
        scores[rows, named] = -float("inf")
    return right.double().mean().item()


answers.wrong(
    "?", "strikes the best out of the given scores in place: right once, a second k on the same scores is wrong"
)(_nearest, best_ones_struck_out, _each)


def in_percent(scores, labels, k):
    return 100 * _top(scores, labels, k)


answers.wrong("?", "percent in place of a share")(_nearest, in_percent, _each)


def share_of_the_named(scores, labels):
    named = scores.argmax(1)
    count = scores.shape[1]
    right = labels[named == labels].bincount(minlength=count)
    return right / named.bincount(minlength=count).clamp(min=1)


answers.wrong("?", "divides by how often a class was named, not by how many examples it has")(
    _nearest, _top, share_of_the_named
)


def never_right_is_missing(scores, labels):
    named = scores.argmax(1)
    right = labels[named == labels]
    return torch.stack([(right == label).sum() / (labels == label).sum() for label in right.unique()])


answers.wrong(
    "?", "a class that is never right has no entry: the result is shorter than K, also where the class is predicted"
)(_nearest, _top, never_right_is_missing)


def whole_numbers(scores, labels):
    right = labels[scores.argmax(1) == labels]
    count = scores.shape[1]
    return right.bincount(minlength=count) // labels.bincount(minlength=count)


answers.wrong("?", "whole-number division: 0 for every class that is not right on all its examples")(
    _nearest, _top, whole_numbers
)


# ---------------------------------------------------------------- right


def scores_one_by_one(known, known_labels, asked, num_classes):
    rows = []
    for row in asked:
        scores = []
        for label in range(num_classes):
            mean = known[known_labels == label].mean(dim=0)
            scores.append(-(row - mean).square().sum())
        rows.append(torch.stack(scores))
    return torch.stack(rows)


def share_in_lists(scores, labels, k):
    hits = 0
    for row, label in zip(scores.tolist(), labels.tolist()):
        order = sorted(range(len(row)), key=lambda j: row[j], reverse=True)
        hits += label in order[:k]
    return hits / len(labels)


def classes_in_lists(scores, labels):
    named = scores.argmax(1).tolist()
    right, there = [0] * scores.shape[1], [0] * scores.shape[1]
    for name, label in zip(named, labels.tolist()):
        there[label] += 1
        right[label] += name == label
    return torch.tensor([r / t for r, t in zip(right, there)], device=scores.device)


answers.right(scores_one_by_one, share_in_lists, classes_in_lists)


def scores_by_matrix(known, known_labels, asked, num_classes):
    belongs = F.one_hot(known_labels, num_classes).to(known.dtype)
    means = belongs.T @ known / belongs.sum(0)[:, None]
    return -torch.cdist(asked, means, compute_mode="donot_use_mm_for_euclid_dist")


def share_by_sorting(scores, labels, k):
    order = scores.argsort(dim=1, descending=True)
    place = (order == labels.unsqueeze(1)).int().argmax(1)
    return float((place < k).float().mean())


def classes_by_one_hot(scores, labels):
    belongs = F.one_hot(labels, scores.size(1)).double()
    hit = (scores.argmax(-1) == labels).double()
    return torch.einsum("n,nk->k", hit, belongs) / belongs.sum(0)


answers.right(scores_by_matrix, share_by_sorting, classes_by_one_hot)


@torch.no_grad()
def scores_in_numpy(known, known_labels, asked, num_classes):
    rows, labels, others = (part.cpu().numpy() for part in (known, known_labels, asked))
    means = np.stack([rows[labels == label].mean(axis=0) for label in range(num_classes)])
    away = np.linalg.norm(others[:, None, :] - means[None, :, :], axis=-1)
    return torch.from_numpy(-away).to(asked.device)


def share_in_numpy(scores, labels, k):
    best = np.argsort(-scores.detach().cpu().numpy(), axis=1, kind="stable")[:, :k]
    return float(np.mean(np.any(best == labels.cpu().numpy()[:, None], axis=1)))


def classes_from_a_table(scores, labels):
    count = scores.shape[1]
    table = (labels * count + scores.argmax(1)).bincount(minlength=count * count).view(count, count)
    return table.diagonal() / table.sum(1)


answers.right(scores_in_numpy, share_in_numpy, classes_from_a_table)


class _Means:
    def __init__(self, known, labels, number):
        total = known.new_zeros(number, known.shape[1]).index_add(0, labels, known)
        self.means = total / labels.bincount(minlength=number).unsqueeze(1)

    def __call__(self, asked):
        return torch.stack([-(asked - mean).square().sum(1) for mean in self.means], dim=1)


def scores_from_an_object(known, known_labels, asked, num_classes):
    return _Means(known, known_labels, num_classes)(asked)


def share_by_gather(scores, labels, k):
    chosen = torch.zeros_like(scores, dtype=torch.bool).scatter(1, scores.topk(k, dim=1).indices, True)
    return chosen.gather(1, labels.view(-1, 1)).sum().item() / scores.shape[0]


def classes_by_groups(scores, labels):
    parts = [scores[labels == label] for label in range(scores.shape[1])]
    return torch.stack([(part.argmax(1) == j).float().mean() for j, part in enumerate(parts)])


answers.right(scores_from_an_object, share_by_gather, classes_by_groups)


def number_of_farther_ones(known, known_labels, asked, num_classes):
    # how many classes lie farther: a rank is a score, too
    means = [known[known_labels == label].mean(0) for label in range(num_classes)]
    away = torch.stack([torch.linalg.vector_norm(asked - mean, dim=1) for mean in means], 1)
    return (away[:, :, None] < away[:, None]).sum(2).to(asked.dtype)


def share_by_union(scores, labels, k):
    hit = torch.zeros(len(labels), dtype=torch.bool, device=scores.device)
    for column in scores.topk(k).indices.unbind(1):
        hit = hit.logical_or(column.eq(labels))
    return hit.count_nonzero().item() / hit.numel()


def classes_one_by_one(scores, labels):
    found = scores.new_empty(scores.shape[1])
    for label in range(len(found)):
        chosen = labels == label
        found[label] = scores[chosen].argmax(1).eq(label).sum() / chosen.sum()
    return found


answers.right(number_of_farther_ones, share_by_union, classes_one_by_one)


def scores_sorted_first(known, known_labels, asked, num_classes):
    order = known_labels.argsort()
    sizes = known_labels.bincount(minlength=num_classes).tolist()
    means = [part.mean(0) for part in known[order].split(sizes)]
    return -sum((asked[:, None, d] - torch.stack(means)[None, :, d]) ** 2 for d in range(known.shape[1]))


def share_recursively(scores, labels, k):
    if k == 0:
        return 0.0
    named = scores.argmax(1)
    now = (named == labels).sum().item() / len(labels)
    rest = scores.clone().scatter_(1, named[:, None], -float("inf"))
    return now + share_recursively(rest, labels, k - 1)


def classes_by_scatter(scores, labels):
    hit = scores.argmax(1).eq(labels).to(torch.float32)
    empty = torch.zeros(scores.shape[1], device=scores.device)
    return empty.scatter_reduce(0, labels, hit, reduce="mean", include_self=False)


answers.right(scores_sorted_first, share_recursively, classes_by_scatter)
