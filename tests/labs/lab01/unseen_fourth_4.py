"""Answers to 01.4 by students who know its text alone."""

from collections import OrderedDict
from itertools import accumulate, chain

from helpers.answers import Answers
from torch import nn

answers = Answers("01.4", "check_stages")


def choose(change_shape, a, b, stride):
    if change_shape is None:
        return None
    return nn.Identity() if (a, stride) == (b, 1) else change_shape(a, b, stride)


@answers.wrong(
    "identity", "change_shape only where the stride is 2: the first bottleneck (64 to 256, stride 1) gets nn.Identity()"
)
def only_strided(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            shortcut = None
            if change_shape is not None:
                out = width * block.expansion
                shortcut = change_shape(channels, out, stride) if stride != 1 else nn.Identity()
            blocks.append(block(channels, width, stride, shortcut))
            channels = width * block.expansion
    return nn.Sequential(*blocks)


@answers.wrong(
    "identity",
    "change_shape only where channels change: stages of equal width, such as (16, 16), get nn.Identity() at stride 2",
)
def only_channels(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            shortcut = None
            if change_shape is not None:
                out = width * block.expansion
                shortcut = change_shape(channels, out, stride) if channels != out else nn.Identity()
            blocks.append(block(channels, width, stride, shortcut))
            channels = width * block.expansion
    return nn.Sequential(*blocks)


@answers.wrong(
    "change-everywhere",
    "change_shape in the first block of every stage: the first basic block, 64 to 64 with stride 1, gets a projection",
)
def first_of_every_stage(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        out = width * block.expansion
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            if change_shape is None:
                shortcut = None
            elif k == 0:
                shortcut = change_shape(channels, out, stride)
            else:
                shortcut = nn.Identity()
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("identity", "change_shape=None leaves nn.Identity() where the shape stays: the network is not plain")
def half_plain(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        out = width * block.expansion
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            if stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride) if change_shape else None
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "shared", "`[block(...)] * (count - 1)`: all later blocks of a stage are one block with one set of weights"
)
def repeated(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        out, stride = width * block.expansion, 2 if stage else 1
        blocks.append(block(channels, width, stride, choose(change_shape, channels, out, stride)))
        blocks += [block(out, width, 1, choose(change_shape, out, out, 1))] * (count - 1)
        channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "channels",
    "the first block takes 64 channels whatever widths[0] is: (16, 32, 64) crashes or gets a projection in front",
)
def from_64(block, num_blocks, widths, change_shape):
    blocks, channels = [], 64
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        out = width * block.expansion
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            blocks.append(block(channels, width, stride, choose(change_shape, channels, out, stride)))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "stride",
    "the stride is 2 where the width differs from that before: two stages of equal width have no stride between them",
)
def stride_by_width(block, num_blocks, widths, change_shape):
    blocks, channels, before = [], widths[0], widths[0]
    for count, width in zip(num_blocks, widths, strict=False):
        out = width * block.expansion
        for _ in range(count):
            stride = 2 if width != before else 1
            before = width
            blocks.append(block(channels, width, stride, choose(change_shape, channels, out, stride)))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("stride", "every block of the later stages has stride 2, not the first only: maps get far too small")
def stride_everywhere(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        stride, out = (1 if stage == 0 else 2), width * block.expansion
        for _ in range(count):
            blocks.append(block(channels, width, stride, choose(change_shape, channels, out, stride)))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "identity", "knows the expansion by the block's name: any other block with expansion 4 or 2 gets wrong channels"
)
def by_name(block, num_blocks, widths, change_shape):
    expansion = 4 if block.__name__ == "Bottleneck" else 1
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        out = width * expansion
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            blocks.append(block(channels, width, stride, choose(change_shape, channels, out, stride)))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "raises",
    "four stages are built in: three stages (the networks of the experiment) raise an IndexError, a fifth is lost",
)
def four_stages(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage in range(4):
        out = widths[stage] * block.expansion
        for k in range(num_blocks[stage]):
            stride = 2 if k == 0 and stage > 0 else 1
            blocks.append(block(channels, widths[stage], stride, choose(change_shape, channels, out, stride)))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("raises", "returns an nn.ModuleList instead of an nn.Sequential: calling it raises NotImplementedError")
def module_list(block, num_blocks, widths, change_shape):
    blocks, channels = nn.ModuleList(), widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        out = width * block.expansion
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            blocks.append(block(channels, width, stride, choose(change_shape, channels, out, stride)))
            channels = out
    return blocks


@answers.wrong(
    "no-expansion",
    "change_shape is told width instead of width * expansion: with bottlenecks its channels do not fit the sum",
)
def forgets_expansion(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        for k in range(count):
            stride = 2 if k == 0 and stage > 0 else 1
            if change_shape is None:
                shortcut = None
            elif stride == 1 and channels == width * block.expansion:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, width, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = width * block.expansion
    return nn.Sequential(*blocks)


@answers.right  # flat lists of widths and strides first, channels by accumulate, no nested loop
def flat(block, num_blocks, widths, change_shape):
    each = list(chain.from_iterable([w] * n for n, w in zip(num_blocks, widths, strict=False)))
    starts = set(list(accumulate(num_blocks))[:-1])
    strides = [2 if k in starts else 1 for k in range(len(each))]
    outs = [w * block.expansion for w in each]
    ins = [widths[0], *outs[:-1]]
    return nn.Sequential(
        *(block(a, w, s, choose(change_shape, a, b, s)) for a, w, b, s in zip(ins, each, outs, strides, strict=False))
    )


@answers.right  # blocks have names, as in print(network): stage and number
def named(block, num_blocks, widths, change_shape):
    blocks, channels = OrderedDict(), widths[0]
    for stage in range(len(widths)):
        for k in range(num_blocks[stage]):
            stride = 1 + (stage > 0 and k == 0)
            out = widths[stage] * block.expansion
            shortcut = choose(change_shape, channels, out, stride)
            blocks[f"stage{stage}_block{k}"] = block(channels, widths[stage], stride, shortcut)
            channels = out
    return nn.Sequential(blocks)


@answers.right  # a subclass of nn.Sequential, called as a function is; the stages by recursion
class Stages(nn.Sequential):
    def __init__(self, block, num_blocks, widths, change_shape):
        super().__init__(*self.rest(block, tuple(num_blocks), tuple(widths), change_shape, widths[0], 1))

    @classmethod
    def rest(cls, block, counts, widths, change_shape, channels, stride):
        if not counts:
            return []
        out = widths[0] * block.expansion
        made = [block(channels, widths[0], stride, choose(change_shape, channels, out, stride))]
        for _ in range(counts[0] - 1):
            made.append(block(out, widths[0], 1, choose(change_shape, out, out, 1)))
        return made + cls.rest(block, counts[1:], widths[1:], change_shape, out, 2)
