"""Answers to 06.4 by students who know its text alone."""

import math

import torch
from helpers.answers import Answers

answers = Answers("06.4", "check_clipping")

# (a) what students commonly do


@answers.wrong("each-alone", "each gradient is clipped by its own norm: the direction changes, shows for two gradients")
def each_alone(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    for g in gradients:
        own = float(g.norm())
        if own > limit:
            g.mul_(limit / own)
    return norm


@answers.wrong("sum-of-norms", "adds the norms instead of the squares: 7 instead of 5 in the example")
def sum_of_norms(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = sum(float(g.norm()) for g in gradients)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("unchanged", "gives the product a name and changes no gradient")
def another_name(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if norm > limit:
        for g in gradients:
            g = g * (limit / norm)
    return norm


@answers.wrong(
    "unchanged", "goes over the parameters twice: from a generator, as network.parameters() is, nothing is left to clip"
)
def twice_over(parameters, limit):
    norm = math.sqrt(sum(float((p.grad.double() ** 2).sum()) for p in parameters if p.grad is not None))
    if norm > limit:
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(limit / norm)
    return norm


# (b) right for the visible example (3 and 4, one number each, limit 1)


@answers.wrong("always-scaled", "always brings the length to the limit: shows for gradients below it")
def always(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if norm > 0:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("gradients", "shortens to a length of 1: the limit is only compared with, shows for any other limit")
def to_length_one(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if norm > limit:
        for g in gradients:
            g.mul_(1 / norm)
    return norm


@answers.wrong(
    "gradients", "takes the largest number of each gradient for its length: shows where two numbers are not zero"
)
def largest_of_each(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(g.abs().max()) ** 2 for g in gradients))
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("gradients", "flattens first, which copies a gradient that is not contiguous: that one is not clipped")
def flattened_copies(parameters, limit):
    rows = [p.grad.reshape(-1) for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in rows))
    if norm > limit:
        for g in rows:
            g.mul_(limit / norm)
    return norm


# (c) promises broken


@answers.wrong("zeros-made", "parameters without a gradient get one of zeros")
def zeros_for_none(parameters, limit):
    parameters = list(parameters)
    for p in parameters:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    norm = math.sqrt(sum(float((p.grad.double() ** 2).sum()) for p in parameters))
    if norm > limit:
        for p in parameters:
            p.grad.mul_(limit / norm)
    return norm


@answers.wrong("leaves-behind", "switches gradients off and leaves them off for the caller")
def leaves_grad_mode_off(parameters, limit):
    torch.set_grad_enabled(False)
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("gradients", "skips the gradients of frozen parameters, which count, whatever requires_grad says")
def skips_the_frozen(parameters, limit):
    gradients = [p.grad for p in parameters if p.requires_grad and p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


# right


@answers.right
@torch.no_grad()
def hypotenuse(parameters, limit):
    gradients = [g for g in (p.grad for p in parameters) if g is not None]
    norm = math.hypot(*(g.double().norm().item() for g in gradients))
    if norm > limit:
        for g in gradients:
            g *= limit / norm
    return norm


@answers.right
def halves(parameters, limit):
    def squares(some):
        if len(some) < 2:
            return some[0].detach().double().square().sum().item() if some else 0.0
        middle = len(some) // 2
        return squares(some[:middle]) + squares(some[middle:])

    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = squares(gradients) ** 0.5
    if norm > limit:
        for g in gradients:
            g.data.copy_(g.data * (limit / norm))
    return norm


@answers.right
@torch.no_grad()
def one_long_vector(parameters, limit):
    gradients = list(filter(lambda g: g is not None, map(lambda p: p.grad, parameters)))
    if not gradients:
        return torch.tensor(0.0)
    long = torch.cat([g.double().flatten() for g in gradients])
    norm = torch.einsum("i,i->", long, long).sqrt()
    if norm > limit:
        pieces = (long * (limit / norm)).split([g.numel() for g in gradients])
        for g, piece in zip(gradients, pieces):
            g.copy_(piece.view(g.shape))
    return norm
