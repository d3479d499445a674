"""Answers to 08.4 by students who know its text alone."""

import copy

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("08.4", "check_dead")

CEILING = 801 / 1000  # 106 cats and 93 monkeys are left out


def _dead(head, codes):
    with torch.no_grad():
        return (head(codes) <= 0).all(0)


def _gradients(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1)


def below_zero(head, codes):
    with torch.no_grad():
        return (head(codes) < 0).all(dim=0)


answers.wrong(
    "below-zero", "dead_classes: a class whose output is exactly 0 in some row and below in the others is called alive"
)(below_zero, _gradients, CEILING)


def on_average(head, codes):
    with torch.no_grad():
        return head(codes).mean(0) <= 0


answers.wrong(
    "mean",
    "dead_classes: judges by the mean output: a class above zero in one row and far below in the others is called dead",
)(on_average, _gradients, CEILING)


def one_row_squeezed(head, codes):
    with torch.no_grad():
        return (head(codes).squeeze() <= 0).all(0)


answers.wrong(
    "dead-one-row-shape",
    "dead_classes: squeezes, so a single row of codes gives one boolean without axes in place of (K,)",
)(one_row_squeezed, _gradients, CEILING)


def never_best(head, codes):
    with torch.no_grad():
        best = head(codes).relu().argmax(1)
    return best.bincount(minlength=head.out_features) == 0


answers.wrong(
    "never-best",
    "dead_classes: a class above zero that is never the best is called dead; and the first is alive where all are dead",
)(never_best, _gradients, CEILING)


def freezes(head, codes):
    head.requires_grad_(False)
    return (head(codes) <= 0).all(0)


answers.wrong(
    "touched-requires-grad",
    "dead_classes: freezes the head and leaves it so: it no longer trains, class_gradients crashes afterwards",
)(freezes, _gradients, CEILING)


def cpu_only(head, codes):
    dead = torch.ones(head.out_features, dtype=torch.bool)
    with torch.no_grad():
        for row in head(codes):
            dead &= row <= 0
    return dead


answers.wrong("device", "dead_classes: its table lies on the CPU, crashes for a head and codes on a GPU")(
    cpu_only, _gradients, CEILING
)


def piles_up(head, codes, labels):
    F.cross_entropy(head(codes).relu(), labels).backward()
    return head.weight.grad.norm(dim=1)


answers.wrong(
    "accumulates",
    "class_gradients: backward on top of what lies in head.weight.grad: the second call gives twice the norm",
)(_dead, piles_up, CEILING)


def without_mask(head, codes, labels):
    with torch.no_grad():
        probabilities = head(codes).relu().softmax(1)
        slopes = (probabilities - F.one_hot(labels, head.out_features)) / len(labels)
        return (slopes.T @ codes).norm(dim=1)


answers.wrong(
    "gradients",
    "class_gradients: the formula forgets the slope of the ReLU: a dead class gets a gradient that is not 0",
)(_dead, without_mask, CEILING)


def with_bias(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    weight, bias = torch.autograd.grad(loss, [head.weight, head.bias])
    return torch.cat([weight, bias[:, None]], 1).norm(dim=1)


answers.wrong(
    "gradients",
    "class_gradients: the gradient of the bias is in the norm too, which is too large for every class that lives",
)(_dead, with_bias, CEILING)


def classes_of_labels(head, codes, labels):
    with torch.no_grad():
        outputs = head(codes)
        wanted = F.one_hot(labels).to(outputs.dtype)
        slopes = (outputs.relu().softmax(1) - wanted) * (outputs > 0) / len(labels)
        return (slopes.T @ codes).norm(dim=1)


answers.wrong(
    "raises", "class_gradients: as many classes as the labels show, crashes if no label is of the last class"
)(_dead, classes_of_labels, CEILING)


def relu_on_codes(head, codes, labels):
    with torch.no_grad():
        codes.relu_()
    return _gradients(head, codes, labels)


answers.wrong(
    "changes-input",
    "class_gradients: cuts the caller's codes off at zero in place; other codes and other norms for a linear code",
)(_dead, relu_on_codes, CEILING)


answers.wrong("equal-classes", "ceiling: 8 of 10 classes, as if all were equally large; it is 0.801")(
    _dead, _gradients, 0.8
)


# The gradient by its formula, without autograd; the largest output decides who is dead.
def dead_by_largest(head, codes):
    return head(codes).detach().amax(dim=0).le(0)


def gradients_by_formula(head, codes, labels):
    with torch.no_grad():
        outputs = head(codes)
        slopes = outputs.relu().softmax(1)
        slopes[torch.arange(len(labels), device=labels.device), labels] -= 1
        slopes = slopes * (outputs > 0) / len(labels)
        return torch.einsum("nk,nd->kd", slopes, codes).square().sum(1).sqrt()


answers.right(
    dead_by_largest, gradients_by_formula, 1 - (106 + 93) / sum([103, 114, 97, 106, 92, 101, 95, 93, 103, 96])
)


# A functional derivative of a function of the weight.
def gradients_by_transform(head, codes, labels):
    bias = None if head.bias is None else head.bias.detach()

    def loss(weight):
        return F.nll_loss(F.relu(F.linear(codes.detach(), weight, bias)).log_softmax(dim=-1), labels)

    return torch.linalg.vector_norm(torch.func.grad(loss)(head.weight.detach()), dim=1)


answers.right(lambda head, codes: ~(head(codes).relu() > 0).any(dim=0), gradients_by_transform, 0.801)


# A copy of the head is differentiated with backward, loops and lists in plain Python around it.
def dead_by_loop(head, codes):
    columns = head(codes).detach().T.tolist()
    return torch.tensor([all(value <= 0 for value in column) for column in columns], device=codes.device)


def gradients_of_copy(head, codes, labels):
    twin = copy.deepcopy(head).requires_grad_(True)
    twin.zero_grad(set_to_none=True)
    F.cross_entropy(torch.nn.Sequential(twin, torch.nn.ReLU())(codes.detach()), labels).backward()
    return torch.stack([row.norm() for row in twin.weight.grad])


names = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]
counts = [103, 114, 97, 106, 92, 101, 95, 93, 103, 96]
share = sum(count for name, count in zip(names, counts, strict=False) if name not in {"cat", "monkey"}) / sum(counts)
answers.right(dead_by_loop, gradients_of_copy, share)
