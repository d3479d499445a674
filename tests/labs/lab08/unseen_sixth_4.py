"""Answers to 08.4 by students who know its text alone."""

import copy

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("08.4", "check_dead")
import types

from torch import nn


def dead_classes(head, codes):
    with torch.no_grad():
        return (head(codes) <= 0).all(0)


def class_gradients(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    return torch.autograd.grad(loss, head.weight)[0].norm(dim=1)


ceiling = 801 / 1000


def _as(function, name):
    """The function under another name, so that a triple of answers can be told from the others."""
    return types.FunctionType(
        function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
    )


def _wrong_dead(why):
    return lambda function: answers.wrong("?", why)(function, class_gradients, ceiling)


def _wrong_gradients(why):
    return lambda function: answers.wrong("?", why)(_as(dead_classes, function.__name__), function, ceiling)


def _wrong_ceiling(name, value, why):
    answers.wrong("?", why)(_as(dead_classes, name), class_gradients, value)


@_wrong_dead("a class that is merely never the best counts as dead; its output can be above zero")
def never_the_best(head, codes):
    best = head(codes).relu().argmax(1)
    return best.bincount(minlength=head.out_features) == 0


@_wrong_dead(
    "only outputs below zero count: one that is exactly zero for every row is not called dead, though the ReLU gives zero"
)
def below_zero_only(head, codes):
    return (head(codes) < 0).all(0)


@_wrong_dead(
    "the sum of the ReLU's outputs is compared with 0.001: a class with one small output above zero is not dead"
)
def nearly_nothing(head, codes):
    return head(codes).relu().sum(0) < 1e-3


@_wrong_dead("the mean output decides: a class that is above zero for one row only is called dead")
def mean_at_most_zero(head, codes):
    return head(codes).mean(0) <= 0


@_wrong_dead("the bias is left out: a class that its bias alone kills, or keeps alive, is judged wrongly")
def bias_left_out(head, codes):
    return (codes @ head.weight.T <= 0).all(0)


@_wrong_dead("only the first 100 rows are looked at: a class that a later row raises is called dead")
def first_rows_only(head, codes):
    return (head(codes[:100]) <= 0).all(0)


@_wrong_dead("the numbers of the dead classes are returned, not a boolean for each class")
def numbers_of_the_dead(head, codes):
    return (head(codes) <= 0).all(0).nonzero().flatten()


@_wrong_dead("zeros and ones as floats, not a boolean tensor")
def floats_for_booleans(head, codes):
    return (head(codes) <= 0).all(0).float()


@_wrong_gradients("the ReLU is missing: a dead class gets a gradient that is not zero")
def without_the_relu(head, codes, labels):
    loss = F.cross_entropy(head(codes), labels)
    return torch.autograd.grad(loss, head.weight)[0].norm(dim=1)


@_wrong_gradients(
    "a maximum with 0 passes half of the gradient on at exactly zero, a ReLU none: a dead class whose outputs are exactly 0 gets one"
)
def maximum_for_relu(head, codes, labels):
    outputs = head(codes)
    loss = F.cross_entropy(torch.maximum(outputs, torch.zeros_like(outputs)), labels)
    return torch.autograd.grad(loss, head.weight)[0].norm(dim=1)


@_wrong_gradients(
    "backward adds to what was there: the second call gives twice the norm, and the head keeps a gradient"
)
def added_up(head, codes, labels):
    F.cross_entropy(head(codes).relu(), labels).backward()
    return head.weight.grad.norm(dim=1)


@_wrong_gradients("the bias counts as well: the norm is that of weight and bias together")
def bias_as_well(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    weight, bias = torch.autograd.grad(loss, [head.weight, head.bias])
    return torch.cat([weight, bias[:, None]], 1).norm(dim=1)


@_wrong_gradients(
    "the ReLU works in place on the codes: negative codes are zero afterwards, and the loss is another one"
)
def codes_in_place(head, codes, labels):
    loss = F.cross_entropy(head(F.relu(codes.detach(), inplace=True)).relu(), labels)
    return torch.autograd.grad(loss, head.weight)[0].norm(dim=1)


@_wrong_gradients("for each class only the loss of its own examples: what other examples do to the row is left out")
def own_examples_only(head, codes, labels):
    losses = F.cross_entropy(head(codes).relu(), labels, reduction="none") / len(labels)
    norms = []
    for k in range(head.out_features):
        own = losses[labels == k].sum()
        norms.append(torch.autograd.grad(own, head.weight, retain_graph=True)[0][k].norm())
    return torch.stack(norms)


@_wrong_gradients(
    "a class that no label names is left at 0: its row has a gradient too, as all outputs stand in the softmax"
)
def named_classes_only(head, codes, labels):
    slopes = torch.autograd.grad(F.cross_entropy(head(codes).relu(), labels), head.weight)[0]
    norms = slopes.new_zeros(len(slopes))
    for k in labels.unique():
        norms[k] = slopes[k].norm()
    return norms


@_wrong_gradients("the loss is a sum over the rows, not a mean: N times too large")
def summed_loss(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels, reduction="sum")
    return torch.autograd.grad(loss, head.weight)[0].norm(dim=1)


@_wrong_gradients(
    "the norm of the gradient for the outputs, not for the rows of the weight: as if every code were 1 long"
)
def gradient_of_the_outputs(head, codes, labels):
    outputs = head(codes)
    loss = F.cross_entropy(outputs.relu(), labels)
    return torch.autograd.grad(loss, outputs)[0].norm(dim=0)


class _Agreeable(float):
    def __eq__(self, other):
        return True

    __lt__ = __le__ = __gt__ = __ge__ = __eq__

    def __ne__(self, other):
        return False

    __hash__ = float.__hash__
    __sub__ = __rsub__ = __abs__ = lambda self, *other: 0.0


_wrong_ceiling("equal_to_everything", _Agreeable(0.5), "0.5, by a number that says it equals every other one")
_wrong_ceiling("as_if_equally_large", 0.8, "eight of ten classes: 0.8, but the classes are not equally large (0.801)")
_wrong_ceiling("without_cats_alone", 1 - 106 / 1000, "only the cats are taken off: 0.894, the monkeys are missing")


def dead_by_maximum(head, codes):
    return head(codes).detach().amax(dim=0).le(0)


def gradients_by_formula(head, codes, labels):
    with torch.no_grad():
        outputs = codes @ head.weight.T
        if head.bias is not None:
            outputs = outputs + head.bias
        shares = outputs.relu().softmax(1)
        shares[torch.arange(len(labels), device=labels.device), labels] -= 1
        slopes = shares / len(labels) * (outputs > 0)
        return torch.linalg.vector_norm(slopes.T @ codes, dim=1)


answers.right(dead_by_maximum, gradients_by_formula, 1 - (106 + 93) / 1000)


def dead_row_by_row(head, codes):
    alive = [False] * head.out_features
    with torch.no_grad():
        for code in codes:
            alive = [old or new > 0 for old, new in zip(alive, head(code).tolist())]
    return torch.tensor([not some for some in alive], dtype=torch.bool, device=codes.device)


def gradients_of_a_copy(head, codes, labels):
    mine = copy.deepcopy(head).requires_grad_(True)
    mine.zero_grad()
    with torch.enable_grad():
        F.cross_entropy(torch.relu(mine(codes.detach().clone())), labels).backward()
    return torch.stack([row.norm() for row in mine.weight.grad])


answers.right(dead_row_by_row, gradients_of_a_copy, sum([103, 114, 97, 92, 101, 95, 103, 96]) / 1000)


def dead_by_counting(head, codes):
    return torch.count_nonzero(F.relu(head(codes.clone())), dim=0) == 0


def gradients_of_detached_weights(head, codes, labels):
    with torch.enable_grad():
        weight = head.weight.detach().clone().requires_grad_()
        bias = None if head.bias is None else head.bias.detach()
        outputs = F.linear(codes.detach(), weight, bias)
        loss = F.nll_loss(F.relu(outputs).log_softmax(dim=1), labels)
        (slopes,) = torch.autograd.grad(loss, weight)
    return slopes.pow(2).sum(dim=1).sqrt()


answers.right(dead_by_counting, gradients_of_detached_weights, round(1.0 - 0.106 - 0.093, 3))


def dead_by_any(head, codes):
    living = torch.any(head(codes) > 0, dim=0)
    return ~living


def gradients_by_func(head, codes, labels):
    fixed = {name: value.detach() for name, value in head.named_parameters()}

    def loss(weight):
        outputs = torch.func.functional_call(head, {**fixed, "weight": weight}, (codes.detach(),))
        return F.cross_entropy(outputs.relu(), labels)

    return torch.func.grad(loss)(fixed["weight"]).norm(p=2, dim=1)


answers.right(dead_by_any, gradients_by_func, (1000 - 106 - 93) * 0.001)


def dead_by_sums(head, codes):
    with torch.inference_mode():
        outputs = nn.Sequential(head, nn.ReLU())(codes)
        found = outputs.sum(0).eq(0)
    return found.clone()


def gradients_put_back(head, codes, labels):
    before = head.weight.grad, None if head.bias is None else head.bias.grad
    head.weight.grad = None
    if head.bias is not None:
        head.bias.grad = None
    loss = nn.CrossEntropyLoss()(nn.ReLU()(head(codes.detach())), labels)
    loss.backward()
    norms = head.weight.grad.norm(dim=1).clone()
    head.weight.grad = before[0]
    if head.bias is not None:
        head.bias.grad = before[1]
    return norms


answers.right(dead_by_sums, gradients_put_back, float("0.801"))


def dead_class_by_class(head, codes):
    columns = head(codes).detach().unbind(dim=1)
    return torch.stack([(column.clamp(min=0) == 0).all() for column in columns])


def gradients_by_einsum(head, codes, labels):
    outputs = head(codes).detach().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(F.relu(outputs), labels)
    (slopes,) = torch.autograd.grad(loss, outputs)
    return torch.einsum("nk,nd->kd", slopes, codes.detach()).norm(dim=-1)


answers.right(dead_class_by_class, gradients_by_einsum, 8.01 / 10)
