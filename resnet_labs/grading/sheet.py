"""What the grading process is told about a notebook, and the results that it leaves, one JSON line for each probe."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from resnet_labs.grading import compare
from resnet_labs.grading.probe import Probe
from resnet_labs.grading.sandbox import Limits, Tier

_KEPT = 256 << 10  # bytes of an observation that a result keeps


@dataclass(frozen=True)
class Sheet:
    """How one notebook is run.

    Attributes:
        tier: the sandbox.
        limits: of the submission.
        withheld: dotted names, for the mounts.
        record: whether references are made, so that there are none to compare with.
        results: where the lines go.
    """

    tier: Tier
    limits: Limits
    withheld: tuple[str, ...]
    record: bool
    results: Path

    def write(self, line: dict[str, Any]) -> None:
        """Append one result."""
        try:
            text = json.dumps(line)
        except (ValueError, RecursionError):
            text = json.dumps(line | {"observed": None})
        if len(text) > _KEPT and not self.record:
            text = json.dumps(line | {"observed": None})
        with open(self.results, "a", encoding="utf-8") as file:
            file.write(text + "\n")


def save(sheet: Sheet, path: Path) -> None:
    """Write a sheet for the grading process."""
    path.write_text(json.dumps(asdict(sheet), default=str), encoding="utf-8")


def read(path: Path) -> Sheet:
    """Read what `save` wrote."""
    data = json.loads(path.read_text(encoding="utf-8"))
    tier, limits = Tier(**data["tier"]), Limits(**data["limits"])
    return Sheet(tier, limits, tuple(data["withheld"]), data["record"], Path(data["results"]))


def key(one: Probe) -> dict[str, Any]:
    """Return what a verdict needs of a probe, as JSON data for its cell's metadata."""
    return {name: value for name, value in asdict(one).items() if name != "source"} | {"points": str(one.points)}


def verdict(given: Any, payload: Any, reference: Any, *, record: bool) -> dict[str, Any]:
    """Return status, passed cases, their reasons and the points of one probe, as JSON data.

    Args:
        given: of `key`.
        payload: what the probe cell displayed, from a process that is not trusted; None if there was nothing.
        reference: what it displays for the solution: `{"cases": [{"observed": data}, ...]}`.
        record: whether there is no reference to compare with.
    """
    nothing = {"status": "grader error", "passed": [], "reasons": [], "points": "0", "reason": ""}
    if record:
        return nothing | {"status": "passed" if payload is not None else "failed"}
    try:
        wanted = [case["observed"] for case in reference["cases"]]
        one = replace(Probe(**given, source=""), points=Fraction(given["points"]), answers=tuple(given["answers"]))
        cases = compare.verdicts(one, payload, wanted)
        points = one.points * Fraction(sum(case.passed for case in cases), len(cases))
    except Exception as error:  # ours, since verdicts take any payload: a person must look, and nobody gets a 0 for it
        return nothing | {"reason": f"the check has no usable reference: {type(error).__name__}: {error}"}
    passed = [case.passed for case in cases]
    status = "passed" if all(passed) else "partial" if any(passed) else "failed"
    return {
        "status": status,
        "passed": passed,
        "reasons": [plain(case.reason) for case in cases],
        "points": str(points),
        "reason": "",
    }


def plain(text: str, most: int = 500) -> str:
    """Return a student's text as one line that no terminal, log or page takes for anything else."""
    kept = "".join(character if character.isprintable() else " " for character in text[:most])
    return kept.encode("utf-8", "replace").decode()
