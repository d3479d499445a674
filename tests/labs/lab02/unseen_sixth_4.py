"""Answers to 02.4 by students who know its text alone."""

from collections import Counter

import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs import reports

answers = Answers("02.4", "check_shares")

mnist_counts = torch.tensor([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
mnist_labels = torch.repeat_interleave(torch.arange(10), mnist_counts)
untrained = [run.metrics["accuracy_before"] for run in reports.evidence("r1.digits") if not run.stand_in]


def class_shares(labels, num_classes):
    """Right shares, for the answers whose numbers are wrong."""
    return torch.bincount(labels, minlength=num_classes) / len(labels)


DIGIT, SIZES, MATCHES = 1, (8, 28), 0


def wrong_shares(why):
    """Return a decorator: these shares are wrong, and the numbers right."""
    return lambda shares: answers.wrong("?", why)(shares, DIGIT, SIZES, MATCHES)


@wrong_shares(
    "bincount without minlength: classes behind the largest label are missing, as with labels [0, 1] and three classes"
)
def without_minlength(labels, num_classes):
    return torch.bincount(labels) / len(labels)


@wrong_shares("divides by the number of classes and not of labels: the shares do not sum to 1")
def by_classes(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / num_classes


@wrong_shares("there are ten classes whatever num_classes is")
def always_ten(labels, num_classes):
    return torch.bincount(labels, minlength=10) / len(labels)


@wrong_shares("divides by 10,000, the size of MNIST's test set, whatever the number of labels is")
def of_ten_thousand(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / 10_000


@wrong_shares("percent: the shares sum to 100")
def percent(labels, num_classes):
    return 100 * torch.bincount(labels, minlength=num_classes) / len(labels)


@wrong_shares(
    "unique gives no row for a class without labels: the tensor is too short and the shares stand at other classes"
)
def only_those_that_occur(labels, num_classes):
    return torch.unique(labels, return_counts=True)[1] / len(labels)


@wrong_shares(
    "runs of equal labels are counted as they lie: right for sorted labels such as mnist_labels, wrong for shuffled ones"
)
def for_sorted_labels(labels, num_classes):
    shares = torch.zeros(num_classes)
    values, counts = torch.unique_consecutive(labels, return_counts=True)
    shares[values] = counts / len(labels)
    return shares


@wrong_shares("the labels are sorted in place, so that the caller's labels have lost their order")
def sorts_in_place(labels, num_classes):
    labels.copy_(labels.sort().values)
    return torch.bincount(labels, minlength=num_classes) / len(labels)


@wrong_shares(
    "classes are counted from 1 to num_classes: the share of class 0 is lost and the others are one place off"
)
def from_one(labels, num_classes):
    return torch.stack([(labels == k).float().mean() for k in range(1, num_classes + 1)])


@wrong_shares("every class is counted once more than it occurs (smoothing), so that a class without labels has a share")
def smoothed(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes) + 1
    return counts / counts.sum()


@wrong_shares("a softmax makes the counts sum to 1, and not a division")
def softmax_of_counts(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes).double().softmax(0)


@wrong_shares(
    "shares are sorted from the largest to the smallest (Counter.most_common), not in the order of the classes"
)
def most_common_first(labels, num_classes):
    counts = Counter(labels.tolist())
    ranked = [count for _, count in counts.most_common()]
    return torch.tensor(ranked + [0] * (num_classes - len(ranked))) / len(labels)


@wrong_shares("indexed assignment does not add up: every class that occurs has a count of 1")
def counts_once(labels, num_classes):
    counts = torch.zeros(num_classes)
    counts[labels] += 1
    return counts / len(labels)


@wrong_shares("one-hot rows are added up in 8 bits, so that counts of 256 and more overflow")
def eight_bits(labels, num_classes):
    rows = F.one_hot(labels, num_classes).to(torch.uint8)
    return rows.sum(0, dtype=torch.uint8) / len(labels)


answers.wrong("?", "the digit is 2, the place of the share when one counts from one, and not the digit 1")(
    class_shares, 2, SIZES, MATCHES
)
answers.wrong("?", "the share is said to be 0.1135 at 28 pixels only, though resizing changes no label")(
    class_shares, DIGIT, (28,), MATCHES
)
answers.wrong("?", "the share is said to be 0.1135 at 8 pixels only, as the report's claim has it")(
    class_shares, DIGIT, [8], MATCHES
)
answers.wrong("?", "0.1029 is taken as the share 0.1028 of digit 7: near is not equal in all four decimals")(
    class_shares, DIGIT, SIZES, 1
)
answers.wrong("?", "matches is the number of stored runs, not of those that equal a share")(
    class_shares, DIGIT, SIZES, len(untrained)
)
answers.wrong("?", "digit is the share and not the digit that has it")(class_shares, 0.1135, SIZES, MATCHES)


def by_comparing(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes, device=labels.device)).double().mean(0)


answers.right(by_comparing, 1, {28, 8}, 0)


def with_a_counter(labels, num_classes):
    counts = Counter(labels.tolist())
    total = sum(counts.values())
    return torch.tensor([counts[k] / total for k in range(num_classes)], device=labels.device)


shares = with_a_counter(mnist_labels, 10)
answers.right(
    with_a_counter,
    [f"{share:.4f}" for share in shares.tolist()].index("0.1135"),
    [28, 8],
    sum(f"{score:.4f}" in {f"{share:.4f}" for share in shares.tolist()} for score in untrained),
)


def added(labels, num_classes):
    counts = torch.zeros(num_classes, dtype=torch.float64, device=labels.device)
    counts.index_add_(0, labels, torch.ones_like(labels, dtype=torch.float64))
    return counts.div(counts.sum())


answers.right(added, int(added(mnist_labels, 10).argmax()), tuple(size for size in (8, 28)), len([]))


def one_hot_mean(labels, num_classes):
    return torch.einsum("nk->k", F.one_hot(labels, num_classes).double()) / labels.numel()


answers.right(one_hot_mean, one_hot_mean(mnist_labels, 10).argmax(), sorted({8, 28}), 0)


class Shares:
    """A loop over the labels, in an object that can be called."""

    def __call__(self, labels, num_classes):
        counts = [0] * num_classes
        for label in labels.clone().tolist():
            counts[label] += 1
        return torch.tensor(counts, dtype=torch.float64, device=labels.device) / sum(counts)


answers.right(Shares(), max(range(10), key=mnist_counts.tolist().__getitem__), frozenset((8, 28)), 0)


def by_edges(labels, num_classes):
    """Where each class begins and ends among the sorted labels."""
    ordered = labels.sort().values
    edges = torch.searchsorted(ordered, torch.arange(num_classes + 1, device=labels.device))
    return edges.diff() / edges[-1]


answers.right(by_edges, 1, range(8, 29, 20), 0)
