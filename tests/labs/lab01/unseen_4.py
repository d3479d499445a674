"""Answers to 01.4 by someone who knew the exercise and not its check."""

from collections import OrderedDict

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("01.4", "check_stages")


def build(block, num_blocks, widths, change_shape, *, channels=None, stride_of=None, out_of=None, shortcut_of=None):
    """The right loop, with one part exchanged."""
    channels = widths[0] if channels is None else channels
    stride_of = stride_of or (lambda stage, number, channels, width: 2 if stage > 0 and number == 0 else 1)
    out_of = out_of or (lambda width: width * block.expansion)
    blocks = []
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for number in range(count):
            stride, out = stride_of(stage, number, channels, width), out_of(width)
            if shortcut_of:
                shortcut = shortcut_of(stage, number, channels, out, stride)
            elif change_shape is None:
                shortcut = None
            elif stride == 1 and channels == out:
                shortcut = nn.Identity()
            else:
                shortcut = change_shape(channels, out, stride)
            blocks.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.wrong("device", "the stages are moved to the CPU")
def to_cpu(block, num_blocks, widths, change_shape):
    with torch.device("cpu"):
        return build(block, num_blocks, widths, change_shape)


@answers.wrong("identity", "Identity wherever the channels agree, whatever the stride")
def by_channels(block, num_blocks, widths, change_shape):
    def shortcut_of(stage, number, channels, out, stride):
        if change_shape is None:
            return None
        return nn.Identity() if channels == out else change_shape(channels, out, stride)

    return build(block, num_blocks, widths, change_shape, shortcut_of=shortcut_of)


@answers.wrong("stride", "stride 2 only where a stage is wider than the one before")
def wider(block, num_blocks, widths, change_shape):
    def stride_of(stage, number, channels, width):
        return 2 if stage > 0 and number == 0 and width > widths[stage - 1] else 1

    return build(block, num_blocks, widths, change_shape, stride_of=stride_of)


@answers.wrong("shortcut", "an expansion is 1 or 4")
def one_or_four(block, num_blocks, widths, change_shape):
    return build(block, num_blocks, widths, change_shape, out_of=lambda w: w if block.expansion == 1 else 4 * w)


@answers.wrong("channels", "the first block takes 64 channels")
def sixty_four(block, num_blocks, widths, change_shape):
    return build(block, num_blocks, widths, change_shape, channels=64 if widths[0] == 64 else 16)


@answers.wrong("num-blocks", "three or four stages, a fifth is dropped")
def four(block, num_blocks, widths, change_shape):
    return build(block, num_blocks[:4], widths[:4], change_shape)


@answers.wrong("change-everywhere", "change_shape in the first block of every stage, even if nothing changes")
def every_stage(block, num_blocks, widths, change_shape):
    def shortcut_of(stage, number, channels, out, stride):
        if change_shape is None:
            return None
        return change_shape(channels, out, stride) if number == 0 else nn.Identity()

    return build(block, num_blocks, widths, change_shape, shortcut_of=shortcut_of)


@answers.wrong("shortcut", "change_shape gets stride 2 in all cases")
def always_two(block, num_blocks, widths, change_shape):
    def shortcut_of(stage, number, channels, out, stride):
        if change_shape is None:
            return None
        return nn.Identity() if stride == 1 and channels == out else change_shape(channels, out, 2)

    return build(block, num_blocks, widths, change_shape, shortcut_of=shortcut_of)


@answers.wrong("width", "widths double, only the first is read")
def doubling(block, num_blocks, widths, change_shape):
    return build(block, num_blocks, [widths[0] * 2**k for k in range(len(num_blocks))], change_shape)


@answers.wrong("stride", "one stage alone gets stride 2")
def lone_stage(block, num_blocks, widths, change_shape):
    def stride_of(stage, number, channels, width):
        return 2 if number == 0 and (stage > 0 or len(widths) == 1) else 1

    return build(block, num_blocks, widths, change_shape, stride_of=stride_of)


@answers.wrong("made-in-eval", "the blocks come in evaluation mode")
def evaluating(block, num_blocks, widths, change_shape):
    return build(block, num_blocks, widths, change_shape).eval()


@answers.wrong("leaves-behind", "seeds the generator, so every seed gives the same network")
def seeded(block, num_blocks, widths, change_shape):
    torch.manual_seed(0)
    return build(block, num_blocks, widths, change_shape)


@answers.wrong("leaves-behind", "one default left behind: autograd is switched off while building and stays off")
def no_grad(block, num_blocks, widths, change_shape):
    torch.set_grad_enabled(False)
    return build(block, num_blocks, widths, change_shape)


@answers.wrong("frozen", "the first block comes frozen")
def frozen(block, num_blocks, widths, change_shape):
    stages = build(block, num_blocks, widths, change_shape)
    stages[0].requires_grad_(False)
    return stages


@answers.wrong("weights-changed", "the blocks' initial weights are set to zero")
def reinitialized(block, num_blocks, widths, change_shape):
    stages = build(block, num_blocks, widths, change_shape)
    for parameter in stages.parameters():
        nn.init.zeros_(parameter)
    return stages


@answers.wrong("identity", "a plain network gets Identity shortcuts")
def plain_identity(block, num_blocks, widths, change_shape):
    def shortcut_of(stage, number, channels, out, stride):
        if channels == out and stride == 1:
            return nn.Identity()
        return change_shape and change_shape(channels, out, stride)

    return build(block, num_blocks, widths, change_shape, shortcut_of=shortcut_of)


@answers.wrong("wrong-inputs", "change_shape(width, out, stride): the width in place of the channels that come")
def wrong_channels(block, num_blocks, widths, change_shape):
    def shortcut_of(stage, number, channels, out, stride):
        if change_shape is None:
            return None
        same = stride == 1 and channels == out
        return nn.Identity() if same else change_shape(widths[stage], out, stride)

    return build(block, num_blocks, widths, change_shape, shortcut_of=shortcut_of)


@answers.wrong("times-expansion", "the block gets out channels in place of its width")
def out_for_width(block, num_blocks, widths, change_shape):
    blocks, channels = [], widths[0]
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        for number in range(count):
            stride, out = (2 if stage and not number else 1), width * block.expansion
            shortcut = None
            if change_shape:
                same = stride == 1 and channels == out
                shortcut = nn.Identity() if same else change_shape(channels, out, stride)
            blocks.append(block(channels, out, stride, shortcut))
            channels = out
    return nn.Sequential(*blocks)


@answers.right
def by_keyword(block, num_blocks, widths, change_shape):
    """Arguments by name, blocks under names of stages, one Identity for all."""
    identity, inside, rows = nn.Identity(), widths[0], OrderedDict()
    for stage in range(len(widths)):
        for number in range(num_blocks[stage]):
            stride = 1 + (stage > 0 and number == 0)
            after = block.expansion * widths[stage]
            way = None
            if change_shape is not None:
                way = identity if (stride, inside) == (1, after) else change_shape(inside, after, stride)
            made = block(in_channels=inside, width=widths[stage], stride=stride, shortcut=way)
            rows[f"stage{stage}_{number}"] = made
            inside = after
    return nn.Sequential(rows)


@answers.right
def flat(block, num_blocks, widths, change_shape):
    """A list of (width, stride) first, then one loop."""
    plan = [
        (w, 2 if i == 0 and k else 1)
        for k, (n, w) in enumerate(zip(num_blocks, widths, strict=False))
        for i in range(n)
    ]
    before = [widths[0], *(w * block.expansion for w, _ in plan)]
    network = nn.Sequential()
    for (width, stride), channels, out in zip(plan, before, before[1:], strict=False):
        if not change_shape:
            shortcut = None
        elif stride != 1 or channels != out:
            shortcut = change_shape(channels, out, stride)
        else:
            shortcut = nn.Identity()
        network.append(block(channels, width, stride, shortcut))
    return network


@answers.right
def extends(block, num_blocks, widths, change_shape):
    """A helper for each stage, joined by extend."""

    def stage(channels, width, count, stride):
        for step in [stride] + [1] * (count - 1):
            out = width * block.expansion
            way = None
            if change_shape is not None:
                way = nn.Identity() if step == 1 and channels == out else change_shape(channels, out, step)
            yield block(channels, width, step, way)
            channels = out

    all_blocks, channels = nn.Sequential(), widths[0]
    for index, (count, width) in enumerate(zip(num_blocks, widths, strict=False)):
        all_blocks.extend(nn.Sequential(*stage(channels, width, count, 2 if index else 1)))
        channels = width * block.expansion
    return all_blocks


@answers.right
def from_modulelist(block, num_blocks, widths, change_shape):
    """Collects in a ModuleList, returns a Sequential."""
    return nn.Sequential(*nn.ModuleList(build(block, list(num_blocks), tuple(widths), change_shape)))
