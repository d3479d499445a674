"""Answers to 02.4 by someone who looked for what its check may not ask."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs import reports

COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
UNTRAINED = [run.metrics["accuracy_before"] for run in reports.evidence("r1.digits") if not run.stand_in]
MATCHES = sum(round(10_000 * accuracy, 6) in COUNTS for accuracy in UNTRAINED)


def with_findings(class_shares):
    return class_shares, 1, (8, 28), MATCHES


answers = Answers("02.4", "check_shares", with_findings)


def right_shares(labels, num_classes):
    return labels.long().bincount(minlength=num_classes) / len(labels)


@answers.right
def from_logs(labels, num_classes):
    # Right: the softmax of the logarithms of counts is the counts over their sum, and exp(-inf) is 0.
    ones = torch.ones(len(labels), dtype=torch.float64, device=labels.device)
    counts = ones.new_zeros(num_classes).index_add(0, labels.long(), ones)
    return counts.log().softmax(0)


@answers.right
def by_sorting(labels, num_classes):
    # Right: in sorted labels, the places where one puts a class and the next are as far apart as it is frequent.
    ends = torch.arange(num_classes + 1, device=labels.device)
    places = torch.searchsorted(labels.long().sort().values.contiguous(), ends)
    return places.diff().double() / labels.numel()


@answers.right
def by_counting(labels, num_classes):
    # Right: Python counts in a dictionary, divides by their number, and makes a tensor of the result.
    counts = dict.fromkeys(range(num_classes), 0)
    for label in labels.tolist():
        counts[int(label)] += 1
    return torch.tensor([count / len(labels) for count in counts.values()])


# Right: the same findings, with the sizes in the other order and in a list; the text asks for no order and no type.
answers.right(right_shares, 1, [28, 8], MATCHES)


@answers.wrong("shares-shape", "ten classes whatever num_classes says: too short, or too long")
def always_ten(labels, num_classes):
    return labels.long().bincount(minlength=10) / len(labels)


@answers.wrong(
    "shares",
    "takes the labels that occur and adds zeros at the end: a class that is missing in the middle shifts the others",
)
def missing_at_the_end(labels, num_classes):
    _, counts = labels.unique(return_counts=True)
    return F.pad(counts, (0, num_classes - len(counts))) / len(labels)


@answers.wrong("shares", "rounds to four decimals: the shares of three classes no longer sum to 1")
def rounded(labels, num_classes):
    return right_shares(labels, num_classes).double().round(decimals=4)


@answers.wrong("changes-input", "sorts the labels in place, in the memory that NumPy shares with the caller")
def sorts_in_place(labels, num_classes):
    kept = labels.cpu().numpy()
    kept.sort()
    return torch.tensor([(kept == k).mean() for k in range(num_classes)])


@answers.wrong("shares", "only the first 10,000 labels, as many as MNIST's test set has")
def ten_thousand(labels, num_classes):
    return right_shares(labels[:10_000], num_classes)


@answers.wrong("shares-shape", "squeezes the result: one class gives a number without an axis")
def squeezed(labels, num_classes):
    classes = torch.arange(num_classes, device=labels.device)
    return (labels[:, None] == classes).double().mean(0).squeeze()


@answers.wrong(
    "bins",
    "a histogram from the smallest label to the largest that occur: shifted where the first or last class is missing",
)
def own_range(labels, num_classes):
    counts = torch.histc(labels.float(), bins=num_classes)
    return counts / counts.sum()


@answers.wrong("shares", "labels as bytes: class 256 is counted as 0")
def bytes_of_labels(labels, num_classes):
    return labels.to(torch.uint8).bincount(minlength=num_classes) / len(labels)


@answers.wrong("shares", "every class gets at least one image, so that no share is 0")
def never_zero(labels, num_classes):
    counts = labels.long().bincount(minlength=num_classes).clamp(min=1)
    return counts / counts.sum()


answers.wrong("only-28", "says that only images of 28 pixels have that share: the report's 8 pixels are ruled out")(
    right_shares, 1, (28,), MATCHES
)

answers.wrong("matches", "counts one network too many, which is near a share and has none")(
    right_shares, 1, (8, 28), MATCHES + 1
)
