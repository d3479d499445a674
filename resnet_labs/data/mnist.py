"""MNIST under any of its usual names, read in place: compressed or not, on a disk that may be read-only."""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import re
import zlib
from pathlib import Path

import numpy as np
import torch

from resnet_labs.data.images import ImageData
from resnet_labs.data.torchvision_sets import fetch
from resnet_labs.errors import InputError

_PREFIX = {"train": "train", "test": "t10k"}
# MD5 of the unpacked files. torchvision lists those of the .gz files, which do not apply to a file that was unpacked or
# compressed again; the bytes inside are the same everywhere.
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def present(root: Path) -> bool:
    """Return whether all four files are there."""
    found = _files(root)
    return all(found.values())


def fault(root: Path) -> str:
    """Return what a quick look finds wrong if some files are there: one is missing, or has the wrong length."""
    found = _files(root)
    if not any(found.values()):
        return ""
    for name, paths in found.items():
        if not paths:
            return f"'{name}.gz' is missing"
        if not any(map(_as_long_as_it_says, paths)):
            return f"{str(paths[0])!r} is damaged"
    return ""


def download(root: Path) -> None:
    """Fetch the four files through torchvision."""
    from torchvision.datasets import MNIST

    fetch(MNIST, root, root / "MNIST" / "raw")


def read(root: Path, split: str) -> ImageData:
    """Return one split: (N, 1, 28, 28)."""
    prefix = _PREFIX[split]
    images = _read_idx(root, f"{prefix}-images-idx3-ubyte", num_dimensions=3)
    labels = _read_idx(root, f"{prefix}-labels-idx1-ubyte", num_dimensions=1)
    classes = tuple(str(digit) for digit in range(10))
    return ImageData(images[:, None], labels.long(), classes, f"MNIST, {split} split")


def _files(root: Path) -> dict[str, list[Path]]:
    """Return where each file is, compressed or not: as torchvision has it, or under its other usual names."""
    places = [root, root / "raw"]
    for folder in _inside(root):
        if re.fullmatch("mnist(data|dataset|set|raw)?", re.sub(r"[\W_]", "", folder.name.lower())):
            places += [folder, folder / "raw", folder / "MNIST" / "raw"]
    found: dict[str, list[Path]] = {name: [] for name in MD5}
    for path in [path for place in places for path in _inside(place)]:
        name = re.sub(r"[._]", "-", path.name.lower()).removesuffix("-gz").replace("test-", "t10k-")
        if name in found:  # some archives unpack each file into a folder of the same name
            found[name] += [file for file in (path, *_inside(path)) if os.path.isfile(file)]
    return {name: sorted(paths, key=lambda path: path.suffix == ".gz") for name, paths in found.items()}


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (OSError, ValueError):
        return []


def _as_long_as_it_says(path: Path) -> bool:
    """Return whether the length in the header is right; the content is checked when it is read."""
    try:
        with path.open("rb") as file:
            head, length = file.read(16), path.stat().st_size
            if path.suffix == ".gz":
                head = zlib.decompressobj(wbits=31).decompress(head + file.read(1000), 16)
                file.seek(-4, 2)  # gzip ends with the length of the content
                length = int.from_bytes(file.read(), "little")
    except (OSError, zlib.error):
        return False
    start = 4 + 4 * head[3] if head[:3] == b"\0\0\x08" and len(head) == 16 else 0
    return start > 0 and length == start + math.prod(np.frombuffer(head[4:start], ">i4").tolist())


def _read_idx(root: Path, name: str, *, num_dimensions: int) -> torch.Tensor:
    """Return the array of the first intact file: there may be several of one name, compressed and not."""
    errors = []
    for path in _files(root)[name]:
        try:
            return _read_file(root, path, name, num_dimensions)
        except InputError as error:
            errors.append(error)
    raise errors[-1]


def _read_file(root: Path, path: Path, name: str, num_dimensions: int) -> torch.Tensor:
    """Return the array of an idx file: two zeros, a type byte (8: unsigned byte), the rank, the lengths, the bytes."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(root, path, f"it cannot be unpacked ({error})") from error
    start = 4 + 4 * num_dimensions
    shape = tuple(np.frombuffer(content[4:start], ">i4").tolist()) if len(content) >= start else ()
    if content[:4] != bytes([0, 0, 8, num_dimensions]) or len(content) - start != math.prod(shape):
        header = content[:start].hex(" ", 4)
        raise _damaged(root, path, f"{header!r} is not an idx header of rank {num_dimensions} for {len(content)} bytes")
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != MD5[name]:
        raise InputError(
            f"{str(path)!r} is not MNIST's: the MD5 sum of its content is {found} instead of {MD5[name]}.",
            "It may be damaged, or of a set with the same file names, such as Fashion-MNIST. Move it away and download "
            f"MNIST: `resnet-labs data mnist --download --data-root {root}`.",
        )
    return torch.from_numpy(np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy())


def _damaged(root: Path, path: Path, why: str) -> InputError:
    return InputError(
        f"{str(path)!r} is damaged: {why}.",
        f"Move it away and download it again: `resnet-labs data mnist --download --data-root {root}`.",
    )
