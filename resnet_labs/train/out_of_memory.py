"""Running out of memory while training: how it is recognised, and how large a batch may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from resnet_labs import checkpoint, runtime

# What torch's allocators and the libraries under it say, on CUDA, CPU (Linux, Windows) and Apple's GPU.
_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed", "bad_alloc")


def ran_out(error: BaseException) -> bool:
    """Return whether an error says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def largest_batch(
    loss: Callable[[Tensor, Tensor], Tensor], images: Tensor, labels: Tensor, modules: list[nn.Module]
) -> tuple[int | None, int]:
    """Return which of a half, a quarter, an eighth ... of a batch is the first that fits; leave no trace.

    Buffers and random states are restored afterwards, and gradients are removed. The optimizer's state is neither used
    nor changed.

    Args:
        loss: computes the loss from images and labels, as in a step.
        images: the batch that did not fit.
        labels: its labels.
        modules: everything whose parameters and buffers the loss uses.

    Returns:
        The batch size that fits, or None; and the smallest that does not fit.
    """
    too_large = len(images)
    with _left_as_they_are(modules):
        while too_large > 1:
            size = too_large // 2
            try:
                # Twice, since with accumulated gradients the second batch runs beside the first one's gradients.
                for _ in range(2):
                    loss(images[:size], labels[:size]).backward()
            except Exception as error:
                if not ran_out(error):
                    break  # too small to train on, as a single image is for batch norm
                too_large = size
            else:
                return size, too_large
            _drop_gradients(modules)
    return None, too_large


@contextmanager
def _left_as_they_are(modules: list[nn.Module]) -> Iterator[None]:
    """Put buffers and random states back at the end; release memory before and after."""
    _drop_gradients(modules)
    owners = [(owner, name) for module in modules for owner in module.modules() for name in owner._buffers]
    buffers = [(owner, name, buffer) for owner, name in owners if (buffer := owner._buffers[name]) is not None]
    # Copied to the CPU, since the device is full.
    values = [buffer.to("cpu", copy=True) for _, _, buffer in buffers]
    random = checkpoint.random_states()
    try:
        yield
    finally:
        with torch.no_grad():
            for (owner, name, buffer), value in zip(buffers, values, strict=True):
                owner._buffers[name] = buffer.copy_(value)
        checkpoint.restore_random_states(random)
        _drop_gradients(modules)


def _drop_gradients(modules: list[nn.Module]) -> None:
    for module in modules:
        module.zero_grad(set_to_none=True)
    runtime.release_memory()
