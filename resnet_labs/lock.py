"""One process at a time in a folder or at a file; others are rejected, with the name of the one that has it.

The lock is the system's (`flock`, on Windows `locking`), taken through `filelock`: it ends with the process that holds
it, however that ends, so a killed run blocks nobody. A file that merely exists would outlive it. On network folders the
lock works where the file server's does: between hosts on NFS and on most cluster disks, not on every mounted cloud
drive. The holder's name is in a separate file beside it, since on Windows nobody can read a locked one.
"""

from __future__ import annotations

import json
import os
import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from resnet_labs import files
from resnet_labs.errors import InputError


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """Reserve a folder or a file for this process until the end of the block.

    Args:
        place: an existing, writable folder, or a file in one, which need not exist.

    Raises:
        InputError: another process has it; the message names that process.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with alone(Path(folder)), alone(Path(folder, "run.pt")):
        ...         sorted(file.name for file in Path(folder).iterdir())
        ['.lock', '.run.pt.lock', '.run.pt.running.json', '.running.json']
    """
    start = os.path.join(place, ".") if place.is_dir() else os.path.join(place.parent, f".{place.name}.")
    lock, name = FileLock(f"{start}lock"), Path(f"{start}running.json")
    where, other = (f"in {str(place)!r}", "folder") if place.is_dir() else (repr(str(place)), "path")
    try:
        _take(lock, name, where, fix=f"Wait until it has ended, or give another {other}.")
    except (OSError, NotImplementedError) as error:
        warnings.warn(
            f"The disk of {str(place)!r} has no locks ({error}). Do not start a second run there while this one runs.",
            stacklevel=3,
        )
    before = _read(name)
    host = socket.gethostname()
    if before is not None and before[1] != host:
        warnings.warn(
            f"Process {before[0]} on {before[1]} has been writing {where} since {before[2]} and never said "
            "that it ended. If it still runs, stop it, or this run.",
            stacklevel=3,
        )
    try:
        _write(name, host)
        yield
    finally:
        for file in (name, Path(lock.lock_file)):
            with suppress(OSError):  # Windows keeps the lock's file while it is open
                file.unlink()
        lock.release()


def _take(lock: FileLock, name: Path, where: str, *, fix: str) -> None:
    holder = None
    for _ in range(20):
        try:
            lock.acquire(timeout=0)
            if os.path.exists(lock.lock_file):
                return
            lock.release()  # the process before deleted the file after this one had opened it
            continue
        except Timeout:
            holder = _read(name)
        if holder is not None:
            break
        time.sleep(0.05)  # it has just started and not written its name yet, or is just ending
    if holder is None:
        raise InputError(f"Another process is writing {where}.", fix)
    process, host, since = holder
    raise InputError(f"Process {process} on {host} has been writing {where} since {since}.", fix)


def _write(name: Path, host: str) -> None:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    try:
        with files.replacing(name, "w", encoding="utf-8") as file:
            json.dump({"process": os.getpid(), "host": host, "since": since}, file)
    except OSError as error:
        raise files.unwritable(f"The folder {str(name.parent)!r}", error) from error


def _read(name: Path) -> tuple[int, str, str] | None:
    """Return process, host and since when; None if the file is missing or damaged."""
    try:
        facts = json.loads(name.read_text(encoding="utf-8"))
        return facts["process"], facts["host"], facts["since"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
