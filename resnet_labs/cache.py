"""The cache, which may be deleted at any time: where it is, and arrays whose damage is detected."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from resnet_labs.files import replacing


@cache
def say_once(sentence: str) -> None:
    """Give a warning, once per process."""
    warnings.warn(sentence, stacklevel=3)


def folder(kind: str) -> Path:
    """Return the cache folder for one kind of thing: in RESNET_LABS_CACHE, else in ~/.cache/resnet-labs.

    If that is not writable, a folder in the system's temporary directory is used, with one warning.
    """
    found = _usable()
    if found != _chosen():
        say_once(f"The cache {_setting()!r} cannot be written; {str(found)!r} is used.")
    return found / kind


def folders(kind: str) -> Iterator[Path]:
    """Yield the folders to search: the chosen one, which may be full or read-only, then the one in use."""
    yield _chosen() / kind
    yield _usable() / kind


def _setting() -> str:
    return os.environ.get("RESNET_LABS_CACHE") or "~/.cache/resnet-labs"


def _chosen() -> Path:
    return Path(os.path.expanduser(_setting()))


def _usable() -> Path:
    chosen = _chosen().absolute()
    there = next(place for place in (chosen, *chosen.parents) if os.path.lexists(place))
    if os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK) and not str(_chosen()).startswith("~"):
        return _chosen()
    return _temporary(tempfile.gettempdir())


@cache
def _temporary(parent: str) -> Path:
    """Return the user's own folder among temporary files: the same in every run, unless someone else owns that name."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(parent) / f"resnet-labs-{user}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != user:
            return Path(tempfile.mkdtemp(prefix="resnet-labs-", dir=parent))
    return folder


def keep(array: np.ndarray, folder: Path, name: str) -> Path:
    """Write an array as NAME-CHECKSUM.npy and return the file: one rename publishes it whole, and damage is detected.

    Raises:
        OSError: the folder cannot be written.
    """
    file = folder / f"{name}-{_checksum(array)}.npy"
    with replacing(file, shared=True) as partial:
        np.save(partial, array)
    return file


def kept(file: Path) -> np.ndarray | None:
    """Return an array that `keep` wrote, memory-mapped, or None if the file does not match its name's checksum."""
    try:
        array = np.load(file, mmap_mode="c")  # copy on write, since torch wants writable memory
    except Exception:  # numpy parses the header as Python, which can raise anything: TokenError from 3.12 on
        return None
    return array if _checksum(array) == file.stem.rpartition("-")[2] else None


def remove(file: Path) -> None:
    """Delete a file, unless another process has deleted it or holds it open."""
    with contextlib.suppress(OSError):
        file.unlink()


def _checksum(array: np.ndarray) -> str:
    return f"{zlib.crc32(np.ascontiguousarray(array).data):08x}"
