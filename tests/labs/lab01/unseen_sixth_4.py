"""Answers to 01.4 by students who know its text alone."""

from collections import OrderedDict
from itertools import accumulate, chain

from helpers.answers import Answers
from torch import nn

answers = Answers("01.4", "check_stages")


def pick(change_shape, c, d, stride):
    """Return the right shortcut."""
    if change_shape is None:
        return None
    if c == d and stride == 1:
        return nn.Identity()
    return change_shape(c, d, stride)


@answers.wrong("?", "the first stage's first block has stride 2 as well")
def stride_everywhere(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for count, width in zip(num_blocks, widths):
        for k in range(count):
            d, stride = width * block.expansion, 2 if k == 0 else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
    return nn.Sequential(*made)


@answers.wrong("?", "every block of the later stages has stride 2, not only the first of each")
def stride_in_every_block(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for _k in range(count):
            d, stride = width * block.expansion, 2 if stage else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
    return nn.Sequential(*made)


@answers.wrong("?", "the last block of a stage has the stride, and not the first")
def stride_at_the_end(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == count - 1 else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "the first block takes 64 channels, as the networks of the table do, and not widths[0]: fails for widths (16, 32, 64)",
)
def begins_at_64(block, num_blocks, widths, change_shape):
    made, c = [], 64
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "a shape is changed only where the stride is 2: the first bottleneck of a ResNet-50 goes from 64 to 256 with an identity",
)
def changes_by_stride(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            if change_shape is None:
                shortcut = None
            else:
                shortcut = change_shape(c, d, stride) if stride == 2 else nn.Identity()
            made.append(block(c, width, stride, shortcut))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?", "a shape is changed only where the channels change: two stages of equal width get an identity at stride 2"
)
def changes_by_channels(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            if change_shape is None:
                shortcut = None
            else:
                shortcut = nn.Identity() if c == d else change_shape(c, d, stride)
            made.append(block(c, width, stride, shortcut))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "the first block of every stage gets change_shape, also the first stage's of basic blocks, where nothing changes",
)
def changes_at_every_start(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            if change_shape is None:
                shortcut = None
            else:
                shortcut = nn.Identity() if k else change_shape(c, d, stride)
            made.append(block(c, width, stride, shortcut))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?", "the blocks of a stage behind the first are one block in many places: [block] * n shares the weights"
)
def one_in_many_places(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        d, stride = width * block.expansion, 2 if stage else 1
        if count:
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
        if count > 1:
            made += [block(c, width, 1, pick(change_shape, c, d, 1))] * (count - 1)
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "a plain network is plain only where the shape changes: with change_shape=None the other blocks get an identity",
)
def half_plain(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            if c == d and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = None if change_shape is None else change_shape(c, d, stride)
            made.append(block(c, width, stride, shortcut))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "change_shape gets the width as the number of channels out, and not width * expansion: wrong for every block whose expansion is not 1",
)
def changes_to_width(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            if change_shape is None:
                shortcut = None
            elif c == d and stride == 1:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(c, width, stride)
            made.append(block(c, width, stride, shortcut))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "the expansion is guessed from the name of the class: 1 or, for a class called Bottleneck, 4; a block with expansion 2 fails",
)
def guessed_expansion(block, num_blocks, widths, change_shape):
    expansion = 4 if block.__name__ == "Bottleneck" else 1
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * expansion, 2 if stage and k == 0 else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
    return nn.Sequential(*made)


@answers.wrong("?", "there are four stages by number, as in the table: three or five stages fail or are cut")
def four_stages(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage in range(4):
        for k in range(num_blocks[stage]):
            d, stride = widths[stage] * block.expansion, 2 if stage and k == 0 else 1
            made.append(block(c, widths[stage], stride, pick(change_shape, c, d, stride)))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "a stage's number is looked up with widths.index(width), which finds the first of two equal widths: the second stage has no stride where widths begin (16, 16)",
)
def looked_up(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for count, width in zip(num_blocks, widths):
        for k in range(count):
            d, stride = width * block.expansion, 2 if k == 0 and list(widths).index(width) > 0 else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "blocks are named by width and number, so that a later stage of the same width replaces the earlier one's blocks",
)
def named_by_width(block, num_blocks, widths, change_shape):
    made, c = OrderedDict(), widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            made[f"width{width}_block{k}"] = block(c, width, stride, pick(change_shape, c, d, stride))
            c = d
    return nn.Sequential(made)


@answers.wrong(
    "?", "the list of blocks is a default argument: a second call returns the first network's blocks as well"
)
def remembers(block, num_blocks, widths, change_shape, made=[]):
    c = widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?", "num_blocks and widths are emptied by pop, so that the caller's lists are gone (a tuple is copied and works)"
)
def pops(block, num_blocks, widths, change_shape):
    counts = num_blocks if isinstance(num_blocks, list) else list(num_blocks)
    left = widths if isinstance(widths, list) else list(widths)
    made, c, first = [], left[0], True
    while left:
        width = left.pop(0)
        for k in range(counts.pop(0)):
            d, stride = width * block.expansion, 2 if k == 0 and not first else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
        first = False
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "shortcuts of the same sizes are one layer: with three stages of equal width two blocks share their projection's weights",
)
def shared_shortcuts(block, num_blocks, widths, change_shape):
    made, c, shortcuts = [], widths[0], {}
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            if (c, d, stride) not in shortcuts:
                shortcuts[c, d, stride] = pick(change_shape, c, d, stride)
            made.append(block(c, width, stride, shortcuts[c, d, stride]))
            c = d
    return nn.Sequential(*made)


@answers.wrong("?", "returns an nn.ModuleList, which cannot be called, and not an nn.Sequential")
def a_module_list(block, num_blocks, widths, change_shape):
    made, c = nn.ModuleList(), widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c = d
    return made


@answers.wrong(
    "?",
    "a ReLU stands between the blocks, where the text has blocks and nothing else; after a block that ends without one it changes the values",
)
def with_relus(block, num_blocks, widths, change_shape):
    made, c = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths)):
        for k in range(count):
            d, stride = width * block.expansion, 2 if stage and k == 0 else 1
            made += [block(c, width, stride, pick(change_shape, c, d, stride)), nn.ReLU()]
            c = d
    return nn.Sequential(*made)


@answers.wrong(
    "?",
    "the stride is 2 where the width differs from the stage before: two stages of equal width follow each other without a stride",
)
def stride_by_width(block, num_blocks, widths, change_shape):
    made, c, last = [], widths[0], widths[0]
    for count, width in zip(num_blocks, widths):
        for _ in range(count):
            d, stride = width * block.expansion, 1 if width == last else 2
            made.append(block(c, width, stride, pick(change_shape, c, d, stride)))
            c, last = d, width
    return nn.Sequential(*made)


@answers.right
def by_a_plan(block, num_blocks, widths, change_shape):
    plan = [
        (width, 2 if stage > 0 and k == 0 else 1)
        for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True))
        for k in range(count)
    ]
    outs = [width * block.expansion for width, _ in plan]
    ins = [widths[0], *outs[:-1]]
    return nn.Sequential(
        *(block(c, width, stride, pick(change_shape, c, d, stride)) for (width, stride), c, d in zip(plan, ins, outs))
    )


@answers.right
def recursive(block, num_blocks, widths, change_shape):
    def stages(k, channels):
        if k == len(widths):
            return []
        return blocks(k, 0, channels)

    def blocks(k, j, channels):
        if j == num_blocks[k]:
            return stages(k + 1, channels)
        stride = 1 + (j == 0 < k)
        out = widths[k] * block.expansion
        return [block(channels, widths[k], stride, pick(change_shape, channels, out, stride)), *blocks(k, j + 1, out)]

    return nn.Sequential(*stages(0, widths[0]))


@answers.right
def with_a_generator(block, num_blocks, widths, change_shape):
    def shortcut(*shape):
        return nn.Identity() if shape == (shape[1], shape[0], 1) else change_shape(*shape)

    def each():
        channels = widths[0]
        strides = chain([1], [2] * (len(widths) - 1))
        for count, width, first in zip(num_blocks, widths, strides):
            for stride in ([first] + [1] * (count - 1))[:count]:
                out = block.expansion * width
                yield block(channels, width, stride, None if change_shape is None else shortcut(channels, out, stride))
                channels = out

    return nn.Sequential(*each())


class Builder:
    def __init__(self, block, channels, change_shape):
        self.block, self.channels, self.change_shape = block, channels, change_shape
        self.network = nn.Sequential()

    def add(self, width, stride):
        out = self.block.expansion * width
        plain = self.change_shape is None
        changed = stride != 1 or out != self.channels
        if plain:
            shortcut = None
        elif changed:
            shortcut = self.change_shape(self.channels, out, stride)
        else:
            shortcut = nn.Identity()
        self.network.append(self.block(self.channels, width, stride, shortcut))
        self.channels = out


@answers.right
def with_a_builder(block, num_blocks, widths, change_shape):
    builder = Builder(block, widths[0], change_shape)
    for k in range(len(widths)):
        for j in range(num_blocks[k]):
            builder.add(widths[k], 2 if (k and not j) else 1)
    return builder.network


@answers.right
def named_blocks(block, num_blocks, widths, change_shape):
    made = OrderedDict()
    channels = widths[0]
    for stage, count in enumerate(num_blocks):
        for k in range(count):
            out = widths[stage] * block.expansion
            stride = 2 if (stage, k) == (max(stage, 1), 0) else 1
            made[f"stage{stage}_block{k}"] = block(
                channels, widths[stage], stride, pick(change_shape, channels, out, stride)
            )
            channels = out
    return nn.Sequential(made)


@answers.right
def flat_counter(block, num_blocks, widths, change_shape):
    """One loop over all blocks; where a stage starts is a running sum."""
    ends = list(accumulate(num_blocks))
    starts = [0, *ends[:-1]]
    network, channels = nn.Sequential(), widths[0]
    for number in range(ends[-1]):
        stage = next(k for k, end in enumerate(ends) if number < end)
        stride = 2 if stage and number == starts[stage] else 1
        out = widths[stage] * block.expansion
        network.add_module(
            str(number), block(channels, widths[stage], stride, pick(change_shape, channels, out, stride))
        )
        channels = out
    return network
