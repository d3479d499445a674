"""Reads what `torch.save` wrote without running code from it, and says what any other file is."""

from __future__ import annotations

import io
import pickletools
import re
import stat
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

import torch
from torch import Tensor

_TRUSTED = "If you trust where it comes from, read it with torch.load(path, weights_only=False), and give "
_UNPACK = "Unpack it, and give the file in it."
_OTHER = "Give a file that torch.save wrote."

# How a file begins, what it is, and what to do to get weights.
_BEGINNINGS = (
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras writes them", _OTHER),
    (b"\x93NUMPY", "is a NumPy array", "Give a state dict: its names with torch.from_numpy of each array."),
    (b"\x1f\x8b", "is compressed with gzip", _UNPACK),
    (b"\x89PNG\r\n", "is a PNG image", _OTHER),
    (b"\xff\xd8\xff", "is a JPEG image", _OTHER),
    (b"version https://git-lfs", "is a pointer of Git LFS in place of the file", "Fetch the file with `git lfs pull`."),
    (b"<!doctype html", "is a web page in place of the file", "Download the file itself."),
    (b"<html", "is a web page in place of the file", "Download the file itself."),
)
_ZIP, _PICKLE = b"PK", b"\x80"
_LEGACY = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the number with which torch's format before 1.6 begins

# What a pickle of tensors, numbers and their containers refers to; torch reads these without running code.
_PLAIN = re.compile(
    r"torch\.(_utils\.|_tensor\.|storage\.|serialization\.|nn\.parameter\.)?\w+|collections\.(OrderedDict|Counter)|"
    r"_codecs\.encode|(__builtin__|builtins)\.(set|bytearray|complex)"
)


class Foreign(Exception):
    """An intact file, but not one with tensors and plain values from `torch.save`.

    Attributes:
        what: continues after "the file", such as "is a folder".
        fix: a sentence that says how to get weights out of it.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"It {what}. {fix}")
        self.what, self.fix = what, fix


class Damaged(Exception):
    """A file that begins like one of `torch.save`, or is empty, but cannot be read."""


def read(path: Path) -> Any:
    """Return what `torch.save` wrote, its tensors on the CPU.

    Tensors may be mapped from the file: copy what must outlive it.

    Raises:
        Foreign: it is something else, or holds objects that only code from the file could make.
        Damaged: it is cut short, altered, or declares more than it holds.
        OSError: the system refuses to read it.
    """
    if path.is_dir():
        raise Foreign("is a folder", "Give a file.")
    if not stat.S_ISREG(path.stat().st_mode):
        raise Foreign("is not a regular file", "Give a file.")
    with path.open("rb") as file:
        beginning = file.read(512)
    _check_beginning(beginning)
    try:
        held = _check_archive(path) if beginning.startswith(_ZIP) else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols and storages, which mean nothing to a user
            saved = torch.load(str(path), map_location="cpu", weights_only=True, mmap=held is not None)
        if held is not None and _num_bytes(saved) > held:
            raise Damaged
    except (Foreign, Damaged):
        raise
    except Exception as error:  # torch and zipfile raise errors of any type for damaged bytes
        _check_objects(path, beginning)
        raise Damaged from error
    return saved


def _check_beginning(beginning: bytes) -> None:
    if not beginning.strip(b"\0"):  # a file whose blocks were not written when the power failed is full of zeros
        raise Damaged
    for known, what, fix in _BEGINNINGS:
        if beginning.lstrip().lower().startswith(known.lower()):
            raise Foreign(what, fix)
    if beginning[8:9] == b"{" and int.from_bytes(beginning[:8], "little") < 2**32:
        fix = "Give what safetensors.torch.load_file(path) returns; the package is installed with "
        raise Foreign("is a safetensors file", f"{fix}`pip install safetensors`.")
    if beginning[257:262] == b"ustar":
        raise Foreign("is a tar archive", _UNPACK)
    if not beginning.startswith((_ZIP, _PICKLE)):
        raise Foreign("is not a file that torch.save wrote", _OTHER)


def _check_archive(path: Path) -> int:
    """Return how many bytes of tensors the archive holds."""
    with zipfile.ZipFile(path) as archive:
        files = archive.infolist()
        members = {_inner(member.filename): member for member in files}
        if "constants.pkl" in members:
            raise Foreign("is a TorchScript archive", "Give torch.jit.load(path).state_dict().")
        if "data.pkl" not in members:
            if any(member.filename.endswith(".npy") for member in files):
                raise Foreign("is an archive of NumPy arrays", "Give a dict of names and torch.from_numpy of each.")
            raise Foreign("is a ZIP archive of other files", _UNPACK)
        # torch compresses nothing, so what is compressed may be of any size.
        too_large = sum(member.file_size for member in files) > path.stat().st_size
        if too_large or any(member.compress_type for member in files):
            raise Damaged
        # A file may have no checksums (torch.serialization.set_crc32_options).
        if any(member.CRC for member in files) and archive.testzip() is not None:
            raise Damaged
    return sum(member.file_size for name, member in members.items() if name.startswith("data/"))


def _check_objects(path: Path, beginning: bytes) -> None:
    """Raise `Foreign` if the file holds a whole pickle, but of more than tensors and plain values."""
    legacy = _LEGACY in beginning[:40]
    try:
        with _pickled(path, beginning) as stream:
            for _ in range(3 if legacy else 0):  # its number, version and system; the fourth is what was saved
                _references(stream)
            objects = [name for name in _references(stream) if not _PLAIN.fullmatch(name)]
    except Exception:  # as in `read`
        return
    risk = "which only code from the file can make"
    if any(name.startswith("torch.nn.") for name in objects):
        raise Foreign(f"holds a whole pickled model ({objects[0]}), {risk}", f"{_TRUSTED}the model's state_dict().")
    if objects and all(name.startswith("numpy.") for name in objects):
        raise Foreign(f"holds values of NumPy ({objects[0]}), {risk}", f"{_TRUSTED}the state dict in it.")
    if objects:
        named = ", ".join(list(dict.fromkeys(objects))[:3])
        raise Foreign(f"holds objects of {named}, {risk}", f"{_TRUSTED}the state dict in it.")
    if not legacy and not beginning.startswith(_ZIP):
        raise Foreign("is a pickle, but not one that torch.save wrote", _OTHER)


def _pickled(path: Path, beginning: bytes) -> io.BufferedIOBase:
    """Return the file, or what its archive holds besides the tensors."""
    if not beginning.startswith(_ZIP):
        return path.open("rb")
    with zipfile.ZipFile(path) as archive:
        return io.BytesIO(archive.read(next(name for name in archive.namelist() if _inner(name) == "data.pkl")))


def _inner(name: str) -> str:
    """Return the name of an archive's member within the one folder that torch makes."""
    return name.partition("/")[2]


def _references(stream: io.BufferedIOBase) -> list[str]:
    """Return the names of the classes and functions that the next pickle refers to, in order."""
    operations = pickletools.genops(cast(IO[bytes], stream))
    return [str(argument).replace(" ", ".") for operation, argument, _ in operations if operation.name == "GLOBAL"]


def _num_bytes(saved: Any) -> int:
    """Return the bytes of all tensors in a saved value; shared memory counts once."""
    sizes: dict[int, int] = {}
    seen: set[int] = set()
    left = [saved]
    while left:
        value = left.pop()
        if isinstance(value, Tensor) and value.layout == torch.strided:
            storage = value.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
        elif isinstance(value, Mapping | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            left += value.values() if isinstance(value, Mapping) else value
    return sum(sizes.values())
