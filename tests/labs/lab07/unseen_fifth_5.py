"""Answers to 07.5 by students who know its text alone."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.5", "check_judging")


def right_mean(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return -(asked[:, None] - means).square().sum(-1).sqrt()


def right_top(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).double().mean().item()


def right_class(scores, labels):
    right = labels[scores.argmax(1) == labels]
    size = scores.shape[1]
    return right.bincount(minlength=size) / labels.bincount(minlength=size)


def with_mean(name):
    """right_mean under a name of its own."""

    def function(known, known_labels, asked, num_classes):
        return right_mean(known, known_labels, asked, num_classes)

    function.__name__ = function.__qualname__ = name
    return function


# ---- wrong: what students commonly do
def mean_by_dot_product(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return asked @ means.T


answers.wrong("products", "nearest_mean: the dot product with the mean in place of the distance: long means win")(
    mean_by_dot_product, right_top, right_class
)


def mean_not_negated(known, known_labels, asked, num_classes):
    return -right_mean(known, known_labels, asked, num_classes)


answers.wrong("nearest-last", "nearest_mean: the distance itself, so the farthest class has the highest score")(
    mean_not_negated, right_top, right_class
)


def share_of_table(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).float().mean().item()


answers.wrong("divided-by-k", "top-k: the mean over the N x k table, k times too small for k > 1")(
    with_mean("mean_and_top_over_table"), share_of_table, right_class
)


def precision(scores, labels):
    named = scores.argmax(1)
    size = scores.shape[1]
    return named[named == labels].bincount(minlength=size) / named.bincount(minlength=size).clamp(min=1)


answers.wrong("precision", "class accuracy: divided by how often the class was named, not by its examples")(
    with_mean("mean_and_precision"), right_top, precision
)


def bincount_too_short(scores, labels):
    right = labels[scores.argmax(1) == labels].bincount()
    return right / labels.bincount()[: len(right)]


answers.wrong(
    "class-accuracy-shape", "class accuracy: when the last class is never right its 0 is missing, K - 1 numbers"
)(with_mean("mean_and_short_bincount"), right_top, bincount_too_short)


# ---- wrong, but right on the visible example
def mean_of_ten_classes(known, known_labels, asked, num_classes):
    return right_mean(known, known_labels, asked, 10)


answers.wrong(
    "scores-shape", "nearest_mean: num_classes is never read, always ten (NaN columns or classes missing otherwise)"
)(mean_of_ten_classes, right_top, right_class)


def mean_by_exponential(known, known_labels, asked, num_classes):
    return torch.exp(-right_mean(known, known_labels, asked, num_classes).square())


answers.wrong(
    "scores", "nearest_mean: exp(-d^2) is 0 for every class that is more than 11 away, so far rows tie (float32)"
)(mean_by_exponential, right_top, right_class)


def mean_names_one(known, known_labels, asked, num_classes):
    nearest = right_mean(known, known_labels, asked, num_classes).argmax(1)
    return F.one_hot(nearest, num_classes).to(known.dtype)


answers.wrong(
    "scores",
    "nearest_mean: 1 for the nearest class and 0 for all others, so the others are not ordered: top-k for k > 1 is wrong",
)(mean_names_one, right_top, right_class)


def mean_of_equal_classes(known, known_labels, asked, num_classes):
    sums = known.new_zeros(num_classes, known.shape[1]).index_add_(0, known_labels, known)
    return -torch.cdist(asked, sums / (len(known) / num_classes))


answers.wrong(
    "scores", "nearest_mean: divides each class's sum by N / K: wrong where classes have unlike numbers of examples"
)(mean_of_equal_classes, right_top, right_class)


def only_the_kth(scores, labels, k):
    return (scores.topk(k).indices[:, k - 1] == labels).double().mean().item()


answers.wrong("exactly-kth", "top-k: asks for the k-th best class only; right for k = 1")(
    with_mean("mean_and_kth"), only_the_kth, right_class
)


def k_not_read(scores, labels, k):
    return (scores.argmax(1) == labels).double().mean().item()


answers.wrong("only-first", "top-k: k is never read, always top-1")(
    with_mean("mean_and_top_one"), k_not_read, right_class
)


def classes_of_equal_size(scores, labels):
    right = (scores.argmax(1) == labels).to(scores.dtype)
    size = scores.shape[1]
    return torch.zeros(size, dtype=scores.dtype, device=scores.device).index_add_(0, labels, right) * size / len(labels)


answers.wrong("class-accuracy", "class accuracy: takes N / K for the size of each class; above 1 for a large class")(
    with_mean("mean_and_equal_sizes"), right_top, classes_of_equal_size
)


# ---- wrong: a promise broken
def mean_shifts_in_place(known, known_labels, asked, num_classes):
    shift = known.mean(0)
    known -= shift
    asked -= shift
    return right_mean(known, known_labels, asked, num_classes)


answers.wrong("changes-input", "nearest_mean: shifts the caller's features in place")(
    mean_shifts_in_place, right_top, right_class
)


def top_takes_out(scores, labels, k):
    hit = torch.zeros_like(labels, dtype=torch.bool)
    for _ in range(k):
        best = scores.argmax(1)
        hit |= best == labels
        scores[torch.arange(len(labels), device=scores.device), best] = -torch.inf
    return hit.double().mean().item()


answers.wrong("changes-input", "top-k: overwrites the caller's best scores with -infinity")(
    with_mean("mean_and_overwritten_scores"), top_takes_out, right_class
)


_right, _all = {}, {}


def class_totals(scores, labels):
    size = scores.shape[1]
    right = labels[scores.argmax(1) == labels].bincount(minlength=size)
    _right[size] = _right.get(size, 0) + right
    _all[size] = _all.get(size, 0) + labels.bincount(minlength=size)
    return _right[size] / _all[size]


answers.wrong(
    "class-accuracy",
    "class accuracy: counts add up over calls; the second call with as many classes mixes in the first",
)(with_mean("mean_and_running_totals"), right_top, class_totals)


def mean_of_a_sample(known, known_labels, asked, num_classes):
    torch.manual_seed(0)
    means = []
    for label in range(num_classes):
        rows = known[known_labels == label]
        means.append(rows[torch.randperm(len(rows))[:50]].mean(0))
    return -torch.cdist(asked, torch.stack(means))


answers.wrong(
    "leaves-behind",
    "nearest_mean: seeds torch's random numbers for the caller, and takes 50 random rows of larger classes",
)(mean_of_a_sample, right_top, right_class)


# ---- right
def mean_by_membership(known, known_labels, asked, num_classes):
    member = (torch.arange(num_classes, device=known.device)[:, None] == known_labels).to(known.dtype)
    means = torch.einsum("kn,nd->kd", member, known) / member.sum(1, keepdim=True)
    return torch.linalg.vector_norm(asked.unsqueeze(1) - means.unsqueeze(0), dim=2).neg()


def top_by_sorting(scores, labels, k):
    order = scores.argsort(dim=1, descending=True)
    place = (order == labels.unsqueeze(1)).to(torch.int64).argmax(dim=1)
    return (place < k).sum().item() / len(labels)


def class_by_table(scores, labels):
    table = scores.new_zeros(scores.shape[1], scores.shape[1])
    ones = scores.new_ones(len(labels))
    table.index_put_((labels, scores.argmax(1)), ones, accumulate=True)
    return table.diagonal() / table.sum(1)


answers.right(mean_by_membership, top_by_sorting, class_by_table)


def mean_one_by_one(known, known_labels, asked, num_classes):
    groups = {label: [] for label in range(num_classes)}
    for row, label in zip(known, known_labels.tolist()):
        groups[label].append(row)
    means = [sum(rows) / len(rows) for rows in groups.values()]
    scores = [[-(row - mean).pow(2).sum() for mean in means] for row in asked]
    return torch.stack([torch.stack(row) for row in scores])


def top_with_lists(scores, labels, k):
    hits = 0
    for row, label in zip(scores.tolist(), labels.tolist()):
        best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:k]
        hits += label in best
    return hits / len(labels)


def class_with_masks(scores, labels):
    named = scores.argmax(-1)
    return torch.stack([named[labels == c].eq(c).float().mean() for c in range(scores.shape[-1])])


answers.right(mean_one_by_one, top_with_lists, class_with_masks)


class _Means:
    def __init__(self, known, known_labels, num_classes):
        order = known_labels.argsort()
        sizes = known_labels.bincount(minlength=num_classes).tolist()
        self.means = [part.mean(dim=0) for part in known[order].split(sizes)]

    def score(self, asked):
        columns = [1 / (1 + (asked - mean).norm(dim=1)) for mean in self.means]
        return torch.stack(columns, dim=1)


def mean_as_inverse(known, known_labels, asked, num_classes):
    return _Means(known.double(), known_labels, num_classes).score(asked.double())


def top_recursive(scores, labels, k):
    def hits(left, tries):
        best = left.argmax(1)
        hit = best == labels
        if tries == 1:
            return hit
        return hit | hits(left.scatter(1, best[:, None], -torch.inf), tries - 1)

    return float(hits(scores, k).to(torch.float64).mean())


def class_weighted(scores, labels):
    counts = torch.bincount(labels, minlength=scores.size(1))
    hits = torch.bincount(labels, weights=(scores.max(1).indices == labels).double(), minlength=scores.size(1))
    return (hits / counts).float()


answers.right(mean_as_inverse, top_recursive, class_weighted)


def mean_with_numpy(known, known_labels, asked, num_classes):
    rows, its, others = (t.detach().cpu().numpy() for t in (known, known_labels, asked))
    means = np.stack([np.average(rows[its == c].astype(np.float64), axis=0) for c in range(num_classes)])
    apart = np.sqrt(((others[:, None].astype(np.float64) - means[None]) ** 2).sum(axis=2))
    return torch.from_numpy(-apart).to(known)


def top_as_mask(scores, labels, k):
    best = torch.zeros_like(scores, dtype=torch.bool).scatter(1, scores.topk(k, dim=1).indices, True)
    return best.gather(1, labels[:, None]).sum().item() / labels.numel()


def class_by_one_hot(scores, labels):
    truth = F.one_hot(labels, scores.shape[1]).double()
    named = F.one_hot(scores.argmax(1), scores.shape[1]).double()
    return (truth * named).sum(0).div(truth.sum(0)).to(torch.float32)


answers.right(mean_with_numpy, top_as_mask, class_by_one_hot)
