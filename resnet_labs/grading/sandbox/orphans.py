"""Processes that a kernel leaves behind where it has no process namespace of its own."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path

_SET_CHILD_SUBREAPER = 36


def adopt() -> None:
    """Become the parent of every process that a child of this one leaves behind."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end() -> None:
    """End every child of this process and theirs, until none is left."""
    while found := _descendants(os.getpid()):
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, 0)[0]:
                pass


def _descendants(top: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, queue = [], [top]
    while queue:
        found += (next_ones := children.get(queue.pop(), []))
        queue += next_ones
    return found
