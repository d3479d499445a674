"""The check of exercise 04.4: the rows of a stratified split."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from resnet_labs.checks._engine import Probe, check

# Image counts of a class; the fraction of each is a whole number in the first case, and not in the second.
_SPLITS = (((40, 25, 60, 15, 10), 0.2), ((7, 23, 11), 0.25))


@check("04.4", "two disjoint parts that hold every image, each class in its proportion, drawn by the generator alone")
def check_split(probe: Probe, stratified_split: Callable[[Tensor, float, torch.Generator], Sequence[Tensor]]) -> None:
    """Check the rows of splits of uneven classes."""
    for counts, fraction in _SPLITS:
        labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
        given = f"stratified_split(labels, {fraction}, generator) of classes with {', '.join(map(str, counts))} images"

        drawn: list[bool] = []

        def rows(
            seed: int,
            labels: Tensor = labels,
            fraction: float = fraction,
            given: str = given,
            drawn: list[bool] = drawn,
        ) -> tuple[list[int], list[int]]:
            generator = torch.Generator().manual_seed(seed)
            state = generator.get_state()
            parts = probe.call(
                stratified_split, labels, fraction, generator, tested=given, in_place=True, anywhere=False, hint="a"
            )
            drawn.append(not torch.equal(generator.get_state(), state))
            return _row_numbers(probe, parts, labels, given)

        train, validation = rows(0)
        _check_parts(probe, labels, train, validation, fraction, given)
        again, other = rows(0), rows(1)
        probe.expect(
            again == (train, validation),
            "not-the-generator",
            tested=f"{given}, twice from the same seed",
            expected="the same rows",
            got="other rows",
            cause="`torch.randperm` was not given `generator=generator`, so the split cannot be repeated",
            hint="c",
        )
        probe.expect(
            set(other[1]) != set(validation),
            "seed-ignored",
            tested=f"{given}, from two seeds",
            expected="two different splits",
            got="the same rows",
            cause="the rows are not shuffled by the generator that was given",
            hint="c",
        )
        probe.expect(
            all(drawn),
            "nothing-drawn",
            tested=f"whether {given} draws from the generator",
            expected="its state has moved on, so that a second split from it is another one",
            got="the state from before",
            cause="the generator's seed goes to another random generator",
            hint="c",
        )


def _row_numbers(probe: Probe, parts: object, labels: Tensor, given: str) -> tuple[list[int], list[int]]:
    two = isinstance(parts, (tuple, list)) and len(parts) == 2
    probe.expect(
        two,
        "two-parts",
        tested=f"what {given} returns",
        expected="two tensors: rows of the training part, rows of the validation part",
        got=parts,
        cause="the function ends with `return train_rows, validation_rows`",
        hint="a",
    )
    tensors = [torch.as_tensor(part) for part in parts]  # type: ignore[attr-defined]
    probe.expect(
        not all(part.ndim == 2 and part.shape[1] == 1 for part in tensors),
        "a-column",
        tested="the shape of the training part",
        expected="one axis",
        got=tuple(tensors[0].shape),
        cause="`nonzero()` gives a table with a column for each axis; take column 0, or use `torch.where(...)[0]`",
        hint="a",
    )
    probe.expect(
        all(part.ndim == 1 and part.dtype in (torch.int64, torch.int32) for part in tensors),
        "not-rows",
        tested="the two parts",
        expected="integer row numbers",
        got=f"{tensors[0].dtype} {tuple(tensors[0].shape)}",
        cause="masks, lists of tensors or images are returned; `torch.cat` joins the rows of the classes",
        hint="a",
    )
    train, validation = (part.tolist() for part in tensors)
    count = len(labels)
    classes = set(labels.tolist())
    probe.expect(
        not classes >= set(train) | set(validation),
        "labels",
        tested="the numbers in the two parts",
        expected=f"row numbers from 0 to {count - 1}",
        got=f"only {', '.join(map(str, sorted(set(train) | set(validation))))}",
        cause="the classes of the images are returned; return their rows",
        hint="a",
    )
    twice = len(train) - len(set(train)) + len(validation) - len(set(validation))
    for code, wrong, cause in (
        ("repeated", twice, "rows are drawn with replacement; `torch.randperm` gives each once"),
        ("overlap", len(set(train) & set(validation)), "images of the validation part are trained on"),
        ("rows-lost", count - len(set(train) | set(validation)), "the two slices leave rows out, or a class"),
    ):
        words = {"repeated": "rows that occur twice", "overlap": "rows in both parts", "rows-lost": "rows in no part"}
        probe.equal(wrong, 0, code, tested=f"the number of {words[code]}", cause=cause, hint="a")
    return train, validation


def _check_parts(
    probe: Probe, labels: Tensor, train: list[int], validation: list[int], fraction: float, given: str
) -> None:
    counts = labels.bincount()
    got = labels[validation].bincount(minlength=len(counts))
    off = (got - fraction * counts).abs()
    swapped = (got - (1 - fraction) * counts).abs()
    if (off >= 1).any():
        code, cause = "not-stratified", "the rows of all classes are shuffled together; cut each class separately"
        if (swapped < 1).all():
            code, cause = "swapped", "the parts are swapped: the fraction is the validation part's"
        want = ", ".join(f"{share:g}" for share in (fraction * counts).tolist())
        expected = f"{want}, each up to rounding"
        probe.expect(False, code, tested=given, expected=expected, got=str(got.tolist()), cause=cause, hint="b")
    starts = (counts.cumsum(0) - counts).tolist()
    ends = counts.cumsum(0).tolist()
    picked = [sorted(row for row in validation if low <= row < high) for low, high in zip(starts, ends, strict=True)]
    first = all(rows == list(range(low, low + len(rows))) for rows, low in zip(picked, starts, strict=True))
    last = all(rows == list(range(high - len(rows), high)) for rows, high in zip(picked, ends, strict=True))
    probe.expect(
        not first and not last,
        "not-shuffled",
        tested=f"which rows of each class {given} takes for validation",
        expected="any rows",
        got="the first of every class" if first else "the last of every class",
        cause="the rows are cut in their order; neighboring files often show the same flower",
        hint="c",
    )
