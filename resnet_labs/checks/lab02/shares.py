"""The check of exercise 02.4: where 11.35 % comes from."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab02 import reference


@check("02.4", "an untrained network that gives one answer scores that digit's share; in MNIST's test set it is the 1")
def check_shares(probe: Probe, class_shares: Callable[[Tensor, int], Tensor], digit: int, pixels: int) -> None:
    """Check the share of every class, the digit behind 11.35 %, and what that says about the image size."""
    labels = torch.tensor([0, 0, 0, 2, 2, 1, 0, 2])
    for num_classes in (3, 5):
        shares = probe.call(class_shares, labels, num_classes, hint="a")
        counts = torch.bincount(labels, minlength=num_classes)
        probe.close(
            shares,
            counts / 8,
            "shares",
            tested=f"class_shares({labels.tolist()}, {num_classes})",
            cause="the share of a class is its count, divided by the number of labels",
            hint="a",
            mistakes=[
                Mistake(counts, "counts", "these are counts; divide by the number of labels", "a"),
                Mistake(counts / num_classes, "divided-by-classes", "divided by the number of classes", "a"),
                Mistake(counts / counts.max(), "divided-by-largest", "divided by the largest count", "a"),
                Mistake(torch.bincount(labels) / 8, "missing-class", "a class without a label has share 0", "b"),
            ],
        )
    mnist = torch.repeat_interleave(torch.arange(10), torch.tensor(reference.MNIST_TEST_COUNTS))
    probe.close(
        probe.call(class_shares, mnist, 10, hint="a"),
        torch.tensor(reference.MNIST_TEST_COUNTS) / 10_000,
        "shares-mnist",
        tested="the shares of the ten digits in MNIST's test set",
        cause="the shares are rounded, or divided by a number other than 10,000",
        hint="a",
    )
    probe.equal(
        digit,
        1,
        "digit",
        tested="digit: which digit's share of MNIST's test set is 0.1135",
        cause="look for the entry of the shares that equals the report's accuracy before training",
        hint="b",
    )
    probe.equal(
        pixels,
        28,
        "pixels",
        tested="pixels: the side of the images that the report tested on",
        cause="0.1135 is a share of MNIST's 10,000 test images; how large are those?",
        hint="c",
        mistakes=[
            Mistake(8, "pixels-8", "8 is what the report says; no digit of the 8x8 set has a share of 0.1135", "c")
        ],
    )
