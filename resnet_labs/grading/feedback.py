"""Pages for students and teachers: static, escaped, without script, and with nothing of a hidden check."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from resnet_labs import files
from resnet_labs.grading.gradebook import flags, number, status

_STYLE = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8888; }
td.points, th.points { text-align: right; white-space: nowrap; }
.score { font-size: 1.4rem; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_WORDS = {
    "refused": "not counted",
    "timeout": "too slow",
    "memory": "too much memory",
    "output": "too much output",
    "files": "too much written to files",
    "died": "Python ended",
    "grader error": "the grader failed",
}
_ERRORS = {name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)}


def write(one: dict[str, Any], path: Path) -> None:
    """Write a student's page.

    Args:
        one: the result.
        path: the file.
    """
    parts = [f"<h1>Lab {escape(one['lab'])}</h1>", f"<p>{escape(one['student'])}, {escape(one['file'])}</p>"]
    if one["score"] is None:
        parts.append(f"<p class='score'>No score.</p><p>{escape(status(one))}</p>")
    else:
        parts.append(f"<p class='score'>{number(one['score'])} of {number(one['max'])} points</p>")
        parts.append(_table(["exercise", "points", "what was seen"], [_row(each) for each in one["exercises"]]))
    told = [note for note in one["notes"] if note["kind"] in ("found", "rebuilt", "ignored")]
    if told:
        parts.append("<h2>About your file</h2>")
        parts.append(_list(f"{note['exercise']} {note['text']}".strip() for note in told))
    limits = one["limits"]
    parts.append(
        "<h2>How it was graded</h2><p>Your answers ran in a fresh Python without network, at most "
        f"{limits['cell_seconds']:g} s for a cell, {limits['total_seconds']:g} s in all and "
        f"{limits['memory'] >> 20} MiB of memory. It took {one['seconds']:g} s{_memory(one)}. "
        "Besides the visible checks, hidden ones ask the same functions with other inputs; the points count both.</p>"
        f"<p>File {escape(one['submission'][:12])}, grader {escape(one['version'])}, "
        f"bundle {escape(one['bundle'][:12])}.</p>"
    )
    _page(path, f"Lab {one['lab']}: {one['student']}", parts)


def write_report(results: Sequence[dict[str, Any]], alike: Sequence[str], changes: list[list[str]], path: Path) -> None:
    """Write the teacher's report: what was not graded, rebuilt, ignored, flagged, flaky, alike, and changed."""
    graded = [one for one in results if one["score"] is not None]
    parts = ["<h1>Report</h1>", f"<p>{len(graded)} of {len(results)} submissions have a score.</p>"]
    sections = {
        "Not graded": [f"{one['student']}: {status(one)}" for one in results if one["score"] is None],
        "Look at these": [f"{one['student']}: {text}" for one in results if (text := flags(one))],
        "Notes": [_note(one, note) for one in results for note in one["notes"]],
        "Limits reached and crashes": [
            f"{one['student']}, {each['exercise']}: {each['reason']}"
            for one in results
            for each in one["exercises"]
            if each["status"] in _WORDS and each["status"] != "refused"
        ],
        "Not counted": [
            f"{one['student']}, {each['exercise']}: {each['reason']}"
            for one in results
            for each in one["exercises"]
            if each["status"] == "refused"
        ],
        "Alike, the lab's own text aside": alike,
        "Other scores than last time": [", ".join(row) for row in changes],
    }
    for title, lines in sections.items():
        if lines:
            parts.append(f"<h2>{title}</h2>{_list(lines)}")
    _page(path, "Report", parts)


def _note(one: dict[str, Any], note: dict[str, str]) -> str:
    return f"{one['student']}, {note['exercise'] or 'file'}: {note['kind']}: {note['text']}"


def _memory(one: dict[str, Any]) -> str:
    most = max((each["memory"] for each in one["exercises"]), default=0)
    return f" and {most >> 20} MiB" if most else ""


def _row(each: dict[str, Any]) -> list[str]:
    points = f"{number(each['points'])} of {number(each['max_points'])}"
    stopped = f"{_WORDS[each['status']].capitalize()}." if each["status"] in _WORDS else ""
    lines = [stopped or visible(each)]
    lines += [each["reason"], "A second run gave another result; the better one counts." if each["flaky"] else ""]
    return [each["exercise"], points, " ".join(filter(None, lines))]


def visible(each: dict[str, Any]) -> str:
    """Return what a student may know of an exercise's cases: those that are visible, never the others."""
    if each["status"] == "refused" or not each["passed"]:
        return ""
    shown = list(zip(each["passed"], each["reasons"], strict=True))[: each["visible"]]
    if not shown:
        return "Its checks are hidden."
    if all(passed for passed, _ in shown):
        return "Visible checks passed." if len(shown) < len(each["passed"]) else "Checks passed."
    return " ".join(f"Visible check {k}: {_told(reason)}." for k, (passed, reason) in enumerate(shown, 1) if not passed)


def _told(reason: str) -> str:
    """Return a reason without the student's own words: an error's text can hold what a hidden case asks."""
    if not reason.startswith("the answer raised "):
        return reason
    kind = reason.removeprefix("the answer raised ").split(":")[0]
    return f"the answer raised {kind}" if kind in _ERRORS else "the answer raised an error"


def _table(header: list[str], rows: list[list[str]]) -> str:
    def line(tag: str, cells: list[str]) -> str:
        marks = ["", " class='points'", ""]
        return "".join(f"<{tag}{mark}>{escape(cell)}</{tag}>" for mark, cell in zip(marks, cells, strict=True))

    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{line('th', header)}</tr></thead><tbody>{body}</tbody></table>"


def _list(lines: Any) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _page(path: Path, title: str, parts: list[str]) -> None:
    head = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>"
    )
    whole = "\n".join([head, *parts, "</body></html>", ""])
    text = "".join(letter for letter in whole if letter.isprintable() or letter == "\n")
    with files.replacing(path, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
