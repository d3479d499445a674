"""The check of exercise 05.1: features of stages, caught by hooks that are gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab05 import networks, reference

Collector = Callable[[nn.Module, Iterable[tuple[Tensor, Tensor]], Sequence[str]], Mapping[str, Tensor]]
_STAGES = ("layer1", "layer3", "avgpool")


@check("05.1", "every stage's features of all batches in order, and a network that does not know it was watched")
def check_collect(probe: Probe, collect: Collector) -> None:
    """Check the values, twice, then what is left on the network, and an error on the way."""
    network = networks.small()
    images = torch.rand(11, 3, 12, 12, generator=probe.generator)
    batches = [(part, torch.zeros(len(part), dtype=torch.int64)) for part in images.split(4)]
    before, want = networks.bits(network), reference.means(network, images, _STAGES)
    for time, training in (("", True), (" a second time", False)):
        network.train(training)
        given = f"collect(network, batches, {_STAGES}){time}, batches of 4, 4 and 3 images"
        cause = (
            "the line above says where; a stage without any features comes from hooks that look their name up in a "
            "loop's variable, and so all collect under its last value"
        )
        got = probe.call(collect, network, batches, _STAGES, tested=given, cause=cause, in_place=True, hint="b")
        _check_left(probe, network, before, training=training)
        _check_values(probe, got, want, network, images, given)
    _check_error(probe, collect)


def _check_values(
    probe: Probe, got: Any, want: dict[str, Tensor], network: nn.Module, images: Tensor, given: str
) -> None:
    probe.expect(
        isinstance(got, Mapping) and sorted(got) == sorted(_STAGES),
        "stages",
        tested=f"the keys of what {given} returns",
        expected=sorted(_STAGES),
        got=sorted(got) if isinstance(got, Mapping) else got,
        cause="each hook must know its own stage; a name that a loop changes is looked up late, when the hook runs",
        hint="b",
    )
    maps, inputs = (make(network, images, _STAGES) for make in (reference.maps, reference.inputs))
    for stage in _STAGES:
        right = want[stage]
        probe.expect(
            isinstance(got[stage], Tensor),
            "not-a-tensor",
            tested=f"the features of {stage}",
            expected="one tensor",
            got=got[stage],
            cause="the batches are still apart; `torch.cat` joins them",
            hint="c",
        )
        probe.expect(
            not got[stage].requires_grad,
            "keeps-graph",
            tested=f"whether the features of {stage} hang on a graph of gradients",
            expected="no",
            got="yes, and the whole forward pass of every batch stays in memory",
            cause="the passes did not run under `torch.no_grad()`",
            hint="a",
        )
        probe.close(
            got[stage],
            right,
            "values",
            tested=f"the features of {stage} for 11 images in three batches",
            cause="a feature is the mean of one channel over its pixels, in evaluation mode",
            hint="c",
            atol=1e-5,
            mistakes=[
                Mistake(right[-3:], "last-batch", "each batch overwrites the one before; collect them in a list", "c"),
                Mistake(right[:4], "first-batch", "the function returns after one batch", "c"),
                Mistake(inputs[stage], "inputs", "these are the stage's inputs; a hook gets inputs, then output", "b"),
                Mistake(maps[stage].flatten(1), "flattened", "every pixel is a feature; take the mean over them", "c"),
                Mistake(maps[stage], "maps", "the pixels are still there; take the mean over them", "c"),
                Mistake(maps[stage].amax((2, 3)), "largest", "this is the largest value over the pixels", "c"),
                Mistake(maps[stage].mean(1).flatten(1), "over-channels", "the mean is over channels, not pixels", "c"),
            ],
        )


def _check_left(probe: Probe, network: nn.Module, before: dict[str, Tensor], *, training: bool) -> None:
    moved = networks.moved(before, network)
    probe.expect(
        not moved,
        "train-mode",
        tested="the running statistics of the network after the call",
        expected="bitwise what they were",
        got=f"{len(moved)} tensors moved",
        cause="the network was in training mode during the passes",
        hint="a",
    )
    probe.equal(
        _num_hooks(network),
        0,
        "hooks-left",
        tested="the number of hooks on the network after the call",
        cause="the handles were not removed; every later pass goes on collecting",
        hint="b",
    )
    probe.equal(
        network.training,
        training,
        "mode-left",
        tested="`network.training` after the call",
        cause="the mode that the network was in is not restored",
        hint="a",
    )


def _check_error(probe: Probe, collect: Collector) -> None:
    network = networks.small().train()
    broken = [(torch.rand(2, channels, 12, 12, generator=probe.generator), torch.zeros(2)) for channels in (3, 5)]
    try:
        collect(network, broken, _STAGES)
        raised = False
    except Exception:
        raised = True
    probe.expect(
        raised,
        "error-hidden",
        tested="a second batch with five channels, which the network cannot take",
        expected="the network's own error comes through",
        got="a result, as if nothing had happened",
        cause="an `except` swallows the error; `finally` cleans up and lets it through",
        hint="b",
    )
    left = _num_hooks(network)
    probe.expect(
        left == 0 and network.training,
        "left-after-error",
        tested="the network after a forward pass that failed",
        expected="no hooks, and training mode as before",
        got=f"{left} hooks, {'training' if network.training else 'evaluation'} mode",
        cause="what puts things back is not under `finally:`, so an error skips it",
        hint="b",
    )


def _num_hooks(network: nn.Module) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in network.modules())
