"""Answers to 06.4 by someone who knew the exercise and not its check."""

import math

import torch
from helpers.answers import Answers

answers = Answers("06.4", "check_clipping")


def of(parameters):
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def norm_of(gradients):
    return torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt()


def good(parameters, limit):
    gradients = of(parameters)
    norm = norm_of(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("device", "the sum begins with a CPU tensor of one number")
def cpu_sum(parameters, limit):
    gradients = of(parameters)
    total = torch.zeros(1, dtype=gradients[0].dtype)
    for gradient in gradients:
        total += gradient.square().sum()
    norm = total.sqrt().squeeze()
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("device", "the factor is a CPU vector")
def cpu_factor(parameters, limit):
    gradients = of(parameters)
    norm = norm_of(gradients)
    factor = torch.tensor([min(1.0, limit / norm.item()) if norm.item() else 1.0], dtype=gradients[0].dtype)
    for gradient in gradients:
        gradient.mul_(factor)
    return norm


@answers.wrong("gradients", "the limit is 1")
def one(parameters, limit):
    return good(parameters, 1.0)


@answers.wrong("gradients", "only the first two parameters count and are clipped (the example)")
def two(parameters, limit):
    return good(list(parameters)[:2], limit)


@answers.wrong("unchanged", "break at the first missing gradient")
def breaks(parameters, limit):
    gradients = []
    for parameter in parameters:
        if parameter.grad is None:
            break
        gradients.append(parameter.grad)
    if not gradients:
        return torch.tensor(0.0)
    norm = norm_of(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.right
def always(parameters, limit):
    gradients = of(parameters)
    norm = norm_of(gradients)
    for gradient in gradients:
        gradient.mul_((limit / norm).clamp(max=1) if norm.isfinite() else 1)
    return norm


@answers.wrong("gradients", "limit / (norm + 1e-2)")
def epsilon(parameters, limit):
    gradients = of(parameters)
    norm = norm_of(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / (norm + 1e-2))
    return norm


@answers.wrong("always-scaled", "small gradients are made longer up to the limit")
def lengthens(parameters, limit):
    gradients = of(parameters)
    norm = norm_of(gradients)
    if norm > 0:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("gradients", "squares in float16 gradients overflow: norm infinite")
def overflow(parameters, limit):
    gradients = of(parameters)
    norm = torch.stack([g.to(torch.float16).square().sum() for g in gradients]).sum().sqrt().float()
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("unchanged", "parameters are walked through twice: the second time a generator is empty")
def walks_twice(parameters, limit):
    norm = norm_of(of(parameters))
    if norm > limit:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(limit / norm)
    return norm


@answers.wrong("gradients", "frozen parameters' gradients are skipped (requires_grad in place of grad)")
def by_flag(parameters, limit):
    return good([p for p in parameters if p.requires_grad], limit)


@answers.wrong("zeros-made", "missing gradients become zeros")
def makes_zeros(parameters, limit):
    parameters = list(parameters)
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    return good(parameters, limit)


@answers.wrong("weights-changed", "the weights shrink too")
def shrinks(parameters, limit):
    parameters = list(parameters)
    norm = good(parameters, limit)
    with torch.no_grad():
        for p in parameters:
            p.mul_(0.999)
    return norm


@answers.wrong("leaves-behind", "grad mode stays off")
def grad_off(parameters, limit):
    torch.set_grad_enabled(False)
    return good(parameters, limit)


@answers.wrong("each-alone", "each gradient by itself")
def each(parameters, limit):
    gradients = of(parameters)
    norm = norm_of(gradients)
    for gradient in gradients:
        if gradient.norm() > limit:
            gradient.mul_(limit / gradient.norm())
    return norm


@answers.wrong("sum-of-norms", "sum of the norms")
def sum_norms(parameters, limit):
    gradients = of(parameters)
    norm = sum(gradient.norm() for gradient in gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("norm-after", "the norm after")
def after(parameters, limit):
    parameters = list(parameters)
    good(parameters, limit)
    return norm_of(of(parameters))


@answers.wrong("clamped", "clipped by value")
def by_value(parameters, limit):
    gradients = of(parameters)
    norm = norm_of(gradients)
    for gradient in gradients:
        gradient.clamp_(-limit, limit)
    return norm


@answers.wrong("no-root", "the squared norm")
def squared(parameters, limit):
    gradients = of(parameters)
    norm = norm_of(gradients) ** 2
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.right
def torchs(parameters, limit):
    """vector_norm over norms; _foreach_mul_."""
    gradients = of(parameters)
    if not gradients:
        return 0.0
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
    if float(norm) > limit:
        torch._foreach_mul_(gradients, float(limit / norm))
    return norm


@answers.right
def concatenated(parameters, limit):
    """One long vector; a Python number."""
    parameters = [p for p in parameters if p.grad is not None]
    norm = torch.cat([p.grad.flatten() for p in parameters]).norm().item() if parameters else 0.0
    if norm > limit:
        with torch.no_grad():
            for p in parameters:
                p.grad *= limit / norm
    return norm


@answers.right
def copied(parameters, limit):
    """copy_ of the scaled values; hypot."""
    gradients = of(parameters)
    norm = math.hypot(*[g.norm().item() for g in gradients])
    if norm > limit:
        for g in gradients:
            g.copy_(g * limit / norm)
    return norm


@answers.right
def einsum(parameters, limit):
    """einsum of each with itself; div_ by max(1, norm / limit)."""
    gradients = list(of(parameters))
    norm = sum(torch.einsum("i,i->", g.reshape(-1), g.reshape(-1)) for g in gradients) ** 0.5
    factor = max(1.0, float(norm) / limit)
    for g in gradients:
        if factor > 1:
            g.div_(factor)
    return norm
