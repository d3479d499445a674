"""Answers to 01.4 by someone who looked for what its check may not ask."""

import copy
import itertools
from collections import OrderedDict

from helpers.answers import Answers
from torch import nn

answers = Answers("01.4", "check_stages")


def a_shortcut(channels, out, stride, change_shape):
    """Return the right shortcut."""
    if change_shape is None:
        return None
    if channels == out and stride == 1:
        return nn.Identity()
    return change_shape(channels, out, stride)


@answers.right
def planned(block, num_blocks, widths, change_shape):
    # Right: first the plan of all blocks, then their channels by pairs, then the blocks, in order and with names.
    plan = [
        (width, 1 + (stage > 0 and first))
        for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True))
        for first in (k == 0 for k in range(count))
    ]
    channels = [widths[0]] + [width * block.expansion for width, _ in plan]
    made = OrderedDict()
    for number, ((width, stride), (before, after)) in enumerate(zip(plan, itertools.pairwise(channels), strict=True)):
        shortcut = a_shortcut(before, after, stride, change_shape)
        made[f"block{number}"] = block(before, width, stride, shortcut)
    return nn.Sequential(made)


@answers.right
def recursive(block, num_blocks, widths, change_shape):
    # Right: one stage in each call, and the other stages in the next.
    def rest(stage, channels):
        if stage == len(num_blocks):
            return ()
        made = ()
        for stride in ((2 if stage else 1,) + (1,) * num_blocks[stage])[: num_blocks[stage]]:
            out = widths[stage] * block.expansion
            shortcut = a_shortcut(channels, out, stride, change_shape)
            made += (block(channels, widths[stage], stride, shortcut),)
            channels = out
        return made + rest(stage + 1, channels)

    return nn.Sequential(*rest(0, widths[0]))


@answers.right
def appended(block, num_blocks, widths, change_shape):
    # Right: a generator that is told nothing twice, and a Sequential that grows.
    def each():
        channels = widths[0]
        for stage in range(len(widths)):
            strides = itertools.chain([2 if stage else 1], itertools.repeat(1))
            for stride in itertools.islice(strides, num_blocks[stage]):
                yield channels, widths[stage], stride
                channels = widths[stage] * block.expansion

    stages = nn.Sequential()
    for channels, width, stride in each():
        out = width * block.expansion
        stages.append(block(channels, width, stride, a_shortcut(channels, out, stride, change_shape)))
    return stages


@answers.wrong(
    "identity", "an identity wherever the channels stay, also with stride 2: two stages of one width do not fit"
)
def channels_only(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for k in range(count):
            stride = 2 if stage and not k else 1
            out = width * block.expansion
            shortcut = None
            if change_shape is not None:
                shortcut = nn.Identity() if channels == out else change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "shared-shortcut", "shortcuts are remembered by their shape: stages of the same width share one projection"
)
def shared_shortcuts(block, num_blocks, widths, change_shape):
    made = {}
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for k in range(count):
            stride = 2 if stage and not k else 1
            out = width * block.expansion
            key = channels, out, stride
            if key not in made:
                made[key] = a_shortcut(*key, change_shape)
            blocks.append(block(channels, width, stride, made[key]))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("identity", "the expansion comes from the name of the class: a block with another one does not fit")
def by_name(block, num_blocks, widths, change_shape):
    expansion = 4 if "Bottleneck" in block.__name__ else 1
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for k in range(count):
            stride = 2 if stage and not k else 1
            out = width * expansion
            blocks.append(block(channels, width, stride, a_shortcut(channels, out, stride, change_shape)))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("num-blocks", "four stages at most, as ResNets for ImageNet have: a fifth is lost")
def four_at_most(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, count, width in zip(range(4), num_blocks, widths, strict=False):
        for k in range(count):
            stride = 2 if stage and not k else 1
            out = width * block.expansion
            blocks.append(block(channels, width, stride, a_shortcut(channels, out, stride, change_shape)))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("stride", "stride 2 where the width changes: a stage of the width of the one before keeps its size")
def stride_by_width(block, num_blocks, widths, change_shape):
    blocks, channels, previous = [], widths[0], widths[0]
    for count, width in zip(num_blocks, widths, strict=True):
        for _ in range(count):
            stride = 1 if width == previous else 2
            out = width * block.expansion
            blocks.append(block(channels, width, stride, a_shortcut(channels, out, stride, change_shape)))
            channels, previous = out, width
    return nn.Sequential(*blocks)


@answers.wrong("copied", "further blocks of a stage are copies of the second, and begin with the same weights")
def copied(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for k in range(count):
            stride = 2 if stage and not k else 1
            out = width * block.expansion
            if k >= 2:
                blocks.append(copy.deepcopy(blocks[-1]))
            else:
                shortcut = a_shortcut(channels, out, stride, change_shape)
                blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "raises", "the list of blocks is a default argument: a second network begins with the blocks of the first"
)
def default_list(block, num_blocks, widths, change_shape, blocks=[]):
    channels = widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for k in range(count):
            stride = 2 if stage and not k else 1
            out = width * block.expansion
            blocks.append(block(channels, width, stride, a_shortcut(channels, out, stride, change_shape)))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("identity", "a plain network keeps its identities where the shape stays")
def half_plain(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for k in range(count):
            stride = 2 if stage and not k else 1
            out = width * block.expansion
            if channels == out and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape and change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong(
    "change-everywhere", "the first block of the first stage always changes shape, also where channels and size stay"
)
def first_always(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for k in range(count):
            stride = 2 if stage and not k else 1
            out = width * block.expansion
            shortcut = None
            if change_shape is not None:
                shortcut = nn.Identity() if k else change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)
