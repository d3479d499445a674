"""The check of exercise 01.4: which blocks are made, with which shortcuts, and what they give together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks._module_state import shared_parameters
from resnet_labs.checks._values import same_bits
from resnet_labs.checks.lab01 import reference
from resnet_labs.checks.lab01.structure import check_trains

_IDENTITY = "the shape changes here: channels can differ where the stride is 1, and the size where channels agree"
_COMPARED = "the output channels that you compare with are not `width * block.expansion`"
_IDENTITY_PLAIN = "with `change_shape=None` no block has a shortcut, also where the shape stays"


@check("01.4", "every block has the channels, the stride and the shortcut of the paper's, and they run in turn")
def check_stages(probe: Probe, make_stages: Callable[..., nn.Module]) -> None:
    """Check the stages block by block, then by value: widths that grow, stay and shrink, and one to five stages."""
    low, high = probe.random.randint(2, 4), probe.random.randint(5, 8)
    for expansion, num_blocks, widths, plain in (
        (1, (2, 1, 3), (low, high, high + 1), False),
        (4, [2, 3], [2, 3], False),
        (1, (1, 2, 2), (low, low, low), False),
        (2, (1, 1, 2), (high, low, low), False),
        (1, (1, 1, 2, 1, 1), (2, 3, 4, 5, 6), False),
        (4, (probe.random.randint(1, 3),), (low,), False),
        (1, (1, 2), (low, high), True),
    ):
        spy = reference.Spy(expansion)
        change = None if plain else spy.change_shape
        given = f"make_stages({spy.block.__name__}, {num_blocks}, {widths}, {'None' if plain else 'change_shape'})"
        none = "with `change_shape=None` no block has a shortcut; test for it before you call it" if plain else ""
        made = probe.call(
            make_stages, spy.block, num_blocks, widths, change, tested=given, cause=none, makes=True, hint="a"
        )
        probe.expect(
            isinstance(made, nn.Module) and any(isinstance(module, spy.block) for module in made.modules()),
            "not-a-module",
            tested=f"what {given} returns",
            expected="an `nn.Sequential` that holds every block",
            got=type(made).__name__,
            cause="blocks in a plain list are not part of a network: `nn.Sequential(*blocks)`",
            hint="a",
        )
        check_trains(probe, made, given, "a")
        if plain:
            _check_second(probe, make_stages, spy, made, (num_blocks, widths, change), given)
        x = torch.randn(2, widths[0], 17, 17, dtype=torch.float64, generator=probe.generator)
        expected = reference.expected_blocks(expansion, num_blocks, widths, plain)
        _check_weights(probe, spy.made, given)
        blocks = _check_each_block(probe, spy, made.double(), x, expected, given)
        for training in (False, True):
            want = nn.Sequential(*blocks).train(training)(x)
            got = probe.call(made.train(training), x, tested=f"{given} on a batch", hint="a")
            probe.close(
                got,
                want.detach(),
                "values",
                tested=f"the outputs of {given}, against those of its blocks in turn, in float64",
                cause="there is something between the blocks; each takes the output of the one before it",
                hint="c",
            )


def _check_second(
    probe: Probe, make_stages: Callable[..., nn.Module], spy: reference.Spy, first: nn.Module, asked: Any, given: str
) -> None:
    """A second call with the same arguments makes blocks of its own; those are taken out of the spy's list."""
    made = spy.made[:]
    second = probe.call(make_stages, spy.block, *asked, tested=f"{given}, a second time", makes=True, hint="a")
    spy.made[:] = made
    probe.expect(
        not shared_parameters(first, second),
        "made-once",
        tested=f"the weights of {given} and of a second network from the same arguments",
        expected="two networks, which share nothing",
        got="shared weights",
        cause="what an earlier call made is kept, such as in a dict, and given again",
        hint="b",
    )


def _check_weights(probe: Probe, blocks: list[Any], given: str) -> None:
    """The blocks come with the weights that they were made with."""
    probe.expect(
        all(
            same_bits(first, now)
            for block in blocks
            for first, now in zip(block.first, block.parameters(), strict=True)
        ),
        "weights-changed",
        tested=f"the weights of the blocks of {given}",
        expected="those that each block was made with",
        got="others",
        cause="weights are set after a block is made; how a network starts is not the stages' affair",
        hint="a",
    )


def _check_each_block(
    probe: Probe,
    spy: reference.Spy,
    made: nn.Module,
    x: Tensor,
    expected: list[tuple[tuple[int, int, int], str]],
    given: str,
) -> list[Any]:
    """Compare what each block was asked for; return the blocks in the order in which they run."""
    try:
        with torch.no_grad():
            made(x)
        blocks = spy.ran[:]
    except Exception:
        blocks = spy.made
    probe.equal(
        len({id(block) for block in blocks}),
        len(blocks),
        "shared",
        tested=f"how many different blocks run in {given}",
        cause="the same block is used in several places, as in `[block] * 3`; make a new one for each",
        hint="b",
    )
    starts = [block.conv.weight.detach() for block in blocks]
    alike = [one for n, one in enumerate(starts) if any(same_bits(one, other) for other in starts[:n])]
    probe.expect(
        not alike,
        "copied",
        tested=f"the first weights of the blocks of {given}",
        expected="different ones in each block",
        got="two blocks begin with the same",
        cause="a block is a copy of another, as `copy.deepcopy` makes it; make each with `block(...)`",
        hint="b",
    )
    changes = [block.shortcut for block in blocks if hasattr(block.shortcut, "asked")]
    probe.equal(
        len({id(change) for change in changes}),
        len(changes),
        "shared-shortcut",
        tested=f"how many different layers of `change_shape` the blocks of {given} have",
        cause="several blocks have the same layer, so they train the same weights; call `change_shape` for each block",
        hint="b",
    )
    probe.equal(
        len(blocks),
        len(expected),
        "num-blocks",
        tested=f"the number of blocks that run in {given}",
        cause="stage k has num_blocks[k] blocks, the first one among them",
        hint="b",
    )
    for number, (block, wanted) in enumerate(zip(blocks, expected, strict=True), 1):
        (channels, width, stride), shortcut = wanted
        where = f"block {number} of {given}"
        got = block.asked
        probe.equal(
            got[1],
            width,
            "width",
            tested=f"the width of {where}",
            cause="stage k has the width widths[k]",
            hint="a",
            mistakes=[
                Mistake(
                    width * block.expansion,
                    "times-expansion",
                    "a block is given its width, and multiplies by its expansion itself",
                    "a",
                )
            ]
            if block.expansion > 1
            else [],
        )
        probe.equal(
            got[2],
            stride,
            "stride",
            tested=f"the stride of {where}",
            cause="the first block of every stage but the first has stride 2, every other one stride 1",
            hint="b",
        )
        probe.equal(
            got[0],
            channels,
            "channels",
            tested=f"the input channels of {where}",
            cause="a block gives width * expansion channels; the next one takes as many"
            if number > 1
            else "the first block takes `widths[0]` channels",
            hint="a",
        )
        probe.equal(
            reference.shortcut_of(block),
            shortcut,
            "shortcut",
            tested=f"the shortcut of {where}",
            cause=_why_shortcut(getattr(block.shortcut, "asked", ()), (channels, width * block.expansion, stride)),
            hint="c",
            mistakes=[
                Mistake(
                    f"change_shape{(channels, width, stride)}" if block.expansion > 1 else "",
                    "no-expansion",
                    "the shortcut gives as many channels as the block: `width * block.expansion`",
                    "c",
                ),
                Mistake("identity", "identity", _why_identity(block.expansion, stride, shortcut), "c"),
                Mistake("None", "none", "without a shortcut this is a plain block; `nn.Identity()` is one too", "c"),
                Mistake(
                    f"change_shape{(channels, width * block.expansion, stride)}",
                    "change-everywhere",
                    "this block keeps the shape: its shortcut is the identity",
                    "c",
                ),
                Mistake(
                    f"change_shape{(width, width * block.expansion, stride)}",
                    "wrong-inputs",
                    "the first number is the channels that come in, not the width of the stage",
                    "c",
                ),
            ],
        )
    return blocks


def _why_shortcut(asked: tuple[int, ...], right: tuple[int, int, int]) -> str:
    """Return why a shortcut is wrong: which number `change_shape` got instead of the right one, if it is one."""
    names = (
        "the input channels: {} instead of {}, which this block takes",
        "the output channels: {} instead of {}, which is `width * block.expansion`",
        "the stride: {} instead of {}; `change_shape` gets the stride of its block",
    )
    wrong = [name.format(*pair) for name, *pair in zip(names, asked, right, strict=False) if pair[0] != pair[1]]
    if len(wrong) == 1:
        return wrong[0]
    return "`nn.Identity()` where the shape stays, `change_shape(...)` where channels or size change"


def _why_identity(expansion: int, stride: int, shortcut: str) -> Cause:
    """Return why a block whose shortcut is another one may have the identity."""
    if shortcut == "None":
        return _IDENTITY_PLAIN
    return (_IDENTITY, _COMPARED) if expansion > 1 and stride == 1 else _IDENTITY
