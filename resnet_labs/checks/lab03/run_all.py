"""The checks of exercises 03.4 and 03.5: what a training step keeps, and what outlives a run."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab03 import reference

_CASES: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("a small network, SGD with momentum (one number a weight)", {}, 1),
    ("its first layer frozen, Adam (two numbers a weight)", {"frozen": True}, 2),
    ("the same in float64, plain SGD (no number a weight)", {"dtype": torch.float64}, 0),
    ("the same on the meta device", {"device": "meta"}, 1),
)


@check("03.4", "the bytes of weights, gradients, optimizer and activations, frozen layers and float64 included")
def check_training_bytes(probe: Probe, training_bytes: Callable[[nn.Module, Tensor, int], Any]) -> None:
    """Check the four parts on a small network that is trained whole, in part, in float64 and without data."""
    for tested, changes, numbers in _CASES:
        network = reference.small_network(**changes)
        weight = next(network.parameters())
        images = torch.rand(2, 3, 6, 6, generator=probe.generator).to(weight.device, weight.dtype)
        got = probe.call(training_bytes, network, images, numbers, tested=tested, in_place=True)
        probe.expect(
            isinstance(got, (tuple, list, Tensor, np.ndarray)) and len(got) == 4,
            "four-numbers",
            tested=f"what training_bytes returns for {tested}",
            expected="four numbers: weights, gradients, optimizer, activations",
            got=got,
            cause="the function ends with `return weights, gradients, optimizer, activations`",
            hint="a",
        )
        parameters, buffers = list(network.parameters()), list(network.buffers())
        own = {tensor.untyped_storage() for tensor in (*parameters, *buffers)}
        values, trained = reference.size(parameters), [p for p in parameters if p.requires_grad]
        weights, gradients = values + reference.size(buffers), reference.size(trained)
        count = sum(tensor.numel() for tensor in (*parameters, *buffers))
        in_bytes = "these are numbers, not bytes; `element_size()` says how many bytes one takes"
        probe.equal(
            int(got[0]),
            weights,
            "weights",
            tested=f"bytes of the weights: {tested}",
            cause="add numel() * element_size() over all parameters and buffers",
            hint="a",
            mistakes=[
                Mistake(values, "no-buffers", "batch norm's running statistics are left out: network.buffers()", "a"),
                Mistake(count, "not-bytes", in_bytes, "a"),
                Mistake(sum(p.numel() for p in parameters), "not-bytes", in_bytes, "a"),
                Mistake(4 * count, "always-four", "four bytes a number, which is true of float32 only", "a"),
            ],
        )
        probe.equal(
            int(got[1]),
            gradients,
            "gradients",
            tested=f"bytes of the gradients: {tested}",
            cause="every trained parameter has a gradient of its own size",
            hint="a",
            mistakes=[
                Mistake(weights, "buffers-trained", "buffers have no gradient: they are not trained", "a"),
                Mistake(values, "frozen-counted", "a parameter without requires_grad has no gradient", "a"),
            ],
        )
        probe.equal(
            int(got[2]),
            numbers * gradients,
            "optimizer",
            tested=f"bytes of the optimizer's state: {tested}",
            cause="it keeps `numbers_per_weight` numbers for every trained weight",
            hint="a",
            mistakes=[
                Mistake(numbers * weights, "optimizer-all", "the optimizer keeps nothing for what is not trained", "a"),
                Mistake(numbers * values, "optimizer-all", "the optimizer keeps nothing for frozen weights", "a"),
                Mistake(gradients, "optimizer-one", "`numbers_per_weight` is not used", "a"),
            ],
        )
        kept = reference.saved(network, images)
        pieces = reference.behind(kept)
        besides = [tensor for tensor in kept if tensor.untyped_storage() not in own]
        without_parameters = {*pieces} - {parameter.untyped_storage() for parameter in parameters}
        # On the meta device every address is 0, so that all tensors look like one.
        by_address = {tensor.data_ptr(): tensor.untyped_storage().nbytes() for tensor in besides}
        probe.equal(
            int(got[3]),
            sum(size for piece, size in pieces.items() if piece not in own),
            "activations",
            tested=f"bytes of the activations: {tested}",
            cause="collect each `tensor.untyped_storage()` once, and take away those of the network itself",
            hint="b",
            mistakes=[
                Mistake(0, "address", "meta tensors have no address; compare storages", "c")
                if weight.is_meta
                else Mistake(0, "nothing-kept", "no tensor was seen: under no_grad autograd keeps none", "b"),
                Mistake(
                    sum(pieces.values()), "weights-kept", "autograd keeps weights too, which are counted already", "c"
                ),
                Mistake(
                    sum(pieces[piece] for piece in without_parameters),
                    "buffers-kept",
                    "batch norm's running statistics are among what is kept, and are counted already",
                    "c",
                ),
                Mistake(
                    sum(size for piece, size in pieces.items() if piece not in {*own, images.untyped_storage()}),
                    "no-images",
                    "the first convolution keeps the batch itself for its backward pass, and that counts too",
                    "b",
                ),
                Mistake(reference.size(besides), "twice", "memory that two layers keep counts once", "c"),
                Mistake(
                    reference.size(kept), "twice", "memory that two layers keep counts once; weights not at all", "c"
                ),
                Mistake(
                    reference.outputs(network, images), "outputs", "all outputs; autograd keeps only what it needs", "b"
                ),
                Mistake(sum(by_address.values()), "address", "meta tensors have no address; compare storages", "c"),
            ],
        )


@check("03.5", "one network at a time, the losses as numbers, and memory released once a run")
def check_run_all(probe: Probe, run_all: Callable[..., Any]) -> None:
    """Check which networks are alive when the next one is made, how often memory is released, and the losses."""
    batches = [(torch.randn(5, 4, generator=probe.generator), torch.tensor([0, 1, 1, 0, 1])) for _ in range(4)]
    watch = _Watch(probe)
    collecting = gc.isenabled()
    gc.disable()  # or it would clean up at its own times
    try:
        found = probe.call(
            run_all,
            [lambda number=number: watch.make(number) for number in range(3)],
            batches,
            watch.release,
            tested="run_all on three networks and four batches",
            in_place=True,
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
        expected="three lists, one a network, of four losses",
        got=found,
        cause="a list for every run is missing, or holds another number than one loss a step",
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
        self.failure: Exception | None = None  # raised later: within the learner's call it would count as their error

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
            cause = "a loss tensor, which holds the graph and with it the weights, or an optimizer is still held"
            return "weights-held", cause, "b"
        if number == 1 and not self.releases:  # the network that points at itself
            return "no-release", "release() is never called, and only it frees what points at itself", "c"
        if number == 1:
            return "too-early", "release() ran while a name still held the network", "c"
        return "network-held", "a list, or a name that is not given up yet, holds the network", "a"
