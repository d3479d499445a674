"""The check of exercise 02.1: a new first and a new last layer."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks.lab02 import reference
from resnet_labs.resnet import resnet18


@check("02.1", "the first layer takes your channels, the last gives your classes, every other weight is as it was")
def check_adapt(probe: Probe, adapt: Callable[[nn.Module, int, int], nn.Module]) -> None:
    """Check the two replaced layers of a ResNet-18."""
    for in_channels, num_classes in ((1, 10), (2, 7)):
        network = resnet18()
        before = {name: value.clone() for name, value in network.state_dict().items()}
        given = f"adapt(network, {in_channels}, {num_classes})"
        adapted = probe.call(
            adapt, network, in_channels, num_classes, tested=given, in_place=True, anywhere=False, hint="a"
        )
        images = torch.rand(2, in_channels, 16, 16, generator=probe.generator)
        stem, heads, logits = reference.trace(adapted.eval(), images)
        probe.expect(
            stem is not None,
            "not-a-network",
            tested=f"the network after {given}",
            expected="a convolution comes first",
            got="no convolution",
            cause="something other than the network is returned",
            hint="a",
        )
        probe.equal(
            stem.in_channels,
            in_channels,
            "stem-channels",
            tested=f"the input channels of the first convolution after {given}",
            cause="`network.conv1` still takes another number of channels; does it use `in_channels`?",
            hint="a",
        )
        geometry = (stem.out_channels, stem.kernel_size, stem.stride, stem.padding)
        probe.equal(
            geometry,
            (64, (7, 7), (2, 2), (3, 3)),
            "stem-geometry",
            tested="output channels, kernel size, stride and padding of the first convolution",
            cause="only the number of input channels may change",
            hint="a",
        )
        probe.expect(
            stem.bias is None,
            "stem-bias",
            tested="the bias of the first convolution",
            expected="none: the batch norm after it has one",
            got="a bias",
            cause="`bias=False` is missing; `nn.Conv2d` adds a bias by default",
            hint="a",
        )
        if logits is None:
            logits = probe.call(adapted, images, tested=f"the adapted network on images of shape {tuple(images.shape)}")
        probe.equal(
            len(heads),
            1,
            "head-count",
            tested="the number of linear layers",
            cause="a layer was added after the old head, or under another name; replace `network.fc` itself",
            hint="b",
        )
        probe.equal(
            (heads[0].in_features, heads[0].out_features),
            (512, num_classes),
            "head",
            tested=f"inputs and outputs of the last layer after {given}",
            cause="`network.fc` was not replaced, or does not use `num_classes`",
            hint="b",
        )
        kept = {name: value for name, value in before.items() if not name.startswith(("conv1.", "fc."))}
        there = {reference.fingerprint(value) for value in adapted.state_dict().values()}
        lost = [name for name, value in kept.items() if reference.fingerprint(value) not in there]
        probe.expect(
            not lost,
            "weights-lost",
            tested="the weights between the two ends",
            expected=f"all {len(kept)} tensors as they were",
            got=f"{len(lost)} are gone, the first is {lost[0] if lost else ''}",
            cause="a new network was made; change the one that was given",
            hint="c",
        )
        sums = logits.sum(1)
        probe.expect(
            not torch.allclose(sums, torch.ones(2), atol=1e-3),
            "softmax",
            tested="the outputs of the adapted network",
            expected="logits: any real numbers",
            got="positive numbers that sum to one",
            cause="a softmax follows the last layer; the loss already applies it",
            hint="b",
        )
