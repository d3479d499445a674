"""The check of exercise 06.5: the submission file."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check


@check("06.5", "a header, every id once from 0 on, and after it the class with the highest logit")
def check_submission(probe: Probe, write_submission: Callable[[str, Tensor], Any]) -> None:
    """Check the file that is written, line by line; the second file has the name of the first."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "submission.csv")
        for num_images in (130, 7):
            logits = torch.randn(num_images, 100, generator=probe.generator)
            logits[: min(3, num_images), 99] = 9.0  # every file has the last class
            tested = f"write_submission(path, logits of {num_images} images and 100 classes)"
            probe.call(write_submission, path, logits, tested=tested, returns=False, hint="a")
            _check_file(probe, Path(path), logits, tested)


def _check_file(probe: Probe, path: Path, logits: Tensor, tested: str) -> None:
    num_images = len(logits)
    probe.expect(
        path.is_file(),
        "no-file",
        tested=f"the file after {tested}",
        expected="a file at the path that was given",
        got="none",
        cause="a different path was written, or none",
        hint="a",
    )
    header, *rows = [row for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) if row] or [[]]
    probe.equal(
        ",".join(header)[:40],
        "id,label",
        "header",
        tested=f"the first line after {tested}",
        cause="the first line is `id,label`: two columns, a comma, no spaces, and a newline after it",
        hint="a",
    )
    probe.equal(
        len(rows),
        num_images,
        "count",
        tested=f"the number of lines below the header after {tested}",
        cause="one line for each image; an existing file is overwritten",
        hint="b",
        mistakes=[Mistake(logits.shape[1], "wrong-axis", "a line for each class, not for each image: argmax(1)", "c")],
    )
    probe.expect(
        all(len(row) == 2 and all(cell.strip().isdecimal() for cell in row) for row in rows),
        "whole-numbers",
        tested=f"the lines after {tested}",
        expected="two whole numbers in each",
        got=next((",".join(r) for r in rows if len(r) != 2 or not all(c.strip().isdecimal() for c in r)), ""),
        cause="numbers are written as `3.0` or `tensor(3)`, where `.tolist()` makes them plain, or logits were written",
        hint="c",
    )
    ids, labels = ([int(row[column]) for row in rows] for column in (0, 1))
    from_one = list(range(1, num_images + 1))
    probe.equal(
        sorted(ids),
        list(range(num_images)),
        "ids",
        tested=f"the ids after {tested}, sorted",
        cause="each id from 0 to N - 1 appears exactly once",
        hint="b",
        mistakes=[Mistake(from_one, "ids-from-one", "the ids begin at 1; the first image is number 0", "b")],
    )
    probe.expect(
        max(labels) <= 99,
        "label-range",
        tested=f"the largest label after {tested}",
        expected="99 or less: 100 classes, counted from 0",
        got=max(labels),
        cause="classes are counted from 1, or logits were taken for labels",
        hint="c",
    )
    by_id = torch.tensor([label for _, label in sorted(zip(ids, labels, strict=True))])
    probe.close(
        by_id,
        logits.argmax(1),
        "labels",
        tested=f"the label of each id after {tested}",
        cause="the label is the class with the highest logit of that image",
        hint="c",
        mistakes=[Mistake(logits.argmin(1), "lowest", "this is the class with the lowest logit", "c")],
    )
