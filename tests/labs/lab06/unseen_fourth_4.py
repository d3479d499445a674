"""Answers to 06.4 by students who know its text alone."""

import math

import numpy
import torch
from helpers.answers import Answers

answers = Answers("06.4", "check_clipping")


def _norm(gradients):
    return torch.sqrt(sum((g.pow(2).sum() for g in gradients), torch.tensor(0.0)))


@answers.wrong(
    "each-alone", "several parameters: each gradient is clipped by its own norm, so the direction of the whole changes"
)
def each_alone(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    for gradient in gradients:
        own = gradient.norm()
        if own > limit:
            gradient.mul_(limit / own)
    return norm


@answers.wrong(
    "unchanged",
    "a generator, as network.parameters() gives: it is empty after the norm, so the second loop changes nothing",
)
def goes_round_twice(parameters, limit):
    norm = _norm([p.grad for p in parameters if p.grad is not None])
    if norm > limit:
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(limit / norm)
    return norm


@answers.wrong(
    "always-scaled", "a norm below the limit: the gradients are lengthened to the limit; all zeros become nan"
)
def always_scales(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    for gradient in gradients:
        gradient.mul_(limit / norm)
    return norm


@answers.wrong(
    "gradients",
    "a parameter with a gradient and requires_grad False: it is skipped, so it is missing in the norm and not shortened",
)
def skips_frozen(parameters, limit):
    gradients = [p.grad for p in parameters if p.requires_grad and p.grad is not None]
    norm = _norm(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("zeros-made", "a parameter without a gradient: it gets one of zeros, where it should be left with None")
def fills_with_zeros(parameters, limit):
    parameters = list(parameters)
    for p in parameters:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    norm = _norm([p.grad for p in parameters])
    if norm > limit:
        for p in parameters:
            p.grad.mul_(limit / norm)
    return norm


@answers.wrong(
    "not-finite",
    "a limit of infinity, as the lab gives for no clipping: inf / max(norm, inf) is nan, and so are all gradients",
)
def infinity_over_infinity(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = float(_norm(gradients))
    factor = limit / max(norm, limit)
    for gradient in gradients:
        gradient.mul_(factor)
    return norm


@answers.wrong("raises", "a gradient that is not contiguous (of a transposed weight): .view(-1) raises RuntimeError")
def views_flat(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return 0.0
    norm = torch.cat([gradient.view(-1) for gradient in gradients]).norm()
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong(
    "gradients",
    "several gradients above the limit: the multiplication stands after the loop, so only the last is shortened",
)
def only_the_last(parameters, limit):
    total, gradient = 0.0, None
    for p in parameters:
        if p.grad is not None:
            gradient = p.grad
            total += gradient.pow(2).sum().item()
    norm = math.sqrt(total)
    if norm > limit:
        gradient.mul_(limit / norm)
    return norm


@answers.wrong(
    "gradients", "any limit but 1: the gradients are divided by the norm, so their length becomes 1 and not the limit"
)
def to_length_one(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.div_(norm)
    return norm


@answers.wrong(
    "norm",
    "a norm below the limit: clamp_ changes the norm itself, so the limit is returned and not the norm as it was",
)
def returns_the_larger(parameters, limit):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _norm(gradients)
    clipped = norm > limit
    factor = limit / norm.clamp_(min=limit)
    if clipped:
        for gradient in gradients:
            gradient.mul_(factor)
    return norm


# Right: math.hypot of the norms of all gradients, a Python number comes back.
@answers.right
def by_hypot(parameters, limit):
    gradients = [p.grad.detach() for p in parameters if p.grad is not None]
    norm = math.hypot(*(torch.linalg.vector_norm(g).item() for g in gradients))
    if norm > limit:
        for gradient in gradients:
            gradient *= limit / norm
    return norm


# Right: torch's functions for whole lists.
@answers.right
@torch.no_grad()
def by_foreach(parameters, limit):
    gradients = [g for g in (p.grad for p in parameters) if g is not None]
    if not gradients:
        return torch.tensor(0.0)
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    if norm.item() > limit:
        torch._foreach_mul_(gradients, limit / norm.item())
    return norm


class Clip:
    """One flat vector in float64 for the norm; gradients are written back with copy_."""

    def __call__(self, parameters, limit):
        gradients = [p.grad.data for p in list(parameters) if p.grad is not None]
        flat = numpy.concatenate([numpy.zeros(0), *(g.cpu().double().numpy().ravel() for g in gradients)])
        norm = float(numpy.sqrt(flat @ flat))
        factor = limit / norm if norm > limit else None
        for gradient in gradients if factor is not None else ():
            gradient.copy_(gradient * factor)
        return norm


# Right: an object with __call__, numpy for the norm.
answers.right(Clip())
