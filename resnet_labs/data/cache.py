"""Decoded images kept on disk, so that a folder is decoded once: one memory-mapped array, checked when it is opened."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import time
import warnings
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from resnet_labs.data.decoding import decode_all
from resnet_labs.data.left_out import say_once

WORTH_SECONDS = 1.0  # what was decoded faster than this is not kept
_FORMAT = 1  # goes up when the same file decodes to other pixels


def cache_folder() -> Path:
    """Return where decoded images lie: RESNET_LABS_CACHE, else ~/.cache/resnet-labs; the folder can be deleted.

    Where that cannot be written, a folder among the system's temporary files serves, and a warning says so once.
    """
    folder = _usable()
    if folder != _chosen():
        say_once(f"The cache {_setting()!r} cannot be written; {str(folder)!r} is used.")
    return folder / "decoded"


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


def decoded(paths: Sequence[Path], size: int | None) -> UInt8[np.ndarray, "N 3 H W"]:
    """Return what `decode_all` returns, from the cache where it is there, sound and of the same files.

    An entry is named IDENTITY-STATE-CHECKSUM.npy: of the file names and `size`, of the files' sizes and times, of the
    array's bytes. So one rename publishes it whole, a change of the files passes it over, and damage shows.
    """
    identity, state = _identity(paths, size), _state(paths)
    for entry in _entries(f"{identity}-{state}-*.npy"):
        images = _open(entry)
        if images is not None:
            return images
        warnings.warn(f"The cache {str(entry)!r} is damaged; its images are decoded again.", stacklevel=2)
        _remove(entry)
    start = time.perf_counter()
    images = decode_all(paths, size)
    if time.perf_counter() - start >= WORTH_SECONDS:
        try:
            _write(images, identity, state)
        except OSError as error:
            warnings.warn(f"Decoded images could not be kept in {str(cache_folder())!r}: {error}.", stacklevel=2)
    return images


def _entries(pattern: str) -> Iterator[Path]:
    """Yield entries of the cache that was chosen, which may be full and read-only, then of the one in use."""
    for place in (_chosen, _usable):
        with contextlib.suppress(OSError):
            yield from (place() / "decoded").glob(pattern)


def _identity(paths: Sequence[Path], size: int | None) -> str:
    names = "\0".join(str(path.resolve()) for path in paths)
    return hashlib.sha256(f"{_FORMAT}\0{size}\0{names}".encode(errors="surrogateescape")).hexdigest()[:16]


def _state(paths: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        with contextlib.suppress(OSError):  # a file that is missing is named when it is decoded
            status = path.stat()
            found.update(b"%d %d\n" % (status.st_size, status.st_mtime_ns))
    return found.hexdigest()[:16]


def _checksum(images: np.ndarray) -> str:
    return f"{zlib.crc32(np.ascontiguousarray(images).data):08x}"


def _open(entry: Path) -> np.ndarray | None:
    """Return the array, or None where it is not what its name promises."""
    try:
        images = np.load(entry, mmap_mode="c")  # copy on write: torch wants to be able to write
    except (OSError, ValueError, EOFError):
        return None
    return images if _checksum(images) == entry.stem.split("-")[2] else None


def _write(images: np.ndarray, identity: str, state: str) -> None:
    """Write an entry whole or not at all, and remove those of earlier states of the same files."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, images)
            file.flush()
            os.fsync(file.fileno())
        entry = folder / f"{identity}-{state}-{_checksum(images)}.npy"
        os.replace(temporary, entry)
    except BaseException:
        _remove(Path(temporary))
        raise
    for old in set(folder.glob(f"{identity}-*.npy")) - {entry}:
        _remove(old)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # another process may have removed it, or hold it open
        path.unlink()
