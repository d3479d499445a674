"""Right and wrong answers to exercise 06.4: clipping by the global norm."""

from __future__ import annotations

import math

import torch
from helpers.answers import Answers


def _present(parameters):
    return [parameter for parameter in parameters if parameter.grad is not None]


def _norm(parameters):
    return torch.stack([parameter.grad.square().sum() for parameter in parameters]).sum().sqrt()


def _scale(parameters, factor):
    for parameter in parameters:
        parameter.grad.mul_(factor)


answers = Answers("06.4", "check_clipping")


@answers.wrong("not-finite")
def infinity_by_infinity(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    _scale(parameters, limit / norm.clamp(min=limit))
    return norm


@answers.wrong("each-alone")
def each_tensor_alone(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    for parameter in parameters:
        parameter.grad.mul_((limit / parameter.grad.norm().clamp(min=1e-12)).clamp(max=1))
    return norm


@answers.wrong("clamped")
def numbers_cut_off(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    for parameter in parameters:
        parameter.grad.clamp_(-limit, limit)
    return norm


@answers.wrong("always-scaled")
def small_ones_made_large(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    _scale(parameters, limit / (norm + 1e-12))
    return norm


@answers.wrong("not-finite")
def divides_by_zero(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    for parameter in parameters:
        parameter.grad.copy_(parameter.grad / norm * min(norm.item(), limit))
    return norm


@answers.wrong("sum-of-norms")
def norms_added(parameters, limit):
    parameters = _present(parameters)
    norm = sum(parameter.grad.norm() for parameter in parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
    return norm


@answers.wrong("no-root")
def root_forgotten(parameters, limit):
    parameters = _present(parameters)
    norm = sum(parameter.grad.square().sum() for parameter in parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
    return norm


@answers.wrong("largest-entry")
def largest_entry(parameters, limit):
    parameters = _present(parameters)
    norm = max(parameter.grad.abs().max() for parameter in parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
    return norm


@answers.wrong("largest-norm")
def largest_norm(parameters, limit):
    parameters = _present(parameters)
    norm = max(parameter.grad.norm() for parameter in parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
    return norm


@answers.wrong("inverse")
def factor_upside_down(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    if norm > limit:
        _scale(parameters, norm / limit)
    return norm


@answers.wrong("no-norm")
def norm_of_clipped_gradients_alone(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
        return norm
    return None


@answers.wrong("unchanged")
def names_bound_anew(parameters, limit):
    gradients = [parameter.grad for parameter in _present(parameters)]
    norm = torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt()
    for gradient in gradients:
        gradient = gradient * min(1.0, limit / max(norm.item(), 1e-12))
    return norm


@answers.wrong("unchanged")
def generator_walked_twice(parameters, limit):
    norm = _norm([parameter for parameter in parameters if parameter.grad is not None])
    for parameter in parameters:
        parameter.grad.mul_(min(1.0, limit / max(norm.item(), 1e-12)))
    return norm


@answers.wrong("raises")
def no_gradient_forgotten(parameters, limit):
    parameters = list(parameters)
    norm = _norm(parameters)
    _scale(parameters, min(1.0, limit / max(norm.item(), 1e-12)))
    return norm


@answers.wrong("weights-changed")
def weights_scaled(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    for parameter in parameters:
        parameter.grad.mul_(min(1.0, limit / max(norm.item(), 1e-12)))
        parameter.data.mul_(min(1.0, limit / max(norm.item(), 1e-12)))
    return norm


@answers.wrong("norm-after")
def norm_after_clipping(parameters, limit):
    parameters = _present(parameters)
    _scale(parameters, min(1.0, limit / max(_norm(parameters).item(), 1e-12)))
    return _norm(parameters)


@answers.wrong("no-norm")
def nothing_returned(parameters, limit):
    parameters = _present(parameters)
    _scale(parameters, min(1.0, limit / max(_norm(parameters).item(), 1e-12)))


@answers.right
def clip_of_torch(parameters, limit):
    return torch.nn.utils.clip_grad_norm_(parameters, limit)


@answers.wrong("new-gradients")
def clip_with_new_gradients(parameters, limit):
    mine = _present(list(parameters))
    norm = torch.cat([parameter.grad.flatten() for parameter in mine]).norm().item()
    for parameter in mine:
        if norm > limit:
            parameter.grad = parameter.grad * limit / norm
    return norm


@answers.right
def clip_by_a_sum(parameters, limit):
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = math.sqrt(sum(float((grad * grad).sum()) for grad in grads))
    factor = min(1, limit / (norm + 1e-6))
    for grad in grads:
        grad *= factor
    return torch.tensor(norm)


@answers.wrong("gradients-again")
def a_hundredth_more_is_let_through(parameters, limit):
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = sum(gradient.square().sum() for gradient in gradients) ** 0.5
    if norm > 1.01 * limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


@answers.right
def clip_by_setting_the_data(parameters, limit):
    mine = _present(list(parameters))
    norm = torch.cat([parameter.grad.flatten() for parameter in mine]).norm().item()
    for parameter in mine:
        if norm > limit:
            parameter.grad.data = parameter.grad * limit / norm
    return norm
