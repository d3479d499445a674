"""What an answer changes beside its result: its inputs, and settings of torch that hold for the whole notebook.

This source is sent to the kernel that runs a student's code, so it uses nothing else of the package.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def watched(answer: Any, changed: list[str], left: list[str]) -> Any:
    """Return a function that calls the answer and notes what the call changed; a class as it is.

    Networks, parameters and optimizers are not compared: whether they may change, the probe itself knows.

    Args:
        answer: what the student's name holds.
        changed: gets a word if tensors, arrays or lists that were given are others after the call.
        left: gets the names of settings that are others after the call.
    """
    if not callable(answer) or isinstance(answer, type | torch.nn.Module):
        return answer

    def call(*given: Any, **named: Any) -> Any:
        before, set_before = _copied((given, named)), settings()
        result = answer(*given, **named)
        if not _same(before, (given, named)):
            changed.append("its inputs")
        left.extend(name for name, value in settings().items() if value != set_before[name])
        return result

    return call


def settings() -> dict[str, Any]:
    """Return the settings, each under a name for messages."""
    return {
        "grad mode": torch.is_grad_enabled(),
        "the default dtype": torch.get_default_dtype(),
        "the default device": torch.get_default_device(),
        "the seed of torch's generator": torch.initial_seed(),
    }


def put_back(before: dict[str, Any]) -> None:
    """Set what `settings` returned before; the seed is set for each case anyway."""
    torch.set_grad_enabled(before["grad mode"])
    if torch.get_default_dtype() != before["the default dtype"]:
        torch.set_default_dtype(before["the default dtype"])
    if torch.get_default_device() != before["the default device"]:
        torch.set_default_device(before["the default device"])


def _copied(value: Any) -> Any:
    if _is_compared(value):
        return value.detach().clone(), value.requires_grad
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return [_copied(each) for each in value]
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return value if isinstance(value, int | float | str) else None


def _same(before: Any, now: Any) -> bool:
    if _is_compared(now):
        was, learns = before
        return (
            was.shape == now.shape and learns == now.requires_grad and torch.equal(was.nan_to_num(), now.nan_to_num())
        )
    if isinstance(now, np.ndarray):
        return bool(np.array_equal(before, now))
    if isinstance(now, list | tuple):
        return len(before) == len(now) and all(_same(*pair) for pair in zip(before, now, strict=True))
    if isinstance(now, dict):
        return before.keys() == now.keys() and all(_same(before[name], now[name]) for name in now)
    return not isinstance(now, int | float | str) or before == now or now != now


def _is_compared(value: Any) -> bool:
    if not isinstance(value, torch.Tensor) or isinstance(value, torch.nn.Parameter):
        return False
    return not value.is_meta  # without values
