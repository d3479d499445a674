"""Calls of an answer, kept and repeated on another device."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from resnet_labs.checks._describe import error_text
from resnet_labs.checks._elsewhere import Elsewhere, TwoDevicesError, move_module_, second_device

Found = TypeVar("Found")

_EACH = 2  # calls of each function that are kept


@dataclass(frozen=True)
class Rule:
    """What a call must do when it is repeated, and how a message names it.

    Attributes:
        pure: it changes nothing that it is given, so that it can run where torch records no gradients.
        makes: it makes layers, which must be on the default device.
        follows: what it returns must be on the device of what it was given.
    """

    tested: str
    hint: str
    makes: bool
    follows: bool
    pure: bool


@dataclass(frozen=True)
class Call:
    """A call as it was made, with copies of everything that it could have changed."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    rule: Rule

    def copied(self) -> tuple[Any, Any, Any]:
        """Return copies of the function and of what it was called with."""
        memo: dict[int, Any] = {}
        return _copy(self.function, memo), _copy(self.args, memo), _copy(self.kwargs, memo)


class Calls:
    """The first calls of each of the learner's functions."""

    def __init__(self) -> None:
        self.kept: list[Call] = []

    def keep(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], rule: Rule) -> None:
        """Keep the call, unless enough are kept or something in it cannot be copied."""
        name = _name(function)
        if sum(_name(call.function) == name for call in self.kept) >= _EACH or _is_ours(function):
            return
        try:
            copied = Call(function, args, kwargs, rule).copied()
        except Exception:  # a learner's object of any kind
            return
        self.kept.append(Call(*copied, rule))

    def leaves_gradients_on(self) -> Call | None:
        """Repeat the calls where torch records no gradients; return the first one after which it does."""
        for call in self.kept:
            if call.rule.pure:
                function, args, kwargs = call.copied()
                with torch.no_grad(), redirect_stdout(io.StringIO()):
                    try:
                        function(*args, **kwargs)
                    except Exception:  # it may need gradients
                        continue
                    if torch.is_grad_enabled():
                        return call
        return None

    def on_two_devices(self) -> tuple[Call, str] | None:
        """Repeat the calls on each other device; return the first one that mixes devices, and how."""
        for call in self.kept:
            for device in _devices():
                with device() as move, redirect_stdout(io.StringIO()):
                    if words := _repeat(call, move):
                        return call, words
        return None


def _repeat(call: Call, move: Callable[[Tensor], Tensor]) -> str | None:
    try:
        function, args, kwargs = call.copied()
        seen: set[int] = set()
        function, args, kwargs = (_moved(value, move, seen) for value in (function, args, kwargs))
    except Exception:  # nothing is known about the answer then
        return None
    tensors = [it for it in _all(Tensor, (args, kwargs)) if _is_moved(it)]
    given = [module for module in _all(nn.Module, (args, kwargs)) if any(map(_is_moved, module.parameters()))]
    try:
        with move(torch.empty(0)).device if call.rule.makes else nullcontext():
            result = function(*args, **kwargs)
    except Exception as error:
        return error_text(error) if isinstance(error, TwoDevicesError) or _about_devices(error) else None
    for module in _all(nn.Module, (args, kwargs, result)):
        places = {name: _is_moved(value) for name, value in (*module.named_parameters(), *module.named_buffers())}
        if (any(places.values()) or call.rule.makes or module in given) and not all(places.values()):
            left = [name for name, there in places.items() if not there]
            rest = "and was not before" if module in given else "and the rest of the network is not"
            return f"`{left[0]}` is on the CPU, {rest}"
    if call.rule.follows and tensors and any(not _is_moved(it) for it in _all(Tensor, result)):
        return "a result on the CPU, from inputs that are not there"
    return None


def mixes(call: Callable[[Callable[[Tensor], Tensor]], Any]) -> str | None:
    """Return how a call mixes devices, None where it does not; it gets a function that moves tensors."""
    for device in _devices():
        with device() as move, redirect_stdout(io.StringIO()):
            try:
                call(move)
            except Exception as error:
                if isinstance(error, TwoDevicesError) or _about_devices(error):
                    return error_text(error)
    return None


def _about_devices(error: Exception) -> bool:
    text = str(error)
    return isinstance(error, (RuntimeError, TypeError)) and (
        "on the same device" in text or "two devices" in text or "cuda:0 device type tensor to numpy" in text
    )


def _devices() -> Iterator[Any]:
    yield second_device
    if torch.cuda.is_available():
        yield _cuda


@contextmanager
def _cuda() -> Iterator[Callable[[Tensor], Tensor]]:
    yield lambda tensor: tensor.detach().clone().cuda()


def _is_moved(tensor: Tensor) -> bool:
    return isinstance(tensor, Elsewhere) or tensor.device.type != "cpu"


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)


def _is_ours(function: Any) -> bool:
    module = getattr(function, "__module__", None) or type(function).__module__
    return str(module).startswith("resnet_labs.")


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    """Copy as `deepcopy` does, and also generators and tensors with a graph."""
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, torch.Generator):
        made: Any = value.clone_state()
    elif isinstance(value, Tensor) and not isinstance(value, nn.Parameter):
        made = value.detach().clone().requires_grad_(value.requires_grad)
    elif type(value) in (list, tuple):
        made = type(value)(_copy(item, memo) for item in value)
    elif type(value) is dict:
        made = {key: _copy(item, memo) for key, item in value.items()}
    else:
        return copy.deepcopy(value, memo)
    memo[id(value)] = made
    return made


def _moved(value: Any, move: Callable[[Tensor], Tensor], seen: set[int]) -> Any:
    if isinstance(value, nn.Module):
        if id(value) not in seen:
            seen.add(id(value))
            move_module_(value, move)
        return value
    if isinstance(value, torch.optim.Optimizer):
        for state in value.state.values():
            for key, item in state.items():
                if isinstance(item, Tensor) and item.ndim:
                    state[key] = move(item)
        return value
    if isinstance(value, Tensor) and not isinstance(value, nn.Parameter):
        return move(value).requires_grad_(value.requires_grad)
    if type(value) in (list, tuple):
        return type(value)(_moved(item, move, seen) for item in value)
    if type(value) is dict:
        return {key: _moved(item, move, seen) for key, item in value.items()}
    return value


def _all(kind: type[Found], value: Any) -> Iterator[Found]:
    """Yield everything of that kind in a value and in the lists, tuples and dictionaries that it holds."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, Mapping):
        yield from _all(kind, list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _all(kind, item)
