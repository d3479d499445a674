"""The check of exercise 08.2: a greedy training, followed step by step."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._answers import values
from resnet_labs.checks._describe import changed, snapshot
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import ModuleState, num_hooks
from resnet_labs.checks.lab08 import reference
from resnet_labs.checks.lab08.layers import Layer, flat, new_layers
from resnet_labs.checks.lab08.watch import Watch

_RATE = 0.02
_LARGE_RATE = 1.0
_KINDS = ("encoder", "decoder")
Batches = list[tuple[Tensor, Tensor]]
Pretrain = Callable[[list[Layer], Batches, int, float], Any]


@check("08.2", "each layer learns the codes of the finished ones below it, and those do not change by a single bit")
def check_pretrain(probe: Probe, pretrain: Pretrain) -> None:
    """Check the weights and losses of stacks of two depths, and what moves while each layer trains."""
    _check_stack(probe, pretrain, *_stack(probe, (6, 5, 4, 3), (4, 3, 1)), 3, _RATE)
    layers, batches = _stack(probe, (4, 6, 5, 3, 4, 3, 2), (3, 2))
    for encoder, _ in layers[:-1]:
        encoder.register_module("1", nn.Tanh())
    _check_stack(probe, pretrain, layers, batches, 2, _RATE)
    while True:  # until a loss rises on the way, and one ends above its lowest
        layers, batches = _stack(probe, (4, 3, 2), (3, 2))
        _, losses = reference.pretrained(layers, batches, 4, _LARGE_RATE)
        means = torch.tensor(losses, dtype=torch.float64).mean(2)
        rises = means[:, 1:] > 1.01 * means[:, :-1]
        if rises[:, :-1].any() and (means[:, -1] > 1.01 * means.amin(1)).any():
            break
    _check_stack(probe, pretrain, layers, batches, 4, _LARGE_RATE)
    _check_no_epochs(probe, pretrain)
    _check_passes(probe, pretrain)
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
    probe: Probe, pretrain: Pretrain, layers: list[Layer], batches: Batches, epochs: int, rate: float
) -> None:
    given_layers, start = list(layers), copy.deepcopy(layers)
    before = snapshot(batches, "batches")
    watch = Watch(layers, epochs * len(batches))
    state = ModuleState(nn.ModuleList([nn.ModuleList(layer) for layer in layers]))
    given = f"pretrain(layers, batches, {epochs}, {rate}), {len(layers)} layers and {len(batches)} batches"
    cause = (
        "an image is flat before the first encoder, and each layer takes what the encoders below it give",
        "a number of pixels, of images or of layers is written down, or taken from the first batch",
        "an iterator such as `iter(batches)` is used up after one epoch: loop over `batches` itself each time",
    )
    histories = probe.call(
        pretrain, layers, batches, epochs, rate, tested=given, cause=cause, in_place=True, anywhere=False, hint="a"
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
        got=f"{len(layers)} layers" if len(layers) != len(given_layers) else "others, or in another order",
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
    _check_weights(probe, given_layers, start, batches, epochs, rate)
    _check_losses(probe, histories, start, batches, epochs, rate)


class _Counted(list[tuple[Tensor, Tensor]]):
    """Batches that count how often they are asked for anew, as those that are shuffled in every pass are."""

    passes = 0

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        self.passes += 1
        return super().__iter__()


def _check_passes(probe: Probe, pretrain: Pretrain) -> None:
    layers, batches = _stack(probe, (4, 3, 2), (2, 2))
    counted = _Counted(batches)
    tested = "how often pretrain goes through the batches, for two layers and three epochs"
    probe.call(pretrain, layers, counted, 3, _RATE, tested=tested, in_place=True, anywhere=False, hint="a")
    probe.expect(
        counted.passes >= 6,
        "kept-batches",
        tested=tested,
        expected="6 times: a loader gives its images in another order, or augmented anew, in each",
        got="once" if counted.passes == 1 else f"{counted.passes} times",
        cause="the batches are read once and kept in a list, or what the encoders give for them",
        hint="a",
    )


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


def _check_below(probe: Probe, watch: Watch, epochs: int) -> None:
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
        got=", ".join(f"layer {number}: {steps}" for number, steps in enumerate(watch.steps, 1)),
        cause=(
            "each layer goes `epochs` times over all batches",
            "a layer's training ends early, such as where its loss rises",
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


def _check_weights(
    probe: Probe, layers: list[Layer], start: list[Layer], batches: Batches, epochs: int, rate: float
) -> None:
    variants = {
        name: reference.pretrained(start, batches, epochs, used, **changes)[0]
        for name, used, changes in (
            ("right", rate, {}),
            ("learning-rate", 1e-3, {}),
            ("decoder-still", rate, {"decoders": False}),
            ("fresh-optimizer", rate, {"fresh_optimizer": True}),
            ("untrained-below", rate, {"untrained_below": True}),
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
                "the weights are put back to those of an earlier epoch",
            ),
            hint="a",
            mistakes=[
                untouched,
                *(Mistake(variants[code][depth], code, *words) for code, words in causes.items()),
            ],
        )


def _check_losses(probe: Probe, histories: Any, start: list[Layer], batches: Batches, epochs: int, rate: float) -> None:
    lengths = (
        [len(history) if isinstance(history, (list, tuple)) else 0 for history in histories]
        if isinstance(histories, (list, tuple))
        else []
    )
    too_long = any(length > epochs for length in lengths)
    probe.equal(
        lengths,
        [epochs] * len(start),
        "histories",
        tested="the lengths of the lists that pretrain returns, one for each layer",
        cause=(
            ("all layers share one list, as by `[[]] * n`", "each step has a number of its own; take the epoch's mean")
            if too_long
            else (
                "it returns a list for each layer, with one number for each epoch",
                "a layer's training ends early, such as where its loss rises",
            )
        ),
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
    _, each = reference.pretrained(start, batches, epochs, rate)
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
