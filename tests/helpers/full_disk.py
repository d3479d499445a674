"""Disks that are full, or become full within a write."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# The head of a script: no file of its process grows beyond the limit. Python ignores the signal that the limit sends.
LIMITED = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"


def refused(code: int):
    """Return a function that the system refuses."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return refuse


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of that size, such as "64k", on a folder; skip the test where that is not possible."""
    if not sys.platform.startswith("linux"):
        pytest.skip("tmpfs is Linux's")
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def full(
    monkeypatch: pytest.MonkeyPatch,
    path: Path | str,
    *,
    after: int | None = 0,
    code: int = errno.ENOSPC,
    at_once: int = 1 << 30,
):
    """Let a file take `after` more bytes, or any number if it is None, and `at_once` per write; then the disk is full.

    The file is given by its path or the end of its path, which may hold wildcards.
    """
    left = float("inf") if after is None else after

    class File(io.FileIO):
        def write(self, data) -> int:
            nonlocal left
            if left <= 0:
                raise OSError(code, os.strerror(code), str(path))
            size = int(min(left, at_once, len(data)))
            left -= size
            return super().write(bytes(data)[:size])

    def limited(file, mode="r", buffering=-1, **options):
        if not Path(str(file)).match(str(path)) or not {"a", "w", "x", "+"} & set(mode):
            return opened(file, mode, buffering, **options)
        raw = File(file, mode.replace("b", "").replace("t", ""))
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, **options)

    opened = open
    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", limited)
        yield
