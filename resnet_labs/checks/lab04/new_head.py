"""The checks of lab 04, flowers: a new head, and features of a frozen backbone. The others are imported here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab04 import reference
from resnet_labs.checks.lab04.freeze import check_freeze
from resnet_labs.checks.lab04.rows import check_reading, check_split

__all__ = ["check_features", "check_freeze", "check_new_head", "check_reading", "check_split"]


@check("04.1", "a new layer for your classes, Adam over it alone, and every other weight as it was")
def check_new_head(probe: Probe, new_head: Callable[[nn.Module, int, float], torch.optim.Optimizer]) -> None:
    """Check the new last layer and the optimizer of two ResNets with heads of different lengths."""
    for network, num_classes, rate in zip(reference.resnets(), (5, 3), (0.01, 0.002), strict=True):
        width, before = network.fc.in_features, reference.backbone(network)
        given = f"new_head(network, {num_classes}, {rate})"
        optimizer = probe.call(new_head, network, num_classes, rate, tested=given, in_place=True, hint="a")
        probe.expect(
            isinstance(optimizer, torch.optim.Optimizer),
            "not-an-optimizer",
            tested=f"what {given} returns",
            expected="an optimizer; the network is changed in place",
            got=type(optimizer).__name__,
            cause="another object is returned",
            hint="b",
        )
        probe.expect(
            not (gone := sorted(before.keys() - network.state_dict().keys())) and not reference.moved(before, network),
            "weights-lost",
            tested="every tensor before the head",
            expected="as it was",
            got=f"{len(gone or reference.moved(before, network))} are gone or differ",
            cause="more than the last layer was made anew; pretrained weights are worth something only if they survive",
            hint="a",
        )
        _check_head(probe, network, width, num_classes, given)
        _check_optimizer(probe, optimizer, network, rate)


def _check_head(probe: Probe, network: nn.Module, width: int, num_classes: int, given: str) -> None:
    images = torch.rand(2, 3, 16, 16, generator=probe.generator)
    logits = probe.call(
        network.eval(),
        images,
        tested=f"the network after {given}, on two images",
        cause=f"the new layer expects another length than the {width} features that reach it",
        hint="a",
    )
    probe.equal(
        tuple(logits.shape),
        (2, num_classes),
        "num-classes",
        tested=f"the shape of two images' logits after {given}",
        cause="`network.fc` itself was not replaced by a layer with `num_classes` outputs",
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
        tested="whether the head is linear",
        cause="a softmax or another function stands behind the layer; the loss takes logits",
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
    kind = type(optimizer).__name__
    probe.equal(kind, "Adam", "not-adam", tested="the optimizer", cause="the report used Adam", hint=hint)
    probe.close(
        optimizer.param_groups[0]["lr"],
        rate,
        "learning-rate",
        tested="the optimizer's learning rate",
        cause="the rate is written down in the function, or left out; hand `learning_rate` on as `lr`",
        hint=hint,
    )


@check("04.3", "what the head sees of every image, in order, in evaluation mode, and the network as it was")
def check_features(probe: Probe, features_of: Callable[[nn.Module, Iterable[tuple[Tensor, Tensor]]], Tensor]) -> None:
    """Check the features of a network that is in training mode and not frozen."""
    network = reference.small()
    network.layer1[0].eval()
    images, labels = reference.images_and_labels(11, probe.generator)
    batches = list(zip(images.split(4), labels.split(4), strict=True))
    want = reference.features(network, images)
    maps, logits = reference.maps(network, images), network.fc(want).detach()
    before, head = reference.backbone(network), network.fc
    modes, hooks = [part.training for part in network.modules()], reference.num_hooks(network)
    given = "features_of(network, batches), batches of 4, 4 and 3 images"
    cause = "the last batch is smaller; what a hook gets is a tuple of inputs; another network has other layer names"
    got = probe.call(features_of, network, batches, tested=given, cause=cause, in_place=True, hint="b")

    probe.expect(
        not reference.moved(before, network),
        "training-mode",
        tested="the running statistics of the network after the call",
        expected="bitwise what they were",
        got=f"{len(reference.moved(before, network))} tensors moved",
        cause="the network was in training mode during the passes; call `network.eval()` before them",
        hint="a",
    )
    if isinstance(got, (list, tuple)) and got and all(isinstance(each, Tensor) for each in got):
        cause = "a list of batches is returned; `torch.cat` joins them, and the labels are not asked for"
        tested = "what features_of returns"
        raise probe.failure("a-list", tested=tested, expected="one tensor", got=got, cause=cause, hint="b")
    probe.close(
        got,
        want,
        "features",
        tested="the features of 11 images in three batches",
        cause="the features are changed after the backbone, or caught in another place than before `network.fc`",
        hint="b",
        atol=1e-5,
        mistakes=[
            Mistake(logits, "logits", "these are the head's outputs; the features are its inputs", "b"),
            Mistake(want[:, :, None, None], "not-flat", "these are maps of one pixel; `fc` gets them flattened", "b"),
            Mistake(maps, "not-pooled", "these are maps, caught before the mean over the pixels", "b"),
            Mistake(want[-3:], "last-batch", "each batch overwrites the one before; collect them in a list", "b"),
            Mistake(want[:8], "short-batch-lost", "the last, smaller batch is left out", "b"),
            Mistake(want[:4], "first-batch", "the function returns within the loop, after one batch", "b"),
            Mistake(want[labels.argsort(stable=True)], "reordered", "the rows are sorted by class", "b"),
        ],
    )
    probe.expect(
        not got.requires_grad,
        "keeps-graph",
        tested="whether the features hang on a graph of gradients",
        expected="no: nothing will go backward through the backbone",
        got="yes, and the graph of every batch stays in memory",
        cause="the passes did not run under `torch.no_grad()`",
        hint="a",
    )
    probe.expect(
        network.fc is head and all(parameter.requires_grad for parameter in network.parameters()),
        "network-changed",
        tested="the head, and which parameters train, after the call",
        expected="as before",
        got="another head" if network.fc is not head else "parameters that were stopped",
        cause="`network.fc` was replaced and not put back, or `requires_grad_(False)` was called here",
        hint="c",
    )
    probe.equal(
        reference.num_hooks(network),
        hooks,
        "hook-left",
        tested="the number of hooks on the network after the call",
        cause="the handle that `register_forward_...` returns was not removed; it goes on collecting for ever",
        hint="c",
    )
    now = zip(network.named_modules(), modes, strict=True)
    left = [name or "the network" for (name, part), mode in now if part.training != mode]
    probe.expect(
        not left,
        "mode-left",
        tested="the mode of every part of the network after the call",
        expected="as before: one part was in evaluation mode, the others in training mode",
        got=f"another mode: {', '.join(left)}",
        cause="`network.eval()` is not taken back part by part; the context `evaluating(network)` does it",
        hint="c",
    )
