"""Answers to 01.3 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("01.3", "check_shortcuts")


def good_projection(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class good_padding(nn.Module):
    """A right padding, from which the answers below are made by one mistake each."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride

    def keep(self, x):
        return x[:, :, :: self.stride, :: self.stride]

    def zeros(self, kept):
        n, c, h, w = kept.shape
        return kept.new_zeros(n, self.out_channels - c, h, w)

    def forward(self, x):
        kept = self.keep(x)
        return torch.cat([kept, self.zeros(kept)], 1)


# ---- the projection is wrong


def pooled_projection(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.AvgPool2d(stride, ceil_mode=True),
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.BatchNorm2d(out_channels),
    )


answers.wrong(
    "?",
    "the projection takes means of neighbours and then a 1x1 without stride (ResNet-D), where the text has a 1x1 with the stride",
)(pooled_projection, good_padding)


def biased_projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))


answers.wrong("?", "the projection's convolution has a bias, which the text forbids")(biased_projection, good_padding)


def bare_projection(in_channels, out_channels, stride):
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


answers.wrong("?", "the projection has no batch norm behind its convolution")(bare_projection, good_padding)


def relu_projection(in_channels, out_channels, stride):
    return good_projection(in_channels, out_channels, stride).append(nn.ReLU())


answers.wrong("?", "the projection ends with a ReLU, and never adds anything negative")(relu_projection, good_padding)


def square_projection(in_channels, out_channels, stride):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
    )


answers.wrong("?", "the projection's convolution is 3x3 with padding, which gives the same shapes")(
    square_projection, good_padding
)


def free_projection(in_channels, out_channels, stride):
    if in_channels == out_channels:
        return nn.Identity()
    return good_projection(in_channels, out_channels, stride)


answers.wrong(
    "?", "the projection is an identity where the channels are equal, and then leaves out the stride and the layers"
)(free_projection, good_padding)


def early_norm_projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))


answers.wrong("?", "the projection's batch norm stands in front of the convolution and not behind it")(
    early_norm_projection, good_padding
)


# ---- the padding is wrong


class cpu_padding(good_padding):
    def zeros(self, kept):
        n, c, h, w = kept.shape
        return torch.zeros(n, self.out_channels - c, h, w, dtype=kept.dtype)


answers.wrong("?", "the zeros are made on the CPU, so that an input on another device fails")(
    good_projection, cpu_padding
)


class float_padding(good_padding):
    def zeros(self, kept):
        n, c, h, w = kept.shape
        return torch.zeros(n, self.out_channels - c, h, w, device=kept.device)


answers.wrong("?", "the zeros have torch's default type and not that of x: a float16 input comes out as float32")(
    good_projection, float_padding
)


class empty_padding(good_padding):
    def zeros(self, kept):
        n, c, h, w = kept.shape
        return kept.new_empty(n, self.out_channels - c, h, w)


answers.wrong("?", "new_empty in place of new_zeros: the new channels hold what the memory held")(
    good_projection, empty_padding
)


class cached_padding(good_padding):
    cache = None

    def zeros(self, kept):
        if self.cache is None:
            self.cache = super().zeros(kept)
        return self.cache[: len(kept)]


answers.wrong(
    "?",
    "the zeros of the first pass are kept, where the text has them new in every pass: a larger batch or map, or another type, comes out wrong",
)(good_projection, cached_padding)


class learnt_padding(good_padding):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.fill = nn.Parameter(torch.zeros(()))

    def zeros(self, kept):
        return super().zeros(kept) + self.fill.to(kept)


answers.wrong("?", "the zeros are a parameter that can be trained away from zero, where option A has none")(
    good_projection, learnt_padding
)


class product_padding(good_padding):
    def zeros(self, kept):
        n, c, h, w = kept.shape
        return kept.sum(1, keepdim=True).expand(n, self.out_channels - c, h, w) * 0


answers.wrong(
    "?", "the zeros are products of x and 0, which are nan for an infinite pixel or a sum that overflows in float16"
)(good_projection, product_padding)


class odd_padding(good_padding):
    def keep(self, x):
        return x[:, :, self.stride - 1 :: self.stride, self.stride - 1 :: self.stride]


answers.wrong("?", "the pixels are kept from the second on and not from the first: seven become three")(
    good_projection, odd_padding
)


class nearest_padding(good_padding):
    def keep(self, x):
        h, w = (-(-size // self.stride) for size in x.shape[2:])
        return F.interpolate(x, size=(h, w), mode="nearest")


answers.wrong(
    "?",
    "nearest-neighbour resizing in place of every stride-th pixel: of seven it keeps pixels 0, 1, 3, 5, and only for even sizes the right ones",
)(good_projection, nearest_padding)


class half_padding(good_padding):
    def forward(self, x):
        kept, missing = self.keep(x), self.out_channels - self.in_channels
        return F.pad(kept, (0, 0, 0, 0, missing // 2, missing // 2))


answers.wrong(
    "?",
    "half of the zeros before and half behind, rounded down: a channel is missing where an odd number is to be added",
)(good_projection, half_padding)


class doubling_padding(good_padding):
    def zeros(self, kept):
        return torch.zeros_like(kept)


answers.wrong("?", "as many zeros as channels of x, whatever out_channels is: 64 to 192 comes out as 128")(
    good_projection, doubling_padding
)


class squeezed_padding(good_padding):
    def forward(self, x):
        kept = self.keep(x).squeeze()
        return F.pad(kept, (0, 0, 0, 0, 0, self.out_channels - self.in_channels))


answers.wrong("?", "squeeze drops the batch's axis where N = 1, and a map's where it has become one pixel")(
    good_projection, squeezed_padding
)


class cut_padding(good_padding):
    def forward(self, x):
        kept = self.keep(x)
        n, c, h, w = kept.shape
        out = x.new_zeros(n, self.out_channels, h, w)
        out[:, :c] = kept.detach()
        return out


answers.wrong("?", "the kept pixels are detached: values pass and no gradient does")(good_projection, cut_padding)


def function_padding(in_channels, out_channels, stride):
    return lambda x: F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, out_channels - in_channels))


answers.wrong("?", "padding returns a function and not a layer: nn.Sequential and assignments to modules refuse it")(
    good_projection, function_padding
)


# ---- right


class projection_class(nn.Sequential):
    """A class in the place of the function."""

    def __init__(self, in_channels, out_channels, stride):
        conv = nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False)
        super().__init__(conv, nn.BatchNorm2d(conv.out_channels))


class zeros_first(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.extra, self.step = out_channels - in_channels, slice(None, None, stride)

    def forward(self, x):
        x = x[..., self.step, self.step]
        return F.pad(x, (0, 0, 0, 0, self.extra, 0))


answers.right(projection_class, zeros_first)


class Projected(nn.Module):
    def __init__(self, c, d, s):
        super().__init__()
        self.norm = nn.BatchNorm2d(d)
        self.conv = nn.Conv2d(c, d, kernel_size=1, stride=s, padding=0, bias=False)

    def forward(self, x):
        return self.norm(self.conv(x))


class assigned(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.sizes = in_channels, out_channels, stride

    def forward(self, x):
        c, d, s = self.sizes
        n, _, h, w = x.shape
        out = torch.zeros(n, d, -(-h // s), -(-w // s), device=x.device, dtype=x.dtype)
        out[:, :c] = x[:, :, ::s, ::s]
        return out


answers.right(lambda in_channels, out_channels, stride: Projected(in_channels, out_channels, stride), assigned)


class Subsample(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        for axis in (-2, -1):
            chosen = torch.arange(0, x.shape[axis], self.stride, device=x.device)
            x = x.index_select(axis, chosen)
        return x


def sequential_padding(in_channels, out_channels, stride):
    return nn.Sequential(Subsample(stride), nn.ConstantPad3d((0, 0, 0, 0, 0, out_channels - in_channels), 0))


def appended_projection(in_channels, out_channels, stride):
    layers = nn.Sequential()
    layers.add_module("conv", nn.Conv2d(in_channels, out_channels, 1, bias=False, stride=stride))
    layers.add_module("norm", nn.BatchNorm2d(out_channels))
    return layers


answers.right(appended_projection, sequential_padding)


class pool_padding(nn.Module):
    """A pooling window of one pixel mixes nothing: it only takes the stride."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.pool = nn.MaxPool2d(1, stride)
        self.new = out_channels - in_channels

    def forward(self, x):
        kept = self.pool(x)
        if not self.new:
            return kept
        return torch.hstack([kept, kept.new_zeros(len(kept), self.new, *kept.shape[-2:])])


answers.right(good_projection, pool_padding)


class by_channel(nn.Module):
    """Channel for channel, in a list."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x):
        channels = [channel[:, :: self.stride, :: self.stride] for channel in x.unbind(1)]
        while len(channels) < self.out_channels:
            channels.append(torch.zeros_like(channels[0]))
        return torch.stack(channels, dim=1)


answers.right(lambda *sizes: nn.Sequential(nn.Sequential(*good_projection(*sizes))), by_channel)


def closure_padding(in_channels, out_channels, stride):
    """A class that is made anew for each call."""

    class Padding(nn.Module):
        def forward(self, x):
            kept = x[:, :, ::stride].transpose(2, 3)[:, :, ::stride].transpose(2, 3)
            shape = list(kept.shape)
            shape[1] = out_channels - in_channels
            return torch.concatenate((kept, x.new_zeros(shape)), 1)

    return Padding()


answers.right(projection_class, closure_padding)
