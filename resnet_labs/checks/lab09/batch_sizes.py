"""The check of exercise 09.4: the batch size from a summed loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks.lab09 import reference
from resnet_labs.checks.lab09._lists import check_once, differs, whole_numbers

Asked = tuple[float, int, float, float]

_CHANGED_ALONE: tuple[Asked, ...] = (
    (6.0, 12, 1.5, 2.0),
    (9.0, 12, 1.5, 2.0),
    (6.0, 13, 1.5, 2.0),
    (6.0, 12, 1.0, 2.0),
    (6.0, 12, 1.5, 3.0),
)

_RECIPROCAL = (
    "`n * (1 / b)` is rounded twice and may be a little above a whole number; divide once, `n / b`, or use whole "
    "numbers, `-(-n // b)`"
)
_WHOLE_SET = (
    "all images in one batch are a batch size too",
    "a largest size is written down; try every size up to the number of images",
)
_MISTAKES = (
    (reference.batches_by_floor, "floor", "the last, smaller batch is left out: `//` rounds down", "b"),
    (reference.batches_by_share, "by-share", "the number of batches is a whole number: round it up", "b"),
    (reference.batches_by_size, "by-size", "the sum is divided by the batch size, not by the number of batches", "a"),
    (reference.batches_by_size, "by-size", "numbers of batches are returned, not batch sizes", "a"),
    (reference.numbers_of_batches, "number-of-batches", "these are numbers of batches, not batch sizes", "a"),
)


@check(
    "09.4",
    "every batch size that makes the mean loss possible",
    library=["resnet_labs.reports.audit.batches:possible_batch_sizes"],
)
def check_batch_sizes(probe: Probe, batch_sizes: Callable[[float, int, float, float], Any]) -> None:
    """Check the report's sums, drawn ones, one image, and bounds that nothing fits."""
    for loss_sum, num_images, lowest, highest in _asked(probe):
        given = f"batch_sizes({loss_sum}, {num_images}, {lowest}, {highest})"
        got = probe.call(batch_sizes, loss_sum, num_images, lowest, highest, tested=given, anywhere=False)
        found, want = whole_numbers(probe, got, given), reference.batches(loss_sum, num_images, lowest, highest)
        if found == want:
            check_once(probe, got, given)
            continue
        asked = (loss_sum, num_images, lowest, highest)
        expected, came = differs(found, want)
        known = [words for wrong, *words in _MISTAKES if found == wrong(*asked)]
        if known:
            causes = tuple(cause for _, cause, _ in known)
            code, _, hint = known[0]
            cause: Cause = causes if len(causes) > 1 else causes[0]
            probe.expect(False, code, tested=given, expected=expected, got=came, cause=cause, hint=hint)
        code, hint = "batch-sizes", "c"
        cause = (
            "the mean loss is the sum over ceil(n / b)",
            "a bound is left out or not allowed, or a bound or a sum of 0 is taken for none",
            "not every size from 1 to the number of images is tried, or of several that fit only one is returned",
        )
        if found == [size for size in want if size < num_images]:
            code, cause = "whole-set", _WHOLE_SET
        elif found and found == want[: len(found)] and len(found) == 1:
            code, cause = "first-only", "only one batch size is returned; all that fit are asked for"
        elif {*found} > {*want}:
            code, cause = (
                "too-many",
                (
                    "the mean loss has two bounds, as they are given, and both count; it is not rounded",
                    "one batch too many where the size divides the images: `n // b + 1` does not round up",
                ),
            )
            hint = "b" if found == reference.batches_one_more(*asked) else "c"
        if not isinstance(cause, str) and all(_rounds_twice(num_images, size) for size in {*found} ^ {*want}):
            cause = (_RECIPROCAL, *cause)
        probe.expect(False, code, tested=given, expected=expected, got=came, cause=cause, hint=hint)


def _rounds_twice(num_images: int, size: int) -> bool:
    return math.ceil(num_images * (1 / size)) != -(-num_images // size)


def _asked(probe: Probe) -> list[Asked]:
    asked: list[Asked] = [(2227.39172, 1000, 0.5, 3.0), (226.134165, 5000, 2.1, 2.5), (6.0, 10, 1.5, 2.0)]
    for _ in range(3):
        images, size = probe.random.randint(20, 300), probe.random.randint(2, 19)
        mean = round(probe.random.uniform(0.5, 2.0), 2)
        asked.append(
            (
                round(mean * -(-images // size), 3),
                images,
                round(0.8 * mean, 3) + 0.00037,
                round(1.2 * mean, 3) + 0.00037,
            )
        )
    return [
        *asked,
        (2.0, 1, 1.0, 3.0),
        (2.0, 8, 2.0, 2.0),
        (0.5, 40, 3.0, 4.0),
        (40.0, 5, 1.0, 2.0),
        (2.3, 5000, 2.0, 2.5),
        (2.504, 1, 1.0, 2.5),
        (4.0, 100, 2.0, 4.0),
        (5.0, 12, 0.0, 1.0),
        (0.0, 4, 0.0, 1.0),
        (6.0, 273, 2.0, 2.0),  # 273 * (1 / 91) is above 3
        *_CHANGED_ALONE,
    ]
