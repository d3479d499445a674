"""The time to grade notebooks of a real lab beside the time that nbval, nbgrader and otter take for the same ones.

    resnet-labs release --lab 03 --out release
    .venv/bin/python tests/benchmarks/grade_beside_peers.py release --lab 03 --notebooks 10

All take turns, with right answers and the same cells. The peers have no sandbox. nbval runs twice: with all notebooks
in one process and, as we do, with a process for each. We run twice: one notebook after the other, and as a teacher
does, by the command with two jobs. nbgrader runs all of them in one command. nbgrader and otter run
only with `--peers PYTHON`, the Python of an environment that has them beside resnet_labs (`uv pip install nbgrader
otter-grader`): they need other versions than the labs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import peers
from grade_class import filled, released

from resnet_labs.grading import execute, student
from resnet_labs.grading.assemble import assemble

NBVAL = ["-m", "pytest", "-q", "-p", "nbval.plugin", "-c", "/dev/null", "--noconftest", "--nbval-lax"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--notebooks", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, metavar="PYTHON")
    options = parser.parse_args()
    lab, public, private = released(options.release, options.lab)
    content = json.dumps(filled(public, student.read(lab).answers)).encode()
    made = [assemble(private, f"student{number}", content) for number in range(options.notebooks)]
    quiet = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "OMP_NUM_THREADS": "1"}
    keyed = [execute.with_keys(one.notebook, private.keys(one.variant)) for one in made]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "nbval")
        folder.mkdir()
        for number, notebook in enumerate(keyed):
            (folder / f"{number}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        command = [sys.executable, *NBVAL, "--nbval-current-env", "--rootdir", str(folder)]

        def nbval(*places: Path) -> None:
            for place in places:
                subprocess.run([*command, str(place)], env=os.environ | quiet, capture_output=True, check=True)

        def ours() -> None:
            for one in made:
                outcomes = execute.run(one.notebook, private.keys(one.variant), private.withheld)
                assert all(each.status == "passed" for each in outcomes), outcomes

        handed = Path(place, "handed")
        handed.mkdir()
        for number in range(options.notebooks):
            (handed / f"student{number}.ipynb").write_bytes(content)
        bundle = options.release / "private" / f"{lab.stem}.bundle.json"
        grade = [sys.executable, "-m", "resnet_labs.cli", "grade", str(handed), "--lab", lab.number, "-j", "2"]

        def by_command() -> None:
            with tempfile.TemporaryDirectory() as out:
                subprocess.run([*grade, "--bundle", str(bundle), "--out", out], capture_output=True, check=True)

        each = sorted(folder.iterdir())
        own = {"resnet_labs": ours, "resnet-labs grade -j 2": by_command}
        runs = own | {
            "nbval in one process": lambda: nbval(folder),
            "nbval, a process each": lambda: nbval(*each),
        }
        if options.peers:
            runs["nbgrader"] = peers.nbgrader(options.peers, keyed, Path(place, "nbgrader"))
            runs["otter"] = peers.otter(options.peers, keyed, Path(place, "otter"))
        seconds = dict.fromkeys(runs, 0.0)
        for _ in range(options.rounds):
            for name, run in runs.items():
                start = time.monotonic()
                run()
                taken = time.monotonic() - start
                seconds[name] += taken
                print(f"{name} {taken:.1f} s", flush=True)
    print(f"{options.notebooks} notebooks, {options.rounds} rounds; {' and '.join(own)} take:")
    for name in list(runs)[len(own) :]:
        ratios = " and ".join(f"{seconds[one] / seconds[name]:.2f}" for one in own)
        print(f"  {ratios} of the time of {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
