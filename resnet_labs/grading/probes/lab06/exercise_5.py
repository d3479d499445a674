"""Probe of exercise 06.5: the submission file."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("write_submission",)
POINTS = 2
WITHHELD = ()
RTOL, ATOL = 0.0, 0.0


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return more and fewer images than classes, one image, negative logits, and a longer file already there."""
    sizes = [(130, 20), (int(rng.integers(4, 9)), 100), (1, 5), (15, 2), (6, 130)]
    cases = []
    for number, (count, classes) in enumerate(sizes):
        logits = rng.normal(size=(count, classes)).astype("float32") - (50 if number == 3 else 0)
        logits[: min(2, count - 1), classes - 1] = 9  # the last class is there
        cases.append({"logits": logits, "old": "id,label\n" + "7,7\n" * 400 if number in (1, 2) else ""})
    return cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the first line and the others in the order of their ids, and which files there are."""
    import csv
    import tempfile
    from pathlib import Path

    import torch

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("submission.csv" if case["old"] else "predictions.txt")
        if case["old"]:
            path.write_text(case["old"])
        answers.write_submission(str(path) if case["old"] else path, torch.tensor(case["logits"]))
        first, *lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
        names = sorted(each.name for each in Path(folder).iterdir())
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines) if row]
    return {"header": first, "rows": sorted(rows, key=lambda row: (len(row[0]), row)), "files": names}
