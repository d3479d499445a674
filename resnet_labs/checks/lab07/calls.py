"""Which of torch's functions an answer calls."""

from __future__ import annotations

from typing import Any

from torch.overrides import TorchFunctionMode


class Calls(TorchFunctionMode):
    """Notes which of torch's functions are called: a loop over rows calls many."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))
