"""Right and wrong answers to exercise 01.4: from blocks to networks."""

from __future__ import annotations

import copy
from itertools import pairwise

from helpers.answers import Answers
from torch import nn


def _pick(change_shape, channels, out, stride):
    if change_shape is None:
        return None
    return nn.Identity() if stride == 1 and channels == out else change_shape(channels, out, stride)


answers = Answers("01.4", "check_stages")


@answers.right
def stages(block, num_blocks, widths, change_shape, *, pick=None, start=None, stride=None, make=nn.Sequential):
    """Return the right stages; an argument replaces a part, one for each mistake."""
    channels, made = start or widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for number in range(count):
            step = stride(stage, number) if stride else 2 if stage and number == 0 else 1
            out = width * block.expansion
            shortcut = (pick or _pick)(change_shape, channels, out, step)
            made.append(block(channels, width, step, shortcut))
            channels = out
    return make(*made)


@answers.wrong("stride")
def stride_in_every_block(*given):
    return stages(*given, stride=lambda stage, number: 2 if stage else 1)


@answers.wrong("stride")
def stride_in_the_first_stage_too(*given):
    return stages(*given, stride=lambda stage, number: 1 if number else 2)


@answers.wrong("stride")
def stride_in_the_last_block(block, num_blocks, *given):
    return stages(
        block, num_blocks, *given, stride=lambda stage, number: 2 if stage and number == num_blocks[stage] - 1 else 1
    )


@answers.wrong("stride")
def stride_nowhere(*given):
    return stages(*given, stride=lambda stage, number: 1)


@answers.wrong("num-blocks")
def one_block_too_many(block, num_blocks, *given):
    return stages(block, [count + 1 for count in num_blocks], *given)


@answers.wrong("identity")
def expansion_forgotten(block, num_blocks, widths, change_shape):
    channels, made = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for number in range(count):
            stride = 2 if stage and number == 0 else 1
            made.append(block(channels, width, stride, _pick(change_shape, channels, width, stride)))
            channels = width
    return nn.Sequential(*made)


@answers.wrong("no-expansion")
def expansion_missing_in_the_shortcut(block, num_blocks, widths, change_shape):
    channels, made = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for number in range(count):
            stride, out = 2 if stage and number == 0 else 1, width * block.expansion
            shortcut = _pick(change_shape, channels, out, stride)
            if change_shape and not isinstance(shortcut, nn.Identity):
                shortcut = change_shape(channels, width, stride)
            made.append(block(channels, width, stride, shortcut))
            channels = out
    return nn.Sequential(*made)


@answers.wrong("channels")
def sixty_four_channels_always(*given):
    return stages(*given, start=64)


@answers.wrong("times-expansion")
def expansion_twice(block, num_blocks, widths, change_shape):
    return stages(block, num_blocks, [width * block.expansion for width in widths], change_shape, start=widths[0])


@answers.wrong("identity")
def identity_where_only_channels_change(*given):
    return stages(
        *given, pick=lambda change, i, o, s: nn.Identity() if change and s == 1 else change and change(i, o, s)
    )


@answers.wrong("change-everywhere")
def projection_everywhere(*given):
    return stages(*given, pick=lambda change, i, o, s: change and change(i, o, s))


@answers.wrong("none")
def none_where_the_shape_stays(*given):
    return stages(*given, pick=lambda change, i, o, s: change(i, o, s) if change and (s, i) != (1, o) else None)


@answers.wrong("identity")
def identities_in_the_plain_network(*given):
    return stages(
        *given, pick=lambda change, i, o, s: change(i, o, s) if change and (s, i) != (1, o) else nn.Identity()
    )


@answers.wrong("raises")
def change_shape_is_called_in_the_plain_network(*given):
    return stages(*given, pick=lambda change, i, o, s: nn.Identity() if (s, i) == (1, o) else change(i, o, s))


@answers.wrong("shared")
def one_block_in_several_places(block, num_blocks, widths, change_shape):
    channels, made = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        stride, out = 2 if stage else 1, width * block.expansion
        made.append(block(channels, width, stride, _pick(change_shape, channels, out, stride)))
        made += [block(out, width, 1, _pick(change_shape, out, out, 1))] * (count - 1)
        channels = out
    return nn.Sequential(*made)


@answers.wrong("not-a-module")
def a_plain_list(*given):
    return stages(*given, make=lambda *made: list(made))


@answers.wrong("values")
def relu_between_stages(block, num_blocks, widths, change_shape):
    made = stages(block, num_blocks, widths, change_shape)
    return nn.Sequential(*made, nn.BatchNorm2d(widths[-1] * block.expansion))


@answers.wrong("no-return")
def stages_without_return(*given):
    stages(*given)


@answers.right
def nested_stages(block, num_blocks, widths, change_shape):
    flat = list(stages(block, num_blocks, widths, change_shape))
    cuts = [sum(num_blocks[:k]) for k in range(len(num_blocks) + 1)]
    return nn.Sequential(*(nn.Sequential(*flat[low:high]) for low, high in pairwise(cuts)))


@answers.right
class StagesByName(nn.Module):
    def __init__(self, *given):
        super().__init__()
        self.blocks = nn.ModuleList(reversed(list(stages(*given))))

    def forward(self, x):
        for block in reversed(self.blocks):
            x = block(x)
        return x


@answers.right
def empty_sequence_as_identity(*given):
    return stages(
        *given,
        pick=lambda change, i, o, s: (
            None if change is None else change(i, o, s) if (i, s) != (o, 1) else nn.Sequential()
        ),
    )


@answers.wrong("copied")
def the_second_block_again_and_again(block, num_blocks, widths, change_shape):
    made = stages(block, num_blocks, widths, change_shape)
    for number in range(1, len(made)):
        if made[number].asked == made[number - 1].asked:
            made[number] = copy.deepcopy(made[number - 1])
    return made


@answers.wrong("made-once")
def stages_made_once(block, num_blocks, widths, change_shape, known={}):  # noqa: B006
    key = block, tuple(num_blocks), tuple(widths), change_shape
    if key not in known:
        known[key] = stages(block, num_blocks, widths, change_shape)
    return known[key]
