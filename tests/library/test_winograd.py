"""The 3x3 convolution with fewer products is torch's, values and gradients, and is taken only where it was faster."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import conv, winograd
from resnet_labs.train import TrainConfig, fit

SHAPES = list(itertools.product((0, 1, 3), (1, 5), (1, 4), (2, 4, 6), (2, 8)))


@pytest.fixture
def ways(monkeypatch):
    """The names of the ways in which convolutions were computed, in order."""
    found = []
    for owner, name in ((winograd, "convolve"), (F, "conv2d")):
        real = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *rest, real=real, name=name: found.append(name) or real(*rest))
    return found


def draw(num, channels, filters, height, width, dtype=torch.float64):
    torch.manual_seed(num + 10 * channels + height)
    images = torch.randn(num, channels, height, width, dtype=dtype).to(memory_format=torch.channels_last)
    return images.requires_grad_(), torch.randn(filters, channels, 3, 3, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_values_and_gradients_are_torch_s(shape):
    images, weight = draw(*shape)
    ours, theirs = winograd.convolve(images, weight), F.conv2d(images, weight, padding=1)
    share = torch.linspace(-1, 2, ours.numel(), dtype=ours.dtype).reshape(ours.shape)
    found, expected = (torch.autograd.grad((out * share).sum(), (images, weight)) for out in (ours, theirs))
    for mine, other in zip((ours, *found), (theirs, *expected), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_strided_images_and_weights_in_any_layout(layout):
    images, weight = draw(6, 5, 4, 4, 8)
    images, weight = images.detach()[::2, :, :, ::2], weight.detach().to(memory_format=layout)
    torch.testing.assert_close(winograd.convolve(images, weight), F.conv2d(images, weight, padding=1))


def test_first_and_second_derivatives():
    images, weight = draw(2, 2, 3, 2, 4)
    assert torch.autograd.gradcheck(winograd.convolve, (images, weight))
    assert torch.autograd.gradgradcheck(winograd.convolve, (images, weight))


def test_one_gradient_alone():
    images, weight = draw(2, 3, 4, 4, 4)
    for one, other in ((images, weight), (weight, images)):
        other.requires_grad_(False)
        (ours,) = torch.autograd.grad(winograd.convolve(images, weight).square().sum(), one)
        (theirs,) = torch.autograd.grad(F.conv2d(images, weight, padding=1).square().sum(), one)
        torch.testing.assert_close(ours, theirs)
        other.requires_grad_()


def test_functional_gradients_and_ensembles():
    images, weight = (tensor.detach() for tensor in draw(2, 3, 4, 4, 4))

    def mean(convolve):
        return torch.func.grad(lambda one: convolve(images, one).square().mean())

    torch.testing.assert_close(mean(winograd.convolve)(weight), mean(lambda x, w: F.conv2d(x, w, padding=1))(weight))
    weights = torch.stack((weight, 2 * weight))
    together = torch.vmap(winograd.convolve, (None, 0))(images, weights)
    torch.testing.assert_close(together, torch.stack([winograd.convolve(images, one) for one in weights]))


def test_single_precision_is_close_enough_to_train_with():
    images, weight = draw(128, 512, 512, 4, 4, dtype=torch.float32)
    exact = F.conv2d(images.detach().double(), weight.detach().double(), padding=1)
    ours, theirs = (
        (out.double() - exact).square().mean().sqrt() / exact.square().mean().sqrt()
        for out in (winograd.convolve(images.detach(), weight.detach()), F.conv2d(images, weight, padding=1))
    )
    assert ours < 1e-6
    assert ours < 8 * theirs


TAKEN = {"channels": 512, "filters": 512, "size": (4, 4), "batch": 128, "kernel": 3, "stride": 1, "padding": 1}
LEFT = [
    {"channels": 256},
    {"filters": 256},
    {"size": (8, 8)},
    {"size": (4, 3)},
    {"size": (2, 2), "batch": 127},
    {"batch": 127},
    {"kernel": 1, "padding": 0},
    {"kernel": 5, "padding": 2},
    {"stride": 2},
    {"padding": 0},
]


def run(layer, batch, channels, size, layout=torch.channels_last, dtype=torch.float32):
    with torch.no_grad():
        return layer(torch.zeros(batch, channels, *size, dtype=dtype).to(memory_format=layout))


def made(change=()):
    s = TAKEN | dict(change)
    layer = conv.Conv2d(s["channels"], s["filters"], s["kernel"], s["stride"], s["padding"])
    return layer, s["batch"], s["channels"], s["size"]


def test_it_is_taken_where_it_was_faster_and_adds_the_bias(ways):
    layer, *rest = made()
    out = run(layer, *rest)
    assert ways == ["convolve"]
    torch.testing.assert_close(out, layer.bias[:, None, None].expand_as(out))
    assert out.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("change", LEFT, ids=str)
def test_it_is_left_to_torch_elsewhere(ways, change):
    run(*made(change))
    assert ways == ["conv2d"]


def test_the_contiguous_layout_autocast_and_compiling_are_left_to_torch(ways):
    run(*made(), layout=torch.contiguous_format)
    with torch.autocast("cpu", torch.bfloat16):
        run(*made())
    layer, *rest = made()
    run(layer.bfloat16(), *rest, dtype=torch.bfloat16)
    assert ways == ["conv2d"] * 3


def test_a_network_trains_as_with_torch_s_convolution(monkeypatch, ways):
    def curve():
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(3, 512, 1), nn.Conv2d(512, 512, 3, padding=1, bias=False), nn.Flatten(), nn.Linear(8192, 2)
        )
        batch = torch.randn(128, 3, 4, 4), torch.arange(128) % 2
        config = TrainConfig(epochs=2, learning_rate=0.01, precision="fp32")
        fit(model, [batch], loss=nn.functional.cross_entropy, config=config, progress=False)
        return model[1].weight

    ours = curve()
    assert ways.count("convolve") == 2
    monkeypatch.setattr(conv, "SMALLEST_BATCH_TILES", 1000)
    torch.testing.assert_close(ours, curve(), rtol=1e-3, atol=1e-5)
    assert ways.count("convolve") == 2
