"""Other steps of exercise 02.2: another optimizer, and networks that are sure, rightly or wrongly."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.checks._engine import Probe
from resnet_labs.checks.lab02 import reference


def check_other_steps(
    probe: Probe, train_step: Callable[..., Any], start: dict[str, Tensor], batch: tuple[Tensor, Tensor]
) -> None:
    """Check steps with momentum and weight decay, with hundreds of classes, and of sure networks in float32."""
    _check_momentum(probe, train_step, start, batch)
    _check_many_classes(probe, train_step, batch[0])
    for right in (True, False):
        _check_sure(probe, train_step, start, batch[0].float(), right=right)


def _check_momentum(
    probe: Probe, train_step: Callable[..., Any], start: dict[str, Tensor], batch: tuple[Tensor, Tensor]
) -> None:
    theirs, ours = reference.network(start), reference.network(start)
    optimizers = [_momentum(network) for network in (theirs, ours)]
    for _ in range(2):
        probe.call(train_step, theirs, *batch, optimizers[0], in_place=True, anywhere=False, hint="b")
        _step(ours, *batch, optimizers[1])
    probe.close(
        reference.flat(theirs),
        reference.flat(ours),
        "own-step",
        tested="the weights after two steps of SGD with momentum and weight decay",
        cause="the weights are moved by hand; `optimizer.step()` knows momentum, weight decay and everything else",
        hint="b",
    )


def _momentum(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)


def _step(network: nn.Module, images: Tensor, labels: Tensor, optimizer: torch.optim.Optimizer) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(network.train()(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _check_many_classes(probe: Probe, train_step: Callable[..., Any], images: Tensor) -> None:
    start = reference.start(300, probe.generator)
    labels = torch.randint(256, 300, (len(images),), generator=probe.generator)
    network = reference.network(start)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    want = F.cross_entropy(reference.network(start).train()(images), labels).detach()
    given = "a step of a network with 300 classes"
    got = probe.call(train_step, network, images, labels, optimizer, tested=given, in_place=True, hint="a")
    probe.close(
        got,
        want,
        "many-classes",
        tested=f"the loss of {given}, on images of classes from 256 on",
        cause="the labels go through a kind of number that does not hold them, such as 8 bits",
        hint="a",
    )


def _check_sure(
    probe: Probe, train_step: Callable[..., Any], start: dict[str, Tensor], images: Tensor, *, right: bool
) -> None:
    """A network whose logits are far apart: its loss is near 0 where it is right, and large where it is wrong."""
    network = reference.network(start).float().train()
    last = network[4]
    with torch.no_grad():
        logits = copy.deepcopy(network)(images)
        labels = logits.argmax(1) if right else logits.argmin(1)
        factor = 1e-3
        while F.cross_entropy(factor * logits, labels) > 0.01 if right else factor < 500:
            factor *= 1.5
        for weight in last.parameters():
            weight.mul_(factor)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    want = F.cross_entropy(factor * logits, labels)
    before = reference.flat(network)
    sure = "right about every image" if right else "wrong about every image"
    given = f"a step of a network in float32 that is {sure}, with a loss of {want:.4g}"
    got = probe.call(train_step, network, images, labels, optimizer, tested=given, in_place=True, hint="a")
    probe.close(
        got,
        want,
        "loss-sure",
        tested=f"the loss of {given}",
        cause=(
            "the logarithm of a softmax is infinite where a probability is 0; `F.cross_entropy` takes the logits",
            "the pass runs with fewer digits, as under `autocast`",
        ),
        hint="a",
        rtol=1e-3,
    )
    probe.expect(
        not torch.equal(before, reference.flat(network)),
        "no-step-sure",
        tested=f"the weights after {given}",
        expected="they have moved: every step is taken",
        got="as before",
        cause="the step is left out where the loss is small or not finite",
        hint="b",
    )
