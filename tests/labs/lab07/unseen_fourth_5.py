"""Answers to 07.5 by students who know its text alone."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.5", "check_judging")


def _means(known, known_labels, num_classes):
    return torch.stack([known[known_labels == k].mean(0) for k in range(num_classes)])


def _nearest(known, known_labels, asked, num_classes):
    means = _means(known, known_labels, num_classes)
    return -(asked[:, None] - means).pow(2).sum(-1).sqrt()


def _top_k(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).double().mean().item()


def _by_class(scores, labels):
    right, classes = scores.argmax(1) == labels, scores.shape[1]
    return labels[right].bincount(minlength=classes) / labels.bincount(minlength=classes)


def nearest_sum(known, known_labels, asked, num_classes):
    sums = torch.zeros(num_classes, known.shape[1], dtype=known.dtype, device=known.device)
    sums.index_add_(0, known_labels, known)
    return -(asked[:, None] - sums).pow(2).sum(-1).sqrt()


answers.wrong(
    "sums", "nearest_mean: the distance to a class's sum, not to its mean; wrong as soon as a class has two known rows"
)(nearest_sum, _top_k, _by_class)


def by_dot_product(known, known_labels, asked, num_classes):
    return asked @ _means(known, known_labels, num_classes).T


answers.wrong(
    "products", "nearest_mean: the dot product with the mean: a far mean with a long vector beats a near one"
)(by_dot_product, _top_k, _by_class)


def nearest_example(known, known_labels, asked, num_classes):
    apart = (asked[:, None] - known).pow(2).sum(-1).sqrt()
    return torch.stack([-apart[:, known_labels == k].amin(1) for k in range(num_classes)], 1)


answers.wrong(
    "nearest-example",
    "nearest_mean: the nearest known example decides, not the mean; wrong where a class has a stray example",
)(nearest_example, _top_k, _by_class)


def equal_parts(known, known_labels, asked, num_classes):
    in_order = known[known_labels.argsort()]
    means = torch.stack([part.mean(0) for part in in_order.chunk(num_classes)])
    return -(asked[:, None] - means).pow(2).sum(-1).sqrt()


answers.wrong(
    "scores", "nearest_mean: cuts the known rows into equal parts; wrong if classes have unlike numbers of examples"
)(equal_parts, _top_k, _by_class)


def bell(known, known_labels, asked, num_classes):
    means = _means(known, known_labels, num_classes)
    return (-(asked[:, None] - means).pow(2).sum(-1)).exp()


answers.wrong(
    "scores",
    "nearest_mean: exp(-d^2) is exactly 0 beyond a distance of some ten (float32), so the nearer of two far classes is not higher",
)(bell, _top_k, _by_class)


def on_the_cpu(known, known_labels, asked, num_classes):
    means = torch.zeros(num_classes, known.shape[1], dtype=known.dtype)
    for k in range(num_classes):
        means[k] = known[known_labels == k].mean(0)
    return -(asked[:, None] - means).pow(2).sum(-1).sqrt()


answers.wrong("device", "nearest_mean: the means lie on the CPU, crashes for features on a GPU")(
    on_the_cpu, _top_k, _by_class
)


def squeezed(known, known_labels, asked, num_classes):
    return _nearest(known, known_labels, asked, num_classes).squeeze()


answers.wrong("scores-shape", "nearest_mean: squeezes, so a single asked row gives (K,) in place of (1, K)")(
    squeezed, _top_k, _by_class
)


def share_of_guesses(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).double().mean().item()


answers.wrong("divided-by-k", "top_k_accuracy: the mean goes over the k guesses too, k times too small for k above 1")(
    _nearest, share_of_guesses, _by_class
)


def one_after_the_other(scores, labels, k):
    found = torch.zeros_like(labels, dtype=torch.bool)
    for _ in range(k):
        best = scores.argmax(1)
        found |= best == labels
        scores.scatter_(1, best[:, None], float("-inf"))
    return found.double().mean().item()


answers.wrong("changes-input", "top_k_accuracy: writes -inf into the caller's scores")(
    _nearest, one_after_the_other, _by_class
)


def rounded(scores, labels, k):
    return round(_top_k(scores, labels, k), 2)


answers.wrong("top-k", "top_k_accuracy: rounded to two decimals: 1 of 3 gives 0.33")(_nearest, rounded, _by_class)


def by_guess(scores, labels):
    guess, classes = scores.argmax(1), scores.shape[1]
    hits = labels[guess == labels].bincount(minlength=classes)
    return hits / guess.bincount(minlength=classes).clamp(min=1)


answers.wrong("precision", "class_accuracy: divides by how often a class is named, not by how many examples it has")(
    _nearest, _top_k, by_guess
)


def seen_only(scores, labels):
    hits = labels[scores.argmax(1) == labels].bincount()
    return hits / labels.bincount()


answers.wrong(
    "raises",
    "class_accuracy: counts hits without minlength: crashes where the last class is never right (or stretches a single count)",
)(_nearest, _top_k, seen_only)


# All in NumPy; tensors only at the ends.
def numpy_nearest(known, known_labels, asked, num_classes):
    rows, labels, questions = (x.detach().cpu().numpy() for x in (known, known_labels, asked))
    means = np.stack([rows[labels == k].mean(axis=0) for k in range(num_classes)])
    return torch.from_numpy(-np.linalg.norm(questions[:, None] - means[None], axis=2)).to(asked)


def numpy_top_k(scores, labels, k):
    best = np.argsort(-scores.detach().cpu().numpy(), axis=1, kind="stable")[:, :k]
    return float(np.mean([label in row for label, row in zip(labels.tolist(), best.tolist(), strict=False)]))


def numpy_by_class(scores, labels):
    right = (scores.argmax(1) == labels).cpu().numpy()
    truth = labels.cpu().numpy()
    shares = [right[truth == k].mean() for k in range(scores.shape[1])]
    return torch.tensor(shares, dtype=torch.float64, device=scores.device)


answers.right(numpy_nearest, numpy_top_k, numpy_by_class)


# One-hot tables and matrix products; the score is the negative *square* of the distance, which has the same order.
def matrix_nearest(known, known_labels, asked, num_classes):
    member = F.one_hot(known_labels, num_classes).to(known.dtype)
    means = (member.T @ known) / member.sum(0)[:, None]
    across = asked[:, None] - means
    return -torch.einsum("mkd,mkd->mk", across, across)


def matrix_top_k(scores, labels, k):
    order = scores.argsort(dim=1, descending=True, stable=True)
    place = (order == labels[:, None]).long().argmax(1)
    return int((place < k).sum()) / len(labels)


def matrix_by_class(scores, labels):
    member = F.one_hot(labels, scores.shape[1]).double()
    right = (scores.argmax(1) == labels).double()
    return right @ member / member.sum(0)


answers.right(matrix_nearest, matrix_top_k, matrix_by_class)


# Loops over single examples and plain Python numbers.
def looped_nearest(known, known_labels, asked, num_classes):
    means = [known[known_labels == k].mean(dim=0) for k in range(num_classes)]
    return torch.stack([torch.stack([-(row - mean).norm() for mean in means]) for row in asked])


def looped_top_k(scores, labels, k):
    hits = 0
    for row, label in zip(scores, labels.tolist(), strict=False):
        hits += label in row.sort(descending=True).indices[:k].tolist()
    return hits / len(labels)


def looped_by_class(scores, labels):
    guesses = scores.argmax(dim=1).tolist()
    hits, sizes = [0] * scores.shape[1], [0] * scores.shape[1]
    for guess, label in zip(guesses, labels.tolist(), strict=False):
        sizes[label] += 1
        hits[label] += guess == label
    return torch.tensor([hit / size for hit, size in zip(hits, sizes, strict=False)], device=scores.device)


answers.right(looped_nearest, looped_top_k, looped_by_class)
