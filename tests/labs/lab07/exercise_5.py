"""Right and wrong answers to exercise 07.5: nearest mean, top-k and class-wise accuracy."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers


def _means(known, labels, num_classes):
    return torch.stack([known[labels == label].mean(0) for label in range(num_classes)])


def _by_mean(known, labels, asked, num_classes):
    return -torch.cdist(asked, _means(known, labels, num_classes))


def _top_k(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).float().mean().item()


def _by_class(scores, labels):
    right = (scores.argmax(1) == labels).double()
    return torch.stack([right[labels == label].mean() for label in range(scores.shape[1])])


def as_top_k(answer):
    return _by_mean, answer, _by_class


def as_class_accuracy(answer):
    return _by_mean, _top_k, answer


answers = Answers("07.5", "check_judging", place=lambda answer: (answer, _top_k, _by_class))


@answers.wrong("nearest-last")
def distances_as_scores(known, labels, asked, num_classes):
    return torch.cdist(asked, _means(known, labels, num_classes))


@answers.wrong("sums")
def sums_of_the_classes(known, labels, asked, num_classes):
    return -torch.cdist(asked, torch.stack([known[labels == label].sum(0) for label in range(num_classes)]))


@answers.wrong("nearest-example")
def nearest_example(known, labels, asked, num_classes):
    between = torch.cdist(asked, known)
    return -torch.stack([between[:, labels == label].amin(1) for label in range(num_classes)], 1)


@answers.wrong("products")
def products_with_the_means(known, labels, asked, num_classes):
    return asked @ _means(known, labels, num_classes).T


@answers.wrong("angles")
def angles_to_the_means(known, labels, asked, num_classes):
    return F.normalize(asked) @ F.normalize(_means(known, labels, num_classes)).T


@answers.wrong("medians")
def medians_of_the_classes(known, labels, asked, num_classes):
    medians = [known[labels == label].median(0).values for label in range(num_classes)]
    return -torch.cdist(asked, torch.stack(medians))


@answers.wrong("divided-by-all")
def sums_divided_by_all_examples(known, labels, asked, num_classes):
    sums = torch.zeros(num_classes, known.shape[1]).index_add_(0, labels, known)
    return -torch.cdist(asked, sums / len(known))


@answers.wrong("mean-distance")
def mean_distance_to_the_examples(known, labels, asked, num_classes):
    between = torch.cdist(asked, known)
    return -torch.stack([between[:, labels == label].mean(1) for label in range(num_classes)], 1)


@answers.wrong("city-block")
def city_block_to_the_means(known, labels, asked, num_classes):
    return -torch.cdist(asked, _means(known, labels, num_classes), p=1)


@answers.wrong("scores-shape")
def scores_as_an_array(known, labels, asked, num_classes):
    return _by_mean(known, labels, asked, num_classes).numpy()


@answers.wrong("changes-input")
def examples_centered_in_place(known, labels, asked, num_classes):
    asked -= known.mean(0)
    known -= known.mean(0)
    return _by_mean(known, labels, asked, num_classes)


@answers.wrong("scores-shape")
def classes_in_rows(known, labels, asked, num_classes):
    return _by_mean(known, labels, asked, num_classes).T


@answers.wrong("scores-shape")
def predictions_in_place_of_scores(known, labels, asked, num_classes):
    return _by_mean(known, labels, asked, num_classes).argmax(1)


@answers.wrong("only-first", place=as_top_k)
def top_one_always(scores, labels, k):
    return _top_k(scores, labels, 1)


@answers.wrong("divided-by-k", place=as_top_k)
def divided_by_k(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).float().mean().item()


@answers.wrong("lowest", place=as_top_k)
def lowest_scores(scores, labels, k):
    return (scores.topk(k, largest=False).indices == labels[:, None]).any(1).float().mean().item()


@answers.wrong("exactly-kth", place=as_top_k)
def kth_place_alone(scores, labels, k):
    return (scores.topk(k).indices[:, -1] == labels).float().mean().item()


@answers.wrong("none", place=as_top_k)
def values_in_place_of_classes(scores, labels, k):
    return (scores.topk(k).values == labels[:, None]).any(1).float().mean()


@answers.wrong("every", place=as_top_k)
def labels_without_an_axis(scores, labels, k):
    return (scores.topk(k).indices == labels).any(1).float().mean()


@answers.wrong("one-more", place=as_top_k)
def one_place_more(scores, labels, k):
    return _top_k(scores, labels, min(k + 1, scores.shape[1]))


@answers.wrong("not-averaged", place=as_top_k)
def hit_or_not_of_each_example(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).float()


@answers.wrong("percent", place=as_top_k)
def percents(scores, labels, k):
    return 100 * _top_k(scores, labels, k)


@answers.wrong("errors", place=as_top_k)
def share_of_misses(scores, labels, k):
    return 1 - _top_k(scores, labels, k)


@answers.wrong("not-averaged", place=as_top_k)
def count_of_hits(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).sum()


@answers.wrong("precision", place=as_class_accuracy)
def shares_of_what_was_named(scores, labels):
    named = scores.argmax(1)
    return torch.stack([(labels[named == label] == label).double().mean() for label in range(scores.shape[1])])


@answers.wrong("share-of-all", place=as_class_accuracy)
def shares_of_all_examples(scores, labels):
    right = scores.argmax(1) == labels
    return torch.stack([(right & (labels == label)).double().mean() for label in range(scores.shape[1])])


@answers.wrong("counts", place=as_class_accuracy)
def hits_of_each_class(scores, labels):
    return labels.bincount((scores.argmax(1) == labels).double(), scores.shape[1])


@answers.wrong("one-number", place=as_class_accuracy)
def mean_over_the_classes(scores, labels):
    return _by_class(scores, labels).mean()


@answers.wrong("percent", place=as_class_accuracy)
def percents_of_each_class(scores, labels):
    return 100 * _by_class(scores, labels)


@answers.wrong("errors", place=as_class_accuracy)
def misses_of_each_class(scores, labels):
    return 1 - _by_class(scores, labels)


@answers.wrong("raises", place=as_class_accuracy)
def hits_up_to_the_last_hit(scores, labels):
    return labels[scores.argmax(1) == labels].bincount() / labels.bincount()


@answers.wrong("class-accuracy-type", place=as_class_accuracy)
def accuracies_as_a_list(scores, labels):
    return _by_class(scores, labels).tolist()


@answers.wrong("one-number", place=as_class_accuracy)
def accuracy_over_all(scores, labels):
    return (scores.argmax(1) == labels).double().mean()


def scores_by_squares(known, labels, asked, num_classes):
    table = F.one_hot(labels, num_classes).to(known.dtype)
    means = table.T @ known / table.sum(0)[:, None]
    return -(asked[:, None] - means).square().sum(2)


def top_k_by_ranks(scores, labels, k):
    return ((scores > scores[range(len(labels)), labels][:, None]).sum(1) < k).double().mean()


def classes_by_counts(scores, labels):
    hits = labels[scores.argmax(1) == labels].bincount(minlength=scores.shape[1])
    return hits / labels.bincount(minlength=scores.shape[1])


answers.right(scores_by_squares, top_k_by_ranks, classes_by_counts)


def scores_as_chances(known, labels, asked, num_classes):
    return _by_mean(known, labels, asked, num_classes).softmax(1)


def top_k_by_a_loop(scores, labels, k):
    hits = sum(int(label) in row.argsort(descending=True)[:k].tolist() for row, label in zip(scores, labels))  # noqa: B905
    return hits / len(labels)


answers.right(scores_as_chances, top_k_by_a_loop, _by_class)


def scores_by_index_add(known, labels, asked, num_classes):
    sums = known.new_zeros(num_classes, known.shape[1]).index_add_(0, labels, known)
    return 1 / (1 + torch.cdist(asked, sums / labels.bincount(minlength=num_classes)[:, None]))


def classes_by_the_confusion_matrix(scores, labels):
    num_classes = scores.shape[1]
    table = (labels * num_classes + scores.argmax(1)).bincount(minlength=num_classes**2).reshape(num_classes, -1)
    return table.diag() / table.sum(1)


answers.right(scores_by_index_add, _top_k, classes_by_the_confusion_matrix)


@answers.wrong("scores")
def columns_in_the_order_of_the_rows(known, labels, asked, num_classes):
    seen = list(dict.fromkeys(labels.tolist()))
    return -torch.cdist(asked, torch.stack([known[labels == label].mean(0) for label in seen]))


@answers.wrong("mean-of-means", place=as_top_k)
def mean_over_classes_first(scores, labels, k):
    hits = (scores.topk(k).indices == labels[:, None]).any(1).double()
    return torch.stack([hits[labels == label].mean() for label in labels.unique()]).mean().item()
