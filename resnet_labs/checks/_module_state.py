"""What a call may leave changed on a network: weights, buffers, gradients, modes, `requires_grad`, hooks, parts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from torch import Tensor, nn

from resnet_labs.checks._describe import counted
from resnet_labs.checks._values import same_bits

_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
)
ASPECTS = {"requires_grad": "`requires_grad`"}  # in words, where it is not the name of the aspect
# Each aspect of a network with the likeliest causes of a change.
CAUSES: dict[str, str] = {
    "parts": "a layer was replaced, added or taken out",
    "values": "weights or running statistics were written to, or a pass ran in training mode",
    "modes": "`train()` or `eval()` was called and not undone part by part",
    "requires_grad": "`requires_grad` was set",
    "gradients": "`backward` ran, or gradients were cleared",
    "hooks": "a hook was left behind, `forward` was replaced, or hooks that are not yours were removed",
}
ALL = tuple(CAUSES)


class Change(NamedTuple):
    """The first thing that is no longer as it was."""

    aspect: str
    where: str
    before: str
    now: str


class ModuleState:
    """A network as it is now, to be compared with what it is later.

    Args:
        module: the network.
        apart: names of parts that may change, such as ("fc",).
    """

    def __init__(self, module: nn.Module, apart: Collection[str] = ()) -> None:
        self.module, self.apart = module, tuple(apart)
        self.state = self._read()

    def changes(self, aspects: Collection[str] = ALL) -> list[Change]:
        """Return what differs now, in the order of `aspects`."""
        now, found = self._read(), []
        for aspect in aspects:
            before, after = self.state[aspect], now[aspect]
            for name in {**before, **after}:
                old, new = before.get(name), after.get(name)
                if not _same(old, new):
                    found.append(Change(aspect, name, _words(aspect, old, new)[0], _words(aspect, old, new)[1]))
        return found

    def put_back(self) -> None:
        """Undo what can be undone: values, modes, `requires_grad` and gradients of parts that are still there."""
        for name, parameter in self.module.named_parameters():
            if name in self.state["requires_grad"]:
                parameter.requires_grad_(self.state["requires_grad"][name])
                old = self.state["gradients"][name]
                parameter.grad = None if old is None else old.clone()
        for name, value in (*self.module.named_parameters(), *self.module.named_buffers()):
            old = self.state["values"].get(name)
            if old is not None and old.shape == value.shape:
                value.detach().copy_(old)
        for name, part in self.module.named_modules():
            if name in self.state["modes"]:
                part.training = self.state["modes"][name]

    def _read(self) -> dict[str, dict[str, Any]]:
        state: dict[str, dict[str, Any]] = {aspect: {} for aspect in ALL}
        for name, part in self.module.named_modules():
            if self._apart(name):
                continue
            state["modes"][name] = part.training
            state["parts"][name] = part
            state["hooks"][name] = [id(hook) for kind in _HOOKS for hook in getattr(part, kind, {}).values()]
            if "forward" in vars(part):  # one that was put in front of the class's own
                state["hooks"][name].append(id(vars(part)["forward"]))
        for name, parameter in self.module.named_parameters():
            if self._apart(name):
                continue
            state["parts"][name] = parameter
            state["values"][name] = parameter.detach().clone()
            state["requires_grad"][name] = parameter.requires_grad
            state["gradients"][name] = None if parameter.grad is None else parameter.grad.detach().clone()
        for name, buffer in self.module.named_buffers():
            if not self._apart(name):
                state["values"][name] = buffer.detach().clone()
        return state

    def _apart(self, name: str) -> bool:
        return any(name == part or name.startswith(f"{part}.") for part in self.apart)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, nn.Module) or isinstance(new, nn.Module) or isinstance(old, nn.Parameter):
        return old is new
    if isinstance(old, Tensor) and isinstance(new, Tensor):
        return same_bits(old, new)
    return type(old) is type(new) and old == new


def _words(aspect: str, old: Any, new: Any) -> tuple[str, str]:
    """Return both states in words."""
    if aspect == "modes":
        return ("training mode", "evaluation mode") if old else ("evaluation mode", "training mode")
    if aspect == "hooks":
        before, now = (counted(len(hooks or []), "hook") for hooks in (old, new))
        return before, now if before != now else "others"
    if aspect == "requires_grad":
        return str(old), str(new)
    if aspect == "gradients" and (old is None or new is None):
        return ("none", "a gradient") if old is None else ("a gradient", "none")
    if aspect == "parts":
        return ("not there", "there") if old is None else ("there", "gone" if new is None else "another one")
    return "the values from before", "other values"


def shared_parameters(first: nn.Module, second: nn.Module) -> list[str]:
    """Return the names of the second network's parameters that are the first one's as well."""
    own = {id(parameter) for parameter in first.parameters()}
    return [name for name, parameter in second.named_parameters() if id(parameter) in own]


def num_hooks(module: nn.Module) -> int:
    """Return how many hooks all parts of the network have together."""
    return sum(len(getattr(part, kind, {})) for part in module.modules() for kind in _HOOKS)
