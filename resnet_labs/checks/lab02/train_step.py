"""The checks of lab 02, digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab02 import reference
from resnet_labs.resnet import resnet18

# Every wrong average that has a name gives another value on these than the right one.
_CONFUSION = torch.tensor([[2, 1, 7], [0, 3, 7], [1, 0, 30]])
_NEVER_PREDICTED = torch.tensor([[6, 0, 2], [3, 0, 1], [1, 0, 9]])

_SWAPPED = "rows and columns are swapped: rows are the true digits, columns the predicted ones"
_MICRO = "all classes are pooled before dividing; the macro score is the mean over classes"
_NOT_CLEARED = "the gradients of the first step are still there in the second; `optimizer.zero_grad()` is missing"

# The digits of MNIST's 10,000 test images, counted in its label file; lab 02 shows the same ten numbers.
MNIST_TEST_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


@check("02.1", "the first layer takes your channels, the last gives your classes, every other weight is as it was")
def check_adapt(probe: Probe, adapt: Callable[[nn.Module, int, int], nn.Module]) -> None:
    """Check the two replaced layers of a ResNet-18."""
    for in_channels, num_classes in ((1, 10), (2, 7)):
        network = resnet18()
        before = {name: value.clone() for name, value in network.state_dict().items()}
        given = f"adapt(network, {in_channels}, {num_classes})"
        adapted = probe.call(adapt, network, in_channels, num_classes, tested=given, in_place=True, hint="a")
        images = torch.rand(2, in_channels, 16, 16, generator=probe.generator)
        stem, heads, logits = reference.trace(adapted.eval(), images)
        probe.expect(
            stem is not None,
            "not-a-network",
            tested=f"the network after {given}",
            expected="a convolution comes first",
            got="no convolution",
            cause="another object than the network is returned",
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
            expected="none: the batch norm behind it has one",
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
            cause="a layer was added behind the old head, or under a name of its own; replace `network.fc` itself",
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
            cause="a softmax stands behind the last layer; the loss applies it",
            hint="b",
        )


@check("02.2", "each step clears the old gradients, goes down the mean cross-entropy, and returns the loss as a number")
def check_train_step(
    probe: Probe, train_step: Callable[[nn.Module, Tensor, Tensor, torch.optim.Optimizer], float]
) -> None:
    """Check two training steps against torch's own."""
    images = torch.randn(6, 1, 4, 4, generator=probe.generator, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 0, 1, 2])

    network = reference.small_network()
    network.eval()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    first = probe.call(train_step, network, images, labels, optimizer, in_place=True, hint="a")
    probe.expect(
        not isinstance(first, Tensor),
        "keeps-graph",
        tested="what train_step returns",
        expected="a Python number",
        got="a tensor, which keeps the step's whole graph in memory",
        cause="`.item()` is missing",
        hint="c",
    )
    probe.expect(
        network.training,
        "eval-mode",
        tested="the network's mode after a step, when it was in evaluation mode before",
        expected="training mode",
        got="evaluation mode: batch norm would use old statistics",
        cause="`network.train()` is missing at the start of the step",
        hint="a",
    )
    weights, losses = reference.walk(images, labels, steps=2)
    for parameter in optimizer.param_groups[0]["params"]:
        probe.expect(
            parameter.grad is not None and bool(parameter.grad.any()),
            "no-backward",
            tested="the gradients after a step",
            expected="one for every parameter",
            got="none, or zeros",
            cause="`loss.backward()` is missing, or the gradients are cleared after it and not before",
            hint="b",
        )
    probe.close(
        first,
        losses[0],
        "loss",
        tested="the loss of the first step, in float64",
        cause="another loss than the mean cross-entropy of the logits",
        hint="a",
        mistakes=[
            Mistake(losses[0] * 6, "sum", "the loss is summed over the batch, not averaged", "a"),
            Mistake(
                reference.softmax_loss(images, labels),
                "softmax",
                "softmax is applied before the loss, which has it",
                "a",
            ),
        ],
    )
    second = probe.call(
        train_step,
        network,
        images,
        labels,
        optimizer,
        tested="a second step",
        cause="the weights changed between the forward pass and `loss.backward()`; step after it",
        in_place=True,
        hint="b",
    )
    probe.close(
        reference.flat(network),
        weights,
        "weights",
        tested="the weights after two steps",
        cause="the order is clear, forward, backward, step; each happens once",
        hint="b",
        mistakes=[
            Mistake(reference.walk(images, labels, steps=2, clear=False)[0], "not-cleared", _NOT_CLEARED, "b"),
            Mistake(reference.walk(images, labels, steps=0)[0], "no-step", "`optimizer.step()` is missing", "b"),
            Mistake(
                reference.walk(images, labels, steps=1)[0],
                "stale-step",
                "`optimizer.step()` comes before `loss.backward()`",
                "b",
            ),
        ],
    )
    probe.close(second, losses[1], "loss", tested="the loss of the second step", cause="as above", hint="a")


@check("02.3", "macro precision, recall and F, also where a class is never predicted")
def check_scores(probe: Probe, precision_recall_f: Callable[[Tensor], Any]) -> None:
    """Check the macro scores against hand-worked ones."""
    for confusion, tested in ((_CONFUSION, "three classes"), (_NEVER_PREDICTED, "a class that is never predicted")):
        scores = probe.call(precision_recall_f, confusion, hint="a")
        probe.expect(
            isinstance(scores, tuple) and len(scores) == 3,
            "three-values",
            tested="what precision_recall_f returns",
            expected="three numbers: precision, recall, F",
            got=scores,
            cause="the function ends with `return precision, recall, f`",
            hint="a",
        )
        precision, recall, f = reference.scores(confusion)
        means = [x.mean() for x in (precision, recall, f)]
        micro = confusion.diag().sum() / confusion.sum()
        got = [torch.as_tensor(score, dtype=torch.float64) for score in scores]
        probe.expect(
            all(score.isfinite().all() for score in got),
            "not-a-number",
            tested=f"the scores of {tested}",
            expected="numbers: a class that is never predicted has precision 0",
            got=scores,
            cause="zero divided by zero; clamp the divisor to at least 1",
            hint="b",
        )
        swapped = [Mistake(means[1], "swapped", _SWAPPED, "a"), Mistake(micro, "micro", _MICRO, "c")]
        present = confusion.sum(0) > 0
        ignored = Mistake(
            precision[present].mean(), "ignored-class", "a class that is never predicted is left out", "b"
        )
        probe.close(
            got[0],
            means[0],
            "precision",
            tested=f"macro precision of {tested}",
            cause="the divisor of precision is what was predicted as the class: a column",
            hint="a",
            mistakes=[*swapped, ignored],
        )
        swapped = [Mistake(means[0], "swapped", _SWAPPED, "a"), Mistake(micro, "micro", _MICRO, "c")]
        probe.close(
            got[1],
            means[1],
            "recall",
            tested=f"macro recall of {tested}",
            cause="the divisor of recall is what truly is the class: a row",
            hint="a",
            mistakes=swapped,
        )
        of_means = 2 * means[0] * means[1] / (means[0] + means[1])
        plain = (means[0] + means[1]) / 2
        mistakes = [
            Mistake(of_means, "f-of-means", "F is taken of the two means; take it of every class, then average", "c"),
            Mistake(plain, "plain-mean", "F is the harmonic mean, not half the sum", "c"),
        ]
        probe.close(
            got[2],
            means[2],
            "f",
            tested=f"macro F of {tested}",
            cause="F of a class is 2PR / (P + R)",
            hint="c",
            mistakes=mistakes,
        )


@check("02.4", "an untrained network that gives one answer scores that digit's share; in MNIST's test set it is the 1")
def check_shares(probe: Probe, class_shares: Callable[[Tensor, int], Tensor], digit: int, pixels: int) -> None:
    """Check the share of every class, the digit behind 11.35 %, and what that says of the image size."""
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
    mnist = torch.repeat_interleave(torch.arange(10), torch.tensor(MNIST_TEST_COUNTS))
    probe.close(
        probe.call(class_shares, mnist, 10, hint="a"),
        torch.tensor(MNIST_TEST_COUNTS) / 10_000,
        "shares-mnist",
        tested="the shares of the ten digits in MNIST's test set",
        cause="the shares are rounded, or taken of another number than 10,000",
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
