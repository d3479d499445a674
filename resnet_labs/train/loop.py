"""The training loop: any model, any loss, any batches. It depends on none of our networks, losses or data sets."""

from __future__ import annotations

import math
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from resnet_labs import conv, distributed, optim, runtime
from resnet_labs.errors import InputError
from resnet_labs.tracking import Tracker
from resnet_labs.train import out_of_memory
from resnet_labs.train.config import TrainConfig
from resnet_labs.train.evaluation import Batch, Evaluation, evaluate, outputs_of, predict
from resnet_labs.train.history import History, NonFiniteLoss, OutOfMemory, Stopped
from resnet_labs.train.resume import KeptRun

__all__ = ["Evaluation", "History", "NonFiniteLoss", "OutOfMemory", "Stopped", "TrainConfig", "evaluate", "fit"]

Loss = Callable[[Tensor, Tensor], Tensor]


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

    With the processes of `distributed.joined`, every batch is shared by all of them: each process takes its rows,
    gradients and batch norm are over all rows, and only the first process writes and prints. In training, the loss gets
    the rows of all processes; a loss that also needs features gets them with `distributed.whole`. In validation it gets
    the rows of its own process.

    Args:
        model: any module from images to outputs; it stays on its device.
        batches: an iterable of (images, labels) with a length, iterated once per epoch. If it has `set_epoch`, the
            order of every epoch is a function of the epoch, and a resumed run replays it.
        loss: from (outputs, labels) to a scalar, the mean over the batch. If it is a module, its parameters train too.
        config: the settings.
        validation: batches that are evaluated after every epoch, never trained on.
        checkpoint: a file that is written after every epoch. If it exists, the run continues from it; a step may then
            be split into other batches with as many images (`accumulate`), and the number of epochs may differ if the
            epochs that are kept had the same learning rates.
        tracker: gets every row when it is made.
        progress: a bar in a terminal, else one line per epoch.

    Returns:
        The history, including the epochs before a resume.

    Raises:
        NonFiniteLoss: the loss is NaN or infinite; names epoch and step. Earlier epochs are in its history.
        OutOfMemory: a batch does not fit; names a batch size that does. Earlier epochs are in its history.
        Stopped: the checkpoint cannot be written. All epochs are in its history.
        InputError: no batch, nothing to train, or a checkpoint of another run, of a run that another process is
            training, or in a place that cannot be written.

    Source: Robbins and Monro (1951), in mini-batches.
    Equals: a hand-written loop over torch.optim in the same layout, bit for bit on the CPU, except for convolutions on
        maps of at most 4x4 pixels, some of which are matrix products here (`conv`).

    Example:
        >>> model, x, y = nn.Linear(3, 2), torch.randn(8, 3), torch.arange(8) % 2
        >>> config = TrainConfig(epochs=2, learning_rate=0.1)
        >>> history = fit(model, [(x, y)], loss=nn.functional.cross_entropy, config=config, progress=False)
        >>> [row["epoch"] for row in history.rows]
        [1, 2]
    """
    num_batches = len(batches)  # type: ignore[arg-type]
    if num_batches == 0:
        raise InputError("There is no batch to train on.", "Give batches with at least one image.")
    progress = progress and distributed.is_writer()
    run = _Run(model, loss, config, num_batches, checkpoint)
    history = History(distributed.device_name(run.device), run.precision)
    runtime.seed_everything(config.seed)
    try:
        with run.kept.alone(), conv.products(model), distributed.batch_norm_over_all(model) as run.rows:
            run.kept.restore(history)
            for epoch in range(len(history.rows) + 1, config.epochs + 1):
                started = time.perf_counter()
                if hasattr(batches, "set_epoch"):
                    batches.set_epoch(epoch - 1)
                row: dict[str, float] = {"epoch": epoch, **run.train_epoch(batches, epoch, history, progress)}
                if validation is not None:
                    row |= run.validate(validation)
                row["seconds"] = time.perf_counter() - started
                history.rows.append(row)
                if tracker is not None and distributed.is_writer():
                    tracker.log(row)
                run.kept.save(history)
                if progress and not _terminal():
                    print(_describe(row, config.epochs), flush=True)
    except KeyboardInterrupt as interrupt:
        if run.kept.num_epochs:
            interrupt.add_note(str(run.kept))
        raise
    return history


class _Run:
    """The moving parts of one call of `fit`."""

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        config: TrainConfig,
        num_batches: int,
        checkpoint: str | os.PathLike[str] | None,
    ) -> None:
        self.model, self.loss, self.config = model, loss, config
        self.num_batches, self.steps = num_batches, math.ceil(num_batches / config.accumulate)
        self.device = runtime.device_of(model)
        self.precision = runtime.choose_precision(config.precision, self.device)
        self.modules = [model, loss] if isinstance(loss, nn.Module) else [model]
        groups = optim.parameter_groups(self.modules, weight_decay=config.weight_decay)
        self.trainable = [p for group in groups for p in group["params"]]
        self.optimizer = optim.make_optimizer(config.optimizer, groups, learning_rate=config.learning_rate)
        self.layout = self.choose_layout()
        model.to(memory_format=self.layout)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")
        parts: dict[str, Any] = {"model": model, "loss": loss if isinstance(loss, nn.Module) else nn.Module()}
        parts |= {"optimizer": self.optimizer, "scaler": self.scaler}
        self.kept = KeptRun(checkpoint, parts, config=config, steps=self.steps)
        self.rows = distributed.Rows()
        forward = DistributedDataParallel(model) if distributed.count() > 1 else model
        self.forward: Any = torch.compile(forward) if config.compile else forward

    def choose_layout(self) -> torch.memory_format:
        wanted = runtime.choose_layout(self.config.channels_last, self.device, self.precision)
        layout = conv.safe_layout(self.model, wanted)
        if layout != wanted and self.config.channels_last is True:
            warnings.warn(
                "channels_last=True is not used: a 1x1 convolution with a stride over fewer than 16 channels can crash "
                "the process in that layout (oneDNN issue 6035). The contiguous layout is used instead.",
                stacklevel=4,
            )
        return layout

    def autocast(self) -> AbstractContextManager[Any]:
        return runtime.autocast(self.device, self.precision)

    def move(self, images: Tensor, labels: Tensor) -> Batch:
        layout = self.layout if images.ndim == 4 else torch.preserve_format
        images = images.to(self.device, non_blocking=True, memory_format=layout)
        return images, labels.to(self.device, non_blocking=True)

    def train_epoch(self, batches: Iterable[Batch], epoch: int, history: History, progress: bool) -> dict[str, float]:
        for module in self.modules:
            module.train()
        losses, sizes, right = [], [], torch.zeros((), dtype=torch.int64, device=self.device)
        title, hidden = f"epoch {epoch}/{self.config.epochs}", not (progress and _terminal())
        bar = tqdm(batches, title, self.num_batches, leave=False, disable=hidden)
        for step, group in enumerate(_groups(bar, self.config.accumulate), start=1):
            rate = self.set_learning_rate((epoch - 1) * self.steps + step - 1)
            for (images, _), (value, correct) in zip(group, self.step_that_fits(group, history), strict=True):
                losses.append(value)
                sizes.append(len(images))
                right += correct
                if self.device.type == "cpu" and not math.isfinite(value.item()):
                    raise NonFiniteLoss(value.item(), epoch, step, history)
        curve = torch.stack(losses).double().cpu()
        if not curve.isfinite().all():
            place = int((~curve.isfinite()).nonzero()[0])
            raise NonFiniteLoss(curve[place].item(), epoch, place // self.config.accumulate + 1, history)
        seen = sum(sizes)
        mean = (curve * torch.tensor(sizes)).sum().item() / seen
        return {"learning_rate": rate, "train_loss": mean, "train_accuracy": distributed.total(right).item() / seen}

    def step_that_fits(self, group: list[Batch], history: History) -> list[tuple[Tensor, Tensor]]:
        """Take one step; if memory runs out, find out how many images fit, and say so."""
        try:
            return self.step(group)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory.ran_out(error):
                raise
            # The frames of its traceback keep the step's tensors alive.
            cause = error.with_traceback(None)
        images, labels = max(group, key=lambda batch: len(batch[0]))
        fits, too_large = None, None
        if distributed.count() == 1:  # the other processes wait elsewhere and would not take part
            fits, too_large = out_of_memory.largest_batch(
                lambda *part: self.run(*self.move(*part))[1], images, labels, self.modules
            )
        raise OutOfMemory(
            len(images),
            fits=fits,
            too_large=too_large,
            accumulate=self.config.accumulate,
            history=history,
            kept=str(self.kept),
        ) from cause

    def step(self, group: list[Batch]) -> list[tuple[Tensor, Tensor]]:
        """Take one step on some batches; return the mean loss of each and how many this process got right."""
        self.optimizer.zero_grad(set_to_none=True)
        num_images = sum(len(images) for images, _ in group)
        if num_images == 0:
            raise InputError("A batch has no image.", "Leave empty batches out.")
        found = []
        for number, (images, labels) in enumerate(group, start=1):
            with nullcontext() if number == len(group) or distributed.count() == 1 else self.forward.no_sync():
                found.append(self.add_gradients(images, labels, weight=len(images) / num_images))
        if self.config.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.trainable, self.config.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return found

    def add_gradients(self, images: Tensor, labels: Tensor, *, weight: float) -> tuple[Tensor, Tensor]:
        mine = distributed.part(images)
        # A process whose part of a short batch is empty runs one image to keep in step; its row is dropped.
        self.rows.counted = bool(len(mine))
        own, labels = self.move(mine if len(mine) else images[:1], labels)
        outputs, value = self.run(own, labels)
        self.scaler.scale(value * weight).backward()
        right = _num_right(outputs.detach()[: len(mine)], distributed.part(labels))
        return value.detach(), right

    def run(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the outputs of this process's images, and the loss of the batch's rows of all processes."""
        with self.autocast():
            outputs = outputs_of(self.forward, images)
            try:
                return outputs, self.loss(distributed.whole(outputs, len(labels)), labels)
            except IndexError as error:  # what torch's own losses raise
                raise InputError(
                    f"The loss met a label that is not a class: {error}",
                    "Number the classes from 0 to one less than the outputs of the network.",
                ) from error

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
        value, right, count = distributed.total(sums.to(self.device)).tolist()
        if count == 0:
            raise InputError("validation has no image.", "Give at least one batch, or leave validation out.")
        return {"validation_loss": value / count, "validation_accuracy": right / count}


def _groups(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """Yield the batches in groups of that size; the last may be smaller."""
    iterator = iter(batches)
    while group := list(islice(iterator, size)):
        yield group


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
