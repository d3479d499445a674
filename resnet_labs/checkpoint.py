"""Checkpoints that survive a kill, a full disk and a damaged file; a file is whole or it is not used."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import random
import re
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_labs import files, torch_files
from resnet_labs.errors import InputError

# torch's file is a zip archive, and the digest is that archive's comment: `torch.load` reads the file as it is, and one
# rename replaces digest and content together.
_MARK = b"sha256:"
_COMMENT_LENGTH = len(_MARK) + 64
# The end of an archive with a comment of that length, which identifies even a damaged checkpoint as ours.
_OURS = re.compile(rb"PK\x05\x06.{16}" + re.escape(_COMMENT_LENGTH.to_bytes(2, "little")), re.DOTALL)
_PLAIN = (bool, int, float, str, bytes, type(None))


def save(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write a checkpoint; the previous one is kept beside it as `<path>.previous`.

    The file is written under another name, flushed to the disk, and only then renamed: whenever the process is
    killed, `load` finds this state or the one before.

    Args:
        path: the file; its folder is created if missing.
        state: tensors, numbers, strings, None, and dicts, lists and tuples of them: values that can be read back
            without running code from the file.

    Raises:
        InputError: a value of another kind (its place is named), an existing file that is not our checkpoint, or a
            folder that is not writable. Existing files are kept.

    Equals: `load` gives back what went in, bit for bit; `torch.load` reads the same file.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     save(f"{folder}/run.pt", {"epoch": 3})
        ...     load(f"{folder}/run.pt")
        {'epoch': 3}
    """
    _check_plain(state, "state")
    target = Path(path)
    replaces_whole = _check_replaceable(target)
    archive = io.BytesIO()
    torch.save(state, archive)
    with archive.getbuffer() as data:
        assert data[-2:] == b"\0\0", "the archive has a comment already"
        data[-2:] = _COMMENT_LENGTH.to_bytes(2, "little")
        comment = _MARK + hashlib.sha256(data).hexdigest().encode()
        with _refusals(target), files.replacing(target) as file:
            file.write(data)
            file.write(comment)
            file.flush()
            os.fsync(file.fileno())  # before the old checkpoint is renamed
            # A damaged file must not replace an intact one.
            if replaces_whole:
                os.replace(target, _previous(target))


def check_writable(path: str | os.PathLike[str], num_bytes: int = 1) -> None:
    """Check that `save` can write there, before hours of work depend on it; leave nothing behind.

    Args:
        path: the file that `save` will be given; its folder is created if missing.
        num_bytes: size of one checkpoint. Room is needed for two, and for a third while it is written.

    Raises:
        InputError: it cannot.

    Equals: the error of `save` for the same path.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     check_writable(f"{folder}/run.pt")
        ...     exists(f"{folder}/run.pt")
        False
    """
    target = Path(path)
    with _refusals(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _check_replaceable(target)
        there = [file for file in (target, _previous(target)) if file.exists()]
        files.check_room(target.parent, (3 - len(there)) * num_bytes)


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the newest intact state, its tensors on the CPU; warn about a newer file that is damaged.

    Args:
        path: the file that `save` was given.

    Raises:
        InputError: neither the file nor the previous one exists and is intact.

    Equals: `torch.load(path, weights_only=True, map_location="cpu")`, for an intact file.

    Example:
        >>> load("nowhere.pt")
        Traceback (most recent call last):
        resnet_labs.errors.InputError: There is no checkpoint 'nowhere.pt'. Give the path that `save` was given.
    """
    target = Path(path)
    previous = _previous(target)
    if not target.is_dir() and not exists(target):
        raise InputError(f"There is no checkpoint {str(target)!r}.", "Give the path that `save` was given.")
    state = _read(target)
    if state is not None:
        return state
    foreign, trouble = _foreign(target), "damaged" if target.exists() else "missing"
    state = _read(previous)
    if state is None and foreign:
        raise _is_foreign(target, foreign)
    if state is None:
        other = "damaged" if previous.exists() else "missing"
        raise InputError(
            f"The checkpoint {str(target)!r} is {trouble}, and {str(previous)!r} is {other}.",
            "Delete what is there, and start the run again.",
        )
    said = _is_foreign(target, foreign).problem[:-1] if foreign else f"The checkpoint {str(target)!r} is {trouble}"
    warnings.warn(f"{said}; {str(previous)!r}, saved before it, is used.", stacklevel=2)
    return state


def exists(path: str | os.PathLike[str]) -> bool:
    """Return whether there is something to load: the file, or the previous one.

    Args:
        path: the file that `save` was given.

    Example:
        >>> exists("nowhere.pt")
        False
    """
    return Path(path).is_file() or _previous(Path(path)).is_file()


def discard(path: str | os.PathLike[str]) -> None:
    """Delete a checkpoint and the previous one, if they exist.

    Args:
        path: the file, as it was given to `save`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(f"{folder}/run.pt", {"epoch": 1})
        ...     discard(f"{folder}/run.pt")
        ...     exists(f"{folder}/run.pt")
        False
    """
    for file in (Path(path), _previous(Path(path))):
        file.unlink(missing_ok=True)


def random_states() -> dict[str, Any]:
    """Return the states of Python's, NumPy's and torch's random generators, as values that `save` takes.

    For CUDA it is the state of the current device, or None if CUDA was not used.

    Equals: after `restore_random_states`, every generator draws the same numbers again.

    Example:
        >>> states = random_states()
        >>> first = torch.rand(3)
        >>> restore_random_states(states)
        >>> torch.equal(torch.rand(3), first)
        True
    """
    _, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (torch.from_numpy(np.asarray(keys, np.int64)), int(position), int(has_gauss), float(gauss)),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None,
    }


def restore_random_states(states: dict[str, Any]) -> None:
    """Restore all random generators; the CUDA state is skipped on a machine without CUDA.

    Args:
        states: what `random_states` returned, directly or after `save` and `load`.

    Equals: after it, every generator draws what it drew after `random_states`.
    """
    keys, *rest = states["numpy"]
    random.setstate(states["python"])
    np.random.set_state(("MT19937", keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(states["torch"])
    if states["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])


@contextmanager
def _refusals(target: Path) -> Iterator[None]:
    """Turn an error of the system into one sentence."""
    try:
        yield
    except OSError as error:
        kept = "; what was saved before is still there" if exists(target) else ""
        raise files.unwritable(f"The checkpoint {str(target)!r}", error, kept) from error


def _previous(target: Path) -> Path:
    return target.with_name(target.name + ".previous")


def _whole(file: Path) -> bytes | None:
    """Return the file's bytes if they are as written, else None."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    content, comment = memoryview(data)[:-_COMMENT_LENGTH], data[-_COMMENT_LENGTH:]
    return data if comment == _MARK + hashlib.sha256(content).hexdigest().encode() else None


def _read(file: Path) -> dict[str, Any] | None:
    data = _whole(file)
    if data is None:
        return None
    try:
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception:  # torch's parsers raise errors of any type
        return None  # intact, but not from `save`: reading it may run code, for example
    return state if isinstance(state, dict) and all(isinstance(name, str) for name in state) else None


def _check_replaceable(target: Path) -> bool:
    """Return whether there is an intact checkpoint; raise if there is a file of another kind."""
    if _whole(target) is not None:
        return True
    foreign = None if target.is_dir() else _foreign(target)
    if foreign:
        raise _is_foreign(target, foreign)
    return False


def _foreign(file: Path) -> str | None:
    """Return what a file is if not our checkpoint, such as "is a PNG image"; None for a damaged checkpoint."""
    try:
        data = file.read_bytes()
        if _OURS.search(data[-2 * _COMMENT_LENGTH :]) or (data.startswith(b"PK") and _MARK in data[-_COMMENT_LENGTH:]):
            return None
        saved = torch_files.read(file)
    except torch_files.Foreign as foreign:
        return foreign.what
    except IsADirectoryError:
        return "is a folder"
    except (torch_files.Damaged, OSError):
        return None
    held = f"dict of {first_names(saved)}" if isinstance(saved, Mapping) else type(saved).__name__
    return f"holds a {held}, which torch.save wrote"


def _is_foreign(file: Path, what: str) -> InputError:
    problem = f"The file {str(file)!r} is not a checkpoint of this library: it {what}."
    return InputError(problem, "Give another checkpoint path. Weights are loaded with load_weights.")


def _check_plain(value: Any, place: str) -> None:
    # Exact types: numpy.float64 is a float, and cannot be read back without running code.
    if type(value) in (dict, OrderedDict):
        for key, item in value.items():
            _check_plain(key, f"a key of {place}")
            _check_plain(item, f"{place}[{key!r}]")
    elif type(value) in (list, tuple):
        for index, item in enumerate(value):
            _check_plain(item, f"{place}[{index}]")
    elif type(value) not in _PLAIN and not isinstance(value, Tensor):
        raise InputError(
            f"{place} is a {type(value).__module__}.{type(value).__qualname__}, which a checkpoint cannot hold.",
            "Turn it into tensors, numbers, strings, or dicts and lists of them.",
        )


def state_dict_differences(own: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Describe the tensors of a state dict that do not fit another's, by name and shape; empty if all fit.

    Example:
        >>> state_dict_differences({"weight": torch.zeros(3)}, {"weight": torch.zeros(4), "bias": torch.zeros(4)})
        '1 unexpected (bias); 1 of another shape (weight (4,) instead of (3,))'
    """
    faults = {
        "missing": [name for name in own if name not in given],
        "unexpected": [name for name in given if name not in own],
        "of another shape": [
            f"{name} {_shape(given[name])} instead of {_shape(own[name])}"
            for name in own
            if name in given and _shape(given[name]) != _shape(own[name])
        ],
    }
    return "; ".join(f"{len(found)} {fault} ({first_names(found)})" for fault, found in faults.items() if found)


def _shape(value: Any) -> tuple[int, ...] | str:
    return tuple(value.shape) if isinstance(value, Tensor) else "no tensor"  # a module's extra state need not be one


def first_names(names: Iterable[Any]) -> str:
    """Return the first three names, and dots for the rest."""
    first, *rest = [*map(str, names)] or ["nothing"]
    return ", ".join([first, *rest[:2]]) + (", ..." if len(rest) > 2 else "")
