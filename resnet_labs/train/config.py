"""The settings of a training run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real

from resnet_labs import optim, runtime
from resnet_labs.errors import InputError, nearest


@dataclass(frozen=True)
class TrainConfig:
    """Every setting of a run. Checked when it is made, so a mistake costs a second and not an epoch.

    Attributes:
        epochs: passes over the training batches.
        learning_rate: the rate after warm-up.
        optimizer: `sgd` (momentum 0.9), `adam` or `adamw`.
        weight_decay: decay of weights; biases and normalisation do not decay.
        schedule: `constant`, or `cosine` down to zero at the end.
        warmup_epochs: epochs over which the rate grows linearly to its full value.
        clip_norm: the largest global norm of the gradient; None for no limit.
        precision: `fp32`, `bf16`, `fp16`, or `auto`: what the device does best.
        channels_last: the memory layout of images and filters; `auto` where it is faster.
        compile: whether torch.compile makes the forward pass.
        seed: for dropout and everything else that is drawn while training; initial weights and the order of the batches
            are drawn before `fit` sees them.
        accumulate: number of batches whose images the gradient of one step is averaged over. Batch norm still sees one
            batch at a time; the schedule counts steps.
    """

    epochs: int
    learning_rate: float
    optimizer: str = "sgd"
    weight_decay: float = 0.0
    schedule: str = "constant"
    warmup_epochs: int = 0
    clip_norm: float | None = None
    precision: str = "auto"
    channels_last: bool | str = "auto"
    compile: bool = False
    seed: int = 0
    accumulate: int = 1

    def __post_init__(self) -> None:
        def demand(fine: bool, name: str, allowed: str) -> None:
            if not fine:
                raise InputError(f"{name} is {getattr(self, name)!r}.", f"It must be {allowed}.")

        for name in ("epochs", "warmup_epochs", "accumulate", "seed"):
            demand(isinstance(getattr(self, name), Integral), name, "a whole number")
        for name in ("learning_rate", "weight_decay"):
            demand(isinstance(getattr(self, name), Real), name, "a number")
        demand(isinstance(self.clip_norm, Real | None), "clip_norm", "None or a positive number")
        demand(self.epochs >= 1, "epochs", "at least 1")
        demand(self.learning_rate > 0 and math.isfinite(self.learning_rate), "learning_rate", "a positive number")
        demand(self.weight_decay >= 0, "weight_decay", "at least 0")
        demand(0 <= self.warmup_epochs < self.epochs, "warmup_epochs", f"at least 0 and below epochs ({self.epochs})")
        demand(self.clip_norm is None or self.clip_norm > 0, "clip_norm", "None or a positive number")
        demand(self.accumulate >= 1, "accumulate", "at least 1")
        demand(self.channels_last in (True, False, "auto"), "channels_last", "True, False or 'auto'")
        for name, known in (
            ("optimizer", optim.OPTIMIZERS),
            ("schedule", optim.SCHEDULES),
            ("precision", runtime.PRECISIONS),
        ):
            if getattr(self, name) not in known:
                raise InputError(f"{name} is {getattr(self, name)!r}.", nearest(getattr(self, name), known))
