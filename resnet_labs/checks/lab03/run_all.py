"""The check of exercise 03.5: what outlives a run."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab03 import reference


@check("03.5", "one network at a time, the losses as numbers, and memory released once per run")
def check_run_all(probe: Probe, run_all: Callable[..., Any]) -> None:
    """Check which networks are alive when the next one is made, how often memory is released, and the losses."""
    batches = [(torch.randn(5, 4, generator=probe.generator), torch.tensor([0, 1, 1, 0, 1])) for _ in range(4)]
    watch = _Watch(probe)
    collecting = gc.isenabled()
    gc.disable()  # or it would run at times of its own
    try:
        found = probe.call(
            run_all,
            [lambda number=number: watch.make(number) for number in range(3)],
            batches,
            watch.release,
            tested="run_all on three networks and four batches",
            in_place=True,
            anywhere=False,  # the networks are made inside
        )
    finally:
        if collecting:
            gc.enable()
    gc.collect()
    watch.look("after the last run", len(watch.networks))
    if watch.failure:
        raise watch.failure
    probe.expect(
        watch.releases <= 3,
        "release-each-step",
        tested="how often release() was called in three runs of four steps",
        expected=3,
        got=watch.releases,
        cause="it is called in every step, and each call takes longer than a step",
        hint="c",
    )
    want = [reference.losses(number, batches) for number in range(3)]
    probe.expect(
        len(found) == 3 and all(len(row) == 4 if hasattr(row, "__len__") else False for row in found),
        "losses-shape",
        tested="the losses that run_all returns",
        expected="three lists, one per network, of four losses each",
        got=found,
        cause="a list is missing for a run, or does not hold one loss per step",
        hint="a",
    )
    probe.close(
        torch.tensor([[float(value) for value in row] for row in found]),
        torch.tensor(want),
        "losses",
        tested="the losses of three networks in four steps",
        cause="every network gets an optimizer of its own, SGD with a learning rate of 0.1 and nothing else, "
        "and sees every batch once, in order",
        hint="a",
        rtol=1e-3,
        mistakes=[
            Mistake(
                torch.tensor([reference.losses(number, batches, adding=True) for number in range(3)]),
                "gradients-added",
                "the gradients of earlier steps are still there, and add up; call `optimizer.zero_grad()` in each step",
                "a",
            )
        ],
    )


class _Watch:
    """Makes the networks, and knows which of them are still there."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.networks: list[weakref.ref[nn.Module]] = []
        self.weights: list[weakref.ref[Tensor]] = []
        self.steps: list[int] = []
        self.releases = 0
        self.failure: Exception | None = (
            None  # raised after the learner's call: inside it, it would count as their error
        )

    def make(self, number: int) -> nn.Module:
        if number:
            self.look(f"when network {number + 1} is made", number)
        network = reference.make(number)
        network.register_forward_hook(lambda *_, steps=self.steps, number=number: steps.append(number))
        self.networks.append(weakref.ref(network))
        self.weights.append(weakref.ref(next(network.parameters())))
        return network

    def release(self) -> None:
        self.releases += 1
        gc.collect()

    def look(self, when: str, count: int) -> None:
        """Keep the failure where one of the first networks, or its weights, are still there."""
        for number in range(count):
            network, weight = self.networks[number](), self.weights[number]()
            if weight is not None and self.failure is None:
                code, cause, hint = self._why(number, network is not None)
                self.failure = self.probe.failure(
                    code,
                    tested=f"network {number + 1} {when}",
                    expected="it is gone",
                    got="its weights are still in memory",
                    cause=cause,
                    hint=hint,
                )

    def _why(self, number: int, whole: bool) -> tuple[str, str, str]:
        if number not in self.steps:
            return "all-at-once", "all networks are made before the first one is trained", "a"
        if not whole:
            cause = "a loss tensor, which holds the graph and so the weights, or an optimizer is still referenced"
            return "weights-held", cause, "b"
        if number == 1 and not self.releases:  # the network that points at itself
            return "no-release", "release() is never called, and only it frees a network that refers to itself", "c"
        if number == 1:
            return "too-early", "release() ran while a variable still held the network", "c"
        return "network-held", "a list, or a variable that still exists, holds the network", "a"
