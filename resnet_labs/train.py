"""The training loop: any model, any loss, any batches. It knows no network, loss or data set of ours."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from resnet_labs import checkpoint as checkpoints
from resnet_labs import optim, processes, runtime
from resnet_labs.evaluation import Batch, Evaluation, evaluate, predict
from resnet_labs.runtime import InputError, nearest
from resnet_labs.tracking import Tracker

__all__ = ["Evaluation", "History", "NonFiniteLoss", "TrainConfig", "evaluate", "fit"]

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class TrainConfig:
    """Every setting of a run. Checked when it is made, so that a slip costs a second and not an epoch.

    Attributes:
        epochs: passes over the training batches.
        learning_rate: the rate after warm-up.
        optimizer: `sgd` (momentum 0.9), `adam` or `adamw`.
        weight_decay: decay of weights; biases and normalisation are spared.
        schedule: `constant`, or `cosine` down to zero at the end.
        warmup_epochs: epochs over which the rate grows linearly to its full value.
        clip_norm: the largest global norm of the gradient, None for no limit.
        precision: `fp32`, `bf16`, `fp16`, or `auto`: what the device does best.
        channels_last: the memory layout of images and filters; `auto` where it pays.
        compile: whether torch.compile makes the forward pass.
        seed: of dropout and everything else that is drawn while training; initial weights and the order of the batches
            are drawn before `fit` sees them.
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

    def __post_init__(self) -> None:
        def demand(fine: bool, name: str, allowed: str) -> None:
            if not fine:
                raise InputError(f"{name} is {getattr(self, name)!r}.", f"It must be {allowed}.")

        demand(self.epochs >= 1, "epochs", "at least 1")
        demand(self.learning_rate > 0 and math.isfinite(self.learning_rate), "learning_rate", "a positive number")
        demand(self.weight_decay >= 0, "weight_decay", "at least 0")
        demand(0 <= self.warmup_epochs < self.epochs, "warmup_epochs", f"at least 0 and below epochs ({self.epochs})")
        demand(self.clip_norm is None or self.clip_norm > 0, "clip_norm", "None or a positive number")
        demand(self.channels_last in (True, False, "auto"), "channels_last", "True, False or 'auto'")
        for name, known in (
            ("optimizer", optim.OPTIMIZERS),
            ("schedule", optim.SCHEDULES),
            ("precision", runtime.PRECISIONS),
        ):
            if getattr(self, name) not in known:
                raise InputError(f"{name} is {getattr(self, name)!r}.", nearest(getattr(self, name), known))


@dataclass
class History:
    """What a run went through: one row an epoch, and what it ran on.

    Attributes:
        rows: one dict an epoch: epoch (from 1), learning_rate, train_loss, train_accuracy, with validation data also
            validation_loss and validation_accuracy, and seconds. Losses are means over images, accuracies fractions.
        device: what the device calls itself.
        precision: the number format of the forward pass.
    """

    device: str
    precision: str
    rows: list[dict[str, float]] = field(default_factory=list)

    def column(self, name: str) -> list[float]:
        """Return one figure of every epoch, such as `train_loss`."""
        if self.rows and name not in self.rows[0]:
            raise InputError(f"There is no column {name!r}.", nearest(name, self.rows[0]))
        return [row[name] for row in self.rows]

    @property
    def seconds(self) -> float:
        """Wall time of all epochs, validation included."""
        return math.fsum(self.column("seconds"))


class NonFiniteLoss(InputError):
    """The loss stopped being a number. `history` holds the epochs before."""

    def __init__(self, value: float, epoch: int, step: int, history: History) -> None:
        super().__init__(
            f"The loss is {value} at epoch {epoch}, step {step}.",
            "Lower the learning rate, add warm-up or clip the gradient's norm.",
        )
        self.history = history


def fit(
    model: nn.Module,
    batches: Iterable[Batch],
    *,
    loss: Loss,
    config: TrainConfig,
    validation: Iterable[Batch] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    tracker: Tracker | None = None,
    progress: bool = True,
) -> History:
    """Train a model in place and return its curves.

    Among the processes of `processes.joined`, every batch is the batch of all of them together: each process takes its
    rows, gradients and batch norm are over all rows, and the first process alone writes and prints. A loss that
    compares the rows of a batch compares those of one process.

    Args:
        model: any module from images to outputs; it stays on the device on which it is.
        batches: what gives (images, labels) each time it is iterated, with a length. Where it has `set_epoch`, the
            order of every epoch is a function of the epoch, and a resumed run replays it.
        loss: from (outputs, labels) to a scalar, the mean over the batch. A module's own parameters train along.
        config: the settings.
        validation: batches that are evaluated after every epoch, never trained on.
        checkpoint: a file that is written after every epoch. Where it exists, the run goes on from it.
        tracker: takes every row as it is made.
        progress: a bar where there is a terminal, else a line an epoch.

    Returns:
        The history, the epochs before a resume included.

    Raises:
        NonFiniteLoss: the loss is NaN or infinite; names epoch and step. Earlier epochs are in its history.
        InputError: no batch, nothing to train, or a checkpoint of another run.

    Source: Robbins and Monro (1951), in mini-batches.
    Deviations: none.
    Equals: a hand-written loop over torch.optim, bit by bit on the CPU.

    Example:
        >>> model, x, y = nn.Linear(3, 2), torch.randn(8, 3), torch.arange(8) % 2
        >>> config = TrainConfig(epochs=2, learning_rate=0.1)
        >>> history = fit(model, [(x, y)], loss=nn.functional.cross_entropy, config=config, progress=False)
        >>> [row["epoch"] for row in history.rows]
        [1, 2]
    """
    steps = len(batches)  # type: ignore[arg-type]
    if steps == 0:
        raise InputError("There is no batch to train on.", "Give batches with at least one image.")
    progress = progress and processes.is_writer()
    run = _Run(model, loss, config, steps)
    history = History(processes.device_name(run.device), run.precision)
    runtime.seed_everything(config.seed)
    if checkpoint is not None:
        kept = checkpoints.load(checkpoint) if processes.is_writer() and checkpoints.exists(checkpoint) else None
        run.restore(processes.from_writer(kept), history)
    with processes.batch_norm_over_all(model) as run.rows:
        for epoch in range(len(history.rows) + 1, config.epochs + 1):
            started = time.perf_counter()
            if hasattr(batches, "set_epoch"):
                batches.set_epoch(epoch - 1)
            row: dict[str, float] = {"epoch": epoch, **run.train_epoch(batches, epoch, history, progress)}
            if validation is not None:
                row |= run.validate(validation)
            row["seconds"] = time.perf_counter() - started
            history.rows.append(row)
            if tracker is not None and processes.is_writer():
                tracker.log(row)
            if checkpoint is not None and processes.is_writer():
                checkpoints.save(checkpoint, run.state(history))
            if progress and not _terminal():
                print(_describe(row, config.epochs), flush=True)
    return history


class _Run:
    """The moving parts of one call of `fit`."""

    def __init__(self, model: nn.Module, loss: Loss, config: TrainConfig, steps: int) -> None:
        self.model, self.loss, self.config, self.steps = model, loss, config, steps
        self.device = next(iter(model.parameters()), torch.empty(0)).device
        self.precision = runtime.choose_precision(config.precision, self.device)
        modules = [model, loss] if isinstance(loss, nn.Module) else [model]
        groups = optim.parameter_groups(modules, weight_decay=config.weight_decay)
        self.trainable = [p for group in groups for p in group["params"]]
        self.optimizer = optim.make_optimizer(config.optimizer, groups, learning_rate=config.learning_rate)
        self.layout = runtime.choose_layout(config.channels_last, self.device, self.precision)
        model.to(memory_format=self.layout)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")
        self.rows = processes.Rows()
        forward = DistributedDataParallel(model) if processes.count() > 1 else model
        self.forward = torch.compile(forward) if config.compile else forward

    def autocast(self) -> AbstractContextManager[Any]:
        return runtime.autocast(self.device, self.precision)

    def move(self, images: Tensor, labels: Tensor) -> Batch:
        layout = self.layout if images.ndim == 4 else torch.preserve_format
        images = images.to(self.device, non_blocking=True, memory_format=layout)
        return images, labels.to(self.device, non_blocking=True)

    def train_epoch(self, batches: Iterable[Batch], epoch: int, history: History, progress: bool) -> dict[str, float]:
        self.model.train()
        if isinstance(self.loss, nn.Module):
            self.loss.train()
        losses, sizes, right = [], [], torch.zeros((), dtype=torch.int64, device=self.device)
        title, hidden = f"epoch {epoch}/{self.config.epochs}", not (progress and _terminal())
        bar = tqdm(batches, title, self.steps, leave=False, disable=hidden)
        for step, (images, labels) in enumerate(bar, start=1):
            rate = self.set_learning_rate((epoch - 1) * self.steps + step - 1)
            value, correct = self.step(images, labels)
            losses.append(value)
            sizes.append(len(images))
            right += correct
            if self.device.type == "cpu" and not math.isfinite(value.item()):
                raise NonFiniteLoss(value.item(), epoch, step, history)
        curve = torch.stack(losses).double().cpu()
        if not curve.isfinite().all():
            step = int((~curve.isfinite()).nonzero()[0]) + 1
            raise NonFiniteLoss(curve[step - 1].item(), epoch, step, history)
        seen = sum(sizes)
        mean = (curve * torch.tensor(sizes)).sum().item() / seen
        return {"learning_rate": rate, "train_loss": mean, "train_accuracy": processes.total(right).item() / seen}

    def step(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step on a batch; return its mean loss and how many this process got right."""
        self.optimizer.zero_grad(set_to_none=True)
        mine = processes.part(images)
        # A process whose part of a short batch is empty runs an image for company, with no weight.
        share = len(mine) / len(images)
        self.rows.counted = bool(share)
        own_images, own_labels = self.move(*((mine, processes.part(labels)) if share else (images[:1], labels[:1])))
        with self.autocast():
            outputs = self.forward(own_images)
            value = self.loss(outputs, own_labels)
        self.scaler.scale(value * (share * processes.count())).backward()
        if isinstance(self.loss, nn.Module):
            processes.average_gradients(self.loss)
        if self.config.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.trainable, self.config.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return processes.total(value.detach() * share), _num_right(outputs.detach(), own_labels) * bool(share)

    def set_learning_rate(self, step: int) -> float:
        config = self.config
        rate = config.learning_rate * optim.learning_rate_factor(
            step,
            num_steps=config.epochs * self.steps,
            warmup_steps=config.warmup_epochs * self.steps,
            schedule=config.schedule,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    def validate(self, batches: Iterable[Batch]) -> dict[str, float]:
        sums = torch.zeros(3, dtype=torch.float64)
        if isinstance(self.loss, nn.Module):
            self.loss.eval()
        with self.autocast():
            for outputs, labels, _ in predict(self.model, batches):
                value = self.loss(outputs, labels).item() * len(labels)
                sums += torch.tensor([value, _num_right(outputs, labels).item(), len(labels)], dtype=torch.float64)
        value, right, count = processes.total(sums.to(self.device)).tolist()
        return {"validation_loss": value / count, "validation_accuracy": right / count}

    def state(self, history: History) -> dict[str, Any]:
        return {
            "config": asdict(self.config),
            "steps": self.steps,
            "model": self.model.state_dict(),
            "loss": self.loss.state_dict() if isinstance(self.loss, nn.Module) else {},
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "random": checkpoints.random_states(),
            "rows": history.rows,
        }

    def restore(self, state: dict[str, Any] | None, history: History) -> None:
        if state is None:
            return
        ours = asdict(self.config)
        changed = [name for name in ours if name != "epochs" and state["config"].get(name) != ours[name]]
        if changed or state["steps"] != self.steps:
            raise InputError(
                f"The checkpoint is of another run: {', '.join(changed) or 'batches an epoch'} differ.",
                "Give another checkpoint path, or the settings of that run.",
            )
        self.model.load_state_dict(state["model"])
        if isinstance(self.loss, nn.Module):
            self.loss.load_state_dict(state["loss"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        checkpoints.restore_random_states(state["random"])
        history.rows.extend(state["rows"])


def _num_right(outputs: Tensor, labels: Tensor) -> Tensor:
    if outputs.ndim != 2:
        return torch.zeros((), dtype=torch.int64, device=outputs.device)
    return (outputs.argmax(1) == (labels if labels.ndim == 1 else labels.argmax(1))).sum()


def _terminal() -> bool:
    return sys.stderr.isatty()


def _describe(row: dict[str, float], epochs: int) -> str:
    parts = [f"epoch {row['epoch']:.0f}/{epochs}", f"loss {row['train_loss']:.4f}"]
    parts.append(f"accuracy {row['train_accuracy']:.4f}")
    if "validation_accuracy" in row:
        parts.append(f"validation {row['validation_accuracy']:.4f}")
    return "  ".join([*parts, f"{row['seconds']:.1f} s"])
