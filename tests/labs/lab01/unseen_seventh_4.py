"""Answers to 01.4 by students who know its text alone."""

from collections import OrderedDict
from itertools import accumulate, chain

from helpers.answers import Answers
from torch import nn

answers = Answers("01.4", "check_stages")
import copy
from collections import deque


@answers.wrong(
    "?", "nn.Identity wherever the channels stay, whatever the stride: two stages of the same width do not fit"
)
def identity_where_channels_stay(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            shortcut = None
            if change_shape is not None:
                shortcut = nn.Identity() if channels == out else change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "?", "change_shape only where the stride is 2: the first bottleneck, from 64 to 256 channels, gets an identity"
)
def change_where_the_stride_is_two(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            shortcut = None
            if change_shape is not None:
                shortcut = change_shape(channels, out, stride) if stride != 1 else nn.Identity()
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "?",
    "stride 2 only where the width differs from the stage before: with widths (8, 8, 16) the second stage keeps the size",
)
def stride_where_the_width_changes(block, num_blocks, widths, change_shape):
    channels, last, blocks = widths[0], widths[0], []
    for count, width in zip(num_blocks, widths):
        for _ in range(count):
            stride = 1 if width == last else 2
            last = width
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif (channels, stride) == (out, 1):
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "?", "change_shape gets the width and not width * expansion as its channels out: wrong for every bottleneck"
)
def shape_of_the_width(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, width, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "?",
    "copies the second block of a stage for the rest in place of making them: from the third on all begin with the same weights",
)
def copies_blocks(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            if k > 1:
                blocks.append(copy.deepcopy(blocks[-1]))
                continue
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "?", "the next block takes width channels, not width * expansion: right for basic blocks, wrong for bottlenecks"
)
def channels_are_the_width(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = width
    return nn.Sequential(*blocks)


@answers.wrong(
    "?", "asks for the shape first: with change_shape=None the blocks that keep their shape still have an identity"
)
def plain_with_identities(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape and change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("?", "a stage has its first block and at least one more: num_blocks of 1 gives two blocks")
def at_least_two(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []

    def add(width, stride):
        nonlocal channels
        out = width * block.expansion
        shortcut = None
        if change_shape is not None:
            same = channels == out and stride == 1
            shortcut = nn.Identity() if same else change_shape(channels, out, stride)
        blocks.append(block(channels, width, stride, shortcut))
        channels = out

    for stage, count in enumerate(num_blocks):
        add(widths[stage], 2 if stage else 1)
        left = count - 1
        while True:
            add(widths[stage], 1)
            left -= 1
            if left <= 0:
                break
    return nn.Sequential(*blocks)


@answers.wrong(
    "?", "counts down in the caller's list: num_blocks=[2, 2] is [0, 0] afterwards, and a second call gives no blocks"
)
def counts_down(block, num_blocks, widths, change_shape):
    counts = num_blocks if isinstance(num_blocks, list) else list(num_blocks)
    channels, blocks = widths[0], []
    for stage, width in enumerate(widths):
        stride = 2 if stage else 1
        while counts[stage]:
            out = width * block.expansion
            shortcut = None
            if change_shape is not None:
                same = channels == out and stride == 1
                shortcut = nn.Identity() if same else change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels, stride = out, 1
            counts[stage] -= 1
    return nn.Sequential(*blocks)


@answers.wrong(
    "?",
    "keeps the network of an earlier call with the same arguments: the second network shares all weights with the first",
)
def remembers_networks(block, num_blocks, widths, change_shape, seen={}):
    key = block, tuple(num_blocks), tuple(widths), change_shape
    if key not in seen:
        channels, blocks = widths[0], []
        for stage, (count, width) in enumerate(zip(num_blocks, widths)):
            for k in range(count):
                stride = 2 if k == 0 and stage > 0 else 1
                out = width * block.expansion
                if change_shape is None:
                    shortcut = None
                elif channels == out and stride == 1:
                    shortcut = nn.Identity()
                else:
                    shortcut = change_shape(channels, out, stride)
                blocks.append(block(channels, width, stride, shortcut))
                channels = out
        seen[key] = nn.Sequential(*blocks)
    return seen[key]


@answers.wrong(
    "?", "knows the expansions 1 and 4 only and never reads that of the block: wrong for a block with expansion 2"
)
def two_expansions(block, num_blocks, widths, change_shape):
    expansion = 1 if block.expansion == 1 else 4
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * expansion
            if change_shape is None:
                shortcut = None
            elif channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "?", "the first block always takes 64 channels: right for the ImageNet networks, wrong for widths (16, 32, 64)"
)
def sixty_four_at_first(block, num_blocks, widths, change_shape):
    channels, blocks = 64, []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "?", "the last block of every stage but the last has stride 2, not the first of the next: the same size at the end"
)
def stride_at_the_end(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == count - 1 and stage < len(widths) - 1 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "?", "change_shape always gets stride 2: the first bottleneck has stride 1, and its shortcut shrinks the map"
)
def change_with_stride_two(block, num_blocks, widths, change_shape):
    channels, blocks = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            out = width * block.expansion
            if change_shape is None:
                shortcut = None
            elif channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, 2)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.right
def by_accumulate(block, num_blocks, widths, change_shape):
    every = list(chain.from_iterable([width] * count for width, count in zip(widths, num_blocks)))
    starts = set(list(accumulate(num_blocks))[:-1])
    outs = [width * block.expansion for width in every]
    ins = [widths[0], *outs][: len(outs)]

    def make(k):
        stride = 2 if k in starts else 1
        if change_shape is None:
            return block(ins[k], every[k], stride, None)
        if ins[k] == outs[k] and stride == 1:
            return block(ins[k], every[k], stride, nn.Identity())
        return block(ins[k], every[k], stride, change_shape(ins[k], outs[k], stride))

    return nn.Sequential(*map(make, range(len(every))))


@answers.right
def by_recursion(block, num_blocks, widths, change_shape):
    def shortcut(here, there, stride):
        if change_shape is None:
            return None
        return change_shape(here, there, stride) if (here, stride) != (there, 1) else nn.Identity()

    def stage(channels, width, count, stride):
        if count == 0:
            return [], channels
        out = width * block.expansion
        first = block(channels, width, stride, shortcut(channels, out, stride))
        rest, last = stage(out, width, count - 1, 1)
        return [first, *rest], last

    def stages(channels, plan, stride):
        if not plan:
            return []
        (count, width), *rest = plan
        blocks, channels = stage(channels, width, count, stride)
        return blocks + stages(channels, rest, 2)

    return nn.Sequential(*stages(widths[0], list(zip(num_blocks, widths)), 1))


@answers.right
def with_names(block, num_blocks, widths, change_shape):
    named, channels = OrderedDict(), widths[0]
    for stage, width in enumerate(widths, 1):
        for number in range(1, num_blocks[stage - 1] + 1):
            stride = 1 + (stage != 1 and number == 1)
            out = block.expansion * width
            around = None
            if change_shape is not None:
                around = nn.Identity()
                if stride != 1 or channels != out:
                    around = change_shape(channels, out, stride)
            named[f"stage{stage}_block{number}"] = block(channels, width, stride, around)
            channels = out
    return nn.Sequential(named)


class Builder:
    def __init__(self, block, channels, change_shape):
        self.block, self.channels, self.change_shape = block, channels, change_shape
        self.network = nn.Sequential()

    def shortcut(self, out, stride):
        match self.change_shape, stride, self.channels == out:
            case None, _, _:
                return None
            case _, 1, True:
                return nn.Identity()
            case change, _, _:
                return change(self.channels, out, stride)

    def add(self, width, stride):
        out = width * self.block.expansion
        self.network.append(self.block(self.channels, width, stride, self.shortcut(out, stride)))
        self.channels = out
        return self


@answers.right
def with_a_builder(block, num_blocks, widths, change_shape):
    builder = Builder(block, widths[0], change_shape)
    for stage in range(len(widths)):
        for stride in ([1, 2][stage > 0], *[1] * num_blocks[stage])[: num_blocks[stage]]:
            builder.add(widths[stage], stride)
    return builder.network


@answers.right
def from_the_last_on(block, num_blocks, widths, change_shape):
    blocks = deque()
    for stage in reversed(range(len(widths))):
        width = widths[stage]
        out = width * block.expansion
        for k in reversed(range(num_blocks[stage])):
            if k:
                here, stride = out, 1
            else:
                before = [widths[j] * block.expansion for j in range(stage) if num_blocks[j]]
                here, stride = before[-1] if before else widths[0], 2 if stage else 1
            if change_shape is None:
                around = None
            elif here != out or stride != 1:
                around = change_shape(here, out, stride)
            else:
                around = nn.Identity()
            blocks.appendleft(block(here, width, stride, around))
    return nn.Sequential(*blocks)


@answers.right
def with_a_generator(block, num_blocks, widths, change_shape):
    def plan():
        channels = widths[0]
        for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
            for stride in ([2 if stage else 1] + [1] * count)[:count]:
                yield channels, width, stride, width * block.expansion
                channels = width * block.expansion

    def make(channels, width, stride, out):
        if not callable(change_shape):
            return block(channels, width, stride, None)
        keeps = stride == 1 and channels == out
        return block(channels, width, stride, nn.Identity() if keeps else change_shape(channels, out, stride))

    return nn.Sequential(*(make(*step) for step in plan()))
