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

_MARK = 'the file begins with a byte order mark, as `encoding="utf-8-sig"` writes it: use "utf-8"'
_MISSING = (
    "a number of images is written down, or some are left out: one line for each image, however many there are",
    "the file was not closed, and its last lines are not on the disk yet: `with open(...) as file:`",
)
_TOO_MANY = (
    'lines of a file that was there already are left: mode "w" overwrites it',
    "one line for each image, however many there are",
)
_NUMBERS = "numbers are written as `3.0` or `tensor(3)`, where `.tolist()` makes them plain, or logits were written"
_COLUMNS = (
    "a line has two columns, the id and the label, with a comma between them: no index, and no comma within a number"
)


@check("06.5", "a header, every id once from 0 on, and after it the class with the highest logit")
def check_submission(probe: Probe, write_submission: Callable[[str, Tensor], Any]) -> None:
    """Check the file that is written, line by line; the second file has the name of the first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "submission.csv"
        for num_images, num_classes in ((10_050, 100), (130, probe.random.randint(270, 300)), (7, 12), (1, 3), (5, 1)):
            logits = torch.randn(num_images, num_classes, generator=probe.generator)
            logits[: min(3, num_images), -1] = 9.0  # every file has the last class
            if num_images == 7:
                logits *= 100
            if num_images == 1:
                logits -= 20
            if num_images == 5:
                path.unlink()
                path = path.with_suffix(".txt")
            tested = f"write_submission(path, logits of {num_images} images and {num_classes} classes)"
            cause = (
                'a file that is there already is overwritten: mode "w"',
                "a number of classes or of images is written down, or a batch of one loses its axis",
                "the path may be a `str` or a `pathlib.Path`: `open` takes both",
            )
            given = path if num_images == 7 else str(path)
            probe.call(
                write_submission,
                given,
                logits,
                tested=tested,
                cause=cause,
                returns=False,
                in_place=False,
                anywhere=False,
                hint="a",
            )
            _check_file(probe, path, logits, tested)
            others = sorted(it.name for it in Path(folder).iterdir() if it != path)
            probe.expect(
                not others,
                "second-file",
                tested=f"the folder after {tested}",
                expected="one file, at the path that was given",
                got=f"{', '.join(others)} as well",
                cause="another file is written and left there",
                hint="a",
            )


def _check_file(probe: Probe, path: Path, logits: Tensor, tested: str) -> None:
    num_images = len(logits)
    probe.expect(
        path.is_file(),
        "no-file",
        tested=f"the file after {tested}",
        expected="a file at the path that was given",
        got="none",
        cause="a different path was written, such as one with another ending, or none",
        hint="a",
    )
    text = path.read_text(encoding="utf-8", errors="replace")
    raw = text.split("\n")[0].strip()
    probe.expect(
        raw == "id,label" or raw.replace('"', "") != "id,label",
        "quoted",
        tested=f"the first line after {tested}",
        expected="id,label",
        got=raw,
        cause="the names are in quotes; the csv module writes them without, unless `quoting` says otherwise",
        hint="a",
    )
    header, *rows = [row for row in csv.reader(text.splitlines()) if row] or [[]]
    first = ",".join(header)[:40]
    plain = first.isascii() and first.isprintable() and first == first.strip()
    probe.equal(
        first if plain else ascii(first),
        "id,label",
        "header",
        tested=f"the first line after {tested}",
        cause=(
            "the first line is `id,label`: two columns, a comma, no spaces, and a newline after it",
            "the file was not closed, and nothing of it is on the disk yet: `with open(...) as file:`",
        ),
        hint="a",
        mistakes=[Mistake(ascii("\ufeffid,label"), "header", _MARK, "a")],
    )
    probe.equal(
        len(rows),
        num_images,
        "count",
        tested=f"the number of lines below the header after {tested}",
        cause=_MISSING if len(rows) < num_images else _TOO_MANY,
        hint="b",
        mistakes=[Mistake(logits.shape[1], "wrong-axis", "a line for each class, not for each image: argmax(1)", "c")],
    )
    wrong = next((row for row in rows if len(row) != 2 or not all(cell.strip().isdecimal() for cell in row)), None)
    line = ",".join(wrong or [])
    columns = line.count(",") + 1
    probe.expect(
        wrong is None,
        "whole-numbers",
        tested=f"the lines after {tested}",
        expected="two whole numbers in each",
        got=line[:100],
        cause=_NUMBERS if columns == 2 else _COLUMNS,
        hint="c" if columns == 2 else "a",
    )
    ids, labels = ([int(row[column]) for row in rows] for column in (0, 1))
    from_one = list(range(1, num_images + 1))
    begins_at_one = sorted(ids) == from_one
    probe.expect(
        sorted(ids) == list(range(num_images)),
        "ids-from-one" if begins_at_one else "ids",
        tested=f"the ids after {tested}",
        expected=f"0 to {num_images - 1}, each once",
        got=f"{min(ids)} to {max(ids)}, {len(set(ids))} different ones",
        cause="the ids begin at 1; the first image is number 0"
        if begins_at_one
        else "each id from 0 to N - 1 appears exactly once",
        hint="b",
    )
    probe.expect(
        max(labels) < logits.shape[1],
        "label-range",
        tested=f"the largest label after {tested}",
        expected=f"{logits.shape[1] - 1} or less: {logits.shape[1]} classes, counted from 0",
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
        cause=(
            "the label is the class with the highest logit of that image, also where all are negative",
            "only some of the classes are looked at: a number of classes is written down, or kept in a byte",
            "logits that differ become equal before they are compared, as by `.half()`, a sigmoid or rounding",
        ),
        hint="c",
        mistakes=[Mistake(logits.argmin(1), "lowest", "this is the class with the lowest logit", "c")],
    )
