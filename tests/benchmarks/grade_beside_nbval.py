"""The time to grade notebooks of a real lab beside the time that nbval alone takes to run the same ones.

    resnet-labs release --lab 03 --out release
    .venv/bin/python tests/benchmarks/grade_beside_nbval.py release --lab 03 --notebooks 10

Both take turns, with right answers and the same cells; nbval runs them all in one command, without a sandbox.
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

from grade_class import filled

from resnet_labs import labs
from resnet_labs.grading import bundle, execute, student
from resnet_labs.grading.assemble import assemble

NBVAL = ["-m", "pytest", "-q", "-p", "nbval.plugin", "-c", "/dev/null", "--noconftest", "--nbval-lax"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--notebooks", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    lab = labs.find(options.lab)
    private = bundle.read(options.release / "private" / f"{lab.stem}.bundle.json")
    public = json.loads((options.release / "public" / f"{lab.stem}.ipynb").read_text(encoding="utf-8"))
    content = json.dumps(filled(public, student.read(lab).answers)).encode()
    made = [assemble(private, f"student{number}", content) for number in range(options.notebooks)]
    quiet = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "OMP_NUM_THREADS": "1"}
    alone, ours = 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(made):
            text = json.dumps(execute.with_keys(one.notebook, private.keys(one.variant)))
            Path(folder, f"{number}.ipynb").write_text(text, encoding="utf-8")
        command = [sys.executable, *NBVAL, "--nbval-current-env", "--rootdir", folder, folder]
        for _ in range(options.rounds):
            start = time.monotonic()
            subprocess.run(command, env=os.environ | quiet, capture_output=True, check=True)
            middle = time.monotonic()
            for one in made:
                outcomes = execute.run(one.notebook, private.keys(one.variant), private.withheld)
                assert all(each.status == "passed" for each in outcomes), outcomes
            alone, ours = alone + middle - start, ours + time.monotonic() - middle
            print(f"nbval {middle - start:.1f} s, grading {time.monotonic() - middle:.1f} s", flush=True)
    print(f"{options.notebooks} notebooks, {options.rounds} rounds: {ours / alone:.2f} of nbval's own time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
