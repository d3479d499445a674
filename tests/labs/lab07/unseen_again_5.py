"""More answers to 07.5 by someone who knew the exercise and not its check."""

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("07.5", "check_judging")


def nearest_mean(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return -torch.cdist(asked, means)


def top_k_accuracy(scores, labels, k):
    return (scores.topk(k, 1).indices == labels[:, None]).any(1).float().mean().item()


def class_accuracy(scores, labels):
    right = labels[scores.argmax(1) == labels].bincount(minlength=scores.shape[1])
    return right / labels.bincount(minlength=scores.shape[1])


# Scores that are not minus distances: a linear score with the same order in each row.
def linear_scores(known, known_labels, asked, num_classes):
    member = torch.nn.functional.one_hot(known_labels, num_classes).to(known.dtype)
    means = (member.T @ known) / member.sum(0)[:, None]
    return asked @ means.T - means.pow(2).sum(1) / 2


def by_sorting(scores, labels, k):
    best = scores.argsort(1, descending=True)[:, :k]
    return sum(int(label) in row for row, label in zip(best.tolist(), labels, strict=False)) / len(labels)


def by_masks(scores, labels):
    named = scores.max(1).indices
    return torch.tensor([(named[labels == j] == j).double().mean().item() for j in range(scores.shape[1])])


answers.right(linear_scores, by_sorting, by_masks)


# NumPy throughout; scores are one over one plus the distance.
def numpy_scores(known, known_labels, asked, num_classes):
    rows, names = known.cpu().numpy(), known_labels.cpu().numpy()
    means = np.array([rows[names == j].mean(axis=0) for j in range(num_classes)])
    apart = np.linalg.norm(asked.cpu().numpy()[:, None].astype(np.float64) - means[None], axis=2)
    return torch.from_numpy(1 / (1 + apart)).to(asked.device)


def numpy_top(scores, labels, k):
    order = np.argsort(-scores.cpu().numpy(), axis=1, kind="stable")[:, :k]
    return float(np.mean(np.any(order == labels.cpu().numpy()[:, None], axis=1)))


def numpy_classes(scores, labels):
    named, names = scores.cpu().numpy().argmax(axis=1), labels.cpu().numpy()
    size = scores.shape[1]
    return torch.from_numpy(
        np.bincount(names, weights=named == names, minlength=size) / np.bincount(names, minlength=size)
    )


answers.right(numpy_scores, numpy_top, numpy_classes)


# Squared distances by broadcasting; the rank of the own score; the diagonal of a confusion matrix.
def squared(known, known_labels, asked, num_classes):
    sums = torch.zeros(num_classes, known.shape[1], dtype=known.dtype).index_add_(0, known_labels, known)
    means = sums / known_labels.bincount(minlength=num_classes).unsqueeze(1)
    return (asked[:, None] - means).square().sum(-1).neg()


def by_rank(scores, labels, k):
    hits = scores.topk(k).indices.eq(labels.view(-1, 1)).sum()
    return int(hits) / labels.numel()


def by_confusion(scores, labels):
    size = scores.shape[1]
    table = torch.zeros(size, size).index_put_((labels, scores.argmax(1)), torch.tensor(1.0), accumulate=True)
    return table.diag() / table.sum(1)


answers.wrong("device", "a tensor is made on the CPU")(squared, by_rank, by_confusion)


def distances_as_scores(known, known_labels, asked, num_classes):
    return -nearest_mean(known, known_labels, asked, num_classes)


answers.wrong("nearest-last", "distances are returned as scores: the farthest class has the highest")(
    distances_as_scores, top_k_accuracy, class_accuracy
)


def sums_for_means(known, known_labels, asked, num_classes):
    sums = torch.stack([known[known_labels == label].sum(0) for label in range(num_classes)])
    return -torch.cdist(asked, sums)


answers.wrong("sums", "sums of the classes in place of means: right with one known example for each class only")(
    sums_for_means, top_k_accuracy, class_accuracy
)


def dot_products(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return asked @ means.T


answers.wrong("products", "dot products with the means: a long mean wins over a nearer short one")(
    dot_products, top_k_accuracy, class_accuracy
)


def equal_classes(known, known_labels, asked, num_classes):
    order = known_labels.argsort(stable=True)
    means = known[order].reshape(num_classes, -1, known.shape[1]).mean(1)
    return -torch.cdist(asked, means)


answers.wrong("raises", "classes of equal size are assumed: unequal ones crash or mix")(
    equal_classes, top_k_accuracy, class_accuracy
)


def underflows(known, known_labels, asked, num_classes):
    return (-nearest_mean(known, known_labels, asked, num_classes).square()).exp()


answers.wrong(
    "scores", "exp(-d^2): beyond a distance of about 10 all classes have a score of exactly 0, and the first wins"
)(underflows, top_k_accuracy, class_accuracy)


def nearest_example(known, known_labels, asked, num_classes):
    apart = torch.cdist(asked, known)
    return torch.stack([-apart[:, known_labels == label].amin(1) for label in range(num_classes)], 1)


answers.wrong(
    "nearest-example", "the nearest known example of a class, not its mean: another order where classes are spread"
)(nearest_example, top_k_accuracy, class_accuracy)


def k_is_one(scores, labels, k):
    return (scores.argmax(1) == labels).float().mean().item()


answers.wrong("only-first", "k is never read: top-5 is the accuracy")(nearest_mean, k_is_one, class_accuracy)


def over_k(scores, labels, k):
    return (scores.topk(k, 1).indices == labels[:, None]).float().mean().item()


answers.wrong("divided-by-k", "the mean is over the k places too: too small by the factor k")(
    nearest_mean, over_k, class_accuracy
)


def lowest_k(scores, labels, k):
    return (scores.argsort(1)[:, :k] == labels[:, None]).any(1).float().mean().item()


answers.wrong("none", "the k lowest scores: sorted upwards")(nearest_mean, lowest_k, class_accuracy)


def any_label(scores, labels, k):
    return torch.isin(scores.topk(k, 1).indices, labels).any(1).float().mean().item()


answers.wrong("every", "a label of any example in the batch counts as a hit")(nearest_mean, any_label, class_accuracy)


def precision(scores, labels):
    named = scores.argmax(1)
    right = labels[named == labels].bincount(minlength=scores.shape[1])
    return right / named.bincount(minlength=scores.shape[1]).clamp(min=1)


answers.wrong("precision", "divided by how often the class was named: the precision")(
    nearest_mean, top_k_accuracy, precision
)


def share_of_all(scores, labels):
    return labels[scores.argmax(1) == labels].bincount(minlength=scores.shape[1]) / len(labels)


answers.wrong("share-of-all", "divided by all examples: the shares add up to the accuracy")(
    nearest_mean, top_k_accuracy, share_of_all
)


def too_short(scores, labels):
    right = labels[scores.argmax(1) == labels].bincount()
    return right / labels.bincount()[: len(right)]


answers.wrong(
    "class-accuracy-shape", "bincount without minlength: a last class that is never right is missing, (K - 1,)"
)(nearest_mean, top_k_accuracy, too_short)


def squeezed(scores, labels, k):
    return (scores.squeeze().topk(k, 1).indices == labels[:, None]).any(1).float().mean().item()


answers.wrong("raises", "squeeze: the top-k accuracy of a single example crashes")(
    nearest_mean, squeezed, class_accuracy
)


def classes_that_were_named(scores, labels):
    named = scores.argmax(1)
    return torch.stack([(named[labels == j] == j).float().mean() for j in named.unique()])


answers.wrong(
    "class-accuracy-shape",
    "only classes that were named have an entry: one that is never named is missing, all after it move up",
)(nearest_mean, top_k_accuracy, classes_that_were_named)
