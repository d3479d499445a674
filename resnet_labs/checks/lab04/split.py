"""The check of exercise 04.4: the rows of a stratified split."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks._failure import Cause


@check("04.4", "two disjoint parts that hold every image, each class in its proportion, drawn by the generator alone")
def check_split(probe: Probe, stratified_split: Callable[[Tensor, float, torch.Generator], Sequence[Tensor]]) -> None:
    """Check the rows of splits of uneven classes, whose rows are mixed and whose numbers have gaps."""
    many = tuple(probe.random.randint(3, 6) for _ in range(260))  # one split only: a loop over rows takes its time
    drawn_counts = tuple(probe.random.randint(6, 30) for _ in range(probe.random.choice((4, 6))))
    for counts, fraction, gaps in (
        ((40, 25, 60, 15, 10), 0.2, False),  # each a whole number of images
        ((7, 23, 11), 0.25, False),
        (drawn_counts, probe.random.choice((0.3, 0.4)), True),
        ((1, 2, 12), 0.2, False),  # classes that give none
        (many, 0.6, False),
    ):
        numbers = torch.arange(len(counts)) * (2 if gaps else 1) + (1 if gaps else 0)
        labels = torch.repeat_interleave(numbers, torch.tensor(counts))
        labels = labels[torch.randperm(len(labels), generator=probe.generator)]
        given = f"stratified_split(labels, {fraction}, generator) of classes with {', '.join(map(str, counts))} images"
        if counts == many:
            given = f"stratified_split(labels, {fraction}, generator) of {len(many)} classes with 3 to 6 images each"
        if gaps:
            given += f", numbered {', '.join(map(str, numbers.tolist()))}"

        if gaps and not _runs(stratified_split, labels, fraction):
            continue  # it goes through every number up to the largest, which is another way to be right
        drawn: list[bool] = []

        def rows(
            seed: int,
            labels: Tensor = labels,
            fraction: float = fraction,
            given: str = given,
            drawn: list[bool] = drawn,
        ) -> tuple[list[int], list[int]]:
            generator = torch.Generator().manual_seed(seed)
            state, kept = generator.get_state(), labels.clone()
            parts = probe.call(
                stratified_split,
                labels,
                fraction,
                generator,
                tested=given,
                in_place=True,
                draws_numbers=False,
                anywhere=False,
                hint="c",
            )
            drawn.append(not torch.equal(generator.get_state(), state))
            probe.expect(
                torch.equal(labels, kept),
                "changes-input",
                tested=f"the labels after {given}",
                expected="as they were",
                got="other values, or another order",
                cause="they were sorted or changed in place",
                hint="a",
            )
            return _row_numbers(probe, parts, labels, given)

        train, validation = rows(0)
        _check_parts(probe, labels, train, validation, fraction, given)
        if counts == many:
            continue
        again, other = rows(0), rows(1)
        probe.expect(
            again == (train, validation),
            "not-the-generator",
            tested=f"{given}, twice from the same seed",
            expected="the same rows",
            got="other rows",
            cause="a draw does not come from the generator: every `torch.randperm` needs `generator=generator`",
            hint="c",
        )
        probe.expect(
            len(validation) < 4 or set(other[1]) != set(validation),
            "seed-ignored",
            tested=f"{given}, from two seeds",
            expected="two different splits",
            got="the same rows",
            cause=(
                "the rows are not shuffled by the generator that was given",
                "the generator is seeded anew inside the function",
            ),
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
    _check_many_draws(probe, stratified_split)


def _check_many_draws(probe: Probe, stratified_split: Callable[[Tensor, float, torch.Generator], object]) -> None:
    """Every row comes into both parts at some time, if the splits are drawn from one generator."""
    labels, generator = torch.tensor([0, 1, 1, 0, 1, 0, 1]), torch.Generator().manual_seed(probe.seed)
    given = "stratified_split(labels, 0.5, generator) of classes with 3 and 4 images, 60 times from one generator"
    validations = []
    for _ in range(60):
        parts = probe.call(
            stratified_split, labels, 0.5, generator, tested=given, in_place=True, anywhere=False, hint="c"
        )
        validations.append(frozenset(_row_numbers(probe, parts, labels, given)[1]))
    probe.expect(
        len(set(validations)) > 1,
        "same-again",
        tested=given,
        expected="different splits",
        got="60 times the same",
        cause="the generator is set back to a seed or a state before it draws",
        hint="c",
    )
    ever, always = frozenset.union(*validations), frozenset.intersection(*validations)
    probe.expect(
        len(ever) == len(labels) and not always,
        "never-moves",
        tested=given,
        expected="every row is in validation at some time, and in training at some time",
        got=f"rows {', '.join(map(str, sorted({*range(len(labels))} - ever | always)))} are always in the same part",
        cause="some rows of a class are not shuffled with the others",
        hint="c",
    )


def _runs(stratified_split: Callable[[Tensor, float, torch.Generator], object], labels: Tensor, share: float) -> bool:
    try:
        stratified_split(labels.clone(), share, torch.Generator().manual_seed(0))
    except Exception:
        return False
    return True


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
        tested=f"the shape of the training part, {given}",
        expected="one axis",
        got=tuple(tensors[0].shape),
        cause="`nonzero()` gives a table with a column for each axis; take column 0, or use `torch.where(...)[0]`",
        hint="a",
    )
    probe.expect(
        all(part.ndim == 1 and part.dtype in (torch.int64, torch.int32) for part in tensors),
        "not-rows",
        tested=f"the two parts, {given}",
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
        tested=f"the numbers in the two parts, {given}",
        expected=f"row numbers from 0 to {count - 1}",
        got=f"only {', '.join(map(str, sorted(set(train) | set(validation))))}",
        cause="the classes of the images are returned; return their rows",
        hint="a",
    )
    twice = len(train) - len(set(train)) + len(validation) - len(set(validation))
    sizes = labels.unique(return_counts=True)[1]
    repeated: Cause = (
        "rows are drawn with replacement; `torch.randperm` gives each once",
        "positions within a class are returned; `torch.where(labels == k)[0]` gives the rows",
    )
    if max([*train, *validation], default=0) < int(sizes.max()):
        repeated = "positions within a class are returned; `torch.where(labels == k)[0]` gives the rows"
    for code, wrong, cause in (
        ("repeated", twice, repeated),
        (
            "overlap",
            len(set(train) & set(validation)),
            (
                "images of the validation part are trained on",
                "`rows[-count:]` is all rows where the count is 0",
            ),
        ),
        (
            "rows-lost",
            count - len(set(train) | set(validation)),
            (
                "the two slices of a class leave rows out",
                "`range(labels.max())` ends before the last class; `labels.unique()` gives every class",
                "the class numbers are taken to have no gaps",
            ),
        ),
    ):
        words = {"repeated": "rows that occur twice", "overlap": "rows in both parts", "rows-lost": "rows in no part"}
        probe.equal(wrong, 0, code, tested=f"the number of {words[code]}, {given}", cause=cause, hint="a")
    return train, validation


def _check_parts(
    probe: Probe, labels: Tensor, train: list[int], validation: list[int], fraction: float, given: str
) -> None:
    numbers = labels.unique().tolist()
    rows = [(labels == number).nonzero()[:, 0].tolist() for number in numbers]
    picked = [sorted(set(own) & set(validation)) for own in rows]
    counts, got = torch.tensor([len(own) for own in rows]), torch.tensor([len(own) for own in picked])
    off = (got - fraction * counts).abs()
    swapped = (got - (1 - fraction) * counts).abs()
    if (off >= 1).any():
        code, hint = "not-stratified", "b"
        cause: Cause = (
            "the rows of all classes are shuffled together; cut each class separately",
            "the number of validation images of a class is not `round(fraction * n)`",
            "the labels are taken to be sorted; `torch.where(labels == k)[0]` gives the rows of class k",
        )
        if (swapped < 1).all():
            code, cause = "swapped", "the parts are swapped: the fraction is the validation part's"
            if fraction > 0.5:
                cause = (
                    "the validation part is taken for the smaller one; with this fraction it is the larger one",
                    "every `round(1 / fraction)`-th row is taken; cut `round(fraction * n)` rows",
                )
        elif ((got == counts) & (fraction * counts < 0.5) & (off >= 1)).any():
            cause = "`rows[-count:]` is all rows where the count is 0"
        elif len(set(got.tolist())) == 1 and len(got) > 1:
            code, cause = "equal-sizes", "every class gives equally many images; each gives its own share"
        elif ((got - 0.2 * counts).abs() < 1).all():
            code, cause = "fifth", "`fraction` is not read: this is a fifth of each class"
        shown = slice(None) if len(counts) < 9 else off.argsort(descending=True)[:8].sort().values
        want = ", ".join(f"{share:g}" for share in (fraction * counts[shown]).tolist())
        expected = f"{want}, each up to rounding"
        found = str(got[shown].tolist())
        if len(counts) > 8:
            expected, found = f"{expected}, in eight of the classes", f"{found} in these"
        raise probe.failure(code, tested=given, expected=expected, got=found, cause=cause, hint=hint)
    few = sum(map(len, picked)) < 4  # so few can be the first by chance
    first = all(mine == own[: len(mine)] for mine, own in zip(picked, rows, strict=True))
    last = all(mine == own[len(own) - len(mine) :] for mine, own in zip(picked, rows, strict=True))
    probe.expect(
        few or (not first and not last),
        "not-shuffled",
        tested=f"which rows of each class {given} takes for validation",
        expected="rows drawn at random with the generator",
        got="the first of every class" if first else "the last of every class",
        cause="the rows are cut in their order; neighboring files often show the same flower",
        hint="c",
    )
    by_chance = math.prod(
        min(1, len(own) / math.comb(len(own), len(mine))) for mine, own in zip(picked, rows, strict=True)
    )
    probe.expect(
        by_chance > 1e-9 or not all(_side_by_side(mine, own) for mine, own in zip(picked, rows, strict=True)),
        "not-shuffled",
        tested=f"which rows of each class {given} takes for validation",
        expected="rows drawn at random with the generator",
        got="rows of every class that stand side by side",
        cause="only the start is drawn, the rows keep their order; neighboring files often show the same flower",
        hint="c",
    )


def _side_by_side(mine: list[int], own: list[int]) -> bool:
    """Return whether some of a class's rows follow each other, the first after the last."""
    return sum(row in mine and own[number - 1] not in mine for number, row in enumerate(own)) < 2
