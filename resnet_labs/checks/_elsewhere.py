"""A second device for machines that have none: tensors that say they are on `meta`, and still hold their values.

An answer that makes a tensor on the CPU in the middle of a computation works there and fails on a GPU. With tensors of
this kind it fails everywhere. Real meta tensors have no values, so that `if` and `.item()` would fail as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

_DEVICE = torch.device("meta")
# A GPU takes indices and copies from the CPU; everything else wants one device.
_MIXES = {
    f"aten::{name}" for name in ("copy_", "_to_copy", "index", "index_put", "index_put_", "_index_put_impl_", "set_")
}


class TwoDevicesError(RuntimeError):
    """An operation got tensors of two devices."""


class Elsewhere(Tensor):
    """A tensor on the stand-in device."""

    held: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> Elsewhere:
        made = Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            layout=inner.layout,
            device=_DEVICE,
        )
        made.held = inner
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _run(func, args, kwargs or {})

    def tolist(self) -> Any:
        return self.detach().held.tolist()  # type: ignore[attr-defined]

    def numpy(self, *, force: bool = False) -> Any:
        if force:
            return self.detach().held.numpy()  # type: ignore[attr-defined]
        raise TwoDevicesError("numpy() takes a tensor on the CPU, and got one on the second device")

    def __repr__(self) -> str:  # type: ignore[override]
        return f"Elsewhere({self.held!r})"


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    leaves = tree_leaves((args, kwargs))
    there = [leaf for leaf in leaves if isinstance(leaf, Elsewhere)]
    here = [leaf for leaf in leaves if isinstance(leaf, Tensor) and not isinstance(leaf, Elsewhere)]
    name, goes_there = func._schema.name, bool(there)
    if there and any(leaf.ndim for leaf in here):
        indices_here = name in _MIXES and (isinstance(args[0], Elsewhere) or name in ("aten::copy_", "aten::_to_copy"))
        if not indices_here:
            raise TwoDevicesError(f"{name.removeprefix('aten::')} got tensors on two devices, cpu and the second one")
    if kwargs.get("device") is not None:
        goes_there = torch.device(kwargs["device"]).type == _DEVICE.type
        kwargs = {**kwargs, "device": torch.device("cpu")}
        if name == "aten::_to_copy":
            kwargs["pin_memory"] = None
    out = func(*tree_map(_inner, args), **tree_map(_inner, kwargs))
    known = {id(leaf.held): leaf for leaf in there} | {id(leaf): leaf for leaf in here}

    def outer(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return known[id(value)] if id(value) in known else Elsewhere(value) if goes_there else value

    return tree_map(outer, out)


def _inner(value: Any) -> Any:
    return value.held if isinstance(value, Elsewhere) else value


class _Dispatch(TorchDispatchMode):
    """Sees functions that make tensors, which get none that could tell where they belong."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # or torch imports its compiler, which takes seconds

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _FromNumbers(TorchFunctionMode):
    """`torch.tensor(numbers, device=...)` and `x[[0, 2]]` never reach the dispatcher with their numbers."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        device = kwargs.get("device")
        if (
            device is not None
            and func in (torch.tensor, torch.as_tensor, torch.asarray, torch.scalar_tensor)
            and torch.device(device).type == _DEVICE.type
        ):
            return moved(func(*args, **{**kwargs, "device": None}))
        if func in (Tensor.__getitem__, Tensor.__setitem__):
            args = (args[0], _with_tensors(args[1]), *args[2:])
        return func(*args, **kwargs)


def _with_tensors(index: Any) -> Any:
    """Return what is between the brackets, lists of numbers as tensors."""
    if isinstance(index, tuple):
        return tuple(map(_with_tensors, index))
    numbers = isinstance(index, list) and index and all(isinstance(one, int) for one in tree_leaves(index))
    return torch.tensor(index) if numbers else index


@contextmanager
def second_device() -> Iterator[Callable[[Tensor], Tensor]]:
    """Yield a function that moves a tensor to the stand-in device, where tensors can be made and computed with."""
    with _FromNumbers(), _Dispatch():
        yield moved


def moved(tensor: Tensor) -> Tensor:
    return tensor if isinstance(tensor, Elsewhere) else Elsewhere(tensor.detach().clone())


def move_module_(module: nn.Module, move: Callable[[Tensor], Tensor]) -> None:
    """Move parameters, their gradients and buffers; parameters stay the same objects, as optimizers need."""
    for part in module.modules():
        for parameter in part._parameters.values():
            if parameter is not None and not isinstance(parameter, Elsewhere):
                new = nn.Parameter(move(parameter), requires_grad=parameter.requires_grad)
                new.grad = None if parameter.grad is None else move(parameter.grad)
                torch.utils.swap_tensors(parameter, new)
        for name, buffer in part._buffers.items():
            if buffer is not None:
                part._buffers[name] = move(buffer)
