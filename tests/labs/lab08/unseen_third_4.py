"""Answers to 08.4 by someone who looked for what its check may not ask."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("08.4", "check_dead")

CEILING = (1000 - 106 - 93) / 1000


def good_dead(head, codes):
    return (head(codes) <= 0).all(dim=0)


def good_gradients(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return gradient.norm(dim=1)


# Right: the largest output of a class decides; the gradient is written out, (softmax - one hot) / N where the output is
# above zero, times the codes.
def largest_dead(head, codes):
    with torch.no_grad():
        return head(codes).amax(0).le(0)


def written_out(head, codes, labels):
    with torch.no_grad():
        outputs = head(codes)
        pull = outputs.relu().softmax(1)
        pull = (pull - F.one_hot(labels, pull.shape[1]).to(pull.dtype)) / len(labels)
        pull = torch.where(outputs > 0, pull, torch.zeros_like(pull))
        return torch.einsum("nk,nd->kd", pull, codes).square().sum(1).sqrt()


answers.right(largest_dead, written_out, 0.801)


# Right: row by row and class by class; the gradient for a copy of the weight, which leaves the head alone.
def looped_dead(head, codes):
    alive = set()
    for row in F.relu(head(codes.detach())).tolist():
        alive |= {number for number, value in enumerate(row) if value != 0}
    return torch.tensor([number not in alive for number in range(head.out_features)], device=codes.device)


def of_a_copy(head, codes, labels):
    weight = head.weight.detach().clone().requires_grad_()
    bias = None if head.bias is None else head.bias.detach()
    logits = F.relu(F.linear(codes.detach(), weight, bias))
    loss = (logits.logsumexp(1) - logits.gather(1, labels.unsqueeze(1)).squeeze(1)).mean()
    gradient = torch.autograd.grad(loss, weight)[0]
    return torch.stack([torch.linalg.vector_norm(row) for row in gradient])


answers.right(looped_dead, of_a_copy, 1 - (106 + 93) / 1000)


def nearly_zero_is_dead(head, codes):
    return (head(codes) < 1e-6).all(dim=0)


answers.wrong("nearly", "a class whose outputs are tiny but above zero is called dead")(
    nearly_zero_is_dead, good_gradients, CEILING
)


def cleared_and_left(head, codes, labels):
    head.zero_grad()
    F.cross_entropy(head(codes).relu(), labels).backward()
    return head.weight.grad.norm(dim=1)


def switches_grad_on(head, codes, labels):
    head.weight.requires_grad_(True)
    return good_gradients(head, codes, labels)


def zero_passes(head, codes, labels):
    with torch.no_grad():
        outputs = head(codes)
        pull = outputs.relu().softmax(1) - F.one_hot(labels, head.out_features)
        return ((pull * (outputs >= 0) / len(labels)).T @ codes).norm(dim=1)


answers.wrong(
    "gradients", "an output of exactly zero passes the gradient on: a class that is dead by zeros has a gradient"
)(good_dead, zero_passes, CEILING)


def unstable(head, codes, labels):
    logits = head(codes).relu()
    powers = logits.exp()
    chances = powers / powers.sum(1, keepdim=True)
    loss = -chances.gather(1, labels[:, None]).log().mean()
    return torch.autograd.grad(loss, head.weight)[0].norm(dim=1)


answers.wrong("gradients", "a softmax of plain exponentials: NaN for outputs above 88")(good_dead, unstable, CEILING)


def first_rows(head, codes):
    return (head(codes[:500]) <= 0).all(dim=0)


answers.wrong("nearly", "looks at the first 500 rows only: a class that a later row wakes is called dead")(
    first_rows, good_gradients, CEILING
)


def sets_eval(head, codes):
    head.eval()
    with torch.no_grad():
        return (head(codes) <= 0).all(dim=0)


answers.wrong("touched-modes", "leaves the head in evaluation mode")(sets_eval, good_gradients, CEILING)


_answers = {}


def remembered_dead(head, codes):
    if id(head) not in _answers:
        _answers[id(head)] = head, (head(codes) <= 0).all(dim=0)
    return _answers[id(head)][1]


answers.wrong(
    "dead-one-row", "remembers its answer for a head: after training, or for other codes, it says what it said before"
)(remembered_dead, good_gradients, CEILING)


def needs_every_class(head, codes, labels):
    with torch.no_grad():
        outputs = head(codes)
        pull = outputs.relu().softmax(1) - F.one_hot(labels)
        return ((pull * (outputs > 0) / len(labels)).T @ codes).norm(dim=1)


answers.wrong("raises", "one-hot rows as wide as the largest label: a batch without the last class fails")(
    good_dead, needs_every_class, CEILING
)


def never_zero(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    return (gradient.pow(2).sum(1) + 1e-12).sqrt()


answers.wrong("not-zero", "a small number under the root: a dead class has a norm of 1e-6 instead of exactly 0")(
    good_dead, never_zero, CEILING
)

answers.wrong("equal-classes", "eight of ten classes, as if they were equally large")(good_dead, good_gradients, 0.8)


def nan_is_dead(head, codes):
    return ~(head(codes) > 0).any(dim=0)


def step_and_back(head, codes, labels):
    loss = F.cross_entropy(head(codes).relu(), labels)
    (gradient,) = torch.autograd.grad(loss, head.weight)
    with torch.no_grad():
        head.weight -= gradient
        moved = head.weight.clone()
        head.weight += gradient
    return (head.weight.detach() - moved).norm(dim=1)


answers.wrong(
    "changes-input", "takes a step and takes it back: rounding leaves the head's weights changed in their last bits"
)(good_dead, step_and_back, CEILING)


def relu_in_place(head, codes, labels):
    codes.relu_() if not codes.requires_grad else codes
    return good_gradients(head, codes, labels)


answers.wrong(
    "changes-input", "puts the ReLU on the codes too, in place: codes come from a linear layer and may be negative"
)(good_dead, relu_in_place, CEILING)
