"""Answers to 08.4 by students who know its text alone."""

import copy

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("08.4", "check_dead")


def _dead(head, codes):
    with torch.no_grad():
        return (head(codes) <= 0).all(0)


def _norms(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1)


# ---------------------------------------------------------------- wrong


def below_zero_only(head, codes):
    return (head(codes) < 0).all(0)


answers.wrong("?", "an output of exactly zero counts as alive, and a ReLU gives zero for zero: shows for outputs of 0")(
    below_zero_only, _norms, 0.801
)


def zero_somewhere(head, codes):
    return (head(codes) <= 0).any(0)


answers.wrong("?", "dead if any row is at zero, not every row: shows for a class that is above zero for some rows")(
    zero_somewhere, _norms, 0.801
)


def never_named(head, codes):
    outputs = head(codes).relu()
    named = outputs.argmax(1).bincount(minlength=outputs.shape[1])
    return named == 0


answers.wrong("?", "dead if never the highest: a class above zero that is never the best is called dead")(
    never_named, _norms, 0.801
)


def zero_on_average(head, codes):
    return head(codes).mean(0) <= 0


answers.wrong("?", "dead if the mean output is not above zero: one large negative row outweighs the others")(
    zero_on_average, _norms, 0.801
)


def nearly_zero(head, codes):
    return (head(codes).relu() < 1e-4).all(0)


answers.wrong("?", "small outputs above zero count as dead: shows for an output of 1e-5")(nearly_zero, _norms, 0.801)


def grad_on_top(head, codes, labels):
    F.cross_entropy(head(codes).relu(), labels).backward()
    return head.weight.grad.norm(dim=1)


answers.wrong("?", "backward adds to head.weight.grad: a second call, or a gradient that was there, gives other norms")(
    _dead, grad_on_top, 0.801
)


def without_relu(head, codes, labels):
    loss = F.cross_entropy(head(codes), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1)


answers.wrong("?", "there is no ReLU before the loss: a dead class has a gradient")(_dead, without_relu, 0.801)


def norm_of_columns(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=0)


answers.wrong("?", "a norm for each input, not for each class: (D,), and wrong numbers even if D is K")(
    _dead, norm_of_columns, 0.801
)


def summed_loss(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1)


answers.wrong("?", "the gradient of the summed loss, N times that of the mean")(_dead, summed_loss, 0.801)


def codes_rectified(head, codes, labels):
    loss = F.cross_entropy(head(F.relu(codes.detach(), inplace=True)).relu(), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1)


answers.wrong("?", "a ReLU in place on the codes: the caller's codes below zero are gone, and a code is linear")(
    _dead, codes_rectified, 0.801
)


def half_open(head, codes, labels):
    outputs = head(codes).detach()
    shares = outputs.relu().softmax(1) - F.one_hot(labels, outputs.shape[1])
    shares = shares * (outputs >= 0)
    return (shares.T @ codes.detach() / len(codes)).norm(dim=1)


answers.wrong("?", "lets the gradient through at an output of exactly zero: such a dead class gets a gradient")(
    _dead, half_open, 0.801
)


def named_classes_only(head, codes, labels):
    norms = _norms(head, codes, labels)
    there = labels.bincount(minlength=len(norms)) > 0
    return norms * there


answers.wrong("?", "0 for a class that no label names, which has a gradient too where its output is above zero")(
    _dead, named_classes_only, 0.801
)


def weights_moved(head, codes, labels):
    adam = torch.optim.SGD(head.parameters(), lr=0.1)
    adam.zero_grad()
    F.cross_entropy(head(codes).relu(), labels).backward()
    norms = head.weight.grad.norm(dim=1)
    adam.step()
    return norms


answers.wrong("?", "takes a step after it: the head's weights have changed, and have to stay")(
    _dead, weights_moved, 0.801
)

answers.wrong(
    "?", "eight of ten classes, as if all were equally large: 0.8, and 199 of 1,000 images are cats or monkeys"
)(_dead, _norms, 0.8)


# ---------------------------------------------------------------- right


def dead_column_by_column(head, codes):
    outputs = head(codes).detach().relu()
    columns = [outputs[:, label].count_nonzero().item() == 0 for label in range(outputs.shape[1])]
    return torch.tensor(columns, device=outputs.device)


def norms_with_a_leaf(head, codes, labels):
    weight = head.weight.detach().clone().requires_grad_(True)
    bias = None if head.bias is None else head.bias.detach()
    with torch.enable_grad():
        F.cross_entropy(F.linear(codes.detach(), weight, bias).relu(), labels).backward()
    return weight.grad.square().sum(1).sqrt()


answers.right(dead_column_by_column, norms_with_a_leaf, 1 - (106 + 93) / 1000)


def dead_by_maximum(head, codes):
    return head(codes).detach().amax(dim=0).le(0)


def norms_by_formula(head, codes, labels):
    with torch.no_grad():
        outputs = torch.relu(head(codes))
        error = outputs.softmax(dim=1)
        error[torch.arange(len(labels), device=labels.device), labels] -= 1
        error = torch.where(outputs > 0, error, torch.zeros_like(error)) / len(labels)
        return torch.linalg.vector_norm(torch.einsum("nk,nd->kd", error, codes), dim=1)


answers.right(dead_by_maximum, norms_by_formula, 801 / 1000)


def dead_by_reduce(head, codes):
    alive = torch.zeros(head.out_features, dtype=torch.bool, device=codes.device)
    with torch.inference_mode():
        for row in codes:
            alive = alive | (head(row) > 0)
    return ~alive.clone()


def norms_of_a_copy(head, codes, labels):
    other = copy.deepcopy(head)
    other.zero_grad()
    logs = torch.log_softmax(torch.clamp(other(codes.detach()), min=0), dim=1)
    (-logs.gather(1, labels.view(-1, 1)).mean()).backward()
    return torch.stack([row.norm() for row in other.weight.grad])


answers.right(
    dead_by_reduce,
    norms_of_a_copy,
    sum([103, 114, 97, 92, 101, 95, 103, 96]) / sum([103, 114, 97, 106, 92, 101, 95, 93, 103, 96]),
)


@torch.no_grad()
def dead_by_sum(head, codes):
    return torch.relu(torch.addmm(head.bias, codes, head.weight.T)).sum(0) == 0


def norms_by_func(head, codes, labels):
    def loss(weight):
        outputs = torch.func.functional_call(head, {"weight": weight}, (codes,))
        return F.cross_entropy(torch.relu(outputs), labels)

    return torch.func.grad(loss)(head.weight.detach()).norm(p=2, dim=-1)


answers.right(dead_by_sum, norms_by_func, float(round(0.894 - 0.093, 3)))


def dead_by_logic(head, codes):
    return torch.logical_not((head(codes) > 0).any(dim=0))


def norms_and_old_gradients(head, codes, labels):
    before = [None if p.grad is None else p.grad.clone() for p in head.parameters()]
    head.zero_grad()
    F.cross_entropy(F.relu(head(codes.detach().clone())), labels).backward()
    norms = head.weight.grad.norm(dim=1)
    for parameter, gradient in zip(head.parameters(), before):
        parameter.grad = gradient
    return norms


names = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]
images_of = dict(zip(names, [103, 114, 97, 106, 92, 101, 95, 93, 103, 96]))
answers.right(
    dead_by_logic,
    norms_and_old_gradients,
    sum(n for name, n in images_of.items() if name not in ("cat", "monkey")) / 1000,
)


class _WithRelu(torch.nn.Sequential):
    def __init__(self, head):
        super().__init__(head, torch.nn.ReLU())

    def dead(self, codes):
        return torch.eq(self(codes).detach(), 0).sum(0) == len(codes)


def dead_from_a_module(head, codes):
    return _WithRelu(head).dead(codes)


def norms_example_by_example(head, codes, labels):
    total = torch.zeros_like(head.weight)
    network = _WithRelu(head)
    for code, label in zip(codes, labels):
        loss = F.cross_entropy(network(code[None]), label[None])
        total = total + torch.autograd.grad(loss, head.weight)[0]
    return (total / len(labels)).pow(2).sum(dim=1).pow(0.5).detach()


answers.right(dead_from_a_module, norms_example_by_example, (1000 - 106 - 93) * 1e-3)
