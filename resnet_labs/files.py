"""Writing files safely: whole and on the disk, or not at all; checking that there is room; naming them in messages."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from resnet_labs.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # a disk, a quota, a limit of the process
MEBIBYTE = 1 << 20


@contextmanager
def replacing(target: Path, mode: str = "wb", *, shared: bool = False, **options: Any) -> Iterator[IO[Any]]:
    """Open a file beside the target; at the end of the block it is flushed to the disk and replaces the target.

    If the process is killed, the target has either its old or its new content. If the block fails, or the disk is full,
    it has its old content.

    Args:
        target: the file; its folder is created if missing.
        mode: as for `open`, "wb" or "w".
        shared: whether other processes may be writing the same target, so that each needs its own temporary file.
        options: as for `open`.

    Raises:
        OSError: the system refuses.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with replacing(Path(folder, "facts.txt"), "w") as file:
        ...         _ = file.write("whole")
        ...     Path(folder, "facts.txt").read_text()
        'whole'
    """
    partial = target.with_name(f"{target.name}.{f'{os.getpid()}.' if shared else ''}partial")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(partial, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    # Windows and some network folders cannot do it; the renames are then as safe as the system makes them.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def append(target: Path, data: bytes) -> None:
    """Append bytes to a file and wait until they are on the disk.

    If the disk is full, the file keeps its old content, unless another process has appended to it in the meantime.

    Raises:
        OSError: the system refuses.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     for line in (b"one ", b"two"):
        ...         append(Path(folder, "facts.txt"), line)
        ...     Path(folder, "facts.txt").read_text()
        'one two'
    """
    is_new, written = not target.exists(), 0
    with open(target, "ab", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            while written < len(data):
                written += file.write(data[written:])
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                if file.seek(0, os.SEEK_END) == size + written:
                    file.truncate(size)
                    if is_new and size == 0:
                        target.unlink()
            raise


def check_room(folder: Path, num_bytes: int) -> None:
    """Check that a folder has room for that many bytes, before long work depends on it; leave nothing behind.

    Args:
        folder: need not exist; if it does not, the nearest folder above it is tried.
        num_bytes: how many.

    Raises:
        OSError: the system refuses.

    Example:
        >>> check_room(Path("runs"), 1000)
    """
    with room(folder, num_bytes):
        pass


@contextmanager
def room(folder: Path, num_bytes: int) -> Iterator[None]:
    """Hold that many bytes on a folder's disk, and give them back at the end of the block, however that ends.

    Args:
        folder: need not exist; if it does not, the nearest folder above it is tried.
        num_bytes: how many.

    Raises:
        OSError: the system refuses.
    """
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    with tempfile.TemporaryFile(dir=nearest) as file:
        if not _reserved(file.fileno(), num_bytes):
            block = os.urandom(MEBIBYTE)  # zeros take no space on a disk that compresses
            for start in range(0, num_bytes, MEBIBYTE):
                file.write(block[: num_bytes - start])
        file.flush()
        os.fsync(file.fileno())
        yield


def _reserved(handle: int, num_bytes: int) -> bool:
    """Reserve room for an empty file; return False if the system or the file's disk cannot do that."""
    if not hasattr(os, "posix_fallocate"):
        return False
    try:
        os.posix_fallocate(handle, 0, num_bytes)
    except OSError as error:
        if error.errno in FULL:
            raise
        return False
    return True


def unwritable(what: str, error: OSError, kept: str = "") -> InputError:
    """Return the error for a path that the system cannot write to, with a fix for the reason it gives.

    Example:
        >>> print(unwritable("The folder 'runs'", PermissionError(errno.EACCES, "Permission denied")))
        The folder 'runs' cannot be written: Permission denied. Give a folder that you may write to.
    """
    fixes = {
        "Free some space, or give another folder": FULL,
        "Give a folder that you may write to": (errno.EACCES, errno.EPERM, errno.EROFS),
        "Give another path; a part of this one is a file": (errno.ENOTDIR, errno.EEXIST),
        "Give another name; a folder has this one": (errno.EISDIR,),
    }
    fix = next((fix for fix, codes in fixes.items() if error.errno in codes), "Give another folder")
    return InputError(f"{what} cannot be written: {error.strerror or error}.", f"{fix}{kept}.")


def short(path: Path) -> Path:
    """Return the path as a message shows it: from the current folder if it lies there."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
