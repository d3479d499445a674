"""Several processes that train one model: who they are, what they share, and batch norm over the whole batch."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from resnet_labs import runtime
from resnet_labs.errors import InputError, Interrupted, LabError
from resnet_labs.runtime import default_device, process_number


def rank() -> int:
    """Return this process's number, 0 if there is only one."""
    return dist.get_rank() if dist.is_initialized() else 0


def count() -> int:
    """Return how many processes train together, 1 if there is only one."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_writer() -> bool:
    """Return whether this process writes files and prints."""
    return rank() == 0


@contextmanager
def joined(*, timeout_seconds: int = 600) -> Iterator[None]:
    """Join the processes that `torchrun` started, and leave them at the end; do nothing in a single process.

    Args:
        timeout_seconds: how long to wait for a process that does not answer.

    Raises:
        InputError: the variables that `torchrun` sets are incomplete.
        Interrupted: another process stopped. Everything written up to then is kept.
    """
    if _world_size() == 1:
        yield
        return
    backend = "nccl" if default_device().type == "cuda" else "gloo"
    if backend == "nccl":
        torch.cuda.set_device(default_device())
    dist.init_process_group(backend, timeout=timedelta(seconds=timeout_seconds))
    before = signal.signal(signal.SIGTERM, _stop)  # which torchrun sends to the others when one process ends
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, LabError) or not _lost(error):
            raise
        raise Interrupted(
            f"Process {rank()} lost another process of this run, which stopped or cannot be reached.",
            "Look at that process's own message, then start again with --resume.",
        ) from error
    finally:
        # Gloo's threads drop the last tensors after the call that they served, and need the interpreter for it. Up to
        # torch 2.6 destroying the group holds the interpreter while it waits for those threads, for ever.
        time.sleep(0.2 if backend == "gloo" else 0)
        signal.signal(signal.SIGTERM, before)
        dist.destroy_process_group()


def _world_size() -> int:
    """Return how many processes `torchrun` started; reject variables that contradict each other."""
    size = process_number("WORLD_SIZE", 1)
    if size == 1:
        return 1
    fix = "Start the command with torchrun, or unset WORLD_SIZE."
    if size == 0:
        raise InputError("WORLD_SIZE is 0, but a run has at least one process.", fix)
    own = process_number("RANK")
    if own >= size:
        raise InputError(f"RANK is {own} and WORLD_SIZE is {size}, which has no such process.", fix)
    if not os.environ.get("MASTER_ADDR"):
        raise InputError("WORLD_SIZE is set, but MASTER_ADDR is not.", fix)
    process_number("MASTER_PORT")
    return size


def _stop(number: int, frame: object) -> None:
    raise Interrupted(
        f"Process {rank()} was told to stop, as all are when one process of a run ends.",
        "Look at the other processes' messages, then start again with --resume.",
    )


def _lost(error: RuntimeError) -> bool:
    text = str(error).lower()
    return any(sign in text for sign in ("connection", "gloo", "nccl", "timed out", "peer"))


def device_name(device: torch.device) -> str:
    """Return the device's name, with the number of processes if there are several, each on its own device."""
    name = runtime.device_name(device)
    return name if count() == 1 else f"{count()} processes, each on {name}"


def part(batch: Tensor) -> Tensor:
    """Return this process's rows of a batch: every `count()`-th, starting at its own number."""
    return batch[rank() :: count()]


def total(values: Tensor) -> Tensor:
    """Return the sum of a tensor over all processes."""
    if count() > 1:
        dist.all_reduce(values)
    return values


def whole(own: Tensor, num_rows: int) -> Tensor:
    """Gather a batch's rows, in order, from the `part` of each process; gradients flow back.

    Every process must compute the same loss from the result: a row's gradient is that of its own process times
    `count()`, which the mean over processes cancels.

    Args:
        own: (n, ...) this process's rows; if its part is empty, rows that are dropped.
        num_rows: rows in the batch.

    Returns:
        (num_rows, ...) rows.

    Equals: the rows of one process that runs the batch alone.
    """
    return own if count() == 1 else _Whole.apply(own, num_rows)


def gathered(value: Any) -> list[Any]:
    """Return the value of every process, in the order of their numbers."""
    if count() == 1:
        return [value]
    found: list[Any] = [None] * count()
    dist.all_gather_object(found, value)
    return found


def from_writer(value: Any) -> Any:
    """Return the writer's value, on every process."""
    if count() == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box)
    return box[0]


@dataclass
class Rows:
    """Whether the rows that this process is running count in the batch, or only keep it in step with the others."""

    counted: bool = True


@contextmanager
def batch_norm_over_all(model: nn.Module) -> Iterator[Rows]:
    """Make every batch norm use the mean and variance of all processes' rows that count, as one process would.

    The modules stay the same objects, so freezes, hooks and keys are kept; torch's SyncBatchNorm replaces the modules
    and does not run on a CPU.
    """
    rows = Rows()
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)] if count() > 1 else []
    for norm in norms:
        norm.forward = partial(_forward, norm, rows)  # type: ignore[method-assign]
    try:
        yield rows
    finally:
        for norm in norms:
            del norm.forward


class _Whole(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, own: Tensor, num_rows: int) -> Tensor:
        context.shape = own.shape
        rows = own.new_zeros(num_rows, *own.shape[1:], dtype=torch.promote_types(own.dtype, torch.float32))
        part(rows).copy_(own[: len(part(rows))])
        return total(rows)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        own = gradient.new_zeros(context.shape)
        mine = part(gradient)
        own[: len(mine)] = mine * count()
        return own, None


class _Sum(torch.autograd.Function):
    """The sum over all processes; each process's gradient is the sum of all their gradients."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        return total(values.clone())

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return total(gradient.clone())


def _forward(norm: _BatchNorm, rows: Rows, inputs: Tensor) -> Tensor:
    if not norm.training:
        return type(norm).forward(norm, inputs)
    axes = [axis for axis in range(inputs.ndim) if axis != 1]
    values, weight = inputs.float(), float(rows.counted)
    own = torch.cat([values.sum(axes), values.new_tensor([values.numel() / values.shape[1]])])
    sums = _Sum.apply(own * weight)
    size = sums[-1].detach()
    mean = sums[:-1] / size
    shape = [1, -1] + [1] * (inputs.ndim - 2)
    variance = _Sum.apply((values - mean.view(shape)).square().sum(axes) * weight) / size
    _track(norm, mean.detach(), variance.detach() * size / (size - 1))
    outputs = (values - mean.view(shape)) * torch.rsqrt(variance + norm.eps).view(shape)
    if norm.affine:
        outputs = outputs * norm.weight.view(shape) + norm.bias.view(shape)
    return outputs.to(inputs.dtype)


def _track(norm: _BatchNorm, mean: Tensor, variance: Tensor) -> None:
    if norm.running_mean is None or norm.running_var is None or norm.num_batches_tracked is None:
        return
    norm.num_batches_tracked.add_(1)
    momentum = 1 / norm.num_batches_tracked.item() if norm.momentum is None else norm.momentum
    norm.running_mean.lerp_(mean, momentum)
    norm.running_var.lerp_(variance, momentum)
