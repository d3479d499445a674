"""The check of exercise 03.4: what a training step keeps in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import ModuleState
from resnet_labs.checks._returned import returned_numbers
from resnet_labs.checks.lab03 import reference

_CASES: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("a small network, SGD with momentum (one number per weight)", {}, 1),
    ("a small network with its first layer frozen, Adam (two numbers per weight)", {"frozen": True}, 2),
    ("a small network in float64, plain SGD (no number per weight)", {"dtype": torch.float64}, 0),
    ("a small network with its first layer frozen, three numbers per weight", {"frozen": True}, 3),
    ("a small network on the meta device", {"device": "meta"}, 1),
    ("a small network with a weight that two layers share and a buffer that is not saved", {"tied": True}, 1),
)
_COLLECT = (
    "collect each `tensor.untyped_storage()` once, with its own `.nbytes()` (a slice keeps the whole batch), and take "
    "away those of the network itself"
)
_EARLIER = (
    "storages of an earlier call are still in the set, such as in a default argument; begin each call with an empty one"
)


@check("03.4", "the bytes of weights, gradients, optimizer and activations, frozen layers and float64 included")
def check_training_bytes(probe: Probe, training_bytes: Callable[[nn.Module, Tensor, int], Any]) -> None:
    """Check the four parts on a small network that is trained whole, in part, in float64 and without data."""
    for number, (tested, changes, numbers) in enumerate(_CASES):
        network = reference.small_network(**changes)
        weight = next(network.parameters())
        count = probe.random.randint(2, 4)
        many = torch.rand(count + number, 3, 6, 6, generator=probe.generator).to(weight.device, weight.dtype)
        images = many[:count]  # a slice of a larger batch after the first case: its memory is the larger one's
        before, once = ModuleState(network), reference.after_one_pass(network, images)
        got = probe.call(training_bytes, network, images, numbers, tested=tested, in_place=True, anywhere=False)
        _check_left(probe, network, before, once, images, tested)
        numbers_given = returned_numbers(
            probe, got, 4, "training_bytes", "four numbers: weights, gradients, optimizer, activations", "four-numbers"
        )
        got = [int(value) for value in numbers_given]
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
                Mistake(
                    reference.size([*network.state_dict().values()]),
                    "state-dict",
                    "a state dict has a shared weight twice, and lacks the buffers that are not saved",
                    "a",
                ),
                Mistake(
                    sum(
                        reference.size([*part.parameters(recurse=False), *part.buffers(recurse=False)])
                        for part in network.modules()
                    ),
                    "shared-twice",
                    "a weight that two layers share counts once; `network.parameters()` gives it once",
                    "a",
                ),
                Mistake(values, "no-buffers", "batch norm's running statistics are left out: network.buffers()", "a"),
                Mistake(count, "not-bytes", in_bytes, "a"),
                Mistake(sum(p.numel() for p in parameters), "not-bytes", in_bytes, "a"),
                Mistake(weights // 2**20, "mebibytes", "these are mebibytes; return bytes", "a"),
                Mistake(4 * count, "always-four", "four bytes per number, which holds for float32 only", "a"),
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
        activations = sum(size for piece, size in pieces.items() if piece not in own)
        besides = [tensor for tensor in kept if tensor.untyped_storage() not in own]
        without_parameters = {*pieces} - {parameter.untyped_storage() for parameter in parameters}
        # On the meta device every address is 0, so that all tensors look like one.
        by_address = {tensor.data_ptr(): tensor.untyped_storage().nbytes() for tensor in besides}
        probe.equal(
            int(got[3]),
            activations,
            "activations",
            tested=f"bytes of the activations: {tested}{', the batch a slice of a larger one' if number else ''}",
            cause=(_COLLECT, _EARLIER) if number and got[3] > activations else _COLLECT,
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


def _check_left(
    probe: Probe, network: nn.Module, before: ModuleState, once: ModuleState, images: Tensor, tested: str
) -> None:
    """The network is as after one pass in training mode, and the batch as it was."""
    once.module = network
    probe.unchanged(
        once,
        tested=f"training_bytes on {tested}",
        hint="b",
        aspects=("parts", "modes", "requires_grad", "gradients", "hooks"),
    )
    other = once.changes(("values",))
    never = not before.changes(("values",))
    probe.expect(
        not other,
        "touched-values",
        tested=f"values of `{other[0].where if other else ''}` of the network, after training_bytes on {tested}",
        expected="those after one pass of the batch in training mode",
        got="those from before the call" if never else "other values",
        cause="the network does not run, runs in evaluation mode, a copy of it runs, or its statistics were put back"
        if never
        else ("the network runs more than once", "weights or running statistics were written to"),
        hint="b",
    )
    probe.expect(
        not images.requires_grad,
        "changes-input",
        tested=f"the batch after training_bytes on {tested}",
        expected="as it was",
        got="it requires a gradient",
        cause="`requires_grad_` was called on it",
        hint="b",
    )
