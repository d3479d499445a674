"""The gradebook, and who has another score than last time: tables that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from resnet_labs import files

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(results: Sequence[dict[str, Any]], path: Path, alike: dict[str, list[str]]) -> None:
    """Write `gradebook.csv`: student, score, max, a column for each exercise, status, flags.

    A submission that was not graded has no score, and its status says why.

    Args:
        results: of the batch.
        path: the file.
        alike: for each student the others whose answers are nearly the same.
    """
    names = _exercises(results)
    rows = []
    for one in results:
        points = {each["exercise"]: number(each["points"]) for each in one["exercises"]}
        score = ["" if one["score"] is None else number(one["score"]), "" if one["max"] is None else number(one["max"])]
        exercises = ["" if one["score"] is None else points.get(name, "") for name in names]
        rows.append([one["student"], *score, *exercises, status(one), flags(one, alike.get(one["student"], []))])
    _write(path, ["student", "score", "max", *names, "status", "flags"], rows)


def write_changes(before: dict[str, dict[str, Any]], now: Sequence[dict[str, Any]], path: Path) -> list[list[str]]:
    """Write `changes.csv`, if results differ from those before: whose score changed, by how much, where and why.

    Returns:
        Its rows.
    """
    rows = []
    for one in now:
        old = before.get(one["student"], {})
        if not old or (old["score"] == one["score"] and status(old) == status(one)):
            continue
        was = {each["exercise"]: each["points"] for each in old["exercises"]}
        moved = [
            f"{each['exercise']}: {number(was.get(each['exercise'], '0'))} to {number(each['points'])}"
            for each in one["exercises"]
            if was.get(each["exercise"], "0") != each["points"]
        ]
        reasons = {
            "submission": "another file",
            "bundle": "another bundle",
            "version": "another version",
            "tier": "another sandbox",
        }
        why = [text for name, text in reasons.items() if old.get(name) != one.get(name)]
        scores = ["" if each["score"] is None else number(each["score"]) for each in (old, one)]
        rows.append(
            [one["student"], *scores, "; ".join(moved), status(one), "; ".join(why) or "the same; look at flaky"]
        )
    path.unlink(missing_ok=True)  # of an earlier run
    if rows:
        _write(path, ["student", "before", "now", "exercises", "status", "what differs"], rows)
    return rows


def status(one: dict[str, Any]) -> str:
    """Return "graded", or why there is no score."""
    return one["status"] if one["problem"] is None else f"{one['status']}: {one['problem']['sentence']}"


def flags(one: dict[str, Any], alike: Iterable[str] = ()) -> str:
    """Return what a person should look at, in words."""
    kinds = Counter(note["kind"] for note in one["notes"])
    found = [f"{count} {kind}" for kind, count in sorted(kinds.items())]
    found += [f"{each['exercise']} flaky" for each in one["exercises"] if each["flaky"]]
    found += [f"{each['exercise']} {each['status']}" for each in one["exercises"] if each["status"] not in _QUIET]
    found += [f"like {other}" for other in alike]
    return "; ".join(found)


_QUIET = ("passed", "partial", "failed")


def number(exact: str) -> str:
    """Return an exact fraction as a decimal of at most four places.

    Example:
        >>> number("5/3"), number("4")
        ('1.6667', '4')
    """
    return f"{float(Fraction(exact)):.4f}".rstrip("0").rstrip(".")


def _exercises(results: Iterable[dict[str, Any]]) -> list[str]:
    return sorted({each["exercise"] for one in results for each in one["exercises"]})


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    try:
        with files.replacing(path, "w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([_safe(cell) for cell in row] for row in [header, *rows])
    except OSError as error:
        raise files.unwritable(f"The file {str(path)!r}", error, "; the results are kept") from error


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, on one line."""
    line = " ".join(cell.split())
    return f"'{line}" if cell.startswith(_FORMULA) or line.startswith(_FORMULA) else line
