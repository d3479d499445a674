"""What lab 03's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from math import comb
from statistics import NormalDist

import torch
import torch.nn.functional as F
from scipy.special import betaincinv
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from resnet_labs.checks._module_state import ModuleState

Z = NormalDist().inv_cdf(0.975)
Z_ONE_SIDED = NormalDist().inv_cdf(0.95)
Z_POWER = NormalDist().inv_cdf(0.8)


# 03.1


def wilson(
    right: int, total: int, *, z: float = Z, scaled: bool = True, root: Callable[[float], float] = math.sqrt
) -> Tensor:
    share = right / total
    middle = share + z * z / (2 * total)
    arm = z * root(share * (1 - share) / total + z * z / (4 * total * total))
    return torch.tensor([middle - arm, middle + arm], dtype=torch.float64) / (1 + z * z / total if scaled else 1)


def wald(right: float, total: float, *, z: float = Z) -> Tensor:
    share = right / total
    arm = z * math.sqrt(share * (1 - share) / total)
    return torch.tensor([share - arm, share + arm], dtype=torch.float64)


def agresti_coull(right: int, total: int) -> Tensor:
    return wald(right + Z * Z / 2, total + Z * Z)


def clopper_pearson(right: int, total: int) -> Tensor:
    """Return the interval of the binomial distribution itself, for shares between 0 and 1."""
    return torch.from_numpy(betaincinv([right, right + 1], [total - right + 1, total - right], [0.025, 0.975]))


def continuity_corrected(right: int, total: int) -> Tensor:
    """Return Wilson's interval with continuity correction (Newcombe 1998, method 4), for shares between 0 and 1."""
    share, scale = right / total, 2 * (total + Z * Z)
    middle = 2 * right + Z * Z

    def arm(sign: int) -> float:
        return 1 + Z * math.sqrt(Z * Z - 1 / total + 4 * right * (1 - share) + sign * (4 * share - 2))

    return torch.tensor([(middle - arm(1)) / scale, (middle + arm(-1)) / scale], dtype=torch.float64)


# 03.2


def outcomes(
    both: int, only_first: int, only_second: int, neither: int, order: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return which images two networks had right, in a random order of the images."""
    counts = torch.tensor([both, only_first, only_second, neither])
    kinds = torch.repeat_interleave(torch.arange(4), counts)
    kinds = kinds[torch.randperm(len(kinds), generator=order)]
    return (kinds == 0) | (kinds == 1), (kinds == 0) | (kinds == 2)


def coin(heads: int, tosses: int) -> float:
    """Return the probability of at most so many heads."""
    return sum(comb(tosses, k) for k in range(heads + 1)) / 2**tosses


def two_sided(only_first: int, only_second: int) -> float:
    return min(1.0, 2 * coin(min(only_first, only_second), only_first + only_second))


def chi_squared(only_first: int, only_second: int, *, correction: int = 0) -> float:
    """Return the p-value of the approximation, 1 where the two never differ."""
    gap = max(abs(only_first - only_second) - correction, 0)
    return math.erfc(gap / math.sqrt(2 * max(only_first + only_second, 1)))


def unpaired(first: Tensor, second: Tensor) -> float:
    """Return the p-value of the test of two proportions, which does not know that the images are the same."""
    total, share = len(first), torch.cat([first, second]).double().mean().item()
    gap = abs(first.double().mean().item() - second.double().mean().item())
    return math.erfc(gap / math.sqrt(2 * share * (1 - share) / total) / math.sqrt(2))


# 03.3


def smallest_difference(accuracy: float, total: int, *, z: float = 1.96 + 0.84, networks: int = 2) -> float:
    return z * math.sqrt(networks * accuracy * (1 - accuracy) / total)


def images_needed(accuracy: float, difference: float, *, z: float = 1.96 + 0.84, networks: int = 2) -> float:
    return z * z * networks * accuracy * (1 - accuracy) / difference**2


# 03.4


def small_network(
    *, frozen: bool = False, dtype: torch.dtype = torch.float32, device: str = "cpu", tied: bool = False
) -> nn.Sequential:
    layers = [nn.Conv2d(3, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 7, 3), nn.ReLU()]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(7 * 4 * 4, 2)).to(device, dtype)
    network[0].requires_grad_(not frozen)
    if tied:
        first, second = nn.Linear(2, 2), nn.Linear(2, 2)
        second.weight = first.weight
        network.extend([first, nn.ReLU(), second])
        network.register_buffer("unsaved", torch.zeros(9), persistent=False)
    return network


def after_one_pass(network: nn.Module, images: Tensor) -> ModuleState:
    """Return what the network is after one pass of the batch, by a copy; the network stays as it is."""
    state = ModuleState(network)
    twin = copy.deepcopy(network)
    with torch.no_grad():
        twin(images)
    for name, value in twin.named_buffers():
        state.state["values"][name] = value
    return state


def size(tensors: Sequence[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def saved(network: nn.Module, images: Tensor) -> list[Tensor]:
    """Return every tensor that the forward pass hands to autograd to keep, one twice where it is kept twice."""
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        network(images)
    return kept


def behind(tensors: list[Tensor]) -> dict[torch.UntypedStorage, int]:
    """Return the bytes of each piece of memory behind the tensors."""
    return {tensor.untyped_storage(): tensor.untyped_storage().nbytes() for tensor in tensors}


def outputs(network: nn.Sequential, images: Tensor) -> int:
    """Return the bytes of the outputs of all layers."""
    found = []
    for layer in network:
        images = layer(images)
        found.append(images)
    return size(found)


# 03.5


class Cyclic(nn.Sequential):
    """A network that points at itself, as one does that keeps a hook on its own method."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.itself = [self]


WITH_NORM = 3


def make(number: int) -> nn.Module:
    kind = Cyclic if number == 1 else nn.Sequential
    norm = [nn.BatchNorm1d(3)] if number == WITH_NORM else []
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(number)
        return kind(nn.Linear(4, 3), *norm, nn.ReLU(), nn.Linear(3, 2))


def losses(number: int, batches: list[tuple[Tensor, Tensor]], *, adding: bool = False) -> list[float]:
    """Return the loss of every step of plain gradient descent with a rate of 0.1, or with gradients that add up."""
    network = make(number)
    sums = [torch.zeros_like(parameter) for parameter in network.parameters()]
    found = []
    for images, labels in batches:
        loss = F.cross_entropy(network(images), labels)
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        sums = [old + new if adding else new for old, new in zip(sums, gradients, strict=True)]
        with torch.no_grad():
            for parameter, gradient in zip(network.parameters(), sums, strict=True):
                parameter.sub_(gradient, alpha=0.1)
        found.append(loss.item())
    return found
