"""Where the memory of a training step goes: weights, gradients, optimizer, activations, and the peak of them all."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from resnet_labs import checkpoint, optim, runtime
from resnet_labs.errors import InputError, nearest
from resnet_labs.train import Loss


@dataclass(frozen=True)
class MemoryReport:
    """What a training step keeps in the device's memory, in bytes.

    Tensors that share memory count once. The peak is less than the sum of the four parts if activations are freed
    before the last gradient is made, and more if temporary results (a layer's outputs in transit, workspaces) outweigh
    that. It prints as a table in MiB.

    Attributes:
        weights: parameters and buffers.
        gradients: of the parameters that train.
        optimizer: the optimizer's state; one number per trained weight for SGD with momentum, two for Adam.
        activations: what autograd keeps for the backward pass when the forward pass is done: outputs of layers, the
            images if the first layer trains, and in half precision the copies of the weights.
        peak: the most that the step holds at once, weights, optimizer state and batch included.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int
    peak: int

    def __str__(self) -> str:
        parts = asdict(self)
        peak = parts.pop("peak")
        total = sum(parts.values())
        rows = [f"{'':11}{'MiB':>10}{'share':>8}"]
        for name, size in {**parts, "sum": total, "peak": peak}.items():
            rows.append(f"{name:11}{size / 2**20:10.1f}{size / max(total, 1):8.0%}")
        return "\n".join(rows)


def memory_report(
    model: nn.Module,
    images: Shaped[Tensor, "N ..."],
    labels: Shaped[Tensor, "N ..."],
    *,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    precision: str = "fp32",
) -> MemoryReport:
    """Return where the memory of a training step goes, measured on two real steps of a copy.

    Nothing of the caller's is changed: model, loss, optimizer, batch, gradients, running statistics, random states. The
    device needs room for the copies. The first step makes the optimizer's state and is counted part by part; the second
    gives the peak: what was there before it (weights, optimizer state, batch), plus the most that it adds.

    On CUDA, torch's allocator reports what the step adds, including the kernels' workspaces, rounded up to its blocks
    of 512 bytes; its peak statistics are reset. Elsewhere every tensor is tracked from creation to release: exact and
    the same in every run, but without the scratch memory inside a kernel. (The process's own size would not do: it
    keeps what was freed before, and a step that needs 100 MiB may add nothing to it.) The CUDA context, the libraries
    and what the allocator keeps in reserve are not counted.

    Args:
        model: a module from images to outputs.
        images: (N, ...) a batch as the model takes it, on the model's device.
        labels: (N, ...) what the loss takes.
        loss: from (outputs, labels) to a scalar; if it is a module, its parameters and buffers are weights too.
        optimizer: trains the parameters of the model; it need not have taken a step.
        precision: `fp32`, `bf16`, `fp16`, or `auto`: what the device does best.

    Raises:
        InputError: an empty batch, nothing to train, an optimizer of another model, or two devices.

    Source: Rajbhandari et al., "ZeRO" (2020), section 3, for the parts.
    Equals: hand counts of small networks; torch's own memory tracker on ResNets.

    Example:
        >>> model = nn.Sequential(nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 10))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        >>> batch = torch.rand(8, 100), torch.arange(8)
        >>> report = memory_report(model, *batch, loss=nn.functional.cross_entropy, optimizer=optimizer)
        >>> report.weights, report.gradients, report.optimizer  # 4 bytes * (101 * 50 + 51 * 10)
        (22240, 22240, 22240)
    """
    _check(model, images, labels, loss, optimizer, precision)
    device = images.device
    number_format = runtime.choose_precision(precision, device)
    random_states = checkpoint.random_states()
    weights = _size(_tensors(model, loss), device)
    model, loss, optimizer = copy.deepcopy((model, loss, optimizer))
    images, labels = images.detach().clone(), labels.detach().clone()
    for module in _modules(model, loss):
        module.train()
    parameters = [p for module in _modules(model, loss) for p in module.parameters()]

    def forward() -> Tensor:
        with runtime.autocast(device, number_format):
            return loss(model(images), labels)

    def clear() -> None:
        for parameter in parameters:
            parameter.grad = None

    def step() -> None:
        forward().backward()
        optimizer.step()

    try:
        clear()
        value, activations = _kept_for_backward(forward, _tensors(model, loss))
        value.backward()
        gradients = _size((p.grad for p in parameters if p.grad is not None), device)
        optimizer.step()
        clear()
        del value
        state = _size(_state(optimizer), device)
        peak = weights + state + _size((images, labels), device) + _most_added(step, device)
    finally:
        checkpoint.restore_random_states(random_states)
    return MemoryReport(weights, gradients, state, activations, peak)


def _check(
    model: nn.Module, images: Tensor, labels: Tensor, loss: Loss, optimizer: torch.optim.Optimizer, precision: str
) -> None:
    if precision not in runtime.PRECISIONS:
        raise InputError(f"precision is {precision!r}.", nearest(precision, runtime.PRECISIONS))
    if images.numel() == 0:
        raise InputError(f"images are empty: their shape is {tuple(images.shape)}.", "Give at least one image.")
    places = {"the model": {p.device for p in model.parameters()}, "labels": {labels.device}}
    for name, devices in places.items():
        if elsewhere := devices - {images.device}:
            raise InputError(
                f"images are on {images.device}, {name} on {elsewhere.pop()}.",
                "Move all of them to one device with .to(device).",
            )
    groups = optim.parameter_groups(_modules(model, loss), weight_decay=0.0)
    trained = {p for group in optimizer.param_groups for p in group["params"]}
    if trained.isdisjoint(p for group in groups for p in group["params"]):
        raise InputError(
            f"optimizer trains no parameter of this {type(model).__name__}.",
            "Make it from the model's own parameters that require a gradient.",
        )


def _modules(model: nn.Module, loss: Loss) -> list[nn.Module]:
    return [model, loss] if isinstance(loss, nn.Module) else [model]


def _tensors(model: nn.Module, loss: Loss) -> list[Tensor]:
    return [tensor for module in _modules(model, loss) for tensor in (*module.parameters(), *module.buffers())]


def _state(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [value for state in optimizer.state.values() for value in state.values() if isinstance(value, Tensor)]


def _size(tensors: Iterable[Tensor], device: torch.device) -> int:
    """Return the bytes behind tensors; shared memory counts once, that of other devices not at all."""
    return sum(storage.nbytes() for storage in {t.untyped_storage() for t in tensors} if storage.device == device)


def _kept_for_backward(forward: Callable[[], Tensor], besides: Iterable[Tensor]) -> tuple[Tensor, int]:
    """Run a forward pass; return its result and the bytes that autograd keeps, apart from some tensors."""
    kept: weakref.WeakKeyDictionary[torch.UntypedStorage, int] = weakref.WeakKeyDictionary()

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage()] = tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        value = forward()
    for tensor in besides:
        kept.pop(tensor.untyped_storage(), None)
    return value, sum(kept.values())


def _most_added(step: Callable[[], None], device: torch.device) -> int:
    """Return the most bytes that a step holds at once, beyond what was held when it began."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        step()
        return torch.cuda.max_memory_allocated(device) - before
    with _NewTensors(device) as new:
        step()
    return new.most


class _NewTensors(TorchDispatchMode):
    """Tracks the tensors that are created while it is on; `most` is the most bytes that they took at once."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device
        self.alive: weakref.WeakKeyDictionary[torch.UntypedStorage, int] = weakref.WeakKeyDictionary()
        self.most = 0

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        results = func(*args, **(kwargs or {}))
        # A view, or an argument that was changed in place, is nothing new.
        for storage in _storages(results) - _storages((args, kwargs)):
            if storage.device == self.device:
                self.alive[storage] = storage.nbytes()
        self.most = max(self.most, sum(self.alive.values()))
        return results


def _storages(values: Any) -> set[torch.UntypedStorage]:
    return {value.untyped_storage() for value in tree_leaves(values) if isinstance(value, Tensor)}
