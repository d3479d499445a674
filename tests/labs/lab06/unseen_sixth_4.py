"""Answers to 06.4 by students who know its text alone."""

import math

import numpy
import torch
from helpers.answers import Answers

answers = Answers("06.4", "check_clipping")


def gradients_of(parameters):
    return [p.grad for p in parameters if p.grad is not None]


def length_of(gradients):
    return math.sqrt(sum(g.double().pow(2).sum().item() for g in gradients))


@answers.wrong("?", "clips every parameter by its own norm: the direction of the whole changes")
def one_by_one(parameters, limit):
    gradients = gradients_of(parameters)
    norm = length_of(gradients)
    for g in gradients:
        own = g.norm()
        if own > limit:
            g.mul_(limit / own)
    return norm


@answers.wrong("?", "adds the norms up: 3 and 4 make 7 in place of 5")
def sum_of_norms(parameters, limit):
    gradients = gradients_of(parameters)
    norm = sum((g.norm().item() for g in gradients), 0.0)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("?", "the largest of the norms in place of the norm of the whole")
def largest_norm(parameters, limit):
    gradients = gradients_of(parameters)
    norm = max((g.norm().item() for g in gradients), default=0.0)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("?", "the sum of absolute values in place of the root of squares: shows with two numbers in a gradient")
def sum_of_absolutes(parameters, limit):
    gradients = gradients_of(parameters)
    norm = sum((g.abs().sum().item() for g in gradients), 0.0)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("?", "clamps every number to the limit in place of shortening the whole")
def by_value(parameters, limit):
    gradients = gradients_of(parameters)
    norm = length_of(gradients)
    for g in gradients:
        g.clamp_(-limit, limit)
    return norm


@answers.wrong("?", "the root of the mean of the squares in place of their sum")
def root_mean_square(parameters, limit):
    gradients = gradients_of(parameters)
    count = max(1, sum(g.numel() for g in gradients))
    norm = length_of(gradients) / math.sqrt(count)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong(
    "?", "compares the sum of squares with the limit: a norm of 1.5 at a limit of 2 is lengthened, 0.6 at 0.5 is left"
)
def compares_squares(parameters, limit):
    gradients = gradients_of(parameters)
    squares = length_of(gradients) ** 2
    norm = math.sqrt(squares)
    if squares > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("?", "scales in any case: a gradient shorter than the limit is lengthened to it")
def always_scales(parameters, limit):
    gradients = gradients_of(parameters)
    norm = length_of(gradients)
    if norm > 0 and limit != math.inf:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("?", "gives only a new tensor the old name: the parameters keep their long gradients")
def new_name(parameters, limit):
    gradients = gradients_of(parameters)
    norm = length_of(gradients)
    if norm > limit:
        for g in gradients:
            g = g * (limit / norm)
    return norm


@answers.wrong("?", "shortens the weights with the gradients")
def weights_too(parameters, limit):
    owners = [p for p in parameters if p.grad is not None]
    norm = length_of([p.grad for p in owners])
    if norm > limit:
        for p in owners:
            p.grad.mul_(limit / norm)
            p.data.mul_(limit / norm)
    return norm


@answers.wrong("?", "returns the norm after clipping in place of the norm as it was")
def norm_after(parameters, limit):
    gradients = gradients_of(parameters)
    norm = length_of(gradients)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return length_of(gradients)


@answers.wrong("?", "skips parameters without requires_grad, though a gradient that is there counts")
def only_required(parameters, limit):
    gradients = [p.grad for p in parameters if p.requires_grad and p.grad is not None]
    norm = length_of(gradients)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("?", "gives a parameter without a gradient one of zeros, which momentum and weight decay then act on")
def fills_in_zeros(parameters, limit):
    parameters = list(parameters)
    for p in parameters:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    norm = length_of([p.grad for p in parameters])
    if norm > limit:
        for p in parameters:
            p.grad.mul_(limit / norm)
    return norm


@answers.wrong("?", "goes through the parameters twice: a generator is empty the second time, and nothing is shortened")
def twice_through(parameters, limit):
    norm = length_of(p.grad for p in parameters if p.grad is not None)
    if norm > limit:
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(limit / norm)
    return norm


@answers.wrong("?", "never reads the limit: 1, as in the example")
def limit_of_one(parameters, limit):
    gradients = gradients_of(parameters)
    norm = length_of(gradients)
    if norm > 1:
        for g in gradients:
            g.mul_(1 / norm)
    return norm


@answers.wrong("?", "scales reshaped gradients: reshape copies one that is not contiguous, and the copy is shortened")
def reshaped_copies(parameters, limit):
    flat = [p.grad.reshape(-1) for p in parameters if p.grad is not None]
    norm = length_of(flat)
    if norm > limit:
        for g in flat:
            g *= limit / norm
    return norm


@answers.wrong("?", "stops at the first parameter without a gradient: those behind it neither count nor are shortened")
def stops_at_none(parameters, limit):
    gradients = []
    for p in parameters:
        if p.grad is None:
            break
        gradients.append(p.grad)
    norm = length_of(gradients)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong(
    "?", "works the factor out before it compares, in Python numbers: gradients of zeros end in a division by zero"
)
def divides_first(parameters, limit):
    gradients = gradients_of(parameters)
    norm = length_of(gradients)
    factor = limit / norm
    if factor < 1:
        for g in gradients:
            g.mul_(factor)
    return norm


@answers.right
def one_long_vector(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return 0.0
    vector = torch.cat([g.detach().double().flatten() for g in gradients])
    norm = vector.norm()
    if norm > limit:
        factor = float(limit / norm)
        for g in gradients:
            g.detach().mul_(factor)
    return norm


@answers.right
def in_python(parameters, limit):
    owners = list(filter(lambda p: p.grad is not None, parameters))
    squares = (number * number for p in owners for number in p.grad.detach().double().flatten().tolist())
    norm = math.sqrt(math.fsum(squares))
    if not norm > limit:
        return norm
    with torch.no_grad():
        for p in owners:
            p.grad.copy_(p.grad.double() * (limit / norm))
    return norm


@answers.right
def norm_of_norms(parameters, limit):
    gradients = []
    for p in parameters:
        if p.grad is None:
            continue
        gradients.append(p.grad.data)
    lengths = [torch.linalg.vector_norm(g, dtype=torch.float64).item() for g in gradients]
    norm = math.hypot(*lengths)
    scale = {True: lambda: limit / norm, False: lambda: 1.0}[norm > limit]()
    if scale != 1.0:
        [g.multiply_(scale) for g in gradients]
    return norm


@answers.right
@torch.no_grad()
def as_decorated(parameters, limit):
    everything = tuple(parameters)
    total = torch.zeros((), dtype=torch.float64)
    for p in everything:
        if p.grad is not None:
            total += p.grad.double().square().sum().cpu()
    norm = total.sqrt()
    if norm.item() <= limit:
        return norm
    for p in everything:
        if p.grad is not None:
            p.grad *= limit / norm.item()
    return norm


@answers.right
def numpy_norm(parameters, limit):
    gradients = [p.grad.detach() for p in parameters if p.grad is not None]
    flat = [g.cpu().double().numpy().ravel() for g in gradients]
    norm = float(numpy.linalg.norm(numpy.concatenate(flat))) if flat else 0.0
    if norm > limit:
        torch._foreach_mul_(gradients, limit / norm)
    return norm


class Clipper:
    def __init__(self, limit):
        self.limit, self.squares, self.seen = limit, 0.0, []

    def add(self, gradient):
        wide = gradient.detach().to(torch.float64)
        self.squares += torch.tensordot(wide, wide, dims=wide.ndim).item()
        self.seen += [gradient]

    def finish(self):
        norm = self.squares**0.5
        while norm > self.limit and self.seen:
            self.seen.pop().detach().mul_(self.limit / norm)
        return norm


@answers.right
def clipper_object(parameters, limit):
    clipper = Clipper(limit)
    for parameter in parameters:
        if (gradient := parameter.grad) is not None:
            clipper.add(gradient)
    return clipper.finish()
