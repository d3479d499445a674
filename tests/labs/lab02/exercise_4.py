"""Right and wrong answers to exercise 02.4: where 11.35 % comes from."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("02.4", "check_shares", place=lambda class_shares: (class_shares, 1, 28))


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


@answers.wrong("shares-mnist")
def rounded(labels, num_classes):
    return (torch.bincount(labels, minlength=num_classes) / len(labels)).round(decimals=3)


@answers.right
def shares(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


answers.wrong("digit")(shares, 7, 28)
answers.wrong("pixels-8")(shares, 1, 8)
answers.wrong("pixels")(shares, 1, 32)


@answers.right
def shares_by_one_hot(labels, num_classes):
    return F.one_hot(labels, num_classes).double().mean(0)


@answers.right
def shares_by_comparison(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes)).float().mean(0)
