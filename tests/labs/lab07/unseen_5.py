"""Answers to 07.5 by someone who knew the exercise and not its check."""

import numpy as np
import torch
from helpers.answers import Answers

from resnet_labs import metrics


def good_mean(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return -torch.cdist(asked, means)


def good_top(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).float().mean().item()


def good_class(scores, labels):
    right = (scores.argmax(1) == labels).double()
    n = scores.shape[1]
    return labels.bincount(right, n) / labels.bincount(minlength=n)


def near(f):
    return (f, good_top, good_class)


def top(f):
    return (good_mean, f, good_class)


def each(f):
    return (good_mean, good_top, f)


answers = Answers("07.5", "check_judging", place=near)


@answers.wrong("device", "means in zeros on the CPU")
def cpu_zeros(known, known_labels, asked, num_classes):
    means = torch.zeros(num_classes, known.shape[1], dtype=known.dtype).index_add(0, known_labels, known)
    return -torch.cdist(asked, means / known_labels.bincount(minlength=num_classes)[:, None])


@answers.wrong("scores-shape", "ten classes")
def ten(known, known_labels, asked, num_classes):
    return good_mean(known, known_labels, asked, min(10, num_classes))


@answers.wrong("scores", "every class has as many known examples as the first")
def equal_sizes(known, known_labels, asked, num_classes):
    n = (known_labels == 0).sum()
    means = torch.stack([known[known_labels == k].sum(0) / n for k in range(num_classes)])
    return -torch.cdist(asked, means)


@answers.wrong("scores", "the known rows are taken to be sorted by class")
def sorted_rows(known, known_labels, asked, num_classes):
    means = torch.stack([part.mean(0) for part in known.split(known_labels.bincount(minlength=num_classes).tolist())])
    return -torch.cdist(asked, means)


@answers.wrong("scores-shape", "asked rows of one: squeeze")
def squeezed(known, known_labels, asked, num_classes):
    return good_mean(known, known_labels, asked, num_classes).squeeze()


@answers.wrong("3: float32 means")
def inverse(known, known_labels, asked, num_classes):
    return 1 / good_mean(known, known_labels, asked, num_classes).neg()


answers.wrongs.pop()  # higher the nearer: right, but for distance zero


@answers.wrong("changes-input", "known features are normalized in place")
def in_place(known, known_labels, asked, num_classes):
    known /= known.norm(dim=1, keepdim=True)
    return good_mean(known, known_labels, asked, num_classes)


@answers.wrong("nearest-last", "distances: the nearer, the lower")
def lower(known, known_labels, asked, num_classes):
    return -good_mean(known, known_labels, asked, num_classes)


@answers.wrong("products", "dot products with the means")
def products(known, known_labels, asked, num_classes):
    return asked @ torch.stack([known[known_labels == k].mean(0) for k in range(num_classes)]).T


@answers.wrong("nearest-example", "the nearest known example, not the mean")
def nearest_one(known, known_labels, asked, num_classes):
    d = torch.cdist(asked, known)
    return torch.stack([-d[:, known_labels == k].min(1).values for k in range(num_classes)], 1)


@answers.wrong("scores-shape", "classes in place of scores")
def classes(known, known_labels, asked, num_classes):
    return good_mean(known, known_labels, asked, num_classes).argmax(1)


@answers.wrong("scores-shape", "rows and columns exchanged")
def transposed(known, known_labels, asked, num_classes):
    return good_mean(known, known_labels, asked, num_classes).T


@answers.wrong("top-k", "top 5, whatever k is", place=top)
def five(scores, labels, k):
    return good_top(scores, labels, min(5, scores.shape[1]))


@answers.wrong("lowest", "k smallest", place=top)
def smallest(scores, labels, k):
    return good_top(-scores, labels, k)


@answers.wrong("none", "the own score is counted among the higher ones", place=top)
def threshold(scores, labels, k):
    own = scores.gather(1, labels[:, None])
    return ((scores >= own).sum(1) < k).float().mean().item()


@answers.wrong("divided-by-k", "divided by k", place=top)
def by_k(scores, labels, k):
    return good_top(scores, labels, k) / k


@answers.wrong("not-averaged", "the number of examples", place=top)
def number(scores, labels, k):
    return good_top(scores, labels, k) * len(labels)


@answers.wrong("changes-input", "labels are changed in place", place=top)
def labels_in_place(scores, labels, k):
    labels.clamp_(max=scores.shape[1] - 2)
    return good_top(scores, labels, k)


@answers.wrong("class-accuracy-shape", "a class that is never predicted disappears", place=each)
def unique(scores, labels):
    guesses = scores.argmax(1)
    return torch.stack([(guesses[labels == k] == k).double().mean() for k in guesses.unique()])


@answers.wrong("precision", "precision in place of the class's accuracy", place=each)
def precision(scores, labels):
    guesses, n = scores.argmax(1), scores.shape[1]
    return guesses.bincount((guesses == labels).double(), n) / guesses.bincount(minlength=n).clamp(min=1)


@answers.wrong("share-of-all", "share of all examples", place=each)
def of_all(scores, labels):
    return good_class(scores, labels) * labels.bincount(minlength=scores.shape[1]) / len(labels)


@answers.wrong("device", "counts on the CPU", place=each)
def cpu_counts(scores, labels):
    right = (scores.argmax(1) == labels).double()
    return torch.zeros(scores.shape[1], dtype=torch.float64).index_add(0, labels, right) / labels.bincount(
        minlength=scores.shape[1]
    )


@answers.wrong("class-accuracy-shape", "ten classes", place=each)
def ten_classes(scores, labels):
    right = (scores.argmax(1) == labels).double()
    return labels.bincount(right, 10) / labels.bincount(minlength=10)


@answers.wrong("changes-input", "scores are softmaxed in place", place=each)
def scores_in_place(scores, labels):
    scores.copy_(scores.softmax(1))
    return good_class(scores, labels)


@answers.wrong("library", "the library's top_k_accuracy is handed in (passing is fine if the check says so)", place=top)
def library_top(scores, labels, k):
    return metrics.top_k_accuracy(scores, labels, k)


def squared(known, known_labels, asked, num_classes):
    """Squared distances by einsum, softmax at the end."""
    hot = torch.nn.functional.one_hot(known_labels, num_classes).to(known.dtype)
    means = (hot.T @ known) / hot.sum(0)[:, None]
    gaps = asked[:, None] - means
    return -torch.einsum("mkd,mkd->mk", gaps, gaps)


def rank(scores, labels, k):
    """By rank."""
    return (
        torch.tensor([int((row > row[label]).sum()) < k for row, label in zip(scores, labels, strict=False)])
        .float()
        .mean()
    )


def loops(scores, labels):
    """A list of numbers in a tensor."""
    guesses = scores.argmax(dim=1)
    return torch.tensor([(guesses[labels == k] == k).float().mean().item() for k in range(scores.shape[1])])


answers.right(squared, good_top, good_class)
answers.right(good_mean, rank, good_class)
answers.right(good_mean, good_top, loops)
answers.right(
    lambda known, y, asked, k: torch.stack(
        [1 / (1 + (asked - known[y == c].mean(0)).norm(dim=1)) for c in range(k)], dim=1
    ),
    lambda scores, labels, k: float(
        np.mean([int(label) in r for label, r in zip(labels.tolist(), scores.topk(k).indices.tolist(), strict=False)])
    ),
    lambda scores, labels: torch.stack(
        [(scores[labels == c].argmax(1) == c).double().mean() for c in range(scores.shape[1])]
    ),
)
