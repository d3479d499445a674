"""A process with pytest and nbval loaded that forks for each notebook: loading them anew would take longer than a lab.

What a student's kernel does to the process that drives it thus ends with its notebook.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

_DEATH_SIGNAL = 1
_RUNNERS: dict[int, subprocess.Popen[bytes]] = {}  # by thread


def run(arguments: list[str], folder: Path, log: Path, seconds: float) -> int:
    """Run pytest in a process of its own; return its exit status, below 0 if it was killed or took too long.

    Args:
        arguments: of pytest.
        folder: where it runs.
        log: the file for what it prints.
        seconds: how long it may take.
    """
    here = threading.get_ident()
    process = _RUNNERS.get(here)
    if process is None or process.poll() is not None:
        quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # threads do not survive a fork
        process = _RUNNERS[here] = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | quiet
        )
    own = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    job = {"arguments": arguments, "folder": str(folder), "log": str(log), "environment": dict(os.environ) | own}
    status = _answer(process, json.dumps(job).encode() + b"\n", seconds)
    if status is None or process.poll() is not None:
        process.kill()
        _close(_RUNNERS.pop(here))
    return -1 if status is None else status


def _answer(process: subprocess.Popen[bytes], job: bytes, seconds: float) -> int | None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(job)
        process.stdin.flush()
        ready = select.select([process.stdout], [], [], seconds)[0]
        return int(process.stdout.readline()) if ready else None
    except (OSError, ValueError):
        return None


@atexit.register
def _close_all() -> None:
    while _RUNNERS:
        _close(_RUNNERS.popitem()[1])


def _close(process: subprocess.Popen[bytes]) -> None:
    """End a runner, which stops at the end of its jobs."""
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    process.wait()


def serve(jobs: IO[str]) -> None:
    """Run one job after the other, each in a fork."""
    _die_with_parent()
    import nbval.plugin  # noqa: F401
    import pytest  # noqa: F401

    import resnet_labs.grading.plugin  # noqa: F401

    for line in jobs:
        process = os.fork()
        if process == 0:
            _child(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _child(job: dict[str, Any]) -> None:
    status = 3
    try:
        _die_with_parent()
        os.chdir(job["folder"])
        os.environ.clear()
        os.environ.update(job["environment"])
        log, empty = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), os.open(os.devnull, os.O_RDONLY)
        for source, target in ((empty, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        import pytest

        status = int(pytest.main(job["arguments"]))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _die_with_parent() -> None:
    """End when the process that started this one does, so that a batch that is killed leaves nothing running."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    serve(sys.stdin)
