"""Wrong answers to lab 01, one for each mistake that learners make, with the code of the message that each must get."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import blocks

# exercises 01.1 and 01.2: a right block whose parts can be exchanged, one for each mistake


class Right(nn.Module):
    """Convolutions, each with its batch norm, then the sum."""

    bias = False
    geometries = staticmethod(lambda i, w, s: [])

    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        layers = self.geometries(in_channels, width, stride)
        self.convs = nn.ModuleList(nn.Conv2d(i, o, k, s, padding=k // 2, bias=self.bias) for i, o, k, s in layers)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for _, o, _, _ in layers)
        self.shortcut = shortcut

    def branch(self, x):
        for conv, norm in list(zip(self.convs, self.norms, strict=True))[:-1]:
            x = self.between(norm(conv(x)))
        return self.norms[-1](self.convs[-1](x))

    def between(self, x):
        return F.relu(x)

    def around(self, x):
        return self.shortcut(x)

    def join(self, branch, around):
        return F.relu(branch + around)

    def forward(self, x):
        if self.shortcut is None:
            return F.relu(self.branch(x))
        return self.join(self.branch(x), self.around(x))


class _Basic(Right):
    geometries = staticmethod(lambda i, w, s: [(i, w, 3, s), (w, w, 3, 1)])


class _Bottleneck(Right):
    geometries = staticmethod(lambda i, w, s: [(i, w, 1, 1), (w, w, 3, s), (w, 4 * w, 1, 1)])


class _NoSkip:
    def join(self, branch, around):
        return F.relu(branch)


class _ForgetsTheShortcut:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, None)


class _Multiplied:
    def join(self, branch, around):
        return F.relu(branch * around)


class _NoFinalRelu:
    def join(self, branch, around):
        return branch + around


class _ReluBeforeAdd:
    def join(self, branch, around):
        return F.relu(branch) + around


class _ReluBeforeAndAfter:
    def join(self, branch, around):
        return F.relu(F.relu(branch) + around)


class _Concatenated:
    def join(self, branch, around):
        return F.relu(torch.cat([branch, around], 1))


class _Averaged:
    def join(self, branch, around):
        return F.relu((branch + around) / 2)


class _NormAfterSum:
    def forward(self, x):
        branch = x
        for conv, norm in list(zip(self.convs, self.norms, strict=True))[:-1]:
            branch = F.relu(norm(conv(branch)))
        branch = self.convs[-1](branch)
        return F.relu(self.norms[-1](branch if self.shortcut is None else branch + self.shortcut(x)))


class _Detached:
    def around(self, x):
        return self.shortcut(x).detach()


class _DetachedByAHook:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        if shortcut is not None:
            shortcut.register_forward_hook(lambda layer, given, out: out.detach())


class _IgnoresShortcut:
    def around(self, x):
        return x


class _InPlace:
    def join(self, branch, around):
        around += branch
        return F.relu(around)


class _NoFirstRelu:
    def branch(self, x):
        x = self.norms[0](self.convs[0](x))
        x = F.relu(self.norms[1](self.convs[1](x)))
        return self.norms[2](self.convs[2](x))


class _NoSecondRelu:
    def branch(self, x):
        x = F.relu(self.norms[0](self.convs[0](x)))
        x = self.norms[1](self.convs[1](x))
        return self.norms[2](self.convs[2](x))


class _LastNormOfAnotherWidth:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.norms[-1] = nn.BatchNorm2d(2 * width)


class _NoReluBetween:
    def between(self, x):
        return x


class _Bias:
    bias = True


class _CallsNone:
    def forward(self, x):
        return self.join(self.branch(x), self.around(x))


class _SkipsInPlainToo:
    def forward(self, x):
        out = self.branch(x)
        if self.shortcut is not None:
            return F.relu(out + self.shortcut(x))
        return F.relu(out + x) if out.shape == x.shape else F.relu(out)


class _NoLastNorm:
    def branch(self, x):
        for conv, norm in list(zip(self.convs, self.norms, strict=True))[:-1]:
            x = F.relu(norm(conv(x)))
        return self.convs[-1](x)


class _NormFirst:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.norms = nn.ModuleList(nn.BatchNorm2d(conv.in_channels) for conv in self.convs)

    def branch(self, x):
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = conv(F.relu(norm(x)))
        return x


class _SharedNorm:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        self.norms = nn.ModuleList([self.norms[0], *self.norms[1:-1], self.norms[-1]])
        self.norms[1] = self.norms[0]


class _NoPadding:
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride, shortcut)
        for conv in self.convs:
            conv.padding = (0, 0)


class _NoReturn:
    def forward(self, x):
        self.join(self.branch(x), x)


class _NoGraph:
    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


def _of(kind, *changes, geometries=None):
    body = {"geometries": staticmethod(geometries)} if geometries else {}
    name = "_".join(change.__name__.strip("_") for change in changes) or "block"
    return type(name, (*changes, kind), body)


def block_function(in_channels, width, stride, shortcut):
    return lambda x: x


_BOTH = [
    (_NoSkip, "no-skip"),
    (_ForgetsTheShortcut, "no-skip"),
    (_Multiplied, "multiplied"),
    (_NoFinalRelu, "no-final-relu"),
    (_ReluBeforeAdd, "relu-before-add"),
    (_ReluBeforeAndAfter, "relu-before-and-after"),
    (_Concatenated, "concatenated"),
    (_Averaged, "averaged"),
    (_NormAfterSum, "norm-after-sum"),
    (_LastNormOfAnotherWidth, "norm-channels"),
    (_Detached, "detached"),
    (_DetachedByAHook, "detached"),
    (_IgnoresShortcut, "ignores-shortcut"),
    (_InPlace, "changes-input"),
    (_NoReluBetween, "no-relu-between"),
    (_Bias, "bias"),
    (_CallsNone, "raises"),
    (_SkipsInPlainToo, "plain-has-skip"),
    (_NoLastNorm, "norm-count"),
    (_NormFirst, "order"),
    (_SharedNorm, "shared"),
    (_NoPadding, "padding"),
    (_NoReturn, "no-return"),
    (_NoGraph, "no-gradient"),
]

# exercise 01.3


class Pad(nn.Module):
    """A right one whose parts can be exchanged."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def thin(self, x):
        return x[:, :, :: self.stride, :: self.stride]

    def grow(self, x):
        zeros = x.new_zeros(len(x), self.extra, *x.shape[2:])
        return torch.cat([x, zeros], 1)

    def forward(self, x):
        return self.grow(self.thin(x))


class MeanOfPixels(Pad):
    def thin(self, x):
        return F.avg_pool2d(x, self.stride, ceil_mode=True)


class MaximumOfPixels(Pad):
    def thin(self, x):
        return F.max_pool2d(x, self.stride, ceil_mode=True)


class SecondPixel(Pad):
    def thin(self, x):
        return x[:, :, self.stride - 1 :: self.stride, self.stride - 1 :: self.stride]


class SizeStays(Pad):
    def thin(self, x):
        return x


class Copies(Pad):
    def grow(self, x):
        return torch.cat([x, x, x], 1)[:, : x.shape[1] + self.extra]


class ZeroPixels(Pad):
    def grow(self, x):
        return F.pad(x, (0, self.extra))


class ChannelsStay(Pad):
    def grow(self, x):
        return x


class ColumnsAlone(Pad):
    def thin(self, x):
        return x[..., :: self.stride]


class Interpolated(Pad):
    def thin(self, x):
        return F.interpolate(x, scale_factor=1 / self.stride)


class FirstTwoAxes(Pad):
    def thin(self, x):
        return x[:: self.stride, :: self.stride]


class HalfOnEachSide(Pad):
    def grow(self, x):
        return F.pad(x, (0, 0, 0, 0, self.extra // 2, self.extra // 2))


class CutOff(Pad):
    def grow(self, x):
        out = torch.zeros(len(x), x.shape[1] + self.extra, *x.shape[2:], dtype=x.dtype)
        out[:, : x.shape[1]] = x.detach()
        return out


def learnt(in_channels, out_channels, stride):
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


def _projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


def kernel_of_three(in_channels, out_channels, stride):
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))


def no_norm(in_channels, out_channels, stride):
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


def norm_first(in_channels, out_channels, stride):
    return nn.Sequential(nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))


def conv_with_bias(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))


def no_stride(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, 1)


def relu_behind(in_channels, out_channels, stride):
    return nn.Sequential(_projection(in_channels, out_channels, stride), nn.ReLU())


def pooled_first(in_channels, out_channels, stride):
    return nn.Sequential(nn.AvgPool2d(stride, ceil_mode=True), _projection(in_channels, out_channels, 1))


def two_convolutions(in_channels, out_channels, stride):
    return nn.Sequential(learnt(in_channels, in_channels, stride), _projection(in_channels, out_channels, 1))


def a_function(in_channels, out_channels, stride):
    return _projection(in_channels, out_channels, stride).forward


def without_return(in_channels, out_channels, stride):
    _projection(in_channels, out_channels, stride)


# exercise 01.4


def _stages(block, num_blocks, widths, change_shape, *, pick=None, start=None, stride=None, make=nn.Sequential):
    """A right one whose parts can be exchanged."""
    channels, made = start or widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for number in range(count):
            step = stride(stage, number) if stride else 2 if stage and number == 0 else 1
            out = width * block.expansion
            shortcut = (pick or _pick)(change_shape, channels, out, step)
            made.append(block(channels, width, step, shortcut))
            channels = out
    return make(*made)


def _pick(change_shape, channels, out, stride):
    if change_shape is None:
        return None
    return nn.Identity() if stride == 1 and channels == out else change_shape(channels, out, stride)


def stride_in_every_block(*given):
    return _stages(*given, stride=lambda stage, number: 2 if stage else 1)


def stride_in_the_first_stage_too(*given):
    return _stages(*given, stride=lambda stage, number: 1 if number else 2)


def stride_in_the_last_block(block, num_blocks, *given):
    return _stages(
        block, num_blocks, *given, stride=lambda stage, number: 2 if stage and number == num_blocks[stage] - 1 else 1
    )


def stride_nowhere(*given):
    return _stages(*given, stride=lambda stage, number: 1)


def one_block_too_many(block, num_blocks, *given):
    return _stages(block, [count + 1 for count in num_blocks], *given)


def expansion_forgotten(block, num_blocks, widths, change_shape):
    channels, made = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        for number in range(count):
            stride = 2 if stage and number == 0 else 1
            made.append(block(channels, width, stride, _pick(change_shape, channels, width, stride)))
            channels = width
    return nn.Sequential(*made)


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


def sixty_four_channels_always(*given):
    return _stages(*given, start=64)


def expansion_twice(block, num_blocks, widths, change_shape):
    return _stages(block, num_blocks, [width * block.expansion for width in widths], change_shape, start=widths[0])


def identity_where_only_channels_change(*given):
    return _stages(
        *given, pick=lambda change, i, o, s: nn.Identity() if change and s == 1 else change and change(i, o, s)
    )


def projection_everywhere(*given):
    return _stages(*given, pick=lambda change, i, o, s: change and change(i, o, s))


def none_where_the_shape_stays(*given):
    return _stages(*given, pick=lambda change, i, o, s: change(i, o, s) if change and (s, i) != (1, o) else None)


def identities_in_the_plain_network(*given):
    return _stages(
        *given, pick=lambda change, i, o, s: change(i, o, s) if change and (s, i) != (1, o) else nn.Identity()
    )


def change_shape_is_called_in_the_plain_network(*given):
    return _stages(*given, pick=lambda change, i, o, s: nn.Identity() if (s, i) == (1, o) else change(i, o, s))


def one_block_in_several_places(block, num_blocks, widths, change_shape):
    channels, made = widths[0], []
    for stage, (count, width) in enumerate(zip(num_blocks, widths, strict=True)):
        stride, out = 2 if stage else 1, width * block.expansion
        made.append(block(channels, width, stride, _pick(change_shape, channels, out, stride)))
        made += [block(out, width, 1, _pick(change_shape, out, out, 1))] * (count - 1)
        channels = out
    return nn.Sequential(*made)


def a_plain_list(*given):
    return _stages(*given, make=lambda *made: list(made))


def relu_between_stages(block, num_blocks, widths, change_shape):
    made = _stages(block, num_blocks, widths, change_shape)
    return nn.Sequential(*made, nn.BatchNorm2d(widths[-1] * block.expansion))


def stages_without_return(*given):
    _stages(*given)


# check -> (what is handed in, the code of the message it must get)
MUTANTS = {
    "check_basic_block": [
        *(((_of(_Basic, change),), f"01.1/{code}") for change, code in _BOTH),
        ((_of(_Basic, geometries=lambda i, w, s: [(i, w, 3, 1), (w, w, 3, s)]),), "01.1/stride"),
        ((_of(_Basic, geometries=lambda i, w, s: [(i, w, 3, s), (w, w, 3, s)]),), "01.1/stride"),
        ((_of(_Basic, geometries=lambda i, w, s: [(i, w, 3, 1), (w, w, 3, 1)]),), "01.1/stride"),
        ((_of(_Basic, geometries=lambda i, w, s: [(i, i, 3, s), (i, w, 3, 1)]),), "01.1/geometry"),
        ((_of(_Basic, geometries=lambda i, w, s: [(i, w, 3, s)]),), "01.1/conv-count"),
        ((block_function,), "01.1/not-a-module"),
    ],
    "check_bottleneck": [
        *(((_of(_Bottleneck, change),), f"01.2/{code}") for change, code in _BOTH),
        ((_of(_Bottleneck, _NoFirstRelu),), "01.2/no-relu-1"),
        ((_of(_Bottleneck, _NoSecondRelu),), "01.2/no-relu-2"),
        (
            (_of(_Bottleneck, geometries=lambda i, w, s: [(i, w, 1, 1), (w, w, 3, s), (w, 4 * i, 1, 1)]),),
            "01.2/geometry",
        ),
        ((_Basic,), "01.2/two-3x3"),
        ((_of(_Bottleneck, geometries=lambda i, w, s: [(i, w, 3, s), (w, 4 * w, 3, 1)]),), "01.2/two-3x3"),
        ((_of(_Bottleneck, geometries=lambda i, w, s: [(i, w, 1, s), (w, w, 3, 1), (w, 4 * w, 1, 1)]),), "01.2/stride"),
        ((_of(_Bottleneck, geometries=lambda i, w, s: [(i, w, 1, 1), (w, w, 3, 1), (w, 4 * w, 1, s)]),), "01.2/stride"),
        ((_of(_Bottleneck, geometries=lambda i, w, s: [(i, w, 1, 1), (w, w, 3, s), (w, w, 1, 1)]),), "01.2/geometry"),
        (
            (_of(_Bottleneck, geometries=lambda i, w, s: [(i, w, 3, 1), (w, w, 3, s), (w, 4 * w, 3, 1)]),),
            "01.2/geometry",
        ),
        ((_of(_Bottleneck, geometries=lambda i, w, s: [(i, w, 1, 1), (w, 4 * w, 3, s)]),), "01.2/conv-count"),
    ],
    "check_shortcuts": [
        ((kernel_of_three, Pad), "01.3/kernel"),
        ((no_norm, Pad), "01.3/no-norm"),
        ((norm_first, Pad), "01.3/norm-first"),
        ((conv_with_bias, Pad), "01.3/bias"),
        ((no_stride, Pad), "01.3/stride"),
        ((relu_behind, Pad), "01.3/relu"),
        ((pooled_first, Pad), "01.3/stride"),
        ((two_convolutions, Pad), "01.3/layers"),
        ((a_function, Pad), "01.3/not-a-module"),
        ((without_return, Pad), "01.3/no-return"),
        ((_projection, MeanOfPixels), "01.3/mean"),
        ((_projection, MaximumOfPixels), "01.3/maximum"),
        ((_projection, SecondPixel), "01.3/rounded-down"),
        ((_projection, SizeStays), "01.3/size"),
        ((_projection, Copies), "01.3/repeated"),
        ((_projection, ColumnsAlone), "01.3/size"),
        ((_projection, Interpolated), "01.3/rounded-down"),
        ((_projection, FirstTwoAxes), "01.3/axes"),
        ((_projection, ZeroPixels), "01.3/size"),
        ((_projection, ChannelsStay), "01.3/channels"),
        ((_projection, HalfOnEachSide), "01.3/channels"),
        ((_projection, CutOff), "01.3/no-gradient"),
        ((_projection, learnt), "01.3/parameters"),
    ],
    "check_stages": [
        ((stride_in_every_block,), "01.4/stride"),
        ((stride_in_the_first_stage_too,), "01.4/stride"),
        ((stride_in_the_last_block,), "01.4/stride"),
        ((stride_nowhere,), "01.4/stride"),
        ((one_block_too_many,), "01.4/num-blocks"),
        ((expansion_forgotten,), "01.4/identity"),
        ((sixty_four_channels_always,), "01.4/channels"),
        ((expansion_twice,), "01.4/width"),
        ((expansion_missing_in_the_shortcut,), "01.4/no-expansion"),
        ((identity_where_only_channels_change,), "01.4/identity"),
        ((projection_everywhere,), "01.4/change-everywhere"),
        ((none_where_the_shape_stays,), "01.4/none"),
        ((identities_in_the_plain_network,), "01.4/identity"),
        ((change_shape_is_called_in_the_plain_network,), "01.4/raises"),
        ((one_block_in_several_places,), "01.4/shared"),
        ((a_plain_list,), "01.4/not-a-module"),
        ((relu_between_stages,), "01.4/values"),
        ((stages_without_return,), "01.4/no-return"),
    ],
}


# right answers, written differently


class BasicInOneSequence(nn.Module):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.way_round = shortcut
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding="same", bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x):
        added = 0 if self.way_round is None else self.way_round(x)
        return torch.relu(self.body(x) + added)


class BasicInAnotherOrder(nn.Module):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.second, self.first_norm = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.second_norm = nn.BatchNorm2d(width)
        self.first = nn.Conv2d(in_channels, width, kernel_size=(3, 3), stride=stride, padding=(1, 1), bias=False)
        if shortcut is not None:
            self.shortcut = shortcut

    def forward(self, x):
        out = self.second_norm(self.second(self.first_norm(self.first(x)).clamp(min=0)))
        if hasattr(self, "shortcut"):
            out += self.shortcut(x)
        return out.clamp_(min=0)


class OurBasic(blocks.BasicBlock):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride=stride, shortcut="none")
        self.downsample = shortcut


class OurBottleneck(blocks.Bottleneck):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride=stride, shortcut="none")
        self.downsample = shortcut


class BottleneckInOneSequence(nn.Module):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        layers = []
        for i, o, k, s in [(in_channels, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1)]:
            layers += [nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.body, self.relu = nn.Sequential(*layers[:-1]), layers[-1]
        self.shortcut = shortcut

    def forward(self, x):
        return self.relu(self.body(x)) if self.shortcut is None else self.relu(self.shortcut(x) + self.body(x))


class ZerosInFront(Pad):
    def grow(self, x):
        return F.pad(x, (0, 0, 0, 0, self.extra, 0))


class ZerosOnBothSides(Pad):
    def grow(self, x):
        before = self.extra // 2
        return F.pad(x, (0, 0, 0, 0, before, self.extra - before))


def padding_by_layers(in_channels, out_channels, stride):
    return nn.Sequential(nn.MaxPool2d(1, stride), nn.ConstantPad3d((0, 0, 0, 0, 0, out_channels - in_channels), 0.0))


class ProjectionClass(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.norm = nn.BatchNorm2d(out_channels)
        self.squeeze = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, padding="valid", bias=False)

    def forward(self, x):
        return self.norm(self.squeeze(x))


def nested_stages(block, num_blocks, widths, change_shape):
    flat = list(_stages(block, num_blocks, widths, change_shape))
    cuts = [sum(num_blocks[:k]) for k in range(len(num_blocks) + 1)]
    return nn.Sequential(*(nn.Sequential(*flat[low:high]) for low, high in pairwise(cuts)))


class StagesByName(nn.Module):
    def __init__(self, *given):
        super().__init__()
        self.blocks = nn.ModuleList(reversed(list(_stages(*given))))

    def forward(self, x):
        for block in reversed(self.blocks):
            x = block(x)
        return x


def empty_sequence_as_identity(*given):
    return _stages(
        *given,
        pick=lambda change, i, o, s: (
            None if change is None else change(i, o, s) if (i, s) != (o, 1) else nn.Sequential()
        ),
    )


RIGHT = {
    "check_basic_block": [(_Basic,), (BasicInOneSequence,), (BasicInAnotherOrder,), (OurBasic,)],
    "check_bottleneck": [(_Bottleneck,), (BottleneckInOneSequence,), (OurBottleneck,)],
    "check_shortcuts": [
        (_projection, Pad),
        (ProjectionClass, ZerosInFront),
        (_projection, ZerosOnBothSides),
        (ProjectionClass, padding_by_layers),
    ],
    "check_stages": [(_stages,), (nested_stages,), (StagesByName,), (empty_sequence_as_identity,)],
}
