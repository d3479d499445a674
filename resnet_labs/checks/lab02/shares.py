"""The check of exercise 02.4: where 11.35 % comes from, and what it does not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from resnet_labs.checks import _answers
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab02 import reference


@check("02.4", "0.1135 is the share of the 1 in MNIST's test set, whatever the size of its images")
def check_shares(
    probe: Probe, class_shares: Callable[[Tensor, int], Tensor], digit: Any, sizes: Any, matches: Any
) -> None:
    """Check the share of every class, the digit behind 11.35 %, the sizes that fit it, and who scored a share."""
    for labels, num_classes, tested in _cases(probe):
        total = len(labels)
        shares = probe.call(class_shares, labels, num_classes, tested=tested, anywhere=False, hint="a")
        counts = torch.bincount(labels, minlength=num_classes)
        histogram = torch.histc(labels.float(), bins=num_classes)
        probe.close(
            shares,
            counts / total,
            "shares",
            tested=tested,
            cause=(
                "a share is something else than the count of its class, divided by the number of labels",
                "a class without a label is left out, or classes are counted from another number than 0",
                "the labels are taken as sorted, or some of them are not counted",
                "counts of an earlier call are kept, such as in a default argument",
            ),
            hint="a",
            mistakes=[
                *_overflows(labels, counts),
                Mistake((counts + 1) / (total + num_classes), "shares", "one is added to every count", "a"),
                Mistake(counts, "counts", "these are counts; divide by the number of labels", "a"),
                Mistake(counts / num_classes, "divided-by-classes", "divided by the number of classes", "a"),
                Mistake(counts / counts.max(), "divided-by-largest", "divided by the largest count", "a"),
                Mistake(counts / 10_000, "ten-thousand", "divided by 10,000, whatever the number of labels", "a"),
                Mistake(torch.bincount(labels) / total, "missing-class", "a class without a label has share 0", "b"),
                Mistake(
                    histogram / total, "bins", "the bins run over the labels that occur, not over the classes", "b"
                ),
                *(
                    Mistake((counts / total).round(decimals=n), "rounded", "the shares are rounded", "a")
                    for n in (2, 3, 4)
                ),
            ],
        )
    mnist = torch.repeat_interleave(torch.arange(10), torch.tensor(reference.MNIST_TEST_COUNTS))
    probe.close(
        probe.call(class_shares, mnist, 10, anywhere=False, hint="a"),
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
        mistakes=[
            Mistake(2, "digit", "entries are counted from 0, as digits are: entry 1 is the digit 1", "b"),
            Mistake(0.1135, "digit", "this is the share; `digit` is the digit that has it", "b"),
        ],
    )
    given = _as_set(sizes)
    probe.expect(
        given != {28},
        "only-28",
        tested="sizes: at which sides of the images the share is 0.1135",
        expected="8 and 28",
        got=sizes,
        cause="resizing changes pixels and no label, so the share is the same at 8",
        hint="c",
    )
    probe.expect(
        given != {8},
        "only-8",
        tested="sizes: at which sides of the images the share is 0.1135",
        expected="8 and 28",
        got=sizes,
        cause="the shares above are those of the images as they are, at 28",
        hint="c",
    )
    probe.expect(
        given == {8, 28},
        "sizes",
        tested="sizes: at which sides of the images the share is 0.1135",
        expected="those of 8 and 28 that fit, such as (8,), (28,) or (8, 28)",
        got=sizes,
        cause="each of the two sizes is either in it or not, and nothing else is",
        hint="c",
    )
    shared = set(reference.MNIST_TEST_COUNTS)
    scored = [round(score * 10_000) for score in reference.untrained_scores()]
    probe.expect(
        _answers.values(matches) is not None and not isinstance(matches, bool),
        "matches-type",
        tested="matches: how many of the scores in `untrained` are the share of a digit",
        expected="a number: how many",
        got=matches,
        cause="something else than a number is given, such as which ones, or whether there are any",
        hint="c",
    )
    probe.equal(
        matches,
        sum(score in shared for score in scored),
        "matches",
        tested="matches: how many of the scores in `untrained` are the share of a digit",
        cause="all four decimals count: compare each score with the ten shares",
        hint="c",
        mistakes=[
            Mistake(
                len(scored), "matches-all", "these networks name several digits; compare each with the ten shares", "c"
            )
        ],
    )


def _overflows(labels: Tensor, counts: Tensor) -> Iterator[Mistake]:
    """Yield what shares are where counts, or the labels, go through 8 or 16 bits."""
    for kind, bits in ((torch.int8, 8), (torch.uint8, 8), (torch.int16, 16)):
        cause = f"the counts overflow: {counts.max():,} does not fit into {bits} bits; count in int64"
        yield Mistake(counts.to(kind) / len(labels), "shares", cause, "a")
    wrapped = torch.bincount(labels % 256, minlength=len(counts))
    yield Mistake(wrapped / len(labels), "shares", "the labels overflow: class 256 is counted as 0 in 8 bits", "a")


def _cases(probe: Probe) -> Iterator[tuple[Tensor, int, str]]:
    """Yield labels, the number of classes, and both in words: classes are missing, there is one, or there are many."""
    few, without_first = torch.tensor([0, 0, 0, 2, 2, 1, 0, 2]), torch.tensor([3, 1, 1, 2, 3])
    other, zeros = torch.tensor([2, 2, 1, 2]), torch.zeros(3, dtype=torch.int64)
    for labels, num_classes in ((few, 3), (other, 3), (few, 5), (without_first, 4), (zeros, 1)):
        yield labels, num_classes, f"class_shares({labels.tolist()}, {num_classes})"
    num_classes, total = probe.random.randint(257, 300), probe.random.randint(10_500, 12_000)
    labels = torch.randint(num_classes, (total,), generator=probe.generator)
    labels[labels == 2] = 3
    yield labels, num_classes, f"the shares of {num_classes} classes in {total:,} labels, class 2 without any"
    yield torch.arange(100_000).clamp(max=2), 3, "the shares of 3 classes in 100,000 labels, 99,998 of the last class"


def _as_set(sizes: Any) -> set[float]:
    """Return the numbers that were given; one number alone counts, and what is no number does not."""
    try:
        return set(torch.as_tensor(list(sizes) if isinstance(sizes, Iterable) else [sizes]).tolist())
    except (TypeError, ValueError, RuntimeError):
        return set()
