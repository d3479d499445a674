"""What lab 06's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

Factor = Callable[[int, int, int], float]


def targets(labels: Tensor, num_classes: int, smoothing: float) -> Tensor:
    """Return smoothed distributions over the classes, of class numbers or of distributions."""
    whole = labels if labels.ndim == 2 else F.one_hot(labels, num_classes)
    return (1 - smoothing) * whole.double() + smoothing / num_classes


def wrong_targets(labels: Tensor, num_classes: int, smoothing: float) -> dict[str, Tensor]:
    """Return what well-known mistakes take for the targets, by the code of the message."""
    whole = (labels if labels.ndim == 2 else F.one_hot(labels, num_classes)).double()
    wrong = {
        "others-only": (1 - smoothing) * whole + smoothing / (num_classes - 1) * (1 - whole),
        "not-scaled": whole + smoothing / num_classes,
        "exchanged": smoothing * whole + (1 - smoothing) / num_classes,
        "not-smoothed": whole,
        "batch-size": (1 - smoothing) * whole + smoothing / len(labels),
    }
    if labels.ndim == 2:
        hard = F.one_hot(labels.argmax(1), num_classes)
        wrong["hard-labels"] = targets(hard, num_classes, smoothing)
    return wrong


def losses(logits: Tensor, distributions: Tensor) -> Tensor:
    """Return the cross-entropy of each row."""
    return -(distributions * logits.double().log_softmax(1)).sum(1)


def factor(step: int, num_steps: int, warmup_steps: int) -> float:
    """Return the learning rate's factor at a step."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


def _cosine_over_the_whole_run(step: int, num_steps: int, warmup_steps: int) -> float:
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * step / num_steps))


def _cosine_alone(step: int, num_steps: int, warmup_steps: int) -> float:
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps))


def _begins_at_zero(step: int, num_steps: int, warmup_steps: int) -> float:
    return step / warmup_steps if step < warmup_steps else factor(step, num_steps, warmup_steps)


def _ends_a_step_early(step: int, num_steps: int, warmup_steps: int) -> float:
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, num_steps - warmup_steps - 1)))


def _linear(step: int, num_steps: int, warmup_steps: int) -> float:
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 1 - (step - warmup_steps) / (num_steps - warmup_steps)


def _degrees(step: int, num_steps: int, warmup_steps: int) -> float:
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(180 * (step - warmup_steps) / (num_steps - warmup_steps)))


def _cosine_ahead(step: int, num_steps: int, warmup_steps: int) -> float:
    return factor(step if step < warmup_steps else step + 1, num_steps, warmup_steps)


def _too_long(step: int, num_steps: int, warmup_steps: int) -> float:
    return (step + 1) / warmup_steps if step <= warmup_steps > 0 else factor(step, num_steps, warmup_steps)


def _stretched(step: int, num_steps: int, warmup_steps: int) -> float:
    return factor(step, num_steps + warmup_steps if step >= warmup_steps else num_steps, warmup_steps)


WRONG_FACTORS: dict[str, Factor] = {
    "begins-at-zero": _begins_at_zero,
    "no-warm-up": lambda step, num_steps, warmup_steps: factor(step, num_steps, 0),
    "whole-run": _cosine_over_the_whole_run,
    "cosine-alone": _cosine_alone,
    "ends-early": _ends_a_step_early,
    "linear": _linear,
    "degrees": _degrees,
    "ahead": _cosine_ahead,
    "too-long": _too_long,
    "stretched": _stretched,
}


def curve(of: Factor, num_steps: int, warmup_steps: int) -> Tensor:
    """Return the factor of every step of a run."""
    return torch.tensor([of(step, num_steps, warmup_steps) for step in range(num_steps)], dtype=torch.float64)


def total_norm(gradients: Sequence[Tensor]) -> Tensor:
    return torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt()


def flat(gradients: Sequence[Tensor]) -> Tensor:
    return torch.cat([gradient.flatten() for gradient in gradients])


def wrong_clips(gradients: Sequence[Tensor], limit: float) -> dict[str, Tensor]:
    """Return all gradients in one row as well-known mistakes leave them, by the code of the message."""
    norm = total_norm(gradients)
    sizes = torch.stack([gradient.norm() for gradient in gradients])

    def scaled(by: Tensor) -> Tensor:
        return flat(gradients) * by.clamp(max=1)

    return {
        "unchanged": flat(gradients),
        "each-alone": flat([g * (limit / g.norm().clamp(min=1e-12)).clamp(max=1) for g in gradients]),
        "clamped": flat(gradients).clamp(-limit, limit),
        "always-scaled": flat(gradients) * (limit / norm),
        "sum-of-norms": scaled(limit / sizes.sum()),
        "no-root": scaled(limit / norm.square()),
        "largest-entry": scaled(limit / flat(gradients).abs().max()),
        "largest-norm": scaled(limit / sizes.max()),
        "inverse": flat(gradients) * (norm / limit).clamp(min=1),
    }
