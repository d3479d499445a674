"""What lab 07's probes share: which of torch's functions an answer calls."""

from __future__ import annotations

from typing import Any


def called(function: Any, *given: Any) -> tuple[Any, list[str]]:
    """Return what the function gives, and the names of torch's functions that it called."""
    from torch.overrides import TorchFunctionMode

    names: list[str] = []

    class Listen(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            names.append(getattr(func, "__name__", ""))
            return func(*args, **(kwargs or {}))

    with Listen():
        return function(*given), names
