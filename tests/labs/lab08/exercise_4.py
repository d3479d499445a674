"""Right and wrong answers to exercise 08.4: classes that a ReLU switches off."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn


def dead(head, codes):
    return (head(codes) <= 0).all(0)


def gradients(head, codes, labels, *, relu=F.relu, reduction="mean", norm=lambda gradient: gradient.norm(dim=1)):
    loss = F.cross_entropy(relu(head(codes)), labels, reduction=reduction)
    return norm(torch.autograd.grad(loss, head.weight)[0])


def as_gradients(answer):
    return dead, answer, 0.801


answers = Answers("08.4", "check_dead", place=lambda answer: (answer, gradients, 0.801))


@answers.wrong("below-zero")
def below_zero_only(head, codes):
    return (head(codes) < 0).all(0)


@answers.wrong("zero-only")
def zero_without_a_relu(head, codes):
    return (head(codes) == 0).all(0)


@answers.wrong("any")
def zero_for_any_row(head, codes):
    return (head(codes) <= 0).any(0)


@answers.wrong("wrong-axis")
def a_value_for_each_row(head, codes):
    return (head(codes) <= 0).all(1)


@answers.wrong("mean")
def zero_on_average(head, codes):
    return head(codes).mean(0) <= 0


@answers.wrong("never-best")
def never_the_best(head, codes):
    named = head(codes).argmax(1)
    return torch.tensor([k not in named for k in range(head.out_features)])


@answers.wrong("alive")
def living_classes(head, codes):
    return ~dead(head, codes)


@answers.wrong("numbers")
def numbers_of_classes(head, codes):
    return dead(head, codes).nonzero()[:, 0]


@answers.wrong("no-relu", place=as_gradients)
def gradients_without_relu(*given):
    return gradients(*given, relu=lambda logits: logits)


@answers.wrong("sum", place=as_gradients)
def gradients_of_the_sum(*given):
    return gradients(*given, reduction="sum")


@answers.wrong("square", place=as_gradients)
def squared_norms(*given):
    return gradients(*given, norm=lambda gradient: gradient.square().sum(1))


@answers.wrong("wrong-axis", place=as_gradients)
def norms_of_columns(*given):
    return gradients(*given, norm=lambda gradient: gradient.norm(dim=0))


@answers.wrong("one-norm", place=as_gradients)
def one_norm_for_all(*given):
    return gradients(*given, norm=torch.norm)


@answers.wrong("accumulates", place=as_gradients)
def gradients_pile_up(head, codes, labels):
    F.cross_entropy(F.relu(head(codes)), labels).backward()
    return head.weight.grad.norm(dim=1)


answers.wrong("lost-share")(dead, gradients, 0.199)
answers.wrong("equal-classes")(dead, gradients, 0.8)
answers.wrong("images")(dead, gradients, 801)
answers.wrong("per-cent")(dead, gradients, 80.1)
answers.wrong("ceiling")(dead, gradients, 0.735)


def dead_after_the_relu(head, codes):
    return F.relu(head(codes)).sum(0) == 0


def gradients_by_backward(head, codes, labels):
    head.zero_grad()
    nn.CrossEntropyLoss()(head(codes).relu(), labels).backward()
    return torch.linalg.vector_norm(head.weight.grad, dim=1)


answers.right(dead_after_the_relu, gradients_by_backward, 0.801)


def dead_by_the_largest(head, codes):
    return head(codes).amax(0) <= 0


def gradients_of_a_copy(head, codes, labels):
    own = copy.deepcopy(head)
    F.nll_loss(F.relu(own(codes)).log_softmax(1), labels).backward()
    return own.weight.grad.square().sum(1).sqrt()


answers.right(dead_by_the_largest, gradients_of_a_copy, 801 / 1000)


def dead_by_a_loop(head, codes):
    logits = (codes @ head.weight.T + head.bias).tolist()
    return torch.tensor([not any(row[k] > 0 for row in logits) for k in range(head.out_features)])


def gradients_by_hand(head, codes, labels):
    logits = head(codes).detach()
    error = logits.relu().softmax(1) - F.one_hot(labels, head.out_features)
    return ((error * (logits > 0)).T @ codes / len(codes)).norm(dim=1)


answers.right(dead_by_a_loop, gradients_by_hand, torch.tensor(0.801))


@answers.wrong("not-zero", place=as_gradients)
def a_little_under_the_root(head, codes, labels):
    return gradients(head, codes, labels, norm=lambda gradient: (gradient.square().sum(1) + 1e-14).sqrt())


@answers.wrong("gradients", place=as_gradients)
def softmax_of_plain_exponentials(head, codes, labels):
    powers = head(codes).relu().exp()
    loss = -(powers / powers.sum(1, keepdim=True))[range(len(labels)), labels].log().mean()
    return torch.autograd.grad(loss, head.weight)[0].norm(dim=1)


@answers.wrong("not-boolean")
def dead_as_numbers(head, codes):
    return dead(head, codes).float()
