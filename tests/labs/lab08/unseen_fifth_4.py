"""Answers to 08.4 by students who know its text alone."""

import copy

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("08.4", "check_dead")


def named(name, function):
    """Return the function under a name of its own."""

    def call(*given, **more):
        return function(*given, **more)

    call.__name__ = call.__qualname__ = name
    return call


def good_dead(head, codes):
    with torch.no_grad():
        return (head(codes) <= 0).all(0)


def good_gradients(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1)


def dead_in(name):
    return named(f"dead_of_{name}", good_dead)


# (a) what students commonly do


def zero_is_alive(head, codes):
    return (head(codes) < 0).all(0)


answers.wrong("below-zero", "an output of exactly zero counts as alive, though the ReLU gives zero for it")(
    zero_is_alive, named("gradients_of_zero_is_alive", good_gradients), 0.801
)


def any_row(head, codes):
    return (head(codes) <= 0).any(0)


answers.wrong("any", "dead where any row gives zero, not every row")(
    any_row, named("gradients_of_any_row", good_gradients), 0.801
)


def without_the_relu(head, codes, labels):
    (gradient,) = torch.autograd.grad(F.cross_entropy(head(codes), labels), head.weight)
    return gradient.norm(dim=1)


answers.wrong("no-relu", "the loss without the ReLU: dead classes have a gradient")(
    dead_in("without_the_relu"), without_the_relu, 0.801
)

answers.wrong("equal-classes", "the ceiling takes the classes for equally large: eight of ten")(
    dead_in("eight_of_ten"), named("gradients_of_eight_of_ten", good_gradients), 0.8
)


# (b) right in the usual case


def never_the_best(head, codes):
    values = head(codes).detach()
    best = values.argmax(1)
    never = torch.ones(values.shape[1], dtype=torch.bool, device=values.device)
    never[best] = False
    return never


answers.wrong(
    "never-best",
    "a class that is never the largest is called dead, though it may be above zero; of all zeros the first is called alive",
)(never_the_best, named("gradients_of_never_the_best", good_gradients), 0.801)


def mean_output(head, codes):
    return head(codes).detach().mean(0) <= 0


answers.wrong("mean", "dead by the mean of the column: shows where one row is above zero and the others far below")(
    mean_output, named("gradients_of_mean_output", good_gradients), 0.801
)


def named_classes_only(head, codes, labels):
    norms = good_gradients(head, codes, labels)
    there = torch.zeros_like(norms)
    there[labels] = 1
    return norms * there


answers.wrong("gradients", "a class that no label names gets zero, though its row has a gradient")(
    dead_in("named_classes_only"), named_classes_only, 0.801
)


def sum_of_losses(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1) / 500


answers.wrong("gradients", "the sum of the losses, divided by 500 rows for ever: shows for another number of rows")(
    dead_in("sum_of_losses"), sum_of_losses, 0.801
)


# (c) promises broken


def on_top_of_the_old(head, codes, labels):
    F.cross_entropy(head(codes).relu(), labels).backward()
    return head.weight.grad.norm(dim=1)


answers.wrong(
    "accumulates", "backward without clearing: the second call gives twice the norm, and the head keeps a gradient"
)(dead_in("on_top_of_the_old"), on_top_of_the_old, 0.801)


def changes_the_codes(head, codes, labels):
    codes.requires_grad_(True)
    loss = F.cross_entropy(head(codes).relu(), labels)
    gradient, _ = torch.autograd.grad(loss, (head.weight, codes))
    return gradient.norm(dim=1)


answers.wrong(
    "changes-input",
    "switches requires_grad of the caller's codes on and leaves it on: the codes do not stay as they are",
)(dead_in("changes_the_codes"), changes_the_codes, 0.801)


def takes_a_step(head, codes, labels):
    before = head.weight.detach().clone()
    optimizer = torch.optim.SGD(head.parameters(), lr=1.0)
    optimizer.zero_grad()
    F.cross_entropy(head(codes).relu(), labels).backward()
    optimizer.step()
    return (before - head.weight.detach()).norm(dim=1)


answers.wrong("changes-input", "takes a step of rate 1 and measures how far the rows moved: the head's weights change")(
    dead_in("takes_a_step"), takes_a_step, 0.801
)


def numbers_of_the_dead(head, codes):
    return (head(codes) <= 0).all(0).nonzero()[:, 0]


answers.wrong("numbers", "the numbers of the dead classes, not a boolean for each class")(
    numbers_of_the_dead, named("gradients_of_numbers_of_the_dead", good_gradients), 0.801
)


# right


def by_largest(head, codes):
    dead = []
    for column in head(codes).detach().unbind(dim=1):
        dead.append(not any(value > 0 for value in column.tolist()))
    return torch.tensor(dead, dtype=torch.bool, device=codes.device)


def by_formula(head, codes, labels):
    with torch.no_grad():
        values = head(codes)
        error = values.relu().softmax(1)
        error[torch.arange(len(labels), device=labels.device), labels] -= 1
        error = error * (values > 0) / len(labels)
        gradient = torch.einsum("nk,nd->kd", error, codes)
        return torch.einsum("kd,kd->k", gradient, gradient).sqrt()


answers.right(by_largest, by_formula, 1 - (106 + 93) / 1000)


def by_counting(head, codes):
    return F.relu(F.linear(codes, head.weight, head.bias)).count_nonzero(dim=0) == 0


def on_a_copy(head, codes, labels):
    own = copy.deepcopy(head).requires_grad_(True)
    own.zero_grad()
    with torch.enable_grad():
        torch.nn.CrossEntropyLoss()(torch.relu(own(codes.detach())), labels).backward()
    return torch.linalg.vector_norm(own.weight.grad, dim=1)


num_test_images = [103, 114, 97, 106, 92, 101, 95, 93, 103, 96]
others = [count for number, count in enumerate(num_test_images) if number not in (3, 7)]
answers.right(by_counting, on_a_copy, sum(others) / sum(num_test_images))


def by_logic(head, codes):
    return ~torch.gt(head(codes), 0).sum(dim=0).bool()


def by_transform(head, codes, labels):
    rest = {name: value.detach() for name, value in head.named_parameters() if name != "weight"}

    def loss(weight):
        values = torch.func.functional_call(head, {"weight": weight, **rest}, (codes.detach(),))
        return F.nll_loss(torch.where(values > 0, values, 0.0).log_softmax(-1), labels)

    gradient = torch.func.grad(loss)(head.weight.detach())
    return torch.stack([row.square().sum().sqrt() for row in gradient])


answers.right(by_logic, by_transform, 801 / 1000)
