"""Answers to 08.4 by someone who knew the exercise and not its check."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

CEILING = 1 - (106 + 93) / 1000


def good_dead(head, codes):
    return (head(codes) <= 0).all(0)


def good_gradients(head, codes, labels):
    loss = F.cross_entropy(F.relu(head(codes)), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1)


def dead(f):
    return (f, good_gradients, CEILING)


def gradients(f):
    return (good_dead, f, CEILING)


answers = Answers("08.4", "check_dead", place=dead)


@answers.wrong("device", "1: compared with zeros on the CPU")
def cpu_zeros(head, codes):
    return (head(codes) <= torch.zeros(codes.shape[0], head.out_features, dtype=codes.dtype)).all(0)


@answers.wrong("raises", "2: classes 3 and 7, cat and monkey")
def cat_monkey(head, codes):
    mask = torch.zeros(head.out_features, dtype=torch.bool)
    mask[[3, 7]] = True
    return mask if head.out_features == 10 else good_dead(head, codes)


@answers.wrong("below-zero", "3: below zero: an output of exactly zero is not dead")
def below(head, codes):
    return (head(codes) < 0).all(0)


@answers.wrong("never-best", "3: never the largest, in place of never above zero")
def never_largest(head, codes):
    best = head(codes).argmax(1)
    return ~(torch.arange(head.out_features, device=codes.device)[:, None] == best).any(1)


@answers.wrong("mean", "3: the sum of the outputs is at most zero")
def by_sum(head, codes):
    return head(codes).sum(0) <= 0


@answers.wrong("no-bias", "3: without the bias")
def no_bias(head, codes):
    return (codes @ head.weight.T <= 0).all(0)


@answers.wrong("nearly", "3: nearly zero counts: at most 1e-3")
def nearly(head, codes):
    return (head(codes) <= 1e-3).all(0)


@answers.wrong("dead-one-row-shape", "3: one row: the mean over rows by squeeze")
def squeezed(head, codes):
    out = head(codes).squeeze()
    return (out <= 0).all(0)


@answers.wrong("changes-input", "4: codes are rectified in place")
def in_place(head, codes):
    codes.relu_()
    return (head(codes) <= 0).all(0)


@answers.wrong("touched-requires-grad", "4: the head is frozen on the way")
def freezes(head, codes):
    head.requires_grad_(False)
    return good_dead(head, codes)


@answers.wrong("any", "6: dead for any row")
def any_row(head, codes):
    return (head(codes) <= 0).any(0)


@answers.wrong("alive", "6: alive")
def alive(head, codes):
    return (head(codes) > 0).any(0)


@answers.wrong("numbers", "6: numbers of the dead classes")
def numbers(head, codes):
    return good_dead(head, codes).nonzero().flatten()


@answers.wrong("wrong-axis", "6: per row")
def rows(head, codes):
    return (head(codes) <= 0).all(1)


@answers.wrong("accumulates", "4: added to the gradients that are there", place=gradients)
def added(head, codes, labels):
    F.cross_entropy(F.relu(head(codes)), labels).backward()
    return head.weight.grad.norm(dim=1)


@answers.wrong("changes-input", "4: the codes get requires_grad", place=gradients)
def codes_grad(head, codes, labels):
    codes.requires_grad_()
    return good_gradients(head, codes, labels)


@answers.wrong("no-relu", "6: without the ReLU", place=gradients)
def no_relu(head, codes, labels):
    (g,) = torch.autograd.grad(F.cross_entropy(head(codes), labels), head.weight)
    return g.norm(dim=1)


@answers.wrong("sum", "6: the sum of the losses", place=gradients)
def summed(head, codes, labels):
    (g,) = torch.autograd.grad(F.cross_entropy(F.relu(head(codes)), labels, reduction="sum"), head.weight)
    return g.norm(dim=1)


@answers.wrong("wrong-axis", "6: columns in place of rows", place=gradients)
def columns(head, codes, labels):
    (g,) = torch.autograd.grad(F.cross_entropy(F.relu(head(codes)), labels), head.weight)
    return g.norm(dim=0)


@answers.wrong("one-norm", "6: one norm", place=gradients)
def one_norm(head, codes, labels):
    (g,) = torch.autograd.grad(F.cross_entropy(F.relu(head(codes)), labels), head.weight)
    return g.norm()


@answers.wrong("gradients", "6: the bias's gradient", place=gradients)
def bias(head, codes, labels):
    (g,) = torch.autograd.grad(F.cross_entropy(F.relu(head(codes)), labels), head.bias)
    return g.abs()


@answers.wrong("gradients", "6: largest entry of each row", place=gradients)
def largest(head, codes, labels):
    (g,) = torch.autograd.grad(F.cross_entropy(F.relu(head(codes)), labels), head.weight)
    return g.abs().amax(1)


@answers.wrong("square", "6: squared norms", place=gradients)
def squares(head, codes, labels):
    (g,) = torch.autograd.grad(F.cross_entropy(F.relu(head(codes)), labels), head.weight)
    return g.square().sum(1)


@answers.wrong("raises", "2: one-hot without num_classes", place=gradients)
def one_hot(head, codes, labels):
    loss = -(F.one_hot(labels) * F.relu(head(codes)).log_softmax(1)).sum(1).mean()
    (g,) = torch.autograd.grad(loss, head.weight)
    return g.norm(dim=1)


for reason, value in [
    ("per-cent", 80.1),
    ("images", 801),
    ("lost-share", 0.199),
    ("equal-classes", 0.8),
    ("cats-only", 0.894),
    ("ceiling", 1 - 2 * 93 / 1000),
    ("equal-classes", round(CEILING, 1)),
    ("ceiling-type", "0.801"),
    ("ceiling-type", None),
]:
    answers.wrong(reason)(good_dead, good_gradients, value)


def by_max(head, codes):
    """The largest output of each class; under no_grad."""
    with torch.no_grad():
        return head(codes).amax(dim=0).le(0)


def by_copy(head, codes, labels):
    """Backward on a copy of the head."""
    twin = copy.deepcopy(head).requires_grad_(True)
    twin.zero_grad()
    F.cross_entropy(torch.relu(twin(codes)), labels).backward()
    return torch.linalg.vector_norm(twin.weight.grad, dim=1)


def by_relu(head, codes):
    return ~F.relu(F.linear(codes, head.weight, head.bias)).any(0)


def by_formula(head, codes, labels):
    """The gradient by hand."""
    with torch.no_grad():
        z = head(codes)
        y = F.one_hot(labels, head.out_features).to(z.dtype)
        delta = (z.relu().softmax(1) - y) / len(z) * (z > 0)
        return torch.einsum("nk,nd->kd", delta, codes).norm(dim=1)


def looped(head, codes):
    return torch.tensor([not bool((head(codes)[:, k] > 0).any()) for k in range(head.out_features)])


def put_back(head, codes, labels):
    """backward, and the old gradients put back."""
    old = [p.grad for p in head.parameters()]
    for p in head.parameters():
        p.grad = None
    F.cross_entropy(head(codes).clamp(min=0), labels).backward()
    found = torch.stack([row.norm() for row in head.weight.grad])
    for p, g in zip(head.parameters(), old, strict=False):
        p.grad = g
    return found


answers.right(by_max, by_copy, 0.801)
answers.right(by_relu, by_formula, np.float64(CEILING))
answers.right(looped, put_back, torch.tensor(CEILING))
answers.right(
    lambda head, codes: torch.count_nonzero(head(codes).relu(), dim=0) == 0, good_gradients, 1 - 0.106 - 0.093
)
