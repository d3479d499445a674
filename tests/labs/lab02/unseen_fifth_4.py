"""Answers to 02.4 by students who know its text alone."""

from collections import Counter

import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs import reports

answers = Answers("02.4", "check_shares")

counts = torch.tensor([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
mnist_labels = torch.repeat_interleave(torch.arange(10), counts)
untrained = [run.metrics["accuracy_before"] for run in reports.evidence("r1.digits") if not run.stand_in]


# a) common mistakes


def stops_at_largest(labels, num_classes):
    return torch.bincount(labels) / len(labels)


answers.wrong("missing-class", "bincount without minlength: too few shares when the last classes do not occur")(
    stops_at_largest, 1, [8, 28], 0
)


def right_shares_one_size(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers.wrong("only-28", "sizes holds 28 only: resizing an image does not change its label, so both sizes fit")(
    right_shares_one_size, 1, [28], 0
)


def right_shares_second_digit(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers.wrong("digit", "digit counts from one: the second share belongs to the digit 1, not 2")(
    right_shares_second_digit, 2, [8, 28], 0
)


def right_shares_near_ones(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers.wrong("matches", "matches counts 0.1029, which is near the share 0.1028 and differs in the fourth decimal")(
    right_shares_near_ones, 1, [8, 28], 1
)


# b) right for the two visible sets of labels


def sorted_labels_only(labels, num_classes):
    names, counts = torch.unique_consecutive(labels, return_counts=True)
    shares = torch.zeros(num_classes)
    shares[names] = counts / len(labels)
    return shares


answers.wrong("shares", "counts runs of equal labels: wrong when the labels are not sorted")(
    sorted_labels_only, 1, [8, 28], 0
)


def one_more_of_each(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes) + 1
    return counts / counts.sum()


answers.wrong(
    "shares",
    "adds one to every count: sums to 1 and agrees in large sets, but is wrong for few labels and gives absent classes a share",
)(one_more_of_each, 1, [8, 28], 0)


def always_ten(labels, num_classes):
    return torch.bincount(labels, minlength=10) / len(labels)


answers.wrong("shares-shape", "never reads num_classes and returns ten shares at least: wrong for three classes")(
    always_ten, 1, [8, 28], 0
)


def absent_ones_at_the_end(labels, num_classes):
    _, counts = labels.unique(return_counts=True)
    shares = counts / len(labels)
    return F.pad(shares, (0, num_classes - len(shares)))


answers.wrong(
    "shares",
    "counts the classes that occur and pads at the end: a class that is absent in the middle shifts all behind it",
)(absent_ones_at_the_end, 1, [8, 28], 0)


# c) a promise broken


def sorts_in_place(labels, num_classes):
    labels.copy_(labels.sort().values)
    ends = torch.searchsorted(labels, torch.arange(num_classes, dtype=labels.dtype), right=True)
    return torch.diff(ends, prepend=ends.new_zeros(1)) / len(labels)


answers.wrong(
    "changes-input",
    "sorts the caller's labels in place: they no longer belong to their images, for labels that are not sorted",
)(sorts_in_place, 1, [8, 28], 0)


def in_half_precision(labels, num_classes):
    return (torch.bincount(labels, minlength=num_classes) / len(labels)).half()


answers.wrong(
    "shares", "shares in float16: rounded to three digits, and they do not sum to 1 in general, as for thirds"
)(in_half_precision, 1, [8, 28], 0)

_counted = Counter()


def counts_all_calls(labels, num_classes):
    _counted.update((num_classes, label) for label in labels.tolist())
    counts = torch.tensor([_counted[num_classes, k] for k in range(num_classes)])
    return counts / counts.sum()


answers.wrong(
    "shares", "keeps the counts between calls: a second call with as many classes mixes in the labels of the first"
)(counts_all_calls, 1, [8, 28], 0)


def gradients_left_off(labels, num_classes):
    torch.set_grad_enabled(False)
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers.wrong(
    "leaves-behind", "switches gradients off for the whole program and leaves them so: no training works afterwards"
)(gradients_left_off, 1, [8, 28], 0)


# right


def with_counter(labels, num_classes):
    counted = Counter(labels.tolist())
    return torch.tensor(
        [counted[k] / labels.numel() for k in range(num_classes)],
        dtype=torch.float64,
        device=labels.device,
    )


mnist_shares = with_counter(mnist_labels, 10)
digit = int(mnist_shares.argmax())
sizes = {size for size in (8, 28) if f"{mnist_shares[digit]:.4f}" == "0.1135"}
known = {f"{share:.4f}" for share in mnist_shares.tolist()}
answers.right(with_counter, digit, sizes, sum(f"{a:.4f}" in known for a in untrained))


def by_comparison(labels, num_classes):
    classes = torch.arange(num_classes, device=labels.device)
    return (labels[None, :] == classes[:, None]).to(torch.get_default_dtype()).mean(1)


answers.right(
    by_comparison,
    by_comparison(mnist_labels, 10).argmax(),
    (28, 8),
    len({f"{a:.4f}" for a in untrained} & known),
)


def by_scatter(labels, num_classes):
    weights = torch.full(labels.shape, 1 / len(labels), dtype=torch.float64, device=labels.device)
    shares = torch.zeros(num_classes, dtype=torch.float64, device=labels.device)
    return shares.index_add(0, labels.long(), weights)


answers.right(by_scatter, [k for k in range(10) if counts[k] == 1135][0], [8, 28], 0)
