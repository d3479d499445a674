"""Answers to 01.4 by students who know its text alone."""

from collections import OrderedDict
from itertools import accumulate, chain

from helpers.answers import Answers
from torch import nn

answers = Answers("01.4", "check_stages")


# a) common mistakes


@answers.wrong("stride", "the first stage begins with stride 2 as well")
def stride_two_everywhere(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for count, width in zip(num_blocks, widths):
        for k in range(count):
            stride = 2 if k == 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "identity",
    "the expansion is forgotten: right for basic blocks, wrong for bottlenecks, whose next block takes 4 * width channels",
)
def without_expansion(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == width:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, width, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = width
    return nn.Sequential(*blocks)


@answers.wrong(
    "shared",
    "the blocks behind the first of a stage are one block in many places, with one set of weights: shows for three blocks or more in a stage",
)
def same_block_again(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        stride = 2 if stage > 0 else 1
        out = width * block.expansion
        if change_shape is None:
            shortcut = None
        elif stride == 1 and channels == out:
            shortcut = nn.Identity()
        else:
            shortcut = change_shape(channels, out, stride)
        blocks.append(block(channels, width, stride, shortcut))
        same = None if change_shape is None else nn.Identity()
        blocks += [block(out, width, 1, same)] * (count - 1)
        channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "identity",
    "with change_shape=None the blocks that keep their shape still have nn.Identity(): the network is not plain",
)
def identities_in_plain(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if stride == 1 and channels == out:
                shortcut = nn.Identity()
            elif change_shape is None:
                shortcut = None
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


# b) right for the five networks of the visible example


@answers.wrong(
    "identity",
    "change_shape only where the channels change: a first block with stride 2 and as many channels as before gets nn.Identity(), as with widths (8, 8)",
)
def change_for_channels_only(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "stride",
    "stride 2 only where a stage is wider than the one before: a stage of the same width, as in widths (8, 8), keeps the size",
)
def stride_for_wider_only(block, num_blocks, widths, change_shape):
    blocks, channels, before = [], widths[0], widths[0]
    for count, width in zip(num_blocks, widths):
        for k in range(count):
            stride = 2 if k == 0 and width > before else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
        before = width
    return nn.Sequential(*blocks)


@answers.wrong(
    "shortcut", "knows two kinds of blocks, with an expansion of 1 and of 4: wrong for a block with an expansion of 2"
)
def expansion_one_or_four(block, num_blocks, widths, change_shape):
    expansion = 1 if block.expansion == 1 else 4
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * expansion
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "width",
    "each stage is twice as wide as the one before, whatever widths says behind its first number: wrong for widths (4, 6)",
)
def doubled_widths(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, count in enumerate(num_blocks):
        width = widths[0] * 2**stage
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


# c) a promise broken


@answers.wrong(
    "raises",
    "the list of blocks is a default argument and lives on: a second call returns the blocks of the first, too",
)
def blocks_live_on(block, num_blocks, widths, change_shape, blocks=[]):
    channels = widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "changes-input",
    "changes the caller's widths in place when they are a list: it is one number longer after each call",
)
def longer_widths(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    widths += widths[-1:]  # so that there is always a next one
    for stage, count in enumerate(num_blocks):
        width = widths[stage]
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "copied",
    "later blocks of a stage are copies in place of new ones: all begin with the same weights; shows for three blocks or more in a stage",
)
def copies_of_blocks(block, num_blocks, widths, change_shape):
    import copy

    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            if k > 1:
                blocks.append(copy.deepcopy(blocks[-1]))
            else:
                blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "shared-shortcut",
    "asks change_shape once for each shape: two stages that change the shape alike, as with widths (8, 8, 8), share one layer",
)
def shortcuts_shared(block, num_blocks, widths, change_shape):
    kept = {}
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                key = channels, out, stride
                if key not in kept:
                    kept[key] = change_shape(*key)
                shortcut = kept[key]
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


# right


@answers.right
def one_flat_list(block, num_blocks, widths, change_shape):
    flat = list(chain.from_iterable([w] * n for n, w in zip(num_blocks, widths)))
    starts = set(list(accumulate(num_blocks))[:-1])
    outs = [width * block.expansion for width in flat]
    nothing = nn.Identity()  # has no weights: one will do for all

    def shortcut(before, after, stride):
        if change_shape is None:
            return None
        same = (before, 1) == (after, stride)
        return nothing if same else change_shape(before, after, stride)

    strides = [1 + (k in starts) for k in range(len(flat))]
    rows = zip([widths[0], *outs], flat, strides, outs)
    return nn.Sequential(*(block(before, w, s, shortcut(before, out, s)) for before, w, s, out in rows))


@answers.right
def by_recursion(block, num_blocks, widths, change_shape):
    def rest(channels, stage, k):
        if stage == len(widths):
            return ()
        if k == num_blocks[stage]:
            return rest(channels, stage + 1, 0)
        stride = 2 if stage and not k else 1
        out = block.expansion * widths[stage]
        shortcut = None
        if change_shape is not None:
            changes = out != channels or stride != 1
            shortcut = change_shape(channels, out, stride) if changes else nn.Identity()
        made = block(channels, widths[stage], stride, shortcut)
        return (made, *rest(out, stage, k + 1))

    return nn.Sequential(*rest(widths[0], 0, 0))


class _Builder:
    def __init__(self, block, change_shape, channels):
        self.block, self.change_shape, self.channels = block, change_shape, channels
        self.named = OrderedDict()

    def shortcut(self, out, stride):
        match self.change_shape, stride, out == self.channels:
            case None, _, _:
                return None
            case _, 1, True:
                return nn.Identity()
        return self.change_shape(self.channels, out, stride)

    def add(self, name, width, stride):
        out = width * self.block.expansion
        self.named[name] = self.block(self.channels, width, stride, self.shortcut(out, stride))
        self.channels = out


@answers.right
def with_builder(block, num_blocks, widths, change_shape):
    builder = _Builder(block, change_shape, widths[0])
    for stage in range(len(widths)):
        for k in range(num_blocks[stage]):
            stride = 2 if stage and not k else 1
            builder.add(f"stage{stage}_block{k}", widths[stage], stride)
    return nn.Sequential(builder.named)
