"""One assembled notebook to outcomes: nbval in a process of its own, the student's code in the sandbox."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from resnet_labs.errors import LabError
from resnet_labs.grading import runner, sheet
from resnet_labs.grading.probe import MIME, Probe
from resnet_labs.grading.sandbox import Limits, Tier, chosen

_PYTEST = ["-q", "-p", "nbval.plugin", "-p", "resnet_labs.grading.plugin", "-p", "no:cacheprovider", "-c", "/dev/null"]
_PYTEST += ["--noconftest", "--color=no", "--nbval-lax", "--nbval-kernel-name", "resnet-labs-sandbox"]
_SLACK = 120.0
_RELEASE = Limits(cell_seconds=120, total_seconds=1800)  # every variant in one notebook


@dataclass(frozen=True)
class Outcome:
    """What became of one exercise.

    Attributes:
        exercise: such as "02.1".
        status: "passed", "partial", "failed", "timeout", "memory", "output", "files", "died", "not run" or "grader
            error".
        points: earned.
        max_points: of the exercise.
        passed: for each case, whether it passed.
        reasons: for each case, why not.
        reason: of the status, for a person; it holds no value of a hidden case.
        visible: how many cases, from the first, feedback may show.
        seconds: of the probe.
        memory: most bytes held at once up to here, 0 if unknown.
        flaky: whether a second run gave another result; the better one counts.
        observed: what the probe saw, as JSON data; None if nothing or too much.
    """

    exercise: str
    status: str
    points: Fraction
    max_points: Fraction
    passed: tuple[bool, ...] = ()
    reasons: tuple[str, ...] = ()
    reason: str = ""
    visible: int = 0
    seconds: float = 0
    memory: int = 0
    flaky: bool = False
    observed: Any = None


class GraderError(LabError):
    """Something of ours failed, so that nothing can be said about an answer."""


def run(
    notebook: dict[str, Any],
    keys: dict[str, tuple[Probe, list[Any]]],
    withheld: Iterable[str] = (),
    *,
    tier: Tier | None = None,
    limits: Limits | None = None,
) -> list[Outcome]:
    """Run an assembled notebook and return the outcome of each probe cell, in order.

    Args:
        notebook: of `assemble`.
        keys: for each exercise its probe and the references of every case.
        withheld: modules that the kernel does not get.
        tier: the sandbox; by default the best one of this machine.
        limits: of the submission.

    Raises:
        InputError: this machine has no sandbox.
    """
    assembled = with_keys(notebook, keys)
    lines, problem, _ = grade(assembled, withheld, tier, limits)
    found = {line["probe"]: line for line in lines if "probe" in line}
    errors = {line["answer"]: line for line in lines if "answer" in line}
    return [
        _outcome(keys[name][0], found.get(name), errors.get(name), problem)
        for name in (cell["metadata"]["lab"]["id"] for cell in _probes(assembled))
    ]


def observe(
    notebook: dict[str, Any], withheld: Iterable[str] = (), *, tier: Tier | None = None, limits: Limits | None = None
) -> list[dict[str, Any]]:
    """Run an assembled notebook and return what each probe cell displayed, in order.

    Raises:
        GraderError: a cell failed, or a probe displayed nothing.
        InputError: this machine has no sandbox.
    """
    lines, problem, _ = grade(notebook, withheld, tier, limits or _RELEASE, record=True)
    found = [line["observed"] for line in lines if "probe" in line]
    errors = [f"{line['answer']} {line['status']} {line['error']}" for line in lines if "answer" in line]
    reasons = [
        f"{line['probe']} {line['status']} {line['reason']}" for line in lines if line.get("observed", 0) is None
    ]
    if len(found) != len(_probes(notebook)) or None in found or errors:
        what = "; ".join([*errors, *reasons, problem])
        raise GraderError(f"The notebook gave no result: {sheet.plain(what)}.", "Correct the solution or its probe.")
    return found


def _probes(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["metadata"].get("lab", {}).get("role") == "probe"]


def with_keys(notebook: dict[str, Any], keys: dict[str, tuple[Probe, list[Any]]]) -> dict[str, Any]:
    """Return the notebook with every probe's key and, as its saved output, what it saw in the solution."""
    assembled = copy.deepcopy(notebook)
    for cell in _probes(assembled):
        one, references = keys[cell["metadata"]["lab"]["id"]]
        shown = {"cases": [{"observed": each} for each in references]}
        cell["metadata"]["lab"]["probe"] = sheet.key(one)
        cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {MIME: shown}}]
        cell["execution_count"] = 1
    return assembled


def grade(
    notebook: dict[str, Any],
    withheld: Iterable[str],
    tier: Tier | None = None,
    limits: Limits | None = None,
    *,
    record: bool = False,
) -> tuple[list[dict[str, Any]], str, str]:
    """Run a notebook with its keys; return the grading process's lines, what went wrong with it, and its log."""
    tier, limits = tier or chosen(), limits or Limits()
    with tempfile.TemporaryDirectory(prefix="grading-") as folder:
        place, results = Path(folder, "assembled.ipynb"), Path(folder, "results.jsonl")
        place.write_text(json.dumps(notebook), encoding="utf-8")
        sheet.save(sheet.Sheet(tier, limits, tuple(withheld), record, results), Path(folder, "sheet.json"))
        arguments = [*_PYTEST, "--rootdir", folder, "--grading-sheet", str(Path(folder, "sheet.json")), str(place)]
        log = Path(folder, "log.txt")
        status = runner.run(arguments, Path(folder), log, limits.total_seconds + _SLACK)
        log_text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    problem = "" if status in (0, 1) else f"the grading process ended with status {status}: {log_text[-300:]}"
    return list(_read(lines)), problem, log_text


def _read(lines: list[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        with suppress(ValueError):  # the last one of a process that was killed
            yield json.loads(line)


def _outcome(one: Probe, line: dict[str, Any] | None, error: dict[str, Any] | None, problem: str) -> Outcome:
    if line is None:
        reason = problem or "the grading process gave no result"
        return Outcome(one.exercise, "grader error", Fraction(0), one.points, reason=sheet.plain(reason))
    return Outcome(
        one.exercise,
        line["status"],
        Fraction(line["points"]),
        one.points,
        passed=tuple(line["passed"]),
        reasons=tuple(line["reasons"]),
        reason=_sentence(line, error),
        visible=one.visible,
        seconds=line["seconds"],
        memory=line["memory"],
        flaky=line["flaky"],
        observed=line["observed"],
    )


_WHERE = ("while your answer was checked", "in your answer's cell")
_SENTENCES = {
    "timeout": "The time limit was reached {where}.",
    "memory": "The memory limit was reached {where}.",
    "output": "More output than allowed was written {where}.",
    "files": "More was written to files than allowed {where}.",
    "died": "Python ended {where}.",
    "not run": "The check did not run: the time for the whole submission was used up.",
}


def _sentence(line: dict[str, Any], error: dict[str, Any] | None) -> str:
    parts = [_SENTENCES.get(line["status"], "").format(where=_WHERE[line["in_answer"]]), line["reason"]]
    if error is not None and line["status"] in ("failed", "partial"):
        if error["status"] in _SENTENCES:
            parts.append(_SENTENCES[error["status"]].format(where=_WHERE[1]))
        else:
            parts.append(f"Your answer's cell raised {sheet.plain(error['error'], 200)}")
    return " ".join(filter(None, parts))
