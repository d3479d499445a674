"""A child process that is watched: what it says line by line, and how it ended, hung or was killed."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import IO, Any

from resnet_labs.doctor.child import MARK
from resnet_labs.doctor.jobs import Job
from resnet_labs.runtime import InputError

# A healthy machine stays far below, also a slow one that is busy: a case takes milliseconds, the first imports seconds.
SECONDS_TO_START = 300.0


class Died(Exception):
    """The child ended or hung before it was through; the message says how."""


def results(jobs: Sequence[Job], table: str, seconds: float) -> Iterator[dict[str, Any]]:
    """Yield what a child process finds for one job after another; `seconds` is the limit for each.

    Raises:
        Died: the job after the last one yielded killed the process, or did not end.
        InputError: the process died before its first job.
    """
    with tempfile.TemporaryFile() as said_wrong:
        child = subprocess.Popen(
            [sys.executable, "-m", "resnet_labs.doctor.child", table],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said_wrong,
            text=True,
            env=_environment(),
        )
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            lines: queue.Queue[str | None] = queue.Queue()
            threading.Thread(target=_read, args=(child.stdout, lines), daemon=True).start()
            try:
                json.dump([asdict(job) for job in jobs], child.stdin)
                child.stdin.close()
            except BrokenPipeError:
                pass  # it died before; told below
            begun = running = False
            while True:
                try:
                    line = lines.get(timeout=seconds if begun else SECONDS_TO_START)
                except queue.Empty:
                    raise Died(f"hangs: not done after {seconds if begun else SECONDS_TO_START:g} s") from None
                if line is None:
                    break
                _, kind, _, *outcome = line.split(" ", 3)
                begun, running = True, kind == "begin"
                if kind == "end":
                    yield json.loads(outcome[0])
            status = child.wait()
            if not begun:
                said_wrong.seek(0)
                last = said_wrong.read().decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
                raise InputError(f"The check's process does not start: {last[0]}.", "Run `resnet-labs doctor`.")
            if status != 0 or running:
                raise Died(_told(status))
        finally:
            child.kill()
            child.wait()


def _read(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    """Pass on the child's own lines, then None; libraries may print others."""
    for line in stream:
        if line.startswith(MARK):
            lines.put(line)
    lines.put(None)


def _told(status: int) -> str:
    if status < 0:
        return f"kills the process ({signal.Signals(-status).name})"
    return f"ends the process (exit status {status})"


def _environment() -> dict[str, str]:
    """Return an environment with the parent's modules, in which glibc watches memory.

    Where a case wrote over memory that is not its own, glibc aborts it there; without this check (on other systems) a
    later case may die. Memory that nobody has written to holds bytes of 0x7f: 3.4e38 in fp32 and in bf16.
    """
    changed = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    if sys.platform == "linux":
        preloaded = [os.environ.get("LD_PRELOAD", ""), "libc_malloc_debug.so.0"]
        changed |= {"MALLOC_CHECK_": "3", "MALLOC_PERTURB_": "128", "LD_PRELOAD": " ".join(filter(None, preloaded))}
    return {**os.environ, **changed}
