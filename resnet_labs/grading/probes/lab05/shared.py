"""What lab 05's probes share: literal weights of a network."""

from __future__ import annotations

from typing import Any


def with_weights(network: Any, seed: int) -> Any:
    """Fill weights and running statistics from the seed; return the network."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) - (0.5 if tensor.ndim > 1 else -0.1))
    return network
