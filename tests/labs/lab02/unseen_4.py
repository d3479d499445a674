"""Answers to 02.4 by someone who knew the exercise and not its check."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs import reports

mnist_counts = torch.tensor([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
mnist_shares = mnist_counts / 10000
untrained = [run.metrics["accuracy_before"] for run in reports.evidence("r1.digits") if not run.stand_in]
MATCHES = sum(bool(torch.isclose(mnist_shares, torch.tensor(score), atol=1e-5).any()) for score in untrained)


def good(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers = Answers("02.4", "check_shares", place=lambda f: (f, 1, (8, 28), MATCHES))


def values(reason, digit=1, sizes=(8, 28), matches=MATCHES):
    answers.wrong("values", reason)(good, digit, sizes, matches)


@answers.wrong("shares-shape", "ten classes written down")
def ten(labels, num_classes):
    return torch.bincount(labels, minlength=10) / len(labels)


@answers.wrong("ten-thousand", "the size of MNIST's test set written down, for large sets")
def ten_thousand(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / (10_000 if len(labels) > 1_797 else len(labels))


@answers.wrong("shares", "torch.unique leaves out classes in the middle")
def unique(labels, num_classes):
    counts = torch.unique(labels, return_counts=True)[1]
    return F.pad(counts, (0, num_classes - len(counts))) / len(labels)


@answers.wrong("bins", "histc over the range of the labels that occur")
def histc(labels, num_classes):
    return torch.histc(labels.float(), bins=num_classes) / len(labels)


@answers.wrong("missing-class", "one_hot without num_classes")
def one_hot(labels, num_classes):
    return F.one_hot(labels).float().mean(0)


@answers.wrong("changes-input", "sorts the labels in place")
def sorts(labels, num_classes):
    labels.copy_(labels.sort().values)
    return good(labels, num_classes)


@answers.wrong("leaves-behind", "the default dtype is float64 afterwards")
def sets_dtype(labels, num_classes):
    torch.set_default_dtype(torch.float64)
    return good(labels, num_classes)


@answers.wrong("divided-by-classes", "by the number of classes")
def by_classes(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / num_classes


@answers.wrong("rounded", "rounded to two decimals")
def rounded(labels, num_classes):
    return good(labels, num_classes).round(decimals=2)


@answers.wrong("divided-by-largest", "relative to the largest class")
def by_largest(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes)
    return counts / counts.max()


values("6: the second digit, counted from one", digit=2)
values("6: the digit as its share", digit=0.1135)
values("6: 28 alone", sizes=(28,))
values("6: a plain number", sizes=28)
values("6: neither size", sizes=())
values("6: as text", sizes="8, 28")
values("6: a size that the text does not name", sizes=(8, 28, 32))
values("6: one match too many", matches=MATCHES + 1)
values("6: all that are near 0.1", matches=len(untrained) if len(untrained) != MATCHES else 0)
values("6: True for the number of matches", matches=MATCHES != 1)
values("6: which, in place of how many", matches=list(untrained))


@answers.right
def loops(labels, num_classes):
    """A loop over the classes; a stacked tensor."""
    return torch.stack([(labels == k).double().mean() for k in range(num_classes)])


@answers.right
def one_hot_mean(labels, num_classes):
    """one_hot with num_classes."""
    return F.one_hot(labels.long(), num_classes).double().mean(dim=0)


def scatter(labels, num_classes):
    """Adds into zeros on the labels' device."""
    ones = torch.ones_like(labels, dtype=torch.float32)
    return torch.zeros(num_classes, device=labels.device).index_add(0, labels, ones) / labels.numel()


answers.right(scatter, torch.tensor(1), [28, 8], torch.tensor(MATCHES))
answers.right(good, np.int64(1), {8, 28}, float(MATCHES))
