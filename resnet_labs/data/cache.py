"""Decoded images kept on disk, so that a folder is decoded once: one memory-mapped array, checked when it is opened."""

from __future__ import annotations

import contextlib
import hashlib
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from resnet_labs import cache
from resnet_labs.data.decoding import decode_all

WORTH_SECONDS = 1.0  # images decoded faster than this are not kept
_FORMAT = 1  # increased when the same file decodes to other pixels


def decoded(paths: Sequence[Path], size: int | None) -> UInt8[np.ndarray, "N 3 H W"]:
    """Return what `decode_all` returns, from the cache if it is there, intact and from the same files.

    An entry is named IDENTITY-STATE-CHECKSUM.npy, hashes of the file names and `size`, of the files' sizes and times,
    and of the array's bytes. So one rename publishes it whole, it is not used once the files change, and damage is
    detected.
    """
    identity, state = _identity(paths, size), _state(paths)
    for entry in _entries(f"{identity}-{state}-*.npy"):
        images = cache.kept(entry)
        if images is not None:
            return images
        warnings.warn(f"The cache {str(entry)!r} is damaged; its images are decoded again.", stacklevel=2)
        cache.remove(entry)
    start = time.perf_counter()
    images = decode_all(paths, size)
    if time.perf_counter() - start >= WORTH_SECONDS:
        try:
            _write(images, identity, state)
        except OSError as error:
            folder = str(cache.folder("decoded"))
            warnings.warn(f"Decoded images could not be kept in {folder!r}: {error}.", stacklevel=2)
    return images


def _entries(pattern: str) -> Iterator[Path]:
    """Yield entries of the chosen cache, which may be full or read-only, then of the one in use."""
    for place in cache.folders("decoded"):
        with contextlib.suppress(OSError):
            yield from place.glob(pattern)


def _identity(paths: Sequence[Path], size: int | None) -> str:
    names = "\0".join(str(path.resolve()) for path in paths)
    return hashlib.sha256(f"{_FORMAT}\0{size}\0{names}".encode(errors="surrogateescape")).hexdigest()[:16]


def _state(paths: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        with contextlib.suppress(OSError):  # a missing file is reported when it is decoded
            status = path.stat()
            found.update(b"%d %d\n" % (status.st_size, status.st_mtime_ns))
    return found.hexdigest()[:16]


def _write(images: np.ndarray, identity: str, state: str) -> None:
    """Write an entry, and remove those of earlier states of the same files."""
    folder = cache.folder("decoded")
    entry = cache.keep(images, folder, f"{identity}-{state}")
    for old in set(folder.glob(f"{identity}-*.npy")) - {entry}:
        cache.remove(old)
