"""The check of exercise 04.1: a new last layer, and an optimizer over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks._module_state import ModuleState
from resnet_labs.checks.lab04 import reference


@check("04.1", "a new layer for your classes, Adam over it alone, and every other weight as it was")
def check_new_head(probe: Probe, new_head: Callable[[nn.Module, int, float], torch.optim.Optimizer]) -> None:
    """Check the new last layer and the optimizer of two ResNets with heads of different lengths, and of two others."""
    networks = reference.resnets() + reference.resnets()
    quiet = probe.random.choice(("bn1", "layer1"))
    networks[0].requires_grad_(False).get_submodule(quiet).eval()
    same = networks[1].fc.out_features  # as many classes as before, and a new layer all the same
    few = probe.random.choice((3, 4, 7))
    heads: list[nn.Module] = []
    for network, num_classes, rate in zip(networks, (few, same, few, 1), (0.01, 0.002, 0.05, 0.0), strict=True):
        before, old = reference.backbone(network), network.fc.weight.detach().clone()
        state = ModuleState(network, apart=("fc",))
        given = f"new_head(network, {num_classes}, {rate})"
        optimizer = probe.call(new_head, network, num_classes, rate, tested=given, in_place=True, hint="a")
        probe.expect(
            isinstance(optimizer, torch.optim.Optimizer),
            "not-an-optimizer",
            tested=f"what {given} returns",
            expected="an optimizer; the network is changed in place",
            got=type(optimizer).__name__,
            cause="something else is returned",
            hint="b",
        )
        probe.expect(
            not (gone := sorted(before.keys() - network.state_dict().keys())) and not reference.moved(before, network),
            "weights-lost",
            tested="every tensor before the head",
            expected="as it was",
            got=f"{len(gone or reference.moved(before, network))} are gone or differ",
            cause=(
                "more than the last layer was replaced; pretrained weights help only if they are kept",
                "weights were drawn anew, or running statistics reset",
            ),
            hint="a",
        )
        probe.unchanged(state, tested=given, hint="a", aspects=("parts", "modes", "requires_grad", "hooks"))
        probe.expect(
            not {*map(id, network.get_submodule("fc").parameters())}
            & {id(it) for head in heads for it in head.parameters()},
            "shared-head",
            tested=f"the last layer after {given}, where another network got a head before",
            expected="a layer of its own",
            got="the layer, or a weight, that the other network has",
            cause="a layer is kept from one call to the next; what one network learns moves the other",
            hint="a",
        )
        probe.expect(
            network.get_submodule("fc").training,
            "touched-modes",
            tested=f"the mode of the new head after {given}",
            expected="training mode, as the network was",
            got="evaluation mode",
            cause="`eval()` was called",
            hint="a",
        )
        _check_head(probe, network, old, num_classes, given)
        probe.expect(
            not any(one.shape == old.shape and torch.equal(one, old) for one in network.fc.parameters()),
            "old-head-kept",
            tested=f"the last layer after {given}, where the old one has {num_classes} outputs too",
            expected="a new layer: the old one was trained for other classes",
            got="the old weights",
            cause="a new layer is made only where the number of classes differs",
            hint="a",
        )
        probe.expect(
            all(parameter.requires_grad for parameter in network.fc.parameters()),
            "head-frozen",
            tested=f"whether the new head learns after {given}",
            expected="yes, also in a network whose other layers are frozen",
            got="`requires_grad` is False",
            cause="`requires_grad` was switched off, or taken over from the old layer",
            hint="a",
        )
        heads.append(network.fc)
        _check_optimizer(probe, optimizer, network, rate)


def _check_head(probe: Probe, network: nn.Module, old: torch.Tensor, num_classes: int, given: str) -> None:
    old_classes, width = old.shape
    images = torch.rand(2, 3, 16, 16, generator=probe.generator)
    network.eval()
    logits = probe.call(
        network,
        images,
        tested=f"the network after {given}, on two images",
        cause=f"the new layer does not take the {width} features that reach it",
        hint="a",
    )
    probe.equal(
        tuple(logits.shape),
        (2, num_classes),
        "num-classes",
        tested=f"the shape of two images' logits after {given}",
        cause=(
            "a copy of the network was changed, not the network that was given",
            "the new layer was not assigned to `network.fc`",
            "`out_features` was set on the old layer, which changes no weights",
        )
        if tuple(logits.shape) == (2, old_classes)
        else "`network.fc` is not a layer with `num_classes` outputs",
        hint="a",
    )
    head: Any = network.fc
    probe.equal(
        sum(parameter.numel() for parameter in head.parameters()),
        num_classes * (width + 1),
        "head-parameters",
        tested=f"the number of parameters of `network.fc` after {given}",
        cause="the head is one linear layer with a bias; the old one is not needed below it",
        hint="a",
    )
    a, b = torch.randn(2, 1, width, generator=probe.generator)
    probe.close(
        head(a + b) + head(0 * a),
        head(a) + head(b),
        "not-linear",
        tested="head(a + b) + head(0) of the new head, against head(a) + head(b): equal where it is linear",
        cause="a softmax or another function follows the layer; the loss takes logits",
        hint="a",
        atol=1e-4,
    )


def _check_optimizer(probe: Probe, optimizer: torch.optim.Optimizer, network: nn.Module, rate: float) -> None:
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    head = {id(parameter) for parameter in network.get_submodule("fc").parameters()}
    everything = {id(parameter) for parameter in network.parameters()}
    tested, hint = "the parameters that the optimizer holds", "b"
    words = f"{len(held & head)} of the new head's {len(head)} tensors, and {len(held - head)} others"
    for code, condition, cause in (
        ("old-head", not held - everything, "the optimizer was made before the new layer: it holds the old one"),
        ("nothing-of-head", bool(held & head), "the optimizer was not given the parameters of `network.fc`"),
        ("all-parameters", held <= head, "the optimizer was given the backbone as well"),
        ("part-of-head", held == head, "the bias or the weight of the head is missing"),
    ):
        expected = "the weight and the bias of `network.fc`"
        probe.expect(condition, code, tested=tested, expected=expected, got=words, cause=cause, hint=hint)
    probe.expect(
        isinstance(optimizer, torch.optim.Adam) and not isinstance(optimizer, torch.optim.AdamW),
        "not-adam",
        tested="the optimizer",
        expected="Adam",
        got=type(optimizer).__name__,
        cause="the report used Adam",
        hint=hint,
    )
    settings = {name: optimizer.param_groups[0][name] for name in ("betas", "eps", "weight_decay", "amsgrad")}
    probe.equal(
        settings,
        {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "amsgrad": False},
        "settings",
        tested="the optimizer's other settings",
        cause="the exercise gives a learning rate; everything else is Adam's own default",
        hint=hint,
    )
    probe.close(
        [group["lr"] for group in optimizer.param_groups][-1],
        rate,
        "learning-rate",
        tested="the optimizer's learning rate",
        cause=(
            "the rate is hard-coded or left out; pass `learning_rate` on as `lr`"
            if rate
            else "a rate of 0, with which a warm-up begins, is taken for no rate"
        ),
        hint=hint,
    )
