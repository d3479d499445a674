from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import resnet as reference

from resnet_labs.blocks import BasicBlock, Bottleneck, PadShortcut
from resnet_labs.errors import InputError

GEOMETRIES = [(8, 8, 1), (8, 16, 2), (8, 16, 1), (8, 8, 2)]


def twins(kind: str, in_channels: int, width: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """Our block and torchvision's with the same weights, in double precision."""
    block, theirs = {
        "basic": (BasicBlock, reference.BasicBlock),
        "bottleneck": (Bottleneck, reference.Bottleneck),
    }[kind]
    out_channels = width * block.expansion
    downsample = None
    if stride > 1 or in_channels != out_channels:
        downsample = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
        )
    ours = block(in_channels, width, stride=stride).double()
    other = theirs(in_channels, width, stride, downsample).double()
    for module in other.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.running_mean, -1, 1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    ours.load_state_dict(other.state_dict(), strict=True)
    return ours, other


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("geometry", [*GEOMETRIES, (32, 8, 1)])
@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
def test_values_gradients_and_statistics_are_torchvisions(
    kind: str, geometry: tuple[int, int, int], training: bool
) -> None:
    torch.manual_seed(0)
    ours, other = (block.train(training) for block in twins(kind, *geometry))
    x = torch.randn(3, geometry[0], 9, 6, dtype=torch.float64, requires_grad=True)
    results = []
    for block in (ours, other):
        output = block(x)
        weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
        (gradient,) = torch.autograd.grad((output * weights).sum(), x)
        results.append([output, gradient, *block.buffers()])
    for mine, theirs in zip(*results, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("geometry", GEOMETRIES[:3])
def test_pad_shortcut_is_a_convolution_with_the_identity(geometry: tuple[int, int, int]) -> None:
    in_channels, out_channels, stride = geometry
    x = torch.randn(2, in_channels, 5, 4, dtype=torch.float64)
    convolution = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False, dtype=torch.float64)
    nn.init.dirac_(convolution.weight)
    torch.testing.assert_close(PadShortcut(out_channels - in_channels, stride=stride)(x), convolution(x))


@pytest.mark.parametrize(("in_channels", "stride"), [(4, 1), (4, 2), (2, 1)])
def test_pad_has_no_parameters_and_adds_what_the_plain_block_lacks(in_channels: int, stride: int) -> None:
    torch.manual_seed(0)
    padded = BasicBlock(in_channels, 4, stride=stride, shortcut="pad").eval()
    plain = BasicBlock(in_channels, 4, stride=stride, shortcut="none").eval()
    plain.load_state_dict(padded.state_dict(), strict=True)
    for block in (padded, plain):
        nn.init.constant_(block.bn2.bias, 50.0)  # the last activation passes everything on
    x = torch.randn(2, in_channels, 7, 7)
    expected = PadShortcut(4 - in_channels, stride=stride)(x)
    torch.testing.assert_close(padded(x) - plain(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_a_plain_block_forgets_its_input_when_its_convolutions_are_zero(block: type[nn.Module]) -> None:
    """Through a shortcut a change of the input would still be seen."""
    x = torch.rand(2, 4 * block.expansion, 6, 6)
    for shortcut, remembers in (("none", False), ("projection", True), ("pad", True)):
        module = block(x.shape[1], 4, shortcut=shortcut).eval()
        nn.init.zeros_(module.conv2.weight)
        assert torch.equal(module(x), module(x + 1)) is not remembers


@pytest.mark.parametrize("size", [(1, 1), (1, 8), (7, 3)])
@pytest.mark.parametrize("shortcut", ["projection", "pad", "none"])
def test_any_size_becomes_its_half_rounded_up(shortcut: str, size: tuple[int, int]) -> None:
    height, width = size
    output = BasicBlock(3, 5, stride=2, shortcut=shortcut).eval()(torch.randn(1, 3, height, width))
    assert output.shape == (1, 5, -(-height // 2), -(-width // 2))


@pytest.mark.parametrize("shortcut", ["projection", "pad", "none"])
def test_input_stays_as_it_was_and_may_be_non_contiguous(shortcut: str) -> None:
    block = BasicBlock(3, 3, shortcut=shortcut).eval()
    x = torch.randn(2, 6, 6, 3).permute(0, 3, 1, 2)
    before = x.clone()
    torch.testing.assert_close(block(x), block(x.contiguous()))
    assert torch.equal(x, before)


def test_pad_keeps_channels_last() -> None:
    x = torch.randn(2, 4, 6, 6).to(memory_format=torch.channels_last)
    assert PadShortcut(4, stride=2)(x).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"in_channels": 0}, "in_channels is 0. Give an integer of at least 1."),
        ({"width": 0}, " is 0. Give an integer of at least 1."),
        ({"stride": -1}, "stride is -1. Give an integer of at least 1."),
        ({"shortcut": "projektion"}, "shortcut is 'projektion'. Did you mean 'projection'?"),
        ({"shortcut": "42"}, "shortcut is '42'. Known: projection, pad, none."),
        ({"in_channels": 64, "shortcut": "pad"}, "'pad' cannot go from 64 channels to"),
    ],
)
def test_bad_arguments_are_named(block: type[nn.Module], arguments: dict[str, object], message: str) -> None:
    given = {"in_channels": 3, "width": 4, **arguments}
    with pytest.raises(InputError) as caught:
        block(given.pop("in_channels"), given.pop("width"), **given)
    assert message in str(caught.value)


def test_print_shows_what_a_pad_shortcut_does() -> None:
    assert repr(PadShortcut(4, stride=2)) == "PadShortcut(extra_channels=4, stride=2)"
