"""Watch a child process: what it prints line by line, and whether it ended, hung or was killed."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from resnet_labs.doctor.child import MARK
from resnet_labs.doctor.jobs import Job
from resnet_labs.errors import InputError

# A healthy machine needs far less, even a slow, busy one: a case takes milliseconds, the first imports seconds.
SECONDS_TO_START = 300.0


class Died(Exception):
    """The child ended or hung before it was done; the message says how."""


def results(jobs: Sequence[Job], table: str, seconds: float) -> Iterator[dict[str, Any]]:
    """Yield the results of a child process, job by job; `seconds` is the limit for each.

    Raises:
        Died: the job after the last one yielded killed the process, or did not end.
        InputError: the process died before its first job.
    """
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+", errors="replace") as said:
        json.dump([asdict(job) for job in jobs], given)
        given.seek(0)
        command = [sys.executable, "-m", "resnet_labs.doctor.child", table]
        with subprocess.Popen(
            command, stdin=given, stdout=subprocess.PIPE, stderr=said, text=True, env=_environment()
        ) as child:
            lines: queue.Queue[str | None] = queue.Queue()
            reader = threading.Thread(target=_read, args=(child.stdout, lines), daemon=True)
            reader.start()
            try:
                last_kind = yield from _followed(lines, seconds)
                status = child.wait()
            finally:
                child.kill()
                reader.join()
        said.seek(0)
        if not last_kind:
            last = (said.read().strip() or "it said nothing").splitlines()[-1]
            raise InputError(f"The check's process does not start: {last}.", "Run `resnet-labs doctor`.")
        if status != 0 or last_kind == "begin":
            raise Died(_told(status))


def _followed(lines: queue.Queue[str | None], seconds: float) -> Generator[dict[str, Any], None, str]:
    """Yield the results among the lines; return the kind of the last line, empty if there was none."""
    kind = ""
    while True:
        limit = seconds if kind else SECONDS_TO_START
        try:
            line = lines.get(timeout=limit)
        except queue.Empty:
            raise Died(f"hangs: not done after {limit:g} s") from None
        if line is None:
            return kind
        _, kind, _, *result = line.split(" ", 3)
        if kind == "end":
            yield json.loads(result[0])


def _read(stream: Iterable[str], lines: queue.Queue[str | None]) -> None:
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
    """Return an environment with the parent's modules, in which glibc checks memory.

    If a case writes over memory that is not its own, glibc aborts it there; without this check (on other systems) a
    later case may die. Unwritten memory holds bytes of 0x7f: 3.4e38 in fp32 and in bf16.
    """
    changed = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    if sys.platform == "linux":
        preloaded = [os.environ.get("LD_PRELOAD", ""), "libc_malloc_debug.so.0"]
        changed |= {"MALLOC_CHECK_": "3", "MALLOC_PERTURB_": "128", "LD_PRELOAD": " ".join(filter(None, preloaded))}
    return {**os.environ, **changed}
