"""Answers to 02.4 by students who know its text alone."""

from collections import Counter

import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs import reports

answers = Answers("02.4", "check_shares")

mnist_counts = torch.tensor([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
mnist_labels = torch.repeat_interleave(torch.arange(10), mnist_counts)
# as in the notebook
untrained = [run.metrics["accuracy_before"] for run in reports.evidence("r1.digits") if not run.stand_in]
SHARES = {f"{count / 10_000:.4f}" for count in mnist_counts.tolist()}
MATCHES = sum(f"{score:.4f}" in SHARES for score in untrained)


def class_shares(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


def no_minlength(labels, num_classes):
    return torch.bincount(labels) / len(labels)


answers.wrong(
    "missing-class", "class_shares: bincount stops at the largest label: labels [0, 1] with 3 classes give 2 shares"
)(no_minlength, 1, [8, 28], MATCHES)


def by_classes(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / num_classes


answers.wrong("divided-by-classes", "class_shares: divides by the number of classes, so the sum is not 1")(
    by_classes, 1, [8, 28], MATCHES
)


def by_histc(labels, num_classes):
    return torch.histc(labels.float(), bins=num_classes) / labels.numel()


answers.wrong(
    "bins",
    "class_shares: histc takes its bins from the smallest to the largest label: where class 0 or the last one is missing, labels are in wrong bins",
)(by_histc, 1, [8, 28], MATCHES)


def by_unique(labels, num_classes):
    _, counts = torch.unique(labels, return_counts=True)
    return F.pad(counts / counts.sum(), (0, num_classes - len(counts)))


answers.wrong(
    "shares",
    "class_shares: unique counts moved up: a class that is missing in the middle gets the share of the next one",
)(by_unique, 1, [8, 28], MATCHES)


def from_one(labels, num_classes):
    return torch.tensor([(labels == k).float().mean().item() for k in range(1, num_classes + 1)])


answers.wrong(
    "shares",
    "class_shares: counts the classes 1 to K instead of 0 to K - 1: the share of class 0 is lost, the last one is 0",
)(from_one, 1, [8, 28], MATCHES)


def ten(labels, num_classes):
    return F.one_hot(labels, 10).double().mean(0)


answers.wrong("shares-shape", "class_shares: ten classes are built in: num_classes=3 gives ten shares")(
    ten, 1, [8, 28], MATCHES
)


def rounded(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes).double()
    return torch.round(counts / len(labels) * 100) / 100


answers.wrong("rounded", "class_shares: rounds to two decimals: thirds sum to 0.99, and 0.1135 becomes 0.11")(
    rounded, 1, [8, 28], MATCHES
)


def shifts(labels, num_classes):
    labels -= labels.min()
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers.wrong(
    "changes-input",
    "class_shares: shifts the labels in place so that the smallest is 0: without class 0 all shares are one class too low, and the caller's labels are changed",
)(shifts, 1, [8, 28], MATCHES)

answers.wrong("digit", "digit: 2, as the second of the ten numbers counted from one; the share of 2 is 0.1032")(
    class_shares, 2, [8, 28], MATCHES
)

answers.wrong("only-28", "sizes: only 28; labels stay when images are resized, so 8 fits as well")(
    class_shares, 1, [28], MATCHES
)

answers.wrong("only-8", "sizes: only 8, as the report says")(class_shares, 1, [8], MATCHES)

answers.wrong("matches", "matches: one too many, as if a score near a share were one")(
    class_shares, 1, [8, 28], MATCHES + 1
)


def by_loop(labels, num_classes):
    counts = Counter(labels.tolist())
    total = sum(counts.values())
    return torch.tensor([counts[k] / total for k in range(num_classes)])


answers.right(by_loop, 1, (28, 8), MATCHES)  # plain Python; a tuple, the larger size first


def by_comparing(labels, num_classes):
    classes = torch.arange(num_classes, device=labels.device)
    return (labels[None, :] == classes[:, None]).to(torch.float64).mean(dim=1)


answers.right(by_comparing, int(by_comparing(mnist_labels, 10).argmax()), {8, 28}, MATCHES)  # double, a set of sizes


def by_histogram(labels, num_classes):
    counts = torch.histc(labels.double(), bins=num_classes, min=-0.5, max=num_classes - 0.5)
    return counts.div(counts.sum())


answers.right(by_histogram, 1, [8, 28], MATCHES)  # a histogram with a bin around every class
