"""The check of exercise 02.2: training steps, compared with torch's own."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import num_hooks
from resnet_labs.checks.lab02 import reference
from resnet_labs.checks.lab02.other_steps import check_other_steps

_NOT_CLEARED_FIRST = (
    "gradients from before the step move the weights; `optimizer.zero_grad()` comes before `loss.backward()`"
)
_NOT_CLEARED = "the gradients of the first step are still there in the second; `optimizer.zero_grad()` is missing"
_PARTLY_CLEARED = "only some gradients are cleared; `optimizer.zero_grad()` clears those of all parameter groups"
_NO_GRADIENT = "a parameter's `.grad` is None before the first `backward`; `optimizer.zero_grad()` allows for that"
_SQUEEZED = "a batch of one lost its axis, as by `squeeze()`"
_MOVED = (
    "the gradients were clipped or scaled in the first step",
    "something besides `optimizer.step()` changed the weights",
)
_LOSS = (
    "the loss is another one than `F.cross_entropy(logits, labels)`, such as the logarithm of a softmax plus 1e-6",
    "the mean is over another number than the images of this batch",
    "images or labels are changed before the pass; use them as they come",
    "batch norm sees something else than this batch: it is run in parts, or not in training mode",
)
_STALE = (
    "`optimizer.step()` comes before `backward`",
    "the second step is left out, such as where its loss is small",
)
_SECOND_LOSS = (
    "the mean is over another number than the images of this batch, such as those of the first",
    "a part of the network is in evaluation mode: `network.train()` reaches every part, in every step",
    "a small batch is left out, or changed before the pass",
)
_ORDER = (
    "the order is clear, forward, backward, step; each happens once",
    "gradients are changed between `backward` and the step, which nobody asked for",
)
TrainStep = Callable[[nn.Module, Tensor, Tensor, torch.optim.Optimizer], float]


@check("02.2", "each step clears the old gradients, goes down the mean cross-entropy, and returns the loss as a number")
def check_train_step(probe: Probe, train_step: TrainStep) -> None:
    """Check steps on batches of unlike sizes, one without the last class, one of a single image; and a frozen layer."""
    for num_classes, last in ((3, None), (probe.random.randint(4, 6), 1)):
        batches = _batches(probe, num_classes, last)
        start = reference.start(num_classes, probe.generator)
        _check_steps(probe, train_step, start, batches, left_over=num_classes > 3)
    check_other_steps(probe, train_step, start, batches[0])
    _check_released(probe, train_step, start, batches[0])


def _batches(probe: Probe, num_classes: int, last: int | None) -> list[tuple[Tensor, Tensor]]:
    """Return two batches of unlike sizes, the second of `last` images if that is given; it lacks the last class."""
    first, second = probe.random.choice(((6, 4), (7, 5), (8, 5)))
    sizes = (first, last or second)
    return [
        (
            3 * torch.randn(size, 1, 4, 4, generator=probe.generator, dtype=torch.float64) + 1,
            torch.arange(size) % (num_classes - number),
        )
        for number, size in enumerate(sizes)
    ]


def _check_steps(
    probe: Probe,
    train_step: TrainStep,
    start: dict[str, Tensor],
    batches: list[tuple[Tensor, Tensor]],
    *,
    left_over: bool,
) -> None:
    network = reference.network(start)
    network.eval()
    left = None
    if left_over:
        left = [torch.randn(each.shape, generator=probe.generator).to(each) for each in network.parameters()]
        for parameter, gradient in zip(network.parameters(), left, strict=True):
            parameter.grad = gradient.clone()
    convolution, *rest = network.parameters()
    optimizer = torch.optim.SGD([{"params": [convolution]}, {"params": rest}], lr=0.5)
    settings = _settings(optimizer)
    walked = reference.walk(start, batches)
    num_classes = network[-1].out_features
    for number, (images, labels) in enumerate(batches):
        which = "first" if number == 0 else "second"
        if number:
            network[1].eval()  # a step puts every part into training mode
        pixels, classes = images.clone(), labels.clone()
        on_track = torch.allclose(reference.flat(network), reference.walk(start, batches[:number]).weights)
        given = f"the {which} step, a batch of {len(images)} image{'s' * (len(images) > 1)}, {num_classes} classes"
        got = probe.call(
            train_step,
            network,
            images,
            labels,
            optimizer,
            tested=given,
            cause=(
                f"a number of classes is written down, or taken from the labels: here are {num_classes}"
                + (", and the batch lacks the last" if number else ""),
                "the weights changed between the forward pass and `loss.backward()`; step after it",
                *([_NO_GRADIENT] if number == 0 else [_SQUEEZED] if len(images) == 1 else []),
            ),
            in_place=True,
            hint="a",
        )
        probe.kept(images, pixels, "images", tested=given, hint="a")
        probe.kept(labels, classes, "labels", tested=given, hint="a")
        probe.expect(
            not isinstance(got, Tensor),
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
        if number == 0:
            _check_moved(probe, network, start)
            _check_cleared(probe, network, start, batches[:1], left)
        probe.close(
            got,
            walked.losses[number],
            "loss",
            tested=f"the loss of {given}, in float64",
            cause=_LOSS if number == 0 else _SECOND_LOSS if on_track else _MOVED,
            hint="a" if on_track else "b",
            mistakes=reference.loss_mistakes(start, batches) if number == 0 else [],
            rtol=1e-6,
        )
    _check_weights(probe, network, optimizer, start, batches, settings)


def _check_moved(probe: Probe, network: nn.Module, start: dict[str, Tensor]) -> None:
    if not torch.equal(reference.flat(network), reference.flat(reference.network(start))):
        return
    there = any(parameter.grad is not None and bool(parameter.grad.any()) for parameter in network.parameters())
    raise probe.failure(
        "no-step" if there else "no-backward",
        tested="the weights after a step",
        expected="they have moved",
        got=f"as before, {'with' if there else 'without'} gradients",
        cause=("`optimizer.step()` is missing", "it comes before `loss.backward()`")
        if there
        else ("`loss.backward()` is missing", "the gradients are cleared after it and before the step"),
        hint="b",
    )


def _check_cleared(
    probe: Probe,
    network: nn.Module,
    start: dict[str, Tensor],
    batches: list[tuple[Tensor, Tensor]],
    left: list[Tensor] | None,
) -> None:
    if left is None:
        return
    uncleared = reference.walk(start, batches, clear=False, left=left).weights
    probe.expect(
        not torch.allclose(reference.flat(network), uncleared),
        "not-cleared",
        tested="the weights after the first step, where the parameters had gradients before it",
        expected="the old gradients have no effect",
        got="they were added to the new ones",
        cause=_NOT_CLEARED_FIRST,
        hint="b",
    )


def _check_weights(
    probe: Probe,
    network: nn.Sequential,
    optimizer: torch.optim.Optimizer,
    start: dict[str, Tensor],
    batches: list[tuple[Tensor, Tensor]],
    settings: Any,
) -> None:
    walked = reference.walk(start, batches)
    first = [number == 0 for number, _ in enumerate(network.parameters())]  # the optimizer's first group
    probe.expect(
        _settings(optimizer) == settings,
        "optimizer-changed",
        tested="the optimizer's settings after two steps, such as its learning rate",
        expected=settings[0],
        got=_settings(optimizer)[0],
        cause="`optimizer.param_groups` was changed",
        hint="b",
    )
    probe.close(
        reference.flat(network),
        walked.weights,
        "weights",
        tested="the weights after two steps",
        cause=_ORDER,
        hint="b",
        mistakes=[
            Mistake(reference.walk(start, batches, clear=False).weights, "not-cleared", _NOT_CLEARED, "b"),
            *(
                Mistake(reference.walk(start, batches, clear=some).weights, "not-cleared", _PARTLY_CLEARED, "b")
                for some in (first, [not each for each in first])
            ),
            Mistake(reference.stale(start, batches), "stale-step", _STALE, "b"),
        ],
    )
    probe.close(
        reference.statistics(network),
        walked.statistics,
        "statistics",
        tested="the running statistics of the batch norm after two steps",
        cause=(
            "the network runs more than once in a step, and each pass in training mode moves them",
            "a part of the network is in evaluation mode",
        ),
        hint="a",
    )
    probe.equal(
        num_hooks(network),
        0,
        "hooks",
        tested="the number of hooks on the network after two steps",
        cause="the step registers a hook and leaves it there, so it runs in every later pass",
        hint="b",
    )


def _check_released(
    probe: Probe, train_step: TrainStep, start: dict[str, Tensor], batch: tuple[Tensor, Tensor]
) -> None:
    """A frozen layer stays frozen, and nothing keeps the network once its names are gone."""
    network = reference.network(start)
    network[0].requires_grad_(False)
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.5)
    try:
        train_step(network, *batch, optimizer)
    except RuntimeError:  # a step that takes every gradient by hand knows no frozen layer
        return
    probe.expect(
        not next(network.parameters()).requires_grad,
        "thawed",
        tested="`requires_grad` of a layer that was frozen before a step",
        expected="False, as before",
        got="True",
        cause="the step switches `requires_grad` on; it trains what it is given to train",
        hint="b",
    )
    weight = weakref.ref(network[-1].weight)
    del network, optimizer
    gc.collect()
    probe.expect(
        weight() is None,
        "leak",
        tested="whether the network's memory is free after a step, when no name of ours is left",
        expected="yes",
        got="no: something still holds its weights",
        cause="a loss tensor, and with it the graph of its step, is kept in a list or a global name; keep `.item()`",
        hint="c",
    )


def _settings(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
