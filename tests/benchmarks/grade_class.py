"""Grades a class of a real lab with hostile submissions in it, ends the run half-way, goes on, and checks everything.

    resnet-labs release --lab 03 --out release
    .venv/bin/python tests/benchmarks/grade_class.py release --lab 03 --students 300

It prints minutes, the memory of the trusted side, and what is wrong; its exit status is 1 if anything is.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from resnet_labs import labs
from resnet_labs.grading import bundle, student

HOSTILE = {
    "exits": "import os\nos._exit(1)",
    "quits": "quit()",
    "loops": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
    "eats": "held = b'x' * (20 << 30)",
    "talks": "while True:\n    print('x' * 100_000)",
    "forks": "import os\nwhile True:\n    os.fork()",
    "fills": "open('/lab/full', 'wb').write(bytes(1 << 30))",
    "segfaults": "import ctypes\nctypes.string_at(0)",
    "reads": "import resnet_labs.grading",
    "forges": "from IPython.display import display\n"
    "display({'application/vnd.resnet-labs.probe+json': {'cases': []}}, raw=True)",
}
DAMAGED = {"cut": b'{"cells": [', "deep": b"[" * 200_000, "binary": bytes(range(256)) * 100}


def filled(public: dict[str, Any], answers: list[tuple[str, str]]) -> dict[str, Any]:
    notebook, waiting = json.loads(json.dumps(public)), list(answers)
    for cell in notebook["cells"]:
        exercise = cell["metadata"].get("exercise")
        found = next((each for each in waiting if each[0] == exercise), None)
        if cell["cell_type"] == "code" and "answer" in cell["metadata"].get("tags", []) and found:
            cell["source"] = found[1]
            waiting.remove(found)
    return notebook


def released(release: Path, number: str) -> tuple[labs.Lab, dict[str, Any], bundle.Bundle]:
    """Return the lab of a release, its public notebook and its private bundle."""
    lab = labs.find(number)
    public = json.loads((release / "public" / f"{lab.stem}.ipynb").read_text(encoding="utf-8"))
    return lab, public, bundle.read(release / "private" / f"{lab.stem}.bundle.json")


def make_class(folder: Path, release: Path, number: str, count: int) -> dict[str, Fraction | None]:
    """Write the submissions; return the most that each may score, None for what is not graded."""
    lab, public, private = released(release, number)
    points = {each.probe.exercise: each.probe.points for each in private.exercises}
    right, whole = student.read(lab).answers, sum(points.values(), Fraction(0))
    hostile = [*HOSTILE, *DAMAGED]
    expected: dict[str, Fraction | None] = {}
    for index in range(count):
        answers, name = list(right), f"student{index:03}"
        place = index % len(points)
        exercise = list(points)[place]
        if index % 10 == 7:
            kind = hostile[index // 10 % len(hostile)]
            name = f"{name}-{kind}"
            if kind in DAMAGED:
                (folder / f"{name}.ipynb").write_bytes(DAMAGED[kind])
                expected[name] = None
                continue
            answers = [(one, HOSTILE[kind] if one == exercise else text) for one, text in answers]
            expected[name] = whole - points[exercise]
        elif index % 3 == 1:
            answers = [(one, "raise ValueError('not done')" if one == exercise else text) for one, text in answers]
            expected[name] = whole - points[exercise]
        else:
            expected[name] = whole
        answers = [(one, f"# {name}\n{text}") for one, text in answers]
        (folder / f"{name}.ipynb").write_text(json.dumps(filled(public, answers)), encoding="utf-8")
    return expected


def memory(process: int) -> int:
    """The most MiB that a process has held."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", text)
    return int(found[1]) >> 10 if found else 0


def run(command: list[str], results: Path, stop_at: int) -> tuple[float, int, int]:
    """Run the command, end it at so many results; return minutes, its memory and its status."""
    start, most = time.monotonic(), 0
    process = subprocess.Popen(command, start_new_session=True)
    while process.poll() is None:
        most = max(most, memory(process.pid))
        if len(list(results.glob("*.json"))) >= stop_at:
            os.killpg(process.pid, signal.SIGKILL)
        time.sleep(0.5)
    return (time.monotonic() - start) / 60, most, process.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as top:
        handed, out = Path(top, "handed"), Path(top, "out")
        handed.mkdir()
        expected = make_class(handed, options.release, options.lab, options.students)
        stem = labs.find(options.lab).stem
        command = [
            sys.executable,
            "-m",
            "resnet_labs.cli",
            "grade",
            str(handed),
            "--lab",
            options.lab,
            "--out",
            str(out),
        ]
        command += ["--bundle", str(options.release / "private" / f"{stem}.bundle.json"), "-j", str(options.jobs)]
        results = out / "results"
        first = run(command, results, options.students // 2)
        before = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
        second = run([*command, "--resume"], results, options.students + 1)
        after = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
        wrong = []
        if [name for name in before if after.get(name) != before[name]]:
            wrong.append("results that were there were graded again")
        if set(after) != {f"{name}.json" for name in expected}:
            wrong.append(f"{len(set(expected)) - len(after)} results are missing")
        for name, most in expected.items():
            one = json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
            score = None if one["score"] is None else Fraction(one["score"])
            if score != most:
                wrong.append(f"{name}: {score} instead of {most}: {[each['reason'] for each in one['exercises']]}")
        print(
            f"{options.students} submissions, {options.jobs} at a time: {first[0]:.1f} minutes until the end half-way,"
        )
        print(f"{second[0]:.1f} minutes after it; {max(first[1], second[1])} MiB at most in the trusted process")
        print("\n".join(wrong) or "nothing lost, nothing graded twice, every score as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
