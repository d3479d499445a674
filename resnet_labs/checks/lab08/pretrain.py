"""The check of exercise 08.2: a greedy training, followed step by step."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._answers import values
from resnet_labs.checks._describe import changed, snapshot
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import ModuleState, num_hooks
from resnet_labs.checks.lab08 import reference
from resnet_labs.checks.lab08.layers import Layer, flat, new_layers

_RATE = 0.02
_KINDS = ("encoder", "decoder")
Batches = list[tuple[Tensor, Tensor]]
Pretrain = Callable[[list[Layer], Batches, int, float], Any]


class _Watch:
    """What happens below a layer while it trains; a layer counts as training when its decoder runs.

    Attributes:
        steps: how often each layer's decoder ran.
        early: (layer, layer below, its steps so far), where a layer began before the one below had finished.
        moved: (layer, layer below), where the layer below changed.
        traced: a layer whose input led back to the layers below.
        redrawn: a layer whose weights were others when it first ran.
    """

    def __init__(self, layers: Sequence[Layer], num_steps: int) -> None:
        self.layers, self.num_steps = tuple(layers), num_steps
        self.start = [flat(*layer) for layer in layers]
        self.redrawn: int | None = None
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
        if depth not in self.inputs and not torch.equal(flat(*self.layers[depth]), self.start[depth]):
            self.redrawn = self.redrawn or depth + 1
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
def check_pretrain(probe: Probe, pretrain: Pretrain) -> None:
    """Check the weights and losses of stacks of two depths, and what moves while each layer trains."""
    for sizes, num_images, epochs in (((6, 5, 4, 3), (4, 3, 1), 3), ((4, 6, 5, 3, 4, 3), (3, 2), 2)):
        _check_stack(probe, pretrain, sizes, num_images, epochs)
    _check_no_epochs(probe, pretrain)
    layers, batches = _stack(probe, (4, 3, 2), (2, 3))  # without the hooks of a watch, to be repeated on other devices
    probe.call(pretrain, layers, batches, 1, _RATE, in_place=True, hint="a")


def _stack(probe: Probe, sizes: Sequence[int], num_images: Sequence[int]) -> tuple[list[Layer], Batches]:
    """Return layers whose codes are not all zero, and batches of images of two rows of pixels."""
    layers = new_layers(sizes)
    with torch.no_grad():
        for encoder, _ in layers:
            encoder[0].bias.add_(0.3)  # type: ignore[index]
    made = [
        torch.randn(size, 1, 2, sizes[0] // 2, generator=probe.generator, dtype=torch.float64) for size in num_images
    ]
    return layers, [(0.5 + 0.7 * images, torch.zeros(len(images), dtype=torch.int64)) for images in made]


def _check_stack(
    probe: Probe, pretrain: Pretrain, sizes: Sequence[int], num_images: Sequence[int], epochs: int
) -> None:
    layers, batches = _stack(probe, sizes, num_images)
    given_layers, start = list(layers), copy.deepcopy(layers)
    before = snapshot(batches, "batches")
    watch = _Watch(layers, epochs * len(batches))
    state = ModuleState(nn.ModuleList([nn.ModuleList(layer) for layer in layers]))
    given = f"pretrain(layers, batches, {epochs}, {_RATE}), {len(layers)} layers and {len(batches)} batches"
    cause = (
        "an image is flat before the first encoder, and each layer takes what the encoders below it give",
        "a number of pixels, of images or of layers is written down",
    )
    histories = probe.call(
        pretrain, layers, batches, epochs, _RATE, tested=given, cause=cause, in_place=True, anywhere=False, hint="a"
    )
    watch.stop()
    changed_path = changed(before, batches, "batches")
    probe.expect(
        changed_path is None,
        "changes-input",
        tested=f"the batches after {given}",
        expected="as they were",
        got=f"{changed_path} was changed",
        cause="an in-place operation on the images, such as `clamp_`",
        hint="a",
    )
    probe.expect(
        len(layers) == len(given_layers) and all(now is then for now, then in zip(layers, given_layers, strict=True)),
        "changes-list",
        tested=f"the list of layers after {given}",
        expected="the same layers, in the same order",
        got=f"{len(layers)} layers, or others",
        cause="`pop`, `append`, `clear` or an assignment changes the list that was given",
        hint="a",
    )
    for name, part in (
        (f"{kind} {n}", part) for n, layer in enumerate(layers, 1) for kind, part in zip(_KINDS, layer, strict=True)
    ):
        probe.expect(
            num_hooks(part) == 0,
            "hooks",
            tested=f"hooks of {name} after {given}",
            expected="none, as before",
            got=f"{num_hooks(part)}",
            cause="a hook was registered and not removed",
            hint="b",
        )
    probe.unchanged(state, tested=given, hint="a", aspects=("parts",), what="the layers")
    _check_below(probe, watch, epochs)
    _check_weights(probe, given_layers, start, batches, epochs)
    _check_losses(probe, histories, start, batches, epochs)


def _check_no_epochs(probe: Probe, pretrain: Pretrain) -> None:
    """Without an epoch no weight moves; what is returned then, or an error, is not judged."""
    layers, batches = _stack(probe, (4, 3, 2), (2, 2))
    before = flat(*(part for layer in layers for part in layer))
    try:
        pretrain(layers, batches, 0, _RATE)
    except Exception:
        return
    probe.expect(
        torch.equal(before, flat(*(part for layer in layers for part in layer))),
        "no-epochs",
        tested=f"the weights after pretrain(layers, batches, 0, {_RATE})",
        expected="as they were: with 0 epochs there is no pass over the batches",
        got="they moved",
        cause="the first pass happens whatever `epochs` is",
        hint="a",
    )


def _check_below(probe: Probe, watch: _Watch, epochs: int) -> None:
    probe.expect(
        watch.redrawn is None,
        "redrawn",
        tested="the weights of a layer when it first runs",
        expected="those that it was given with",
        got=f"layer {watch.redrawn} has others",
        cause=(
            "weights are drawn anew or set before the training",
            "the layer is trained in a way that does not call its encoder or decoder",
        ),
        hint="a",
    )
    early = watch.early
    few = early is not None and watch.steps[early[1] - 1] < watch.num_steps
    probe.expect(
        not few,
        "too-few-steps",
        tested="how many steps each layer takes",
        expected=f"{watch.num_steps}: {epochs} epochs of {watch.num_steps // epochs} batches",
        got=", ".join(f"layer {number} {steps}" for number, steps in enumerate(watch.steps, 1)),
        cause=(
            "each layer goes `epochs` times over all batches",
            "a number of layers is written down",
        ),
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


def _check_weights(probe: Probe, layers: list[Layer], start: list[Layer], batches: Batches, epochs: int) -> None:
    variants = {
        name: reference.pretrained(start, batches, epochs, rate, **changes)[0]
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
            tested=f"the weights of layer {depth + 1} (encoder, decoder) after {epochs} epochs of Adam, in float64",
            cause=(
                "its input or target is not what the trained encoders below give, all of them",
                "the optimizer is not Adam with its defaults and `lr=learning_rate`",
                "a step is left out, or there is one too many",
            ),
            hint="a",
            mistakes=[
                untouched,
                *(Mistake(variants[code][depth], code, *words) for code, words in causes.items()),
            ],
        )


def _check_losses(probe: Probe, histories: Any, start: list[Layer], batches: Batches, epochs: int) -> None:
    lengths = (
        [len(history) if isinstance(history, (list, tuple)) else 0 for history in histories]
        if isinstance(histories, (list, tuple))
        else []
    )
    probe.equal(
        lengths,
        [epochs] * len(start),
        "histories",
        tested="the lengths of the lists that pretrain returns, one for each layer",
        cause="it returns a list for each layer, with one number for each epoch",
        hint="c",
    )
    strange = [loss for history in histories for loss in history if (one := values(loss)) is None or one.numel() != 1]
    probe.expect(
        not strange,
        "not-numbers",
        tested="what pretrain returns for each layer and epoch",
        expected="one number: the mean of the step losses",
        got=strange[0] if strange else "",
        cause="a list of the step losses is returned in place of their mean",
        hint="c",
    )
    _, each = reference.pretrained(start, batches, epochs, _RATE)
    steps = torch.tensor(each, dtype=torch.float64)
    want = steps.mean(2)
    sizes = torch.tensor([float(len(images)) for images, _ in batches], dtype=torch.float64)
    got = torch.tensor([[float(loss) for loss in history] for history in histories], dtype=torch.float64)
    probe.close(
        got,
        want,
        "losses",
        tested="the mean step loss of each layer (row) and epoch (column)",
        cause="a number other than the mean of the losses that the steps of that epoch returned",
        hint="c",
        mistakes=[
            Mistake(want * len(batches), "sum", "the step losses are summed, not averaged", "c"),
            Mistake(steps[..., -1], "last-step", "this is the loss of the last step of each epoch", "c"),
            Mistake(steps[..., 0], "first-step", "this is the loss of the first step of each epoch", "c"),
            Mistake(steps @ sizes / sizes.sum(), "weighted", "the step losses are weighted by the batch sizes", "c"),
        ],
    )
