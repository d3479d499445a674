"""Answers to 02.4 by students who know its text alone."""

from collections import Counter

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("02.4", "check_shares")
import numpy as np


def shares_by_count(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


def called(name):
    """Return right shares under another name, that of the answer."""

    def shares(labels, num_classes):
        return shares_by_count(labels, num_classes)

    shares.__name__ = shares.__qualname__ = name
    return shares


# --- the shares are wrong


def histogram_of_what_is_there(labels, num_classes):
    return torch.histc(labels.float(), bins=num_classes) / len(labels)


answers.wrong(
    "?",
    "the histogram reaches from the smallest to the largest label that occurs: wrong where class 0 or the last class is missing",
)(histogram_of_what_is_there, 1, [8, 28], 0)


def of_sorted_labels(labels, num_classes):
    shares = torch.zeros(num_classes)
    values, counts = torch.unique_consecutive(labels, return_counts=True)
    for value, count in zip(values.tolist(), counts.tolist()):
        shares[value] = count / len(labels)
    return shares


answers.wrong(
    "?", "takes the labels as sorted, as they are in the example: of an unsorted class only the last run counts"
)(of_sorted_labels, 1, [8, 28], 0)


def of_ten_thousand(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / 10_000


answers.wrong("?", "divides by 10,000, MNIST's number of test images: the shares of the 8x8 digits sum to 0.18")(
    of_ten_thousand, 1, [8, 28], 0
)


def short_counts(labels, num_classes):
    counts = torch.zeros(num_classes, dtype=torch.int16)
    counts.index_add_(0, labels, torch.ones_like(labels, dtype=torch.int16))
    return counts / len(labels)


answers.wrong("?", "counts in int16: a class with more than 32,767 labels has a negative share")(
    short_counts, 1, [8, 28], 0
)


def counts_from_the_smallest(labels, num_classes):
    labels -= labels.min()
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers.wrong(
    "?",
    "shifts the labels in place so that the smallest is 0: without class 0 all shares move, and so do the caller's labels",
)(counts_from_the_smallest, 1, [8, 28], 0)


def rounded(labels, num_classes):
    shares = torch.bincount(labels, minlength=num_classes).double() / len(labels)
    return (shares * 1e4).round() / 1e4


answers.wrong("?", "rounds to four decimals: three classes with one label each sum to 0.9999, not to 1")(
    rounded, 1, [8, 28], 0
)


def counts_on(labels, num_classes, counter=Counter()):
    counter.update(labels.tolist())
    total = sum(counter.values())
    return torch.tensor([counter[k] / total for k in range(num_classes)])


answers.wrong("?", "counts on in a default argument: the second call still holds the labels of the first")(
    counts_on, 1, [8, 28], 0
)


def of_those_that_occur(labels, num_classes):
    _, counts = labels.unique(return_counts=True)
    shares = torch.zeros(num_classes)
    shares[: len(counts)] = counts / len(labels)
    return shares


answers.wrong(
    "?", "puts the counts of the classes that occur side by side: with class 1 missing, class 2's share stands at 1"
)(of_those_that_occur, 1, [8, 28], 0)


def smoothed(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes) + 1
    return counts / counts.sum()


answers.wrong("?", "adds one to every count: the shares sum to 1, but a class without a label has more than 0")(
    smoothed, 1, [8, 28], 0
)


# --- a value is wrong

answers.wrong("?", "the digit is counted from one: the second share is that of the digit 1, not 2")(
    called("second_digit"), 2, [8, 28], 0
)
answers.wrong("?", "only the size of MNIST itself: resizing changes no label, so the share is the same at 8 pixels")(
    called("one_size"), 1, [28], 0
)
answers.wrong("?", "counts 0.1029 as the share 0.1028: near is not the same in all four decimals")(
    called("near_one"), 1, [8, 28], 1
)
answers.wrong("?", "names every size from 8 to 28, not those of the two that were asked about")(
    called("all_sizes"), 1, list(range(8, 29)), 0
)


class Anything:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = None


answers.wrong("?", "an object that is equal to everything in place of a digit and of a number")(
    called("equal_to_all"), Anything(), [8, 28], Anything()
)


# --- right


def by_comparison(labels, num_classes):
    classes = torch.arange(num_classes, device=labels.device)
    return (labels.unsqueeze(1) == classes).double().mean(0)


answers.right(by_comparison, torch.tensor(1), (8, 28), 0)


def by_one_hot(labels, num_classes):
    return F.one_hot(labels.long(), num_classes).to(torch.float64).mean(dim=0)


answers.right(by_one_hot, 1, {8, 28}, 0)


def by_counter(labels, num_classes):
    counter = Counter(labels.tolist())
    return torch.tensor([counter.get(k, 0) / len(labels) for k in range(num_classes)])


answers.right(by_counter, by_counter(torch.tensor([1, 1, 0]), 3).argmax().item(), [28, 8], sum([False] * 3))


def by_scatter(labels, num_classes):
    each = torch.full((len(labels),), 1 / len(labels), dtype=torch.float64, device=labels.device)
    return torch.zeros_like(each[:1]).repeat(num_classes).scatter_add(0, labels.long(), each)


answers.right(by_scatter, 1, (28, 8), torch.tensor([False, False, False]).sum().item())


def by_numpy(labels, num_classes):
    named = np.asarray(labels.cpu())
    return torch.from_numpy(np.array([np.mean(named == k) for k in range(num_classes)]))


answers.right(by_numpy, int(np.argmax([980, 1135, 1032])), [8, 28], 0)


def by_histogram(labels, num_classes):
    counts = torch.histc(labels.double(), bins=num_classes, min=-0.5, max=num_classes - 0.5)
    return counts / counts.sum()


answers.right(by_histogram, 1, sorted({28, 8}), len([]))
