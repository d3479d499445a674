"""Everything that a batch leaves in its folder, from the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resnet_labs import files
from resnet_labs.grading import exports, feedback, gradebook, similar
from resnet_labs.grading.bundle import Bundle


def line(one: dict[str, Any]) -> str:
    """Return one result as a line."""
    if one["score"] is None:
        return f"{one['student']}: {gradebook.status(one)}"
    flags = gradebook.flags(one)
    score = f"{gradebook.number(one['score'])} of {gradebook.number(one['max'])}"
    return f"{one['student']}: {score} in {one['seconds']:g} s{f' ({flags})' if flags else ''}"


def write(results: Sequence[dict[str, Any]], before: dict[str, dict[str, Any]], bundle: Bundle, out: Path) -> str:
    """Write gradebook, feedback, report and exports; return what was written, in a line.

    Args:
        results: of the batch.
        before: the results by student before it.
        bundle: of the lab.
        out: the folder.
    """
    pairs = similar.pairs({one["student"]: one["answers"] for one in results}, bundle)
    alike: dict[str, list[str]] = {}
    for pair in pairs:
        for one, other in (pair.students, pair.students[::-1]):
            if other not in alike.setdefault(one, []):
                alike[one].append(other)
    try:
        gradebook.write(results, out / "gradebook.csv", alike)
        changes = gradebook.write_changes(before, results, out / "changes.csv")
        for each in results:
            feedback.write(each, out / "feedback" / f"{each['student']}.html")
            exports.gradescope(each, out / "gradescope" / f"{each['student']}.json")
            exports.classroom(each, out / "classroom" / f"{each['student']}.json")
        exports.junit(results, out / "junit.xml")
        feedback.write_report(results, [_words(pair) for pair in pairs], changes, out / "report.html")
    except OSError as error:
        raise files.unwritable(f"The folder {str(out)!r}", error, "; the results are kept") from error
    graded = sum(one["score"] is not None for one in results)
    return f"{graded} of {len(results)} have a score: {out / 'gradebook.csv'}, {out / 'report.html'}"


def _words(pair: similar.Pair) -> str:
    return f"{pair.exercise}: {' and '.join(pair.students)}, {pair.share:.0%} of the shorter answer"
