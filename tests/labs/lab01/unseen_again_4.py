"""More answers to 01.4 by someone who knew the exercise and not its check."""

import functools
from itertools import accumulate

from helpers.answers import Answers
from torch import nn

answers = Answers("01.4", "check_stages")


# First a table of numbers, then the blocks.
@answers.right
def from_table(block, num_blocks, widths, change_shape):
    plan = [
        (width, 2 if stage and not number else 1)
        for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False))
        for number in range(count)
    ]
    outs = [width * block.expansion for width, _ in plan]
    ins = [widths[0], *outs][: len(plan)]

    def shortcut(inside, outside, stride):
        if change_shape is None:
            return None
        return nn.Identity() if (inside, stride) == (outside, 1) else change_shape(inside, outside, stride)

    return nn.Sequential(
        *(
            block(inside, width, stride, shortcut(inside, outside, stride))
            for inside, outside, (width, stride) in zip(ins, outs, plan, strict=False)
        )
    )


# Recursion over the stages.
@answers.right
def recursive(block, num_blocks, widths, change_shape):
    def go(stage, channels):
        if stage == len(widths):
            return []
        blocks, out = [], block.expansion * widths[stage]
        for stride in ([2 if stage > 0 else 1] + [1] * num_blocks[stage])[: num_blocks[stage]]:
            way = None
            if change_shape is not None:
                way = change_shape(channels, out, stride) if stride != 1 or channels != out else nn.Identity()
            blocks.append(block(channels, widths[stage], stride, way))
            channels = out
        return blocks + go(stage + 1, channels)

    return nn.Sequential(*go(0, widths[0]))


# append, and positions at which a stage begins.
@answers.right
def by_position(block, num_blocks, widths, change_shape):
    ends = list(accumulate(num_blocks))
    network, channels = nn.Sequential(), widths[0]
    for position in range(ends[-1]):
        stage = next(k for k, end in enumerate(ends) if position < end)
        stride = 2 if position in ends[:-1] else 1
        out = widths[stage] * block.expansion
        if change_shape is None:
            way = None
        elif stride == 1 and channels == out:
            way = nn.Identity()
        else:
            way = change_shape(channels, out, stride)
        network.append(block(channels, widths[stage], stride, way))
        channels = out
    return network


def _make(block, num_blocks, widths, change_shape, *, stride_of, way_of, start=None, after=None):
    blocks, channels = [], widths[0] if start is None else start
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        for number in range(count):
            stride, out = stride_of(stage, number, count), width * block.expansion
            blocks.append(block(channels, width, stride, way_of(change_shape, channels, out, stride)))
            channels = out if after is None else after(width)
    return nn.Sequential(*blocks)


def _stride(stage, number, count):
    return 2 if stage and number == 0 else 1


def _way(change_shape, inside, out, stride):
    if change_shape is None:
        return None
    return nn.Identity() if inside == out and stride == 1 else change_shape(inside, out, stride)


@answers.wrong("change-everywhere", "change_shape for every block, also where channels and size stay")
def always_changes(block, num_blocks, widths, change_shape):
    return _make(
        block,
        num_blocks,
        widths,
        change_shape,
        stride_of=_stride,
        way_of=lambda change, *shape: None if change is None else change(*shape),
    )


@answers.wrong("stride", "the first stage begins with stride 2, too")
def strides_all(block, num_blocks, widths, change_shape):
    return _make(
        block, num_blocks, widths, change_shape, stride_of=lambda stage, number, count: 1 if number else 2, way_of=_way
    )


@answers.wrong(
    "identity", "change_shape=None: blocks that keep their shape get nn.Identity, so the network is not plain"
)
def half_plain(block, num_blocks, widths, change_shape):
    def way(change, inside, out, stride):
        if inside == out and stride == 1:
            return nn.Identity()
        return None if change is None else change(inside, out, stride)

    return _make(block, num_blocks, widths, change_shape, stride_of=_stride, way_of=way)


@answers.wrong(
    "identity",
    "change_shape only with stride 2: the first bottleneck, 64 to 256 channels with stride 1, gets an identity",
)
def stride_decides(block, num_blocks, widths, change_shape):
    def way(change, inside, out, stride):
        if change is None:
            return None
        return nn.Identity() if stride == 1 else change(inside, out, stride)

    return _make(block, num_blocks, widths, change_shape, stride_of=_stride, way_of=way)


@answers.wrong(
    "identity", "change_shape only where channels change: two stages of the same width keep an identity at stride 2"
)
def channels_decide(block, num_blocks, widths, change_shape):
    def way(change, inside, out, stride):
        if change is None:
            return None
        return nn.Identity() if inside == out else change(inside, out, stride)

    return _make(block, num_blocks, widths, change_shape, stride_of=_stride, way_of=way)


@answers.wrong(
    "shared",
    "the blocks behind the first of a stage are one block: stages of three blocks or more share weights",
)
def one_block_often(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        out, stride = width * block.expansion, 2 if stage else 1
        blocks.append(block(channels, width, stride, _way(change_shape, channels, out, stride)))
        if count > 1:
            blocks += [block(out, width, 1, _way(change_shape, out, out, 1))] * (count - 1)
        channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "stride", "the stride is in the last block of a stage: other strides in every stage of two blocks or more"
)
def strides_at_the_end(block, num_blocks, widths, change_shape):
    return _make(
        block,
        num_blocks,
        widths,
        change_shape,
        stride_of=lambda stage, number, count: 2 if stage and number == count - 1 else 1,
        way_of=_way,
    )


@answers.wrong("channels", "channels become width, without the expansion: bottlenecks do not fit behind each other")
def no_expansion(block, num_blocks, widths, change_shape):
    return _make(block, num_blocks, widths, change_shape, stride_of=_stride, way_of=_way, after=lambda width: width)


@answers.wrong("raises", "exactly four stages: three crash, a fifth is left out")
def four_stages(block, num_blocks, widths, change_shape):
    return _make(
        block,
        [num_blocks[k] for k in range(4)],
        [widths[k] for k in range(4)],
        change_shape,
        stride_of=_stride,
        way_of=_way,
    )


@answers.wrong(
    "shared-shortcut",
    "equal changes of shape share one layer: with widths (16, 16, 16) two stages have the same projection",
)
def cached_changes(block, num_blocks, widths, change_shape):
    change = None if change_shape is None else functools.cache(change_shape)
    return _make(block, num_blocks, widths, change, stride_of=_stride, way_of=_way)


@answers.wrong(
    "channels", "the first block takes widths[0] * expansion channels: a bottleneck network does not fit the stem"
)
def wide_start(block, num_blocks, widths, change_shape):
    return _make(
        block, num_blocks, widths, change_shape, stride_of=_stride, way_of=_way, start=widths[0] * block.expansion
    )


@answers.wrong(
    "width", "width is doubled from widths[0] on: the other widths are never read, (16, 24, 40) gives 16, 32, 64"
)
def doubles(block, num_blocks, widths, change_shape):
    own = [widths[0] * 2**stage for stage in range(len(widths))]
    return _make(block, num_blocks, own, change_shape, stride_of=_stride, way_of=_way)
