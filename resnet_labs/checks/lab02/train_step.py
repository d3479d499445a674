"""The check of exercise 02.2: one training step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab02 import reference

_NOT_CLEARED = "the gradients of the first step are still there in the second; `optimizer.zero_grad()` is missing"


@check("02.2", "each step clears the old gradients, goes down the mean cross-entropy, and returns the loss as a number")
def check_train_step(
    probe: Probe, train_step: Callable[[nn.Module, Tensor, Tensor, torch.optim.Optimizer], float]
) -> None:
    """Check two training steps against torch's own."""
    images = torch.randn(6, 1, 4, 4, generator=probe.generator, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 0, 1, 2])

    network = reference.small_network()
    network.eval()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    first = probe.call(train_step, network, images, labels, optimizer, in_place=True, hint="a")
    probe.expect(
        not isinstance(first, Tensor),
        "keeps-graph",
        tested="what train_step returns",
        expected="a Python number",
        got="a tensor, which keeps the step's whole graph in memory",
        cause="`.item()` is missing",
        hint="c",
    )
    probe.expect(
        network.training,
        "eval-mode",
        tested="the network's mode after a step, when it was in evaluation mode before",
        expected="training mode",
        got="evaluation mode: batch norm would use old statistics",
        cause="`network.train()` is missing at the start of the step",
        hint="a",
    )
    weights, losses = reference.walk(images, labels, steps=2)
    for parameter in optimizer.param_groups[0]["params"]:
        probe.expect(
            parameter.grad is not None and bool(parameter.grad.any()),
            "no-backward",
            tested="the gradients after a step",
            expected="one for every parameter",
            got="none, or zeros",
            cause="`loss.backward()` is missing, or the gradients are cleared after it instead of before",
            hint="b",
        )
    probe.close(
        first,
        losses[0],
        "loss",
        tested="the loss of the first step, in float64",
        cause="the loss is not the mean cross-entropy of the logits",
        hint="a",
        mistakes=[
            Mistake(losses[0] * 6, "sum", "the loss is summed over the batch, not averaged", "a"),
            Mistake(
                reference.softmax_loss(images, labels),
                "softmax",
                "softmax is applied before the loss, which applies it again",
                "a",
            ),
        ],
    )
    second = probe.call(
        train_step,
        network,
        images,
        labels,
        optimizer,
        tested="a second step",
        cause="the weights changed between the forward pass and `loss.backward()`; step after it",
        in_place=True,
        hint="b",
    )
    probe.close(
        reference.flat(network),
        weights,
        "weights",
        tested="the weights after two steps",
        cause="the order is clear, forward, backward, step; each happens once",
        hint="b",
        mistakes=[
            Mistake(reference.walk(images, labels, steps=2, clear=False)[0], "not-cleared", _NOT_CLEARED, "b"),
            Mistake(reference.walk(images, labels, steps=0)[0], "no-step", "`optimizer.step()` is missing", "b"),
            Mistake(
                reference.walk(images, labels, steps=1)[0],
                "stale-step",
                "`optimizer.step()` comes before `loss.backward()`",
                "b",
            ),
        ],
    )
    probe.close(
        second,
        losses[1],
        "loss",
        tested="the loss of the second step",
        cause="the loss is not the mean cross-entropy of the logits",
        hint="a",
    )
