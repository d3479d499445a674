"""Optimizers by name, parameter groups, the learning rate over the steps of a run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from resnet_labs.errors import InputError, nearest

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "cosine")


def parameter_groups(modules: Iterable[nn.Module], *, weight_decay: float) -> list[dict[str, Any]]:
    """Return the trainable parameters in two groups: weights that decay, and biases and normalisation that do not.

    Args:
        modules: the modules that train; a parameter that two of them share counts once.
        weight_decay: the decay of the first group, at least 0.

    Returns:
        Groups for a torch optimizer; a group without parameters is left out.

    Raises:
        InputError: no parameter requires a gradient.

    Source: He, Zhang, Zhang, Xie, Li, "Bag of Tricks for Image Classification" (2019), section 3.1, "No bias decay".
    Deviations: decided by the number of dimensions, so scale parameters of any normalisation are covered.
    Equals: torch's optimizers given the same two lists.

    Example:
        >>> [len(group["params"]) for group in parameter_groups([nn.Linear(2, 2)], weight_decay=0.1)]
        [1, 1]
    """
    found = {p: None for module in modules for p in module.parameters() if p.requires_grad}
    if not found:
        raise InputError("Nothing to train: every parameter is frozen.", "Unfreeze a part with unfreeze_().")
    decayed = [p for p in found if p.ndim > 1]
    spared = [p for p in found if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def make_optimizer(name: str, groups: list[dict[str, Any]], *, learning_rate: float) -> torch.optim.Optimizer:
    """Return the optimizer of that name: `sgd` (momentum 0.9), `adam` or `adamw`, fused where torch can.

    Args:
        name: one of `OPTIMIZERS`.
        groups: what `parameter_groups` returns.
        learning_rate: the rate before any schedule.

    Raises:
        InputError: the name is unknown.

    Source: He et al. (2016), section 3.4 (momentum 0.9); Kingma and Ba (2015); Loshchilov and Hutter (2019).
    Equals: torch.optim.SGD(momentum=0.9), torch.optim.Adam, torch.optim.AdamW.

    Example:
        >>> groups = parameter_groups([nn.Linear(2, 2)], weight_decay=0.0)
        >>> make_optimizer("sgd", groups, learning_rate=0.1).defaults["momentum"]
        0.9
    """
    fused = all(p.device.type in ("cpu", "cuda") and p.is_floating_point() for group in groups for p in group["params"])
    if name == "sgd":
        return torch.optim.SGD(groups, lr=learning_rate, momentum=0.9, fused=fused)
    if name == "adam":
        return torch.optim.Adam(groups, lr=learning_rate, fused=fused)
    if name == "adamw":
        return torch.optim.AdamW(groups, lr=learning_rate, fused=fused)
    raise InputError(f"optimizer is {name!r}.", nearest(name, OPTIMIZERS))


def learning_rate_factor(step: int, *, num_steps: int, warmup_steps: int = 0, schedule: str = "constant") -> float:
    """Return the factor of the learning rate at a step.

    Args:
        step: 0 for the first step of the run.
        num_steps: steps of the whole run, warm-up included.
        warmup_steps: steps over which the rate grows linearly; the first is already above zero.
        schedule: `constant`, or `cosine` from 1 after the warm-up down to 0 after the last step.

    Returns:
        A factor in [0, 1].

    Raises:
        InputError: the schedule is unknown.

    Source: Loshchilov and Hutter, "SGDR" (2017), equation 5, one cycle; warm-up: Goyal et al. (2017), section 2.2.
    Deviations: the rate changes at every step, not at every epoch.
    Equals: torch's CosineAnnealingLR and LinearLR, step by step.

    Example:
        >>> [round(learning_rate_factor(s, num_steps=5, warmup_steps=1, schedule="cosine"), 3) for s in range(5)]
        [1.0, 1.0, 0.854, 0.5, 0.146]
    """
    if schedule not in SCHEDULES:
        raise InputError(f"schedule is {schedule!r}.", nearest(schedule, SCHEDULES))
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    if schedule == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, num_steps - warmup_steps)))
