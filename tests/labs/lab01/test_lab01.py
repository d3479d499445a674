"""What lab 01 compares with, and what it says of the paper's table, is true."""

from __future__ import annotations

import re

import pytest
import torch
from helpers.notebooks import shown
from torch import nn

from resnet_labs import blocks, resnet
from resnet_labs.checks.lab01 import reference

LAB = shown("lab01_residual_blocks")
KINDS = [(blocks.BasicBlock, reference.basic), (blocks.Bottleneck, reference.bottleneck)]


@pytest.mark.parametrize(("kind", "geometries"), KINDS)
@pytest.mark.parametrize("shortcut", ["projection", "none"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("training", [False, True])
def test_the_reference_of_the_checks_is_the_library_s_block(kind, geometries, shortcut, stride, training):
    generator = torch.Generator().manual_seed(0)
    block = kind(5, 3, stride=stride, shortcut=shortcut).double()
    reference.randomise_(block, generator)
    x = torch.randn(4, 5, 7, 6, dtype=torch.float64, generator=generator)
    ran, whole = reference.layers(block, x, apart=block.downsample)
    assert whole
    convs = [layer for layer in ran if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in ran if isinstance(layer, nn.BatchNorm2d)]
    expected = geometries(5, 3, stride)
    assert [reference.geometry(conv) for conv in convs] == expected
    twin = reference.Twin(convs, norms, block.downsample, expected)

    def ours(x):
        return twin.output(x, training=training)

    block.train(training)
    want = ours(x).detach()
    weights = torch.randn(want.shape, dtype=torch.float64, generator=generator)
    gradient = reference.input_gradient(ours, x, weights)
    torch.testing.assert_close(reference.input_gradient(block, x, weights), gradient)
    torch.testing.assert_close(block(x), want)


@pytest.mark.parametrize(
    ("kind", "num_blocks"), [(blocks.BasicBlock, (2, 1, 3)), (blocks.Bottleneck, (1, 2))], ids=["basic", "bottleneck"]
)
def test_the_expected_blocks_are_those_of_the_library_s_networks(kind, num_blocks):
    widths = (4, 6, 8)[: len(num_blocks)]
    network = resnet.ResNet(kind, num_blocks, widths=widths, stem="small")
    theirs = [block for stage in range(len(widths)) for block in getattr(network, f"layer{stage + 1}")]
    expected = reference.expected_blocks(kind.expansion, num_blocks, widths, plain=False)
    for block, ((channels, width, stride), shortcut) in zip(theirs, expected, strict=True):
        strided = block.conv1 if kind is blocks.BasicBlock else block.conv2
        assert (block.conv1.in_channels, block.conv1.out_channels, strided.stride[0]) == (channels, width, stride)
        assert (shortcut == "identity") == isinstance(block.downsample, nn.Identity)


def test_the_numbers_that_the_lab_expects_are_those_of_the_library():
    names = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
    with torch.device("meta"):
        networks = [getattr(resnet, name)() for name in names]
    parameters = [f"{resnet.count_parameters(network) / 1e6:.2f}" for network in networks]
    billions = [f"{resnet.count_multiply_adds(network, (3, 224, 224)) / 1e9:.2f}" for network in networks]
    text = re.sub(r"\n# ?", " ", LAB)
    for figures in (parameters, billions):
        assert f"{', '.join(figures[:-1])} and {figures[-1]}" in text
    basic, bottleneck = blocks.BasicBlock(64, 64), blocks.Bottleneck(256, 64)
    assert f"{resnet.count_parameters(basic):,} parameters for 64 channels" in text
    assert f"{resnet.count_parameters(bottleneck):,} parameters for 256 channels" in text


def test_gradients_of_plain_networks_with_batch_norm_grow_towards_the_image_and_vanish_without_it():
    from resnet_labs.recipes.residual_blocks import gradient_norms

    images = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(64) % 10
    torch.manual_seed(0)
    plain, residual = (resnet.cifar_resnet(32, in_channels=1, residual=kind) for kind in (False, True))
    norms = gradient_norms(plain, images, labels)
    assert norms[0] > 10 * norms[-1]
    even = gradient_norms(residual, images, labels)
    assert 0.1 < even[0] / even[-1] < 10
    for parent in [*plain.modules()]:
        for name, child in parent.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, nn.Identity())
            elif isinstance(child, nn.Conv2d):
                child.reset_parameters()
    bare = gradient_norms(plain, images, labels)
    assert max(bare) < 1e-6 * min(norms)
