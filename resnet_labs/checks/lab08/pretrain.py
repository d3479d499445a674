"""The check of exercise 08.2: a greedy training, followed step by step."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab08 import reference
from resnet_labs.checks.lab08.layers import Layer, flat, new_layers

_EPOCHS, _RATE = 3, 0.02


class _Watch:
    """What happens below a layer while it trains; a layer counts as training when its decoder runs.

    Attributes:
        steps: how often each layer's decoder ran.
        early: (layer, layer below, its steps so far), where a layer began before the one below had finished.
        moved: (layer, layer below), where the layer below changed.
        traced: a layer whose input led back to the layers below.
    """

    def __init__(self, layers: Sequence[Layer], num_steps: int) -> None:
        self.layers, self.num_steps = layers, num_steps
        self.steps = [0] * len(layers)
        self.below: dict[int, list[Tensor]] = {}
        self.inputs: dict[int, Any] = {}
        self.early: tuple[int, int, int] | None = None
        self.moved: tuple[int, int] | None = None
        self.traced: int | None = None
        self.hooks = [
            hook
            for depth, (encoder, decoder) in enumerate(layers)
            for hook in (
                encoder.register_forward_pre_hook(partial(self._encodes, depth)),
                decoder.register_forward_pre_hook(partial(self._trains, depth)),
            )
        ]

    def _encodes(self, depth: int, module: nn.Module, given: tuple[Any, ...]) -> None:
        self.inputs[depth] = given[0] if given else None

    def _trains(self, depth: int, module: nn.Module, given: tuple[Any, ...]) -> None:
        now = [flat(*layer) for layer in self.layers[:depth]]
        if depth not in self.below:
            self.below[depth] = now
            unfinished = [below for below in range(depth) if self.steps[below] < self.num_steps]
            if unfinished and self.early is None:
                self.early = (depth + 1, unfinished[0] + 1, self.steps[unfinished[0]])
        changed = [
            below for below, (a, b) in enumerate(zip(self.below[depth], now, strict=True)) if not torch.equal(a, b)
        ]
        if changed and self.moved is None:
            self.moved = (depth + 1, changed[0] + 1)
        if depth and getattr(self.inputs.get(depth), "requires_grad", False) and self.traced is None:
            self.traced = depth + 1
        self.steps[depth] += 1

    def stop(self) -> None:
        for hook in self.hooks:
            hook.remove()


@check("08.2", "each layer learns the codes of the finished ones below it, and those do not change by a single bit")
def check_pretrain(
    probe: Probe, pretrain: Callable[[list[Layer], list[tuple[Tensor, Tensor]], int, float], Any]
) -> None:
    """Check the weights and losses of three layers, and what moves while each of them trains."""
    layers = new_layers((6, 5, 4, 3))
    with torch.no_grad():  # so that a layer's codes are not all zero
        for encoder, _ in layers:
            encoder[0].bias.add_(0.3)  # type: ignore[index]
    start = copy.deepcopy(layers)
    batches = [
        (torch.rand(4, 1, 2, 3, generator=probe.generator, dtype=torch.float64), torch.zeros(4, dtype=torch.int64))
        for _ in range(3)
    ]
    watch = _Watch(layers, _EPOCHS * len(batches))
    given = f"pretrain(layers, batches, {_EPOCHS}, {_RATE}), three layers and three batches"
    cause = "an image is flat before the first encoder, and each layer takes what the encoders below it give"
    histories = probe.call(
        pretrain, layers, batches, _EPOCHS, _RATE, tested=given, cause=cause, in_place=True, hint="a"
    )
    watch.stop()
    _check_below(probe, watch)
    _check_weights(probe, layers, start, batches)
    _check_losses(probe, histories, start, batches)


def _check_below(probe: Probe, watch: _Watch) -> None:
    early = watch.early
    few = early is not None and watch.steps[early[1] - 1] < watch.num_steps
    probe.expect(
        not few,
        "too-few-steps",
        tested="how many steps each layer takes",
        expected=f"{watch.num_steps}: {_EPOCHS} epochs of {watch.num_steps // _EPOCHS} batches",
        got=", ".join(f"layer {number} {steps}" for number, steps in enumerate(watch.steps, 1)),
        cause="each layer goes `epochs` times over all batches",
        hint="a",
    )
    probe.expect(
        early is None,
        "interleaved",
        tested="when a layer begins to train",
        expected=f"after all {watch.num_steps} steps of each layer below it",
        got=f"layer {early[0]} begins after {early[2]} steps of layer {early[1]}" if early else "",
        cause="the loop over the epochs is outside the loop over the layers",
        hint="a",
    )
    moved = watch.moved
    probe.expect(
        moved is None,
        "moved",
        tested="the layers below one that trains",
        expected="they do not change by a single bit",
        got=f"layer {moved[1]} changes while layer {moved[0]} trains" if moved else "",
        cause="the optimizer holds their parameters too",
        hint="b",
    )
    probe.expect(
        watch.traced is None,
        "gradients-below",
        tested="what a layer gets from the encoders below it",
        expected="values without a graph: no gradient is computed below",
        got=f"the input of layer {watch.traced} leads back to the layers below",
        cause="`with torch.no_grad():` is missing around the encoders below",
        hint="b",
    )


def _check_weights(probe: Probe, layers: list[Layer], start: list[Layer], batches: list[tuple[Tensor, Tensor]]) -> None:
    variants = {
        name: reference.pretrained(start, batches, _EPOCHS, rate, **changes)[0]
        for name, rate, changes in (
            ("right", _RATE, {}),
            ("learning-rate", 1e-3, {}),
            ("decoder-still", _RATE, {"decoders": False}),
            ("fresh-optimizer", _RATE, {"fresh_optimizer": True}),
            ("untrained-below", _RATE, {"untrained_below": True}),
        )
    }
    causes = {
        "learning-rate": ("`learning_rate` is not used: this is Adam's own 0.001", "b"),
        "decoder-still": ("the optimizer lacks the decoder's parameters", "b"),
        "fresh-optimizer": ("a new optimizer is made in each epoch, which forgets its moments", "c"),
        "untrained-below": ("it learned the codes that the layers below gave before they were trained", "a"),
    }
    for depth, layer in enumerate(layers):
        untouched = Mistake(flat(*start[depth]), "untrained", "this layer never trains", "a")
        probe.close(
            flat(*layer),
            variants["right"][depth],
            "weights",
            tested=f"the weights of layer {depth + 1} (encoder, decoder) after {_EPOCHS} epochs of Adam, in float64",
            cause="its input or target is not what the trained encoders below give, or the optimizer is not Adam",
            hint="a",
            mistakes=[
                untouched,
                *(Mistake(variants[code][depth], code, *words) for code, words in causes.items()),
            ],
        )


def _check_losses(probe: Probe, histories: Any, start: list[Layer], batches: list[tuple[Tensor, Tensor]]) -> None:
    sizes = (
        [len(history) if isinstance(history, (list, tuple)) else 0 for history in histories]
        if isinstance(histories, (list, tuple))
        else []
    )
    probe.equal(
        sizes,
        [_EPOCHS] * len(start),
        "histories",
        tested="the lengths of the lists that pretrain returns, one for each layer",
        cause="it returns a list for each layer, with one number for each epoch",
        hint="c",
    )
    want = torch.tensor(reference.pretrained(start, batches, _EPOCHS, _RATE)[1], dtype=torch.float64)
    got = torch.tensor([[float(loss) for loss in history] for history in histories], dtype=torch.float64)
    probe.close(
        got,
        want,
        "losses",
        tested="the mean step loss of each layer (row) and epoch (column)",
        cause="a number other than the mean of the losses that the steps of that epoch returned",
        hint="c",
        mistakes=[Mistake(want * len(batches), "sum", "the step losses are summed, not averaged", "c")],
    )
