"""The check of exercise 05.1: features of stages, caught by hooks that are gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._describe import counted
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import ModuleState, num_hooks
from resnet_labs.checks.lab05 import networks, reference

Collector = Callable[[nn.Module, Iterable[tuple[Tensor, Tensor]], Sequence[str]], Mapping[str, Tensor]]
_STAGES = ("layer1", "layer3", "avgpool")


@check("05.1", "every stage's features of all batches in order, and a network that does not know it was watched")
def check_collect(probe: Probe, collect: Collector) -> None:
    """Check the values, twice and by a generator, then what is left on the network, and an error on the way."""
    network = networks.small((1, 1, 1, 1))
    networks.used_(network, probe.generator)
    traced: list[bool] = []
    network.get_submodule("layer2").register_forward_hook(lambda part, given, out: traced.append(out.requires_grad))
    size = probe.random.choice((3, 4))
    images = torch.rand(2 * size + 1, 3, 12, 10, generator=probe.generator)
    batches = [(part, torch.zeros(len(part), dtype=torch.int64)) for part in images.split(size)]
    pixels, sizes = images.clone(), f"{size}, {size} and 1"
    for how, stages, training in (
        ("", _STAGES, True),
        (" a second time, under `torch.no_grad()`", ("layer4", "layer1.0", "conv1"), False),
        (" a third time, the batches by a generator", _STAGES, True),
    ):
        network.train(training)
        state, want = ModuleState(network), reference.means(network, images, stages)
        given = f"collect(network, batches, {stages}){how}, batches of {sizes} images"
        cause: tuple[str, ...] = (
            "a stage without any features comes from hooks that look their name up in a loop's variable, and so all "
            "collect under its last value",
            "a batch of one image loses its axis, as by `squeeze()`",
        )
        if "generator" in how:
            cause = ("the batches are walked through more than once; a generator gives each once", *cause)
        elif how:
            within = "a stage can be within another, such as `layer1.0`: `network.get_submodule(name)` finds it"
            cause = (within, *cause)
        given_batches = iter(batches) if "generator" in how else batches
        with torch.set_grad_enabled("no_grad" not in how):
            got = probe.call(
                collect,
                network,
                given_batches,
                stages,
                tested=given,
                cause=cause,
                in_place=True,
                anywhere=not how,
                hint="b",
            )
        probe.expect(
            torch.equal(images, pixels),
            "changes-input",
            tested=f"the images after {given}",
            expected="as they were",
            got="other values",
            cause="an in-place operation on a batch",
            hint="c",
        )
        _check_left(probe, network, state, given)
        _check_values(probe, got, want, network, images, given, size)
        probe.expect(
            not any(traced),
            "with-gradients",
            tested=f"whether the passes of {given} build a graph of gradients",
            expected="no",
            got="yes: outputs of `layer2` require a gradient",
            cause="only what is kept is detached; put the passes under `torch.no_grad()`",
            hint="a",
        )
        traced.clear()
        # From here on, what comes behind layer1 works in place, as many a ReLU does.
        network.get_submodule("layer2").register_forward_pre_hook(_halve)
    _check_error(probe, collect)


def _halve(module: nn.Module, given: tuple[Tensor, ...]) -> None:
    given[0].mul_(0.5)


def _check_values(
    probe: Probe, got: Any, want: dict[str, Tensor], network: nn.Module, images: Tensor, given: str, size: int
) -> None:
    stages = tuple(want)
    probe.expect(
        isinstance(got, Mapping) and sorted(got) == sorted(stages),
        "stages",
        tested=f"the keys of what {given} returns",
        expected=sorted(stages),
        got=sorted(got) if isinstance(got, Mapping) else got,
        cause="each hook must know its own stage; a name that a loop changes is looked up late, when the hook runs",
        hint="b",
    )
    maps, inputs = (make(network, images, stages) for make in (reference.maps, reference.inputs))
    for stage in stages:
        right, found = want[stage], got[stage]
        probe.expect(
            isinstance(found, Tensor),
            "not-a-tensor",
            tested=f"the features of {stage}",
            expected="one tensor",
            got=found,
            cause="the batches are still apart; `torch.cat` joins them",
            hint="c",
        )
        probe.expect(
            not found.requires_grad,
            "keeps-graph",
            tested=f"whether the features of {stage} hang on a graph of gradients",
            expected="no",
            got="yes, and the whole forward pass of every batch stays in memory",
            cause="the passes did not run under `torch.no_grad()`",
            hint="a",
        )
        other_rows = []
        if found.shape[1:] == right.shape[1:] and len(found) != len(right):
            words = "rows are missing: not every batch is collected for this stage"
            if len(found) > len(right):
                words = (
                    "rows of an earlier call are kept, or a batch is collected twice; make the lists in the function"
                )
            other_rows = [Mistake(found, "values-shape", words, "c")]
        probe.close(
            found,
            right,
            "values",
            tested=f"the features of {stage} for {len(images)} images of 12x10 pixels, {given}",
            cause=(
                "a feature is the mean of one channel over its pixels (maps need not be square), in evaluation mode",
                "a stage's output is kept and averaged after the pass: a later layer may have changed it in place",
                "a hook returns a value, which takes the place of the stage's output for all later stages",
            ),
            hint="c",
            atol=1e-5,
            mistakes=[
                Mistake(right[-1:], "last-batch", "each batch overwrites the one before; collect them in a list", "c"),
                Mistake(right[:size], "first-batch", "the function returns after one batch", "c"),
                Mistake(inputs[stage], "inputs", "these are the stage's inputs; a hook gets inputs, then output", "b"),
                Mistake(maps[stage].flatten(1), "flattened", "every pixel is a feature; take the mean over them", "c"),
                Mistake(maps[stage], "maps", "the pixels are still there; take the mean over them", "c"),
                Mistake(maps[stage].amax((2, 3)), "largest", "this is the largest value over the pixels", "c"),
                Mistake(maps[stage].mean(1).flatten(1), "over-channels", "the mean is over channels, not pixels", "c"),
                *other_rows,
            ],
        )


def _check_left(probe: Probe, network: nn.Module, state: ModuleState, given: str) -> None:
    moved = state.changes(("values",))
    probe.expect(
        not moved,
        "train-mode",
        tested="the running statistics of the network after the call",
        expected="bitwise what they were",
        got=f"{len(moved)} tensors moved",
        cause="the network, or a module in it, was in training mode during the passes: `network.training = False` sets "
        "one flag, `network.eval()` those of all modules",
        hint="a",
    )
    probe.unchanged(state, tested=given, hint="b", code="left", aspects=("parts", "hooks"))
    probe.unchanged(state, tested=given, hint="a", code="left", aspects=("modes", "requires_grad", "gradients"))


def _check_error(probe: Probe, collect: Collector) -> None:
    network = networks.small().train()
    before = num_hooks(network)
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
        cause="an `except`, or a `return` within `finally`, swallows the error; a `finally` without a `return` cleans "
        "up and lets it through",
        hint="b",
    )
    left = num_hooks(network) - before
    hooks = counted(left, "hook") if left else "no hooks"
    probe.expect(
        left == 0 and network.training,
        "left-after-error",
        tested="the network after a forward pass that failed",
        expected="no hooks, and training mode as before",
        got=f"{hooks}, {'training' if network.training else 'evaluation'} mode",
        cause="what puts things back is not under `finally:`, so an error skips it",
        hint="b",
    )
