"""The one way to write a file that others read: whole, on the disk, and only then under its own name."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from resnet_labs.errors import InputError


@contextmanager
def replacing(target: Path, mode: str = "wb", *, shared: bool = False, **options: Any) -> Iterator[IO[Any]]:
    """Open a file beside the target; at the end of the block it is flushed to the disk and takes the target's place.

    Whenever the process is killed, the target is what it was, or what was written. If the block fails, or the disk is
    full, the target is what it was.

    Args:
        target: the file; its folder is made where it is missing.
        mode: as for `open`, "wb" or "w".
        shared: whether other processes may be writing the same target, so that each needs a file of its own.
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


def unwritable(what: str, error: OSError, kept: str = "") -> InputError:
    """Return the error for a place that the system refuses to write to, with the fix for the reason it gives.

    Example:
        >>> print(unwritable("The folder 'runs'", PermissionError(errno.EACCES, "Permission denied")))
        The folder 'runs' cannot be written: Permission denied. Give a folder that you may write to.
    """
    fixes = {
        "Free some space, or give another folder": (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
        "Give a folder that you may write to": (errno.EACCES, errno.EPERM, errno.EROFS),
        "Give another path; a part of this one is a file": (errno.ENOTDIR, errno.EEXIST),
        "Give another name; a folder has this one": (errno.EISDIR,),
    }
    fix = next((fix for fix, codes in fixes.items() if error.errno in codes), "Give another folder")
    return InputError(f"{what} cannot be written: {error.strerror or error}.", f"{fix}{kept}.")
