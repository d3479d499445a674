"""What is kept between runs and may be deleted at any time: where it is, and arrays that show when they are damaged."""

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
    """Warn with a sentence that this process has not said yet."""
    warnings.warn(sentence, stacklevel=3)


def folder(kind: str) -> Path:
    """Return where one kind of thing is kept: below RESNET_LABS_CACHE, else below ~/.cache/resnet-labs.

    Where that cannot be written, a folder among the system's temporary files is used, and a warning says so once.
    """
    found = _usable()
    if found != _chosen():
        say_once(f"The cache {_setting()!r} cannot be written; {str(found)!r} is used.")
    return found / kind


def folders(kind: str) -> Iterator[Path]:
    """Yield where to look: the folder that was chosen, which may be full and read-only, then the one in use."""
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
    """Return the user's own folder among temporary files: the same in every run, if nobody else holds its name."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(parent) / f"resnet-labs-{user}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != user:
            return Path(tempfile.mkdtemp(prefix="resnet-labs-", dir=parent))
    return folder


def keep(array: np.ndarray, folder: Path, name: str) -> Path:
    """Write an array as NAME-CHECKSUM.npy and return the file: one rename publishes it whole, and damage shows.

    Raises:
        OSError: the folder cannot be written.
    """
    file = folder / f"{name}-{_checksum(array)}.npy"
    with replacing(file, shared=True) as partial:
        np.save(partial, array)
    return file


def kept(file: Path) -> np.ndarray | None:
    """Return an array that `keep` wrote, memory-mapped, or None where the file is not what its name promises."""
    try:
        array = np.load(file, mmap_mode="c")  # copy on write: torch wants to be able to write
    except Exception:  # numpy parses the head as Python, which raises what it likes: TokenError from 3.12 on
        return None
    return array if _checksum(array) == file.stem.rpartition("-")[2] else None


def remove(file: Path) -> None:
    """Delete a file, unless another process has, or holds it open."""
    with contextlib.suppress(OSError):
        file.unlink()


def _checksum(array: np.ndarray) -> str:
    return f"{zlib.crc32(np.ascontiguousarray(array).data):08x}"
