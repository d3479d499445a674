"""Answers to 06.4 by students who know its text alone."""

import math

import numpy
import torch
from helpers.answers import Answers

answers = Answers("06.4", "check_clipping")


def _norm(gradients):
    return math.sqrt(sum(gradient.double().square().sum().item() for gradient in gradients))


@answers.wrong(
    "?",
    "multiplies a flattened gradient: for a gradient that is not contiguous that is a copy, and nothing is shortened",
)
def flattened(parameters, limit):
    rows = [p.grad.reshape(-1) for p in parameters if p.grad is not None]
    norm = _norm(rows)
    if norm > limit:
        for row in rows:
            row.mul_(limit / norm)
    return norm


@answers.wrong(
    "?",
    "puts new tensors in the place of the gradients: whoever holds the old ones sees no change, so it is not in place",
)
def new_gradients(parameters, limit):
    having = [p for p in parameters if p.grad is not None]
    norm = _norm([p.grad for p in having])
    if norm > limit:
        for p in having:
            p.grad = p.grad * (limit / norm)
    return norm


@answers.wrong("?", "skips parameters that require no gradient: one that is there counts all the same")
def only_required(parameters, limit):
    gradients = [p.grad for p in parameters if p.requires_grad and p.grad is not None]
    norm = _norm(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("?", "gives parameters without a gradient one of zeros: they are to be left without")
def zeros_for_none(parameters, limit):
    parameters = list(parameters)
    for p in parameters:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    gradients = [p.grad for p in parameters]
    norm = _norm(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("?", "returns the norm as it is after clipping, so never above the limit")
def norm_afterwards(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return min(norm, limit)


@answers.wrong(
    "?", "goes over the parameters twice: what network.parameters() gives is used up by then, and nothing is shortened"
)
def twice_over(parameters, limit):
    norm = _norm([p.grad for p in parameters if p.grad is not None])
    if norm > limit:
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(limit / norm)
    return norm


@answers.wrong("?", "stops at the first parameter without a gradient in place of skipping it")
def until_the_first_none(parameters, limit):
    gradients = []
    for p in parameters:
        if p.grad is None:
            break
        gradients.append(p.grad)
    norm = _norm(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong(
    "?",
    "linalg.norm with ord=2 is the largest singular value of a matrix, which is smaller than the root of the sum of its squares",
)
def spectral(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norms = [torch.linalg.norm(g.flatten(1) if g.ndim > 1 else g.flatten(), 2).item() for g in gradients]
    norm = math.hypot(*norms)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("?", "brings every gradient to the limit, also one that is shorter: nothing should change there")
def always_to_the_limit(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    if norm > 0 and math.isfinite(limit):
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong(
    "?", "divides by the norm before it asks whether it is above the limit: an error where all gradients are zero"
)
def divides_first(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    factor = limit / norm
    if factor < 1:
        for gradient in gradients:
            gradient.mul_(factor)
    return norm


@answers.wrong(
    "?",
    "multiplies by 1 / norm: right for the example's limit of 1, and for any other the length becomes 1 and not the limit",
)
def to_length_one(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.div_(norm)
    return norm


@answers.wrong(
    "?",
    "clips only where a single gradient is above the limit: two of 0.8 have a length of 1.13 together and stay as they are at limit 1",
)
def one_above(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    if any(_norm([gradient]) > limit for gradient in gradients):
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.right
def as_hinted(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.right
@torch.no_grad()
def norm_of_norms(parameters, limit):
    found = list(filter(lambda g: g is not None, (p.grad for p in parameters)))
    if not found:
        return torch.zeros(())
    norms = [torch.linalg.vector_norm(g, dtype=torch.float64) for g in found]
    norm = torch.stack([one.cpu() for one in norms]).norm()
    if norm.item() > limit:
        factor = limit / norm.item()
        for gradient in found:
            gradient.copy_(gradient * factor)
    return norm


@answers.right
def with_hypot(parameters, limit):
    owners, length = [], 0.0
    for p in parameters:
        gradient = getattr(p, "grad", None)
        if gradient is None:
            continue
        owners.append(p)
        length = math.hypot(length, float(gradient.double().norm(2)))
    factor = limit / length if length > limit else None
    while factor is not None and owners:
        owners.pop().grad.data *= factor
    return length


@answers.right
def number_by_number(parameters, limit):
    gradients = []
    for p in parameters:
        if p.grad is not None:
            gradients.append(p.grad)
    squares = (number**2 for g in gradients for number in g.double().flatten().tolist())
    norm = math.sqrt(math.fsum(squares))
    if not norm <= limit:
        for g in gradients:
            shorter = g.detach().clone().double() * (limit / norm)
            g.detach()[...] = shorter.to(g.dtype)
    return norm


@answers.right
def with_numpy_and_back(parameters, limit):
    gradients = {index: p.grad for index, p in enumerate(parameters)}
    gradients = {index: g for index, g in gradients.items() if g is not None}
    tables = {index: g.detach().cpu().double().numpy() for index, g in gradients.items()}
    long = numpy.concatenate([numpy.zeros(1), *(t.ravel() for t in tables.values())])
    norm = float(numpy.sqrt(long @ long))
    if norm > limit:
        for index, g in gradients.items():
            g.detach().copy_(torch.from_numpy(numpy.asarray(tables[index] * (limit / norm))))
    return norm


class _Clipper:
    def __init__(self, limit):
        self.limit, self.gradients, self.total = limit, [], torch.zeros((), dtype=torch.float64)

    def see(self, parameter):
        if parameter.grad is not None:
            gradient = parameter.grad.detach()
            flat = gradient.double().flatten()
            self.total = self.total + torch.einsum("i,i->", flat, flat).cpu()
            self.gradients.append(gradient)

    def clip(self):
        norm = self.total.sqrt()
        if bool(norm > self.limit):
            torch._foreach_mul_(self.gradients, self.limit / float(norm))
        return norm


@answers.right
def of_a_class(parameters, limit):
    clipper = _Clipper(limit)
    for parameter in parameters:
        clipper.see(parameter)
    return clipper.clip()
