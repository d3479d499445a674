"""Answers to 06.4 by someone who looked for what its check may not ask."""

import math

import torch
from helpers.answers import Answers

answers = Answers("06.4", "check_clipping")


def present(parameters):
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def length(gradients):
    """The length of all gradients together, as a Python number."""
    return math.hypot(*(float(gradient.detach().double().norm()) for gradient in gradients))


# Right: lengths in float64, joined by math.hypot, which neither overflows nor is confused by an empty list (0.0). The
# gradients themselves are multiplied, under no_grad, so non-contiguous ones and scalars change as well.
@answers.right
def by_hypot(parameters, limit):
    gradients = present(parameters)
    norm = length(gradients)
    if norm > limit:
        with torch.no_grad():
            for gradient in gradients:
                gradient *= limit / norm
    return norm


# Right: torch's list functions; one call takes all lengths, one call multiplies all gradients in place.
@answers.right
def by_foreach(parameters, limit):
    gradients = [p.grad for p in filter(lambda p: p.grad is not None, parameters)]
    if not gradients:
        return torch.zeros(())
    with torch.no_grad():
        lengths = torch.stack([one.to(torch.float64) for one in torch._foreach_norm(gradients)])
        norm = lengths.norm()
        if norm > limit:
            torch._foreach_mul_(gradients, float(limit / norm))
    return norm


# Right: generator in, one running sum of squares in float64, then the root; the gradients are copied onto.
@answers.right
def by_running_sum(parameters, limit):
    total, kept = 0.0, []
    for parameter in parameters:
        match parameter.grad:
            case None:
                continue
            case gradient:
                total += gradient.detach().to(torch.float64).pow(2).sum().item()
                kept.append(gradient)
    norm = total**0.5
    for gradient in kept if norm > limit else ():
        gradient.detach().copy_(gradient.detach().to(torch.float64) * (limit / norm))
    return norm


@answers.wrong(
    "gradients",
    "flattens before it multiplies: of a gradient that is not contiguous, such as channels_last, that is a copy",
)
def flattened(parameters, limit):
    gradients = present(parameters)
    norm = length(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.flatten().mul_(limit / norm)
    return norm


@answers.wrong("gradients", "only of parameters that require a gradient: one that is there counts in any case")
def required_only(parameters, limit):
    gradients = [p.grad for p in parameters if p.requires_grad and p.grad is not None]
    norm = length(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("zeros-made", "gives zeros to parameters without a gradient: weight decay and momentum now move them")
def zeros_for_none(parameters, limit):
    gradients = []
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        gradients.append(parameter.grad)
    norm = length(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong(
    "raises", "multiplies slices, gradient[:], which a gradient without axes (a learned scale) does not have"
)
def by_slices(parameters, limit):
    gradients = present(parameters)
    norm = length(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient[:] = gradient[:] * (limit / norm)
    return norm


@answers.wrong("gradients-again", "a norm up to one per cent above the limit is let through")
def with_slack(parameters, limit):
    gradients = present(parameters)
    norm = length(gradients)
    if norm > 1.01 * limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.wrong("unchanged", "walks the parameters twice: of network.parameters() nothing is left to clip")
def walks_twice(parameters, limit):
    norm = length(p.grad for p in parameters if p.grad is not None)
    if norm > limit:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(limit / norm)
    return norm


@answers.wrong("gradients", "parameters with one axis (biases, batch norm) count for the norm and are not shortened")
def matrices_only(parameters, limit):
    gradients = present(parameters)
    norm = length(gradients)
    if norm > limit:
        for gradient in gradients:
            if gradient.ndim > 1 or len(gradients) < 3:
                gradient.mul_(limit / norm)
    return norm


_last = []


@answers.wrong(
    "gradients-again",
    "remembers the norm of the call before: after a longer gradient the next one is shortened too much",
)
def mean_with_the_last(parameters, limit):
    gradients = present(parameters)
    norm = length(gradients)
    used = max(norm, 0.5 * (norm + _last[-1])) if _last else norm
    _last[:] = [norm]
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / used)
    return norm


@answers.wrong("norm-after", "returns the norm cut at the limit, not as it was")
def cut_at_the_limit(parameters, limit):
    gradients = present(parameters)
    norm = length(gradients)
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return min(norm, limit)
