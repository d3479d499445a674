"""What every later cell would notice if an answer left it changed: grad mode, default type and device, seeds."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

_SEEDED = "the seed of torch's random generator"
_NAMES = {
    "grad": "whether torch records gradients",
    "inference": "whether torch is in inference mode",
    "dtype": "torch's default type",
    "device": "torch's default device",
    "deterministic": "whether torch uses deterministic algorithms",
    "seed": _SEEDED,
    "saving": "`saved_tensors_hooks`",
}
_CAUSES = {
    "grad": "`torch.set_grad_enabled(...)` stays in force after the call; `with torch.no_grad():` ends by itself",
    "inference": "inference mode was entered and not left; use `with torch.inference_mode():`",
    "dtype": "`torch.set_default_dtype(...)` stays in force after the call; give the type where a tensor is made",
    "device": "`torch.set_default_device(...)` stays in force after the call; give the device where a tensor is made",
    "deterministic": "`torch.use_deterministic_algorithms(...)` stays in force after the call",
    "saving": "the hooks stay in force after the call; `with saved_tensors_hooks(...):` takes them back",
    "seed": "`torch.manual_seed(...)` inside the function makes every later draw of the notebook the same",
}


@dataclass(frozen=True)
class Surroundings:
    """Settings of torch that hold for the whole notebook, as they are now."""

    grad: bool
    inference: bool
    dtype: torch.dtype
    device: torch.device
    deterministic: bool
    saving: bool
    seed: int

    @classmethod
    def now(cls) -> Surroundings:
        return cls(
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            torch.get_default_dtype(),
            torch.get_default_device(),
            torch.are_deterministic_algorithms_enabled(),
            _hooked(),
            torch.initial_seed(),
        )

    def changed(self) -> tuple[str, Any, Any, str] | None:
        """Return what differs now, as (name, before, now, the likeliest cause); None where nothing does."""
        now = Surroundings.now()
        for field in fields(self):
            before, after = getattr(self, field.name), getattr(now, field.name)
            if before != after:
                if field.name == "seed":
                    before, after = "as before", "set anew"
                return _NAMES[field.name], before, after, _CAUSES[field.name]
        return None

    def put_back(self) -> None:
        torch.set_grad_enabled(self.grad)
        if torch.get_default_dtype() != self.dtype:
            torch.set_default_dtype(self.dtype)
        if torch.get_default_device() != self.device:
            torch.set_default_device(self.device)
        if torch.are_deterministic_algorithms_enabled() != self.deterministic:
            torch.use_deterministic_algorithms(self.deterministic)
        while _hooked() and not self.saving:
            torch._C._autograd._pop_saved_tensors_default_hooks()


def _hooked() -> bool:
    top = getattr(torch._C._autograd, "_top_saved_tensors_default_hooks", None)  # not in torch 2.6, where none are seen
    return top is not None and top(False) is not None


def draws() -> tuple[Any, ...]:
    """Return the states of Python's, NumPy's and torch's global generators, in a form that `==` compares."""
    _, keys, position, *_ = np.random.get_state()
    return random.getstate(), np.asarray(keys).tobytes(), position, torch.get_rng_state().numpy().tobytes()
