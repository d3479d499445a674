"""What the probes of several labs see in a network."""

from __future__ import annotations

from typing import Any


def moved(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of the tensors that are missing or differ by a bit."""
    import torch

    return sorted(name for name, was in before.items() if name not in after or not torch.equal(was, after[name]))


def tensors(network: Any) -> dict[str, Any]:
    """Return a copy of every weight and running statistic."""
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def num_hooks(network: Any) -> int:
    """Return how many forward hooks the parts have together."""
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in network.modules())
