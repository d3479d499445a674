"""Answers to 07.5 by students who know its text alone."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.5", "check_judging")
import types


def nearest_mean(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == k].mean(0) for k in range(num_classes)])
    return -(asked[:, None] - means).norm(dim=2)


def top_k_accuracy(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).double().mean().item()


def class_accuracy(scores, labels):
    right = scores.argmax(1) == labels
    return torch.stack([right[labels == k].double().mean() for k in range(scores.shape[1])])


def _as(function, name):
    """The function under another name, so that a triple of answers can be told from the others."""
    return types.FunctionType(
        function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
    )


def _wrong_means(why):
    return lambda function: answers.wrong("?", why)(function, top_k_accuracy, class_accuracy)


def _wrong_top(why):
    return lambda function: answers.wrong("?", why)(_as(nearest_mean, function.__name__), function, class_accuracy)


def _wrong_classes(why):
    return lambda function: answers.wrong("?", why)(_as(nearest_mean, function.__name__), top_k_accuracy, function)


@_wrong_means("exp of minus the squared distance is 0 for all classes that are far away: no order is left among them")
def vanishing_scores(known, known_labels, asked, num_classes):
    return (-nearest_mean(known, known_labels, asked, num_classes).square()).exp()


@_wrong_means("the nearest known example decides, not the mean of its class")
def nearest_example(known, known_labels, asked, num_classes):
    apart = (asked[:, None] - known).norm(dim=2)
    return -torch.stack([apart[:, known_labels == k].amin(1) for k in range(num_classes)], 1)


@_wrong_means(
    "the mean of the distances to a class's examples, not the distance to their mean: a widely spread class loses"
)
def mean_of_distances(known, known_labels, asked, num_classes):
    apart = (asked[:, None] - known).norm(dim=2)
    return -torch.stack([apart[:, known_labels == k].mean(1) for k in range(num_classes)], 1)


@_wrong_means("the product with the mean: a long mean wins even where a short one is nearer")
def product_with_the_mean(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == k].mean(0) for k in range(num_classes)])
    return asked @ means.T


@_wrong_means("known rows are taken as sorted by class and equally many: wrong for unsorted labels or unequal classes")
def equal_blocks(known, known_labels, asked, num_classes):
    means = torch.stack([block.mean(0) for block in known.tensor_split(num_classes)])
    return -(asked[:, None] - means).norm(dim=2)


@_wrong_means(
    "all classes' sums are divided by the mean number of examples: the mean of a small class comes too near to the origin"
)
def one_divisor(known, known_labels, asked, num_classes):
    sums = known.new_zeros(num_classes, known.shape[1]).index_add_(0, known_labels, known)
    return -(asked[:, None] - sums * num_classes / len(known)).norm(dim=2)


@_wrong_means("features are standardised by the known ones first: distances along wide features count less")
def standardised(known, known_labels, asked, num_classes):
    center, width = known.mean(0), known.std(0) + 1e-6
    return nearest_mean((known - center) / width, known_labels, (asked - center) / width, num_classes)


@_wrong_means("only the nearest class has a score, all others share zero: top-k for k above 1 is a matter of chance")
def only_the_nearest(known, known_labels, asked, num_classes):
    found = nearest_mean(known, known_labels, asked, num_classes).argmax(1)
    return F.one_hot(found, num_classes).to(known.dtype)


@_wrong_means(
    "the means are a float32 table on the CPU: a difference below float32's precision is lost, and another device fails"
)
def means_of_float32(known, known_labels, asked, num_classes):
    means = torch.zeros(num_classes, known.shape[1])
    for k in range(num_classes):
        means[k] = known[known_labels == k].mean(0)
    return -(asked[:, None] - means).norm(dim=2)


@_wrong_means("always ten classes, whatever is asked for: with 3 classes there are ten columns, seven of them NaN")
def ten_classes(known, known_labels, asked, num_classes):
    return nearest_mean(known, known_labels, asked, 10)


@_wrong_top("the hits are averaged over the k places as well: too small by the factor k")
def mean_over_places(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).double().mean().item()


@_wrong_top("the label has to be exactly in place k: right for k = 1 alone")
def exactly_place_k(scores, labels, k):
    return (scores.argsort(1, descending=True)[:, k - 1] == labels).double().mean().item()


@_wrong_top("one place too many: ranks are counted from zero and compared with <= k")
def one_place_too_many(scores, labels, k):
    own = scores.gather(1, labels[:, None])
    return ((scores > own).sum(1) <= k).double().mean().item()


@_wrong_top("each winner is struck out in the caller's scores: they hold -inf afterwards")
def struck_out(scores, labels, k):
    hits = torch.zeros(len(labels), dtype=torch.bool, device=labels.device)
    for _ in range(k):
        best = scores.argmax(1)
        hits |= best == labels
        scores.scatter_(1, best[:, None], float("-inf"))
    return hits.double().mean().item()


@_wrong_top("batches of 8 with what is left at the end thrown away: wrong if N is not a multiple of 8")
def incomplete_batch_dropped(scores, labels, k):
    size = min(8, len(labels))
    full = len(labels) // size * size
    return top_k_accuracy(scores[:full], labels[:full], k)


@_wrong_classes("divided by how often a class was named (precision), and a class that is never named gets 0")
def share_of_the_named(scores, labels):
    named = scores.argmax(1)
    right = named[named == labels].bincount(minlength=scores.shape[1])
    return right / named.bincount(minlength=scores.shape[1]).clamp(min=1)


@_wrong_classes("only classes that were named are in the result: one that is never predicted has no place")
def only_named_classes(scores, labels):
    named = scores.argmax(1)
    return torch.stack([(named[labels == k] == k).double().mean() for k in named.unique()])


@_wrong_classes(
    "right answers are counted without the number of classes: an error or a shorter result if the last class is never right"
)
def as_long_as_the_last_hit(scores, labels):
    right = labels[scores.argmax(1) == labels].bincount()
    return right / labels.bincount()[: len(right)]


@_wrong_classes("counts in 8 bits: for a class of 300 examples the share is another one, and for 256 it is infinite")
def counted_in_bytes(scores, labels):
    right = labels[scores.argmax(1) == labels].bincount(minlength=scores.shape[1])
    return right / labels.bincount(minlength=scores.shape[1]).to(torch.uint8)


def means_by_one_hot(known, known_labels, asked, num_classes):
    truth = F.one_hot(known_labels, num_classes).to(known.dtype)
    means = torch.einsum("nk,nd->kd", truth, known) / truth.sum(0)[:, None]
    return -(asked.unsqueeze(1) - means.unsqueeze(0)).square().sum(2)


def top_by_rank(scores, labels, k):
    order = scores.argsort(dim=1, descending=True, stable=True)
    place = (order == labels.unsqueeze(1)).to(torch.int64).argmax(1)
    return float((place < k).sum()) / len(labels)


def classes_by_bincount(scores, labels):
    width = scores.shape[1]
    right = torch.bincount(labels[scores.argmax(1).eq(labels)], minlength=width)
    return right / torch.bincount(labels, minlength=width)


answers.right(means_by_one_hot, top_by_rank, classes_by_bincount)


def means_by_numpy(known, known_labels, asked, num_classes):
    rows, classes, new = (t.detach().cpu().numpy() for t in (known, known_labels, asked))
    scores = np.empty((len(new), num_classes), dtype=new.dtype)
    for k in range(num_classes):
        scores[:, k] = -np.linalg.norm(new - rows[classes == k].mean(axis=0), axis=1)
    return torch.from_numpy(scores).to(asked.device)


def top_by_numpy(scores, labels, k):
    table, truth = scores.detach().cpu().numpy(), labels.cpu().numpy()
    best = np.argsort(-table, axis=1, kind="stable")[:, :k]
    return float(np.any(best == truth[:, None], axis=1).mean())


def classes_by_numpy(scores, labels):
    named, truth = scores.detach().cpu().numpy().argmax(1), labels.cpu().numpy()
    shares = [np.mean(named[truth == k] == k) for k in range(scores.shape[1])]
    return torch.tensor(shares, dtype=torch.float64)


answers.right(means_by_numpy, top_by_numpy, classes_by_numpy)


def means_in_lists(known, known_labels, asked, num_classes):
    groups = [[] for _ in range(num_classes)]
    for row, label in zip(known, known_labels.tolist()):
        groups[label].append(row)
    means = [sum(rows) / len(rows) for rows in groups]
    return torch.stack([torch.stack([-torch.dist(new, m) for m in means]) for new in asked])


def top_in_lists(scores, labels, k):
    hits = 0
    for row, label in zip(scores.tolist(), labels.tolist()):
        best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:k]
        hits += label in best
    return hits / len(labels)


def classes_in_lists(scores, labels):
    right, whole = [0] * scores.shape[1], [0] * scores.shape[1]
    for row, label in zip(scores.tolist(), labels.tolist()):
        whole[label] += 1
        right[label] += row.index(max(row)) == label
    return torch.tensor([hit / count for hit, count in zip(right, whole)])


answers.right(means_in_lists, top_in_lists, classes_in_lists)


def means_by_exact_cdist(known, known_labels, asked, num_classes):
    means = known.new_zeros(num_classes, known.shape[1])
    for k in known_labels.unique().tolist():
        means[k] = known[known_labels.eq(k)].mean(dim=0)
    return torch.cdist(asked, means, compute_mode="donot_use_mm_for_euclid_dist").neg()


def top_by_striking_out_a_copy(scores, labels, k):
    rest = scores.clone()
    found = torch.zeros_like(labels, dtype=torch.bool)
    for _ in range(k):
        best = rest.max(dim=1).indices
        found = found | (best == labels)
        rest = rest.scatter(1, best.unsqueeze(1), float("-inf"))
    return found.float().mean().item()


def classes_from_a_confusion(scores, labels):
    width = scores.shape[1]
    cells = (labels * width + scores.argmax(1)).bincount(minlength=width * width)
    table = cells.view(width, width).double()
    return table.diagonal() / table.sum(1)


answers.right(means_by_exact_cdist, top_by_striking_out_a_copy, classes_from_a_confusion)


class _Means:
    def __init__(self, known, known_labels, num_classes):
        self.sums = torch.zeros(num_classes, known.shape[1], dtype=known.dtype, device=known.device)
        self.sums = self.sums.index_add(0, known_labels, known)
        self.counts = torch.bincount(known_labels, minlength=num_classes).view(-1, 1)

    def __call__(self, row):
        return torch.linalg.vector_norm(self.sums / self.counts - row, dim=1)


def means_in_a_class(known, known_labels, asked, num_classes):
    means = _Means(known, known_labels, num_classes)
    return 0.0 - torch.stack(list(map(means, asked)))


def top_by_isin(scores, labels, k):
    chosen = torch.zeros_like(scores, dtype=torch.bool)
    chosen.scatter_(1, scores.topk(k, dim=1).indices, True)
    return chosen.gather(1, labels.view(-1, 1)).sum().item() / labels.numel()


def classes_by_scatter(scores, labels):
    right = (scores.argmax(dim=1) == labels).to(torch.float64)
    start = torch.zeros(scores.shape[1], dtype=torch.float64, device=scores.device)
    return start.scatter_reduce(0, labels, right, "mean", include_self=False)


answers.right(means_in_a_class, top_by_isin, classes_by_scatter)


def means_after_sorting(known, known_labels, asked, num_classes):
    order = known_labels.argsort()
    sizes = known_labels.bincount(minlength=num_classes).tolist()
    blocks = known[order].split(sizes)
    columns = [(asked - block.mean(0, keepdim=True)).pow(2).sum(1).sqrt() for block in blocks]
    return -torch.column_stack(columns)


def top_recursively(scores, labels, k):
    if k == 0:
        return 0.0
    place = scores.sort(dim=1, descending=True).indices[:, k - 1]
    return top_recursively(scores, labels, k - 1) + (place == labels).double().mean().item()


def classes_through_top(scores, labels):
    shares = []
    for k in range(scores.size(1)):
        mine = torch.nonzero(labels == k).squeeze(1)
        shares.append(top_k_accuracy(scores[mine], labels[mine], 1))
    return torch.tensor(shares)


answers.right(means_after_sorting, top_recursively, classes_through_top)
