"""Run scripts as separate processes, forked from one that has imported torch: this saves seconds for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpers.places import TESTS
from helpers.time_limits import seconds

PARENT = """
import json, os, runpy, sys, traceback
import torch
import resnet_labs.train
# torch imports much only when the first optimizer is made.
torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=1.0)

def live(script, arguments, environment, out, err):
    status = 1
    try:
        for stream, file in enumerate((out, err), start=1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        os.environ.update(environment)
        sys.argv = [script, *arguments]
        runpy.run_path(script, run_name="__main__")
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

children = []
for job in json.load(sys.stdin):
    children.append(os.fork())
    if children[-1] == 0:
        live(*job)
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]))
"""


@dataclass(frozen=True)
class Job:
    """A script, its arguments in `sys.argv`, and its additions to the environment."""

    script: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def run(folder: Path, jobs: Sequence[Job]) -> list[tuple[int, str, str]]:
    """Run all jobs at once, in a folder for their files; return exit status, output and errors of each."""
    told = []
    for number, job in enumerate(jobs):
        script, out, err = (folder / f"{number}.{end}" for end in ("py", "out", "err"))
        script.write_text(job.script, encoding="utf-8")
        told.append((str(script), list(job.arguments), dict(job.environment), str(out), str(err)))
    common = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(TESTS)}
    done = subprocess.run(
        [sys.executable, "-c", PARENT],
        input=json.dumps(told),
        env=os.environ | common,
        capture_output=True,
        text=True,
        timeout=seconds(2400),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    statuses = json.loads(done.stdout)
    return [(status, *(Path(file).read_text() for file in job[3:])) for status, job in zip(statuses, told, strict=True)]
