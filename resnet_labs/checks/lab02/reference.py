"""What lab 02's answers are compared with, and what its well-known mistakes give."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs import reports
from resnet_labs.checks._engine import Mistake

# The digits of MNIST's 10,000 test images, counted in its label file; lab 02 shows the same ten numbers.
MNIST_TEST_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def untrained_scores() -> list[float]:
    """Return what the stored networks scored on MNIST's test set before training; lab 02 shows the same numbers."""
    return [run.metrics["accuracy_before"] for run in reports.evidence("r1.digits") if not run.stand_in]


def trace(network: nn.Module, images: Tensor) -> tuple[Any, list[nn.Linear], Tensor | None]:
    """Run the network; return the first convolution that runs, every linear layer that runs, and the outputs."""
    order: list[nn.Module] = []
    hooks = [
        module.register_forward_pre_hook(lambda module, _: order.append(module))
        for module in network.modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    try:
        with torch.no_grad():
            logits = network(images)
    except (RuntimeError, ValueError):
        logits = None
    for hook in hooks:
        hook.remove()
    ran = [module for module in order if isinstance(module, nn.Conv2d)]
    known = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    return next(iter(ran or known), None), [module for module in order if isinstance(module, nn.Linear)], logits


def fingerprint(tensor: Tensor) -> tuple[tuple[int, ...], bytes]:
    return tuple(tensor.shape), tensor.detach().contiguous().numpy().tobytes()


def start(num_classes: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Return the tensors of a small network, drawn large enough that its gradients have a norm well above 1."""
    made = _empty(num_classes)
    return {
        name: torch.randn(value.shape, generator=generator, dtype=torch.float64).mul(2) if value.ndim else value
        for name, value in made.state_dict().items()
    } | {"1.running_mean": torch.zeros(3).double(), "1.running_var": torch.ones(3).double()}


def _empty(num_classes: int) -> nn.Sequential:
    layers = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, num_classes)
    return nn.Sequential(*layers).double()


def network(start: dict[str, Tensor]) -> nn.Sequential:
    with torch.random.fork_rng(devices=()):
        made = _empty(len(start["4.bias"]))
    made.load_state_dict(start)
    return made


class Walk(NamedTuple):
    """What two steps do: the loss of each, the weights, and batch norm's statistics after them."""

    losses: list[float]
    weights: Tensor
    statistics: Tensor


def walk(
    start: dict[str, Tensor],
    batches: list[tuple[Tensor, Tensor]],
    *,
    clear: bool | list[bool] = True,
    left: list[Tensor] | None = None,
) -> Walk:
    """Return what a step of SGD at a rate of 0.5 on each batch does.

    Args:
        start: the network's tensors.
        batches: images and labels of each step.
        clear: whether old gradients are cleared, of all parameters or of each; elsewhere they add up from `left`.
        left: gradients from before the first step.
    """
    walked = network(start).train()
    trained = list(walked.parameters())
    sums = left or [torch.zeros_like(parameter) for parameter in trained]
    cleared = clear if isinstance(clear, list) else [clear] * len(trained)
    losses = []
    for images, labels in batches:
        loss = F.cross_entropy(walked(images), labels)
        gradients = torch.autograd.grad(loss, trained)
        sums = [new if own else old + new for own, old, new in zip(cleared, sums, gradients, strict=True)]
        with torch.no_grad():
            for parameter, gradient in zip(trained, sums, strict=True):
                parameter.sub_(gradient, alpha=0.5)
        losses.append(loss.item())
    return Walk(losses, flat(walked), statistics(walked))


def stale(start: dict[str, Tensor], batches: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the weights after the first batch's step alone."""
    return walk(start, batches[:1]).weights


def loss_mistakes(start: dict[str, Tensor], batches: list[tuple[Tensor, Tensor]]) -> list[Mistake]:
    """Return what well-known mistakes give for the loss of the first step."""
    images, labels = batches[0]
    loss = walk(start, batches[:1]).losses[0]
    logits = network(start).train()(images)
    half = network(start)
    half.eval()
    stepped = network(start).train()
    row = stale(start, batches)
    with torch.no_grad():
        for parameter, new in zip(stepped.parameters(), _unflat(stepped, row), strict=True):
            parameter.copy_(new)
    return [
        Mistake(loss * len(labels), "sum", "the loss is summed over the batch, not averaged", "a"),
        Mistake(F.cross_entropy(logits.softmax(1), labels), "softmax", _SOFTMAX, "a"),
        Mistake(F.cross_entropy(half(images), labels), "part-in-eval", _HALF, "a"),
        Mistake(F.cross_entropy(stepped(images), labels), "after-step", "this is the loss after the step", "a"),
        Mistake(F.cross_entropy(logits, labels, label_smoothing=0.1), "smoothed", "the labels are smoothed", "a"),
        *(
            Mistake(loss * len(labels) / n, "loss", f"the sum is divided by {n}; here are {len(labels)} images", "a")
            for n in (10, 16, 32, 64, 100, 128, 256)
        ),
    ]


_SOFTMAX = "softmax is applied before the loss, which applies it again"
_HALF = "batch norm is in evaluation mode in the forward pass: `network.train()` comes first, and reaches every part"


def flat(network: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def _unflat(network: nn.Module, row: Tensor) -> list[Tensor]:
    parameters = list(network.parameters())
    parts = row.split([parameter.numel() for parameter in parameters])
    return [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]


def statistics(network: nn.Sequential) -> Tensor:
    return torch.cat([network[1].running_mean, network[1].running_var])  # type: ignore[list-item]


def scores(confusion: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    return precision, recall, 2 * right / (confusion.sum(0) + confusion.sum(1)).clamp(min=1)


def used_(network: nn.Module, generator: torch.Generator) -> None:
    """Give batch norms the weights and statistics of a network that was trained, instead of ones and zeros."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.weight.data, layer.running_var):
                tensor.uniform_(0.5, 1.5, generator=generator)  # type: ignore[union-attr]
            for tensor in (layer.bias.data, layer.running_mean):
                tensor.normal_(generator=generator)  # type: ignore[union-attr]
