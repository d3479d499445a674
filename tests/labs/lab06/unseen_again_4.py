"""More answers to 06.4 by someone who knew the exercise and not its check."""

import math

import torch
from helpers.answers import Answers

answers = Answers("06.4", "check_clipping")


def there(parameters):
    return [p.grad for p in parameters if p.grad is not None]


# Python floats and math.hypot, which also takes no arguments at all.
@answers.right
def hypot(parameters, limit):
    gradients = there(parameters)
    norm = math.hypot(*(number for g in gradients for number in g.flatten().tolist()))
    if norm > limit:
        for g in gradients:
            g.copy_(g * (limit / norm))
    return norm


# torch's many-at-once functions; the norm is a tensor without axes.
@answers.right
def foreach(parameters, limit):
    gradients = there(parameters)
    if not gradients:
        return torch.zeros(())
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    if norm.item() > limit:
        torch._foreach_mul_(gradients, limit / norm.item())
    return norm


# An object; one long float64 vector by cat; a factor of which only the part below 1 is used.
class LongVector:
    def __call__(self, parameters, limit):
        with torch.no_grad():
            kept = tuple(p for p in parameters if p.grad is not None)
            whole = torch.cat([torch.zeros(1, dtype=torch.float64), *(p.grad.double().reshape(-1) for p in kept)])
            norm = float(whole @ whole) ** 0.5
            for p in kept if norm > limit else ():
                p.grad[...] = p.grad * limit / norm
        return norm


answers.wrong("device", "a tensor is made on the CPU")(LongVector())


def norm_of(gradients):
    return math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))


@answers.wrong(
    "each-alone", "each gradient is clipped by its own norm: two of length 3 and 4 at a limit of 1 both get length 1"
)
def one_by_one(parameters, limit):
    gradients = there(parameters)
    norm = norm_of(gradients)
    for g in gradients:
        if g.norm() > limit:
            g.mul_(limit / g.norm())
    return norm


@answers.wrong(
    "unchanged", "goes over parameters twice: of a generator, as network.parameters() is, nothing is left to clip"
)
def twice_over(parameters, limit):
    norm = norm_of(p.grad for p in parameters if p.grad is not None)
    if norm > limit:
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(limit / norm)
    return norm


@answers.wrong("always-scaled", "multiplies always: gradients shorter than the limit grow to it, all zeros become nan")
def always(parameters, limit):
    gradients = there(parameters)
    norm = torch.sqrt(sum((g**2).sum() for g in gradients))
    for g in gradients:
        g.mul_(limit / norm)
    return norm


@answers.wrong("gradients", "a parameter with requires_grad off is skipped, though its gradient is there")
def frozen_skipped(parameters, limit):
    gradients = [p.grad for p in parameters if p.requires_grad and p.grad is not None]
    norm = norm_of(gradients)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("norm-after", "returns the norm after clipping: the limit, where the gradients were longer")
def norm_after(parameters, limit):
    gradients = there(parameters)
    norm = norm_of(gradients)
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm_of(gradients)


@answers.wrong(
    "zeros-made", "parameters without a gradient are given zeros: grad is no longer None, and AdamW will decay them"
)
def zeros_for_none(parameters, limit):
    parameters = list(parameters)
    for p in parameters:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    norm = norm_of(p.grad for p in parameters)
    if norm > limit:
        for p in parameters:
            p.grad.mul_(limit / norm)
    return norm


@answers.wrong("sum-of-norms", "the norms of the gradients are added up: 3 and 4 give 7, not 5")
def sum_of_norms(parameters, limit):
    gradients = there(parameters)
    norm = float(sum(g.norm() for g in gradients))
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm


@answers.wrong("raises", "min(1, limit / norm) in Python: gradients that are all zero divide by zero and crash")
def zero_crashes(parameters, limit):
    gradients = there(parameters)
    norm = norm_of(gradients)
    factor = min(1.0, limit / norm)
    for g in gradients:
        g.mul_(factor)
    return norm


@answers.wrong(
    "clamped",
    "every number is clamped to the limit: the direction changes, and two numbers of 0.9 stay longer than a limit of 1",
)
def clamped(parameters, limit):
    gradients = there(parameters)
    norm = norm_of(gradients)
    for g in gradients:
        g.clamp_(-limit, limit)
    return norm


@answers.wrong("unchanged", "the weights are shortened, not the gradients")
def the_weights(parameters, limit):
    parameters = [p for p in parameters if p.grad is not None]
    norm = norm_of(p.grad for p in parameters)
    if norm > limit:
        with torch.no_grad():
            for p in parameters:
                p.mul_(limit / norm)
    return norm


@answers.wrong("gradients", "return stands in the loop: only the first gradient is shortened")
def only_the_first(parameters, limit):
    gradients = there(parameters)
    norm = norm_of(gradients)
    for g in gradients:
        if norm > limit:
            g.mul_(limit / norm)
        return norm
    return norm


@answers.wrong("no-root", "the factor is limit / norm squared: right only for a norm of 1 or below the limit")
def root_forgotten(parameters, limit):
    gradients = there(parameters)
    square = sum(float((g**2).sum()) for g in gradients)
    if math.sqrt(square) > limit:
        for g in gradients:
            g.mul_(limit / square)
    return math.sqrt(square)


@answers.wrong("raises", "view(-1) of every gradient: one that is not contiguous, such as a transposed one, crashes")
def view(parameters, limit):
    gradients = there(parameters)
    norm = math.sqrt(sum(float(g.view(-1) @ g.view(-1)) for g in gradients))
    if norm > limit:
        for g in gradients:
            g.mul_(limit / norm)
    return norm
