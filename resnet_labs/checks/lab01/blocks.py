"""What the checks of both blocks share: structure, values and input gradients are compared with the reference."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe
from resnet_labs.checks._failure import Cause
from resnet_labs.checks._module_state import ModuleState
from resnet_labs.checks.lab01 import reference
from resnet_labs.checks.lab01.passes import check_half, check_misfit, check_statistics, check_wide
from resnet_labs.checks.lab01.structure import Geometries, check_made, check_structure

# code -> the likeliest cause, and the hint
_MISTAKES: dict[str, tuple[Cause, str]] = {
    "no-skip": (("the shortcut is never added", "it is added in the other mode only, training or evaluation"), "b"),
    "ignores-shortcut": ("`x` is added as it is; add what `shortcut(x)` gives", "b"),
    "multiplied": ("the two paths are multiplied; they should be added", "b"),
    "averaged": ("the two paths are averaged; they should be added, without dividing", "b"),
    "concatenated": ("the two paths are concatenated; they should be added, number by number", "b"),
    "norm-after-sum": ("the last batch norm comes after the addition; it belongs before it", "c"),
    "relu-before-add": ("the last ReLU comes before the addition; it comes after", "c"),
    "relu-before-and-after": ("there is a ReLU between the last batch norm and the sum; none belongs there", "c"),
    "no-final-relu": ("the ReLU after the addition is missing", "c"),
    "leaky": ("outputs are a little negative: a leaky ReLU, where the block has a plain one", "c"),
    "no-relu-between": ("a ReLU between the convolutions is missing", "c"),
    "no-relu-1": ("the ReLU after the first batch norm is missing", "c"),
    "no-relu-2": ("the ReLU after the second batch norm is missing", "c"),
    "plain-has-skip": ("with `shortcut=None` something is still added", "b"),
}
_PLAIN_RELU = "the last ReLU is missing where `shortcut` is `None`; a plain block has it too"
_WITHOUT = ("no-relu-between", "no-relu-1", "no-relu-2", "no-final-relu", "leaky", "plain-has-skip")
_WITH = tuple(name for name in _MISTAKES if name != "plain-has-skip")
_DETACHED = "the shortcut is cut out of the graph: `.detach()`, `.data` or `torch.no_grad()`"
_EMPTY = "`if self.shortcut:` is false for an empty `nn.Sequential`, which passes its input on; ask `is not None`"
_LAST = (
    "the order is not convolution, batch norm, ReLU, with the sum after the last batch norm and a ReLU after the sum",
    "an activation is not a plain ReLU, such as ReLU6 or LeakyReLU, or a layer was changed after it was made",
    "something is kept from an earlier pass, such as what the shortcut gave; compute it in every pass",
    "a part runs in another mode than the block",
)
_MODE = "`forward` calls `train()` or `eval()`; the mode is for the caller to set"


def compare_blocks(probe: Probe, make: Any, geometries: Geometries, *, expansion: int) -> None:
    """Ask a block class for blocks; compare each with the reference, in evaluation and in training mode."""
    probe.equal(
        getattr(make, "expansion", expansion),
        expansion,
        "expansion",
        tested="the attribute `expansion` of the block",
        cause="networks read from it how many channels a block gives: `width * expansion`",
        hint="a",
    )
    for width, in_channels, stride, kind in _cases(probe, expansion):
        shortcut = _shortcut(kind, in_channels, width * expansion, stride)
        arguments = f"{in_channels}, {width}, {stride}, shortcut"
        given = f"{getattr(make, '__name__', 'block')}({arguments}), shortcut: {kind}"
        untouched, state = copy.deepcopy(shortcut), ModuleState(shortcut) if shortcut else None
        block = probe.call(
            make, in_channels, width, stride, shortcut, tested=given, in_place=True, makes=True, hint="a"
        )
        check_made(probe, block, shortcut, given)
        if state:
            aspects = ("parts", "modes", "requires_grad")
            probe.unchanged(state, tested=given, hint="b", what="the shortcut", aspects=aspects)
        block = block.double()
        reference.randomise_(block, probe.generator)
        x = torch.randn(4, in_channels, 7, 6, dtype=torch.float64, generator=probe.generator)
        expected = geometries(in_channels, width, stride)
        convs, norms = check_structure(probe, block, x, shortcut, expected, given)
        twin = reference.Twin(convs, norms, untouched, expected)
        for training in (False, True, False):
            if untouched is not None and shortcut is not None:
                untouched.load_state_dict(shortcut.state_dict())
            _values(probe, block, x, twin, training, given, empty=kind == "an empty nn.Sequential")
        _one_image(probe, block, 100 * x[:1], twin, given)  # far from 0, where a ReLU6 is another
        if shortcut is not None:
            _shortcut_runs(probe, block, shortcut, x, given)
        check_statistics(probe, block, norms, x, given)
        check_half(probe, block, x, given)
    check_wide(probe, make, geometries, expansion=expansion)
    check_misfit(probe, make, expansion=expansion)


def _cases(probe: Probe, expansion: int) -> Iterator[tuple[int, int, int, str]]:
    """Yield width, input channels, stride and shortcut: strides and changes of channels in every combination."""
    for stride, changes, kind in (
        (1, False, "projection"),
        (1, False, "identity"),
        (1, False, "an empty nn.Sequential"),
        (2, True, "projection"),
        (2, False, "projection"),
        (1, True, "projection"),
        (3, True, "projection"),
        (2, True, "a layer without parameters"),
        (1, False, "None"),
        (2, True, "None"),
        (probe.random.choice((2, 3)), False, "None"),
    ):
        width = probe.random.randint(2, 4)
        same = width * expansion
        yield width, same + probe.random.randint(1, 3) + expansion if changes else same, stride, kind


def _shortcut(kind: str, in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
    if kind == "None":
        return None
    if kind == "identity":
        return nn.Identity()
    if kind == "projection":
        return reference.projection(in_channels, out_channels, stride).double()
    if kind == "a layer without parameters":
        return reference.Padded(out_channels, stride)
    return nn.Sequential()


def _values(
    probe: Probe, block: nn.Module, x: Tensor, twin: reference.Twin, training: bool, given: str, *, empty: bool
) -> None:
    tested = f"{given}, in {'training' if training else 'evaluation'} mode"
    plain = twin.shortcut is None
    names = _WITHOUT if plain else _WITH
    block.train(training)
    with torch.no_grad():
        want = twin.output(x, training=training)
        mistakes = [
            Mistake(value, name, *_MISTAKES[name])
            for name in names
            if (value := _or_none(twin, x, training, name)) is not None
        ]
    if empty:
        mistakes = [
            Mistake(it.value, "truthy-shortcut", _EMPTY, "b") if it.code == "no-skip" else it for it in mistakes
        ]
    if plain:  # blocks with a shortcut come first: theirs is right
        mistakes = [
            Mistake(it.value, it.code, _PLAIN_RELU, it.hint) if it.code == "no-final-relu" else it for it in mistakes
        ]
    cause = "with `shortcut=None` nothing is added; test for it before you call the shortcut" if plain else ""
    got = probe.call(block, x, tested=f"block(x) with block = {tested}", cause=cause, hint="b")
    switched = any(part.training != training for part in block.modules())
    probe.close(
        got,
        want,
        "values",
        tested=f"the outputs of {tested}, in float64",
        cause=_MODE if switched else _LAST,
        hint="c",
        mistakes=mistakes,
    )
    probe.expect(
        got.dtype == x.dtype,
        "dtype",
        tested=f"the type of the outputs of {tested}",
        expected="float64, the type of the input",
        got=str(got.dtype).removeprefix("torch."),
        cause="a type is written into `forward`, such as `.float()`; the block's values have its input's type",
        hint="c",
    )
    weights = torch.randn(want.shape, dtype=torch.float64, generator=probe.generator)

    def right(x: Tensor, how: str = "right") -> Tensor:
        return twin.output(x, training=training, how=how)

    gradient = reference.input_gradient(block, x, weights)
    probe.expect(
        gradient is not None,
        "no-gradient",
        tested=f"the gradient at the input of {tested}",
        expected="a gradient",
        got="none: the output is not part of a graph",
        cause="`.detach()`, `.data` or `torch.no_grad()` in `forward`",
        hint="b",
    )
    detached = reference.input_gradient(partial(right, how="detached"), x, weights)
    probe.close(
        gradient,
        reference.input_gradient(right, x, weights),  # type: ignore[arg-type]
        "gradient",
        tested=f"the gradient at the input of {tested}, in float64",
        cause="a part of the block is cut out of the graph",
        hint="b",
        mistakes=[] if plain else [Mistake(detached, "detached", _DETACHED, "b")],
    )


def _one_image(probe: Probe, block: nn.Module, x: Tensor, twin: reference.Twin, given: str) -> None:
    tested = f"{given}, in evaluation mode, on one image"
    with torch.no_grad():
        want = twin.output(x, training=False)
    probe.close(
        probe.call(block.eval(), x, tested=tested, hint="c"),
        want,
        "one-image",
        tested=f"the outputs of {tested}",
        cause=(
            "the block does something else with a batch of one, such as `squeeze()`",
            "an activation is not a plain ReLU, such as ReLU6: this image is 100 times as bright as the others",
        ),
        hint="c",
    )


def _shortcut_runs(probe: Probe, block: nn.Module, shortcut: nn.Module, x: Tensor, given: str) -> None:
    """The shortcut keeps its mode and runs once: a second pass would move its running statistics again."""
    runs: list[bool] = []
    hook = shortcut.register_forward_hook(lambda *_: runs.append(shortcut.training))
    block.train()
    modes = [part.training for part in shortcut.modules()]
    probe.call(block, x, tested=f"{given}, in training mode", hint="b")
    hook.remove()
    probe.expect(
        all(modes) and runs == [True],
        "shortcut-runs",
        tested=f"how the shortcut of {given} runs in one pass of the block in training mode",
        expected="once, in training mode",
        got=f"{len(runs)} times{'' if all(runs) and all(modes) else ', in evaluation mode'}",
        cause=(
            "`forward` calls the shortcut more than once, and each call moves its running statistics"
            if len(runs) > 1
            else "the block puts its shortcut into another mode, or calls it in another way than `self.shortcut(x)`"
        ),
        hint="b",
    )


def _or_none(twin: reference.Twin, x: Tensor, training: bool, how: str) -> Tensor | None:
    """Return what the mistake gives, None where its shapes do not fit."""
    try:
        return twin.output(x, training=training, how=how)
    except RuntimeError:
        return None
