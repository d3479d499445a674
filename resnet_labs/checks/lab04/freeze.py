"""The check of exercise 04.2: real training after the learner's freeze, compared bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks._values import same_bits
from resnet_labs.checks.lab04 import reference

_NOT_HELD = "a part that was in evaluation mode at the call got no hook; hold every part, whatever its mode"
_UNDONE = "`eval()` was called once, and the loop's `network.train()` undid it"
_BITS = "bitwise what it was, weights and running statistics"


@check(
    "04.2",
    "after three steps of two optimizers every bit of the backbone is where it was, and the head has moved",
    library=("resnet_labs.freeze:linear_probe_",),
)
def check_freeze(probe: Probe, freeze_backbone: Callable[[nn.Module], Any]) -> None:
    """Freeze small networks, a ResNet among them, some after a step of training, one a second time, and train on."""
    for used in (False, True):
        for name in reference.OPTIMIZERS:
            network = reference.small(stages=6 if used else 2, head_dropout=used)
            _freeze_and_train(probe, freeze_backbone, network, name, used=used)
    resnet = reference.small_resnet()
    _freeze_and_train(probe, freeze_backbone, resnet, "AdamW", used=True)
    resnet.requires_grad_(True)
    _freeze_and_train(probe, freeze_backbone, resnet, "AdamW", used=True, again=True)
    _freeze_and_train(probe, freeze_backbone, reference.small_resnet().eval(), "AdamW", used=False)


def _freeze_and_train(
    probe: Probe,
    freeze_backbone: Callable[[nn.Module], Any],
    network: reference.Network,
    name: str,
    *,
    used: bool,
    again: bool = False,
) -> None:
    foreign = network.bn1.register_forward_hook(lambda *_: None)
    before_it = network.bn1.register_forward_pre_hook(lambda *_: None)
    parameters = list(network.parameters())
    optimizer = reference.OPTIMIZERS[name](parameters)
    images, labels = reference.images_and_labels(12, probe.generator)
    if used:
        reference.train(network, optimizer, images, labels, steps=1)
        network.conv1.requires_grad_(False)  # by hand, with the step's gradient
    before, head, came_in_training = reference.backbone(network), network.fc.state_dict(), network.training
    head = {key: value.clone() for key, value in head.items()}
    keys = list(network.state_dict())
    when = "freeze_backbone(network)"
    if used:
        when = f"a step of training, network.conv1.requires_grad_(False), then {when}"
    if again:
        when = f"a freeze, network.requires_grad_(True), {when}"
    if not came_in_training:
        when = f"network.eval(), then {when}"
    returned = probe.call(freeze_backbone, network, tested=when, in_place=True, returns=False, hint="a")

    probe.expect(
        not isinstance(returned, nn.Module) or returned is network,
        "copy",
        tested="what freeze_backbone returns",
        expected="nothing, or the network that it was given",
        got="another network",
        cause="a copy was frozen; the network that was given still trains",
        hint="a",
    )
    probe.expect(
        list(network.state_dict()) == keys and {*map(id, network.parameters())} == {*map(id, parameters)},
        "replaced",
        tested="names in the state dict, and the parameters themselves",
        expected="those from before: checkpoints and optimizers rely on them",
        got=f"{len(set(keys) ^ set(network.state_dict()))} names differ, or other parameters under the same names",
        cause="modules were replaced by frozen ones; freeze the modules that are there",
        hint="a",
    )
    probe.expect(
        not reference.moved(before, network),
        "changed-by-freeze",
        tested="the backbone's tensors right after the freeze",
        expected="as before: a freeze stops, it does not change",
        got=f"changed: {', '.join(reference.moved(before, network)[:3])}",
        cause="weights or running statistics are reset",
        hint="b",
    )
    probe.expect(
        all(same_bits(value, head[key]) for key, value in network.fc.state_dict().items()),
        "head-changed",
        tested="the head's weights right after the freeze",
        expected="as before: the head is what trains, from where it is",
        got="other values",
        cause="the head was drawn anew",
        hint="a",
    )
    probe.expect(
        foreign.id in network.bn1._forward_hooks and before_it.id in network.bn1._forward_pre_hooks,
        "hooks-cleared",
        tested="a hook that was on `bn1` before the freeze",
        expected="still there: it is not yours",
        got="gone",
        cause="all hooks of a part were cleared",
        hint="b",
    )
    probe.expect(
        all(parameter.requires_grad for parameter in network.fc.parameters()),
        "head-frozen",
        tested=f"`requires_grad` of the head after {when}",
        expected="True: the head is what trains",
        got="False",
        cause="the freeze includes the head; leave the parameters of `network.fc` out",
        hint="a",
    )
    cause: Cause = ()
    if not any(part.training for part in network.modules() if isinstance(part, nn.BatchNorm2d)):
        cause = _UNDONE if came_in_training else (_NOT_HELD, _UNDONE)

    probe.call(
        reference.train,
        network,
        optimizer,
        images,
        labels,
        steps=3,
        tested=f"three steps of training after {when}",
        cause=(
            "a pre-hook returns a value, which replaces the input",
            "`no_grad` cuts off the head as well",
        ),
        in_place=True,
        returns=False,
        hint="b",
    )
    _check_weights(probe, network, before, f"{when}, then three steps of {name}")
    _check_statistics(probe, network, before, f"{when}, then three steps", cause)
    for key, value in network.fc.state_dict().items():
        probe.expect(
            not torch.equal(value, head[key]),
            "head-frozen",
            tested=f"`fc.{key}` after three steps of {name}",
            expected="it has moved: the head is what trains",
            got="it did not move at all",
            cause="the freeze includes the head; leave the parameters of `network.fc` out",
            hint="a",
        )
    _check_outputs(probe, network, images)
    for mode in (False, True):
        network.train(mode)
        with torch.no_grad():
            network(images)
        head_modes = {part.training for part in network.fc.modules()}
        probe.expect(
            head_modes == {mode},
            "head-mode",
            tested=f"the mode of the head after {when}, network.train({mode}) and a pass",
            expected="training mode" if mode else "evaluation mode",
            got="another one, in a part of it",
            cause=(
                "the head is held in evaluation mode like the backbone: a dropout in it no longer drops",
                "`train()` of the whole network was replaced",
            ),
            hint="b",
        )


def _check_weights(probe: Probe, network: nn.Module, before: dict[str, torch.Tensor], tested: str) -> None:
    names = dict(network.named_parameters())
    weights = [name for name in reference.moved(before, network) if name in names]
    if not weights:
        return
    code, cause = "still-trains", "`requires_grad_(False)` did not reach this parameter"
    if not names[weights[0]].requires_grad:
        code = "stale-gradients"
        cause = (
            "its gradient from before the freeze is still there, or was set to zero: the optimizer still applies "
            "momentum and weight decay; it skips a parameter only where `.grad` is None"
        )
    got = f"{len(weights)} of {len(names) - 2} parameters moved, the first is {weights[0]}"
    hint = "a" if code == "still-trains" else "c"
    probe.expect(False, code, tested=tested, expected=f"the backbone is {_BITS}", got=got, cause=cause, hint=hint)


def _check_statistics(
    probe: Probe, network: nn.Module, before: dict[str, torch.Tensor], tested: str, undone: Cause
) -> None:
    """Fail if a running statistic moved; `undone` is the cause where no batch norm was in training mode."""
    buffers = reference.moved(before, network)
    if not buffers:
        return
    code = "running-statistics"
    cause: Cause = (
        "batch norm is in training mode; `requires_grad_(False)` does not reach buffers",
        "evaluation mode is not set before every pass: the loop calls `network.train()` again and again",
    )
    if all(name.endswith("num_batches_tracked") for name in buffers):
        code, cause = "still-counts", "batch norm is in training mode, and keeps counting batches"
    elif undone:
        code, cause = "undone-by-train", undone
    elif all(name.count(".") > 1 for name in buffers):
        cause = (
            "the layers inside a part are still in training mode: `part.training = False` reaches the part alone, "
            "`part.eval()` everything in it",
            "a layer inside a part is not looked at; `network.modules()` gives those too",
        )
    got = f"{len(buffers)} buffers moved, the first is {buffers[0]}"
    probe.expect(False, code, tested=tested, expected=f"the backbone is {_BITS}", got=got, cause=cause, hint="b")


def _check_outputs(probe: Probe, network: nn.Module, images: torch.Tensor) -> None:
    """What reaches the head in training mode is what reaches it in evaluation mode."""
    network.train()
    first, second = (reference.before_the_head(network, images) for _ in range(2))
    probe.expect(
        torch.equal(first, second),
        "dropout",
        tested="the features of the same images, twice, after network.train()",
        expected="the same: a frozen backbone always gives the same output",
        got="two different outputs",
        cause="dropout still drops; hold every part of the backbone in evaluation mode, not batch norm alone",
        hint="b",
    )
    probe.close(
        first,
        reference.features(network, images),
        "batch-statistics",
        tested="the features after network.train(), against those in evaluation mode",
        cause="batch norm normalises with the current batch instead of its running statistics",
        hint="b",
    )
