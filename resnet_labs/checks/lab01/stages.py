"""The check of exercise 01.4: which blocks are made, with which shortcuts, and what they give together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab01 import reference
from resnet_labs.resnet import BasicBlock, Bottleneck, ResNet

_IDENTITY = "the shape changes here: channels differ even where the stride is 1"
_IDENTITY_PLAIN = "with `change_shape=None` no block has a shortcut, also where the shape stays"


@check("01.4", "every block has the channels, the stride and the shortcut of the paper's, and they run in turn")
def check_stages(probe: Probe, make_stages: Callable[..., nn.Module]) -> None:
    """Check the stages against ResNets that have the same blocks, first block by block, then by value."""
    for kind, num_blocks, widths, plain in (
        (BasicBlock, (2, 1, 3), (4, 6, 8), False),
        (Bottleneck, (2, 3), (2, 3), False),
        (BasicBlock, (1, 2), (4, 8), True),
    ):
        spy = reference.Spy(kind)
        change = None if plain else spy.change_shape
        given = f"make_stages({kind.__name__}, {num_blocks}, {widths}, {'None' if plain else 'change_shape'})"
        none = "with `change_shape=None` no block has a shortcut; test for it before you call it" if plain else ""
        made = probe.call(make_stages, spy.block, num_blocks, widths, change, tested=given, cause=none, hint="a")
        probe.expect(
            isinstance(made, nn.Module) and any(isinstance(module, spy.block) for module in made.modules()),
            "not-a-module",
            tested=f"what {given} returns",
            expected="an `nn.Sequential` that holds every block",
            got=type(made).__name__,
            cause="blocks in a plain list are not part of a network: `nn.Sequential(*blocks)`",
            hint="a",
        )
        x = torch.randn(2, widths[0], 9, 9, dtype=torch.float64, generator=probe.generator)
        expected = reference.expected_blocks(kind.expansion, num_blocks, widths, plain)
        blocks = _check_each_block(probe, spy, made.double(), x, expected, given)

        parts = {"widths": widths, "stem": "small", "shortcut": "none" if plain else "projection"}
        network = ResNet(kind, num_blocks, **parts).double()  # type: ignore[arg-type]
        reference.randomise_(network, probe.generator)
        theirs = nn.Sequential(*(block for k in range(len(widths)) for block in getattr(network, f"layer{k + 1}")))
        for block, like in zip(blocks, theirs, strict=True):
            block.load_state_dict(like.state_dict())
        for training in (False, True):
            want = theirs.train(training)(x)
            got = probe.call(made.train(training), x, tested=f"{given} on a batch", hint="a")
            probe.close(
                got.detach(),
                want.detach(),
                "values",
                tested=f"the outputs of {given} with a ResNet's weights, in float64",
                cause="there is something between the blocks; each takes the output of the one before it",
                hint="c",
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
            got[1], width, "width", tested=f"the width of {where}", cause="stage k has the width widths[k]", hint="a"
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
            cause="a block gives width * expansion channels; the next one takes as many",
            hint="a",
        )
        probe.equal(
            reference.shortcut_of(block),
            shortcut,
            "shortcut",
            tested=f"the shortcut of {where}",
            cause="`nn.Identity()` where the shape stays, `change_shape(...)` where channels or size change",
            hint="c",
            mistakes=[
                Mistake(
                    f"change_shape{(channels, width, stride)}" if block.expansion > 1 else "",
                    "no-expansion",
                    "the shortcut gives as many channels as the block: `width * block.expansion`",
                    "c",
                ),
                Mistake("identity", "identity", _IDENTITY_PLAIN if shortcut == "None" else _IDENTITY, "c"),
                Mistake("None", "none", "without a shortcut this is a plain block; `nn.Identity()` is one too", "c"),
                Mistake(
                    f"change_shape{(channels, width * block.expansion, stride)}",
                    "change-everywhere",
                    "this block keeps the shape: its shortcut is the identity",
                    "c",
                ),
            ],
        )
    return blocks
