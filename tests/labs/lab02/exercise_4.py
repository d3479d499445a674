"""Right and wrong answers to exercise 02.4: where 11.35 % comes from."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers

# None of the three stored networks scored a digit's share.
answers = Answers("02.4", "check_shares", place=lambda class_shares: (class_shares, 1, (8, 28), 0))


@answers.wrong("counts")
def counts(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes)


@answers.wrong("divided-by-classes")
def divided_by_classes(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / num_classes


@answers.wrong("divided-by-largest")
def divided_by_the_largest(labels, num_classes):
    found = torch.bincount(labels, minlength=num_classes)
    return found / found.max()


@answers.wrong("missing-class")
def last_class_missing(labels, num_classes):
    return torch.bincount(labels) / len(labels)


@answers.wrong("rounded")
def rounded(labels, num_classes):
    return (torch.bincount(labels, minlength=num_classes) / len(labels)).round(decimals=3)


@answers.wrong("shares")
def more_than_ten_classes_end_in_the_last(labels, num_classes):
    return torch.bincount(labels.clamp(max=9), minlength=num_classes) / len(labels)


@answers.wrong("changes-input")
def counted_from_the_smallest_label(labels, num_classes):
    labels -= labels.min()
    return torch.bincount(labels, minlength=num_classes) / len(labels)


@answers.right
def shares(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers.wrong("digit")(shares, 7, (8, 28), 0)
answers.wrong("only-28")(shares, 1, (28,), 0)
answers.wrong("only-28")(shares, 1, 28, 0)
answers.wrong("only-8")(shares, 1, [8], 0)
answers.wrong("sizes")(shares, 1, (), 0)
answers.wrong("sizes")(shares, 1, (8, 28, 32), 0)
answers.wrong("sizes")(shares, 1, None, 0)
answers.wrong("matches-all")(shares, 1, (8, 28), 3)
answers.wrong("matches")(shares, 1, (8, 28), 1)  # 0.1029 is not the 7's 0.1028
answers.wrong("matches-type")(shares, 1, (8, 28), None)
answers.right(shares, 1, {28, 8}, 0)
answers.right(shares, torch.tensor(1), [28, 8], torch.tensor(0))


@answers.right
def shares_by_one_hot(labels, num_classes):
    return F.one_hot(labels, num_classes).double().mean(0)


@answers.right
def shares_by_comparison(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes)).float().mean(0)
