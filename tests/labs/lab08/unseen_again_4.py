"""More answers to 08.4 by someone who knew the exercise and not its check."""

import copy

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.4", "check_dead")


def dead_classes(head, codes):
    return (head(codes) <= 0).all(0)


def class_gradients(head, codes, labels):
    weight = head.weight.detach().clone().requires_grad_()
    loss = F.cross_entropy(F.linear(codes.detach(), weight, head.bias).relu(), labels)
    return torch.autograd.grad(loss, weight)[0].norm(dim=1)


CEILING = 0.801


# The gradient by its formula, no autograd; dead by counting what is above zero; the ceiling added up.
@torch.no_grad()
def dead_by_count(head, codes):
    return torch.count_nonzero(torch.relu(head(codes)), dim=0) == 0


@torch.no_grad()
def gradients_by_formula(head, codes, labels):
    outputs = codes @ head.weight.T + (0 if head.bias is None else head.bias)
    slope = outputs.relu().softmax(1) - F.one_hot(labels, outputs.shape[1])
    slope = slope * (outputs > 0) / len(codes)
    return torch.linalg.vector_norm(torch.einsum("nk,nd->kd", slope, codes), dim=1)


answers.right(dead_by_count, gradients_by_formula, (103 + 114 + 97 + 92 + 101 + 95 + 103 + 96) / 1000)


# The largest output of each class; torch.func differentiates a function of the weight.
def dead_by_largest(head, codes):
    return head(codes).detach().amax(dim=0).le(0)


def gradients_by_func(head, codes, labels):
    bias = None if head.bias is None else head.bias.detach()

    def loss(weight):
        return nn.CrossEntropyLoss()(torch.relu(F.linear(codes.detach(), weight, bias)), labels)

    return torch.func.grad(loss)(head.weight.detach()).square().sum(1).sqrt()


answers.right(dead_by_largest, gradients_by_func, 1 - (106 + 93) / 1000)


# Loops in Python over the classes; a copy of the head, whose gradient may stay where it is.
def dead_by_loop(head, codes):
    outputs = head(codes).tolist()
    return torch.tensor([all(row[k] <= 0 for row in outputs) for k in range(head.out_features)])


def gradients_by_own_head(head, codes, labels):
    own = copy.deepcopy(head).requires_grad_(True)
    own.zero_grad()
    (-nn.Sequential(own, nn.ReLU(), nn.LogSoftmax(1))(codes.detach())[range(len(labels)), labels]).mean().backward()
    return torch.stack([row.norm() for row in own.weight.grad])


answers.right(dead_by_loop, gradients_by_own_head, 801 / 1000)


def below_zero(head, codes):
    return (head(codes) < 0).all(0)


answers.wrong(
    "below-zero",
    "only outputs below zero count: a class that is exactly zero, as with weights of zero, is not called dead",
)(below_zero, class_gradients, CEILING)


def in_any_row(head, codes):
    return (head(codes) <= 0).any(0)


answers.wrong("any", "a class is called dead if a single row is not above zero")(in_any_row, class_gradients, CEILING)


def never_the_best(head, codes):
    best = head(codes).argmax(1)
    return torch.tensor([k not in best for k in range(head.out_features)])


answers.wrong("never-best", "a class that is never the highest is called dead, though it is above zero")(
    never_the_best, class_gradients, CEILING
)


def over_classes(head, codes):
    return (head(codes) <= 0).all(1)


answers.wrong("wrong-axis", "all over axis 1: one answer for each row, (N,), in place of each class")(
    over_classes, class_gradients, CEILING
)


def mean_output(head, codes):
    return head(codes).mean(0) <= 0


answers.wrong("mean", "the mean output decides: a class with one row above zero and many far below is called dead")(
    mean_output, class_gradients, CEILING
)


def first_hundred(head, codes):
    return (head(codes[:100]) <= 0).all(0)


answers.wrong("dead-drawn", "only the first 100 rows are looked at: a class that is alive in row 101 is called dead")(
    first_hundred, class_gradients, CEILING
)


def without_bias(head, codes):
    return (codes @ head.weight.T <= 0).all(0)


answers.wrong("no-bias", "the head's bias is left out: a bias that lifts or sinks a class is not seen")(
    without_bias, class_gradients, CEILING
)


def no_relu(head, codes, labels):
    return torch.autograd.grad(F.cross_entropy(head(codes), labels), head.weight)[0].norm(dim=1)


answers.wrong("no-relu", "no ReLU before the loss: dead classes get a gradient")(dead_classes, no_relu, CEILING)


def accumulates(head, codes, labels):
    F.cross_entropy(head(codes).relu(), labels).backward()
    return head.weight.grad.norm(dim=1)


answers.wrong(
    "accumulates",
    "backward adds to head.weight.grad: the second call gives twice the norms, and a gradient stays on the head",
)(dead_classes, accumulates, CEILING)


def clears_first(head, codes, labels):
    head.zero_grad()
    F.cross_entropy(head(codes).relu(), labels).backward()
    norms = head.weight.grad.norm(dim=1)
    codes.clamp_(min=0)
    return norms


answers.wrong("changes-input", "codes below zero are set to zero in place after the loss: the caller's codes change")(
    dead_classes, clears_first, CEILING
)


def summed(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels, reduction="sum")
    return torch.autograd.grad(loss, head.weight)[0].norm(dim=1)


answers.wrong("sum", "the sum of the losses, not their mean: N times too large")(dead_classes, summed, CEILING)


def norm_of_columns(head, codes, labels):
    return torch.autograd.grad(F.cross_entropy(head(codes).relu(), labels), head.weight)[0].norm(dim=0)


answers.wrong("wrong-axis", "norms over axis 0: one for each value of the code, (D,), not for each class")(
    dead_classes, norm_of_columns, CEILING
)


def with_bias(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    weight, bias = torch.autograd.grad(loss, [head.weight, head.bias])
    return (weight.pow(2).sum(1) + bias**2).sqrt()


answers.wrong("gradients", "the bias' gradient is in the norm too: too large for every class that lives")(
    dead_classes, with_bias, CEILING
)


def of_the_loss_per_class(head, codes, labels):
    norms = []
    for k in range(head.out_features):
        own = labels == k
        loss = F.cross_entropy(head(codes[own]).relu(), labels[own])
        norms.append(torch.autograd.grad(loss, head.weight)[0][k].norm())
    return torch.stack(norms)


answers.wrong(
    "gradients", "each class's row gets the loss of its own images only: other norms, NaN for a class without images"
)(dead_classes, of_the_loss_per_class, CEILING)


def a_step(head, codes, labels):
    gradient = torch.autograd.grad(F.cross_entropy(head(codes).relu(), labels), head.weight)[0]
    with torch.no_grad():
        head.weight -= 0.001 * gradient
    return gradient.norm(dim=1)


answers.wrong("changes-input", "a step is taken along: the head's weights change")(dead_classes, a_step, CEILING)

answers.wrong("equal-classes", "two of ten classes, 0.8: the classes are not equally large")(
    dead_classes, class_gradients, 0.8
)
answers.wrong("cats-only", "only the cats are taken away, 0.894")(dead_classes, class_gradients, 1 - 106 / 1000)
answers.wrong("images", "the number of images, 801, not their share")(dead_classes, class_gradients, 801)
answers.wrong("lost-share", "the share of cats and monkeys, 0.199, not of the others")(
    dead_classes, class_gradients, 0.199
)
