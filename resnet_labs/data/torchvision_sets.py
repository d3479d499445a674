"""CIFAR-10, CIFAR-100 and STL-10 in torchvision's own layouts and from its own addresses."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from resnet_labs.data.images import ImageData
from resnet_labs.errors import InputError

# The file that shows that an archive was unpacked, and torchvision's class.
_MARKS = {
    "cifar10": ("cifar-10-batches-py/batches.meta", "CIFAR10"),
    "cifar100": ("cifar-100-python/meta", "CIFAR100"),
    "stl10": ("stl10_binary/class_names.txt", "STL10"),
}


def present(name: str, root: Path) -> bool:
    """Return whether the archive was unpacked under this root."""
    return os.path.isfile(root / _MARKS[name][0])


def download(name: str, root: Path) -> None:
    """Fetch and unpack the archive through torchvision."""
    fetch(_class(name), root, root)


def fetch(kind: Any, root: Path, folder: Path) -> None:
    """Let a torchvision class download into a folder at or below the root; if it fails, leave no folder it made."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        kind(str(root), download=True)
    finally:
        for place in made:
            with suppress(OSError):  # folders that are not empty stay
                place.rmdir()


def read_cifar(name: str, root: Path, split: str) -> ImageData:
    """Return one split: (N, 3, 32, 32)."""
    kind = _class(name)
    meta = [kind.meta["filename"], kind.meta["md5"]]
    _verify(name, root, [meta, *kind.train_list, *kind.test_list])
    with warnings.catch_warnings():
        # NumPy 2.4.0 to 2.4.4 warn about pickles this old: https://github.com/pytorch/vision/issues/9340
        warnings.filterwarnings("ignore", message=r"dtype\(\): align should be passed")
        found = kind(str(root), train=split == "train")
    images = torch.from_numpy(np.ascontiguousarray(found.data.transpose(0, 3, 1, 2)))
    return ImageData(images, torch.tensor(found.targets), tuple(found.classes), f"{kind.__name__}, {split} split")


def read_stl10(root: Path, split: str) -> ImageData:
    """Return one split: (N, 3, 96, 96). Read here, because torchvision also requires the 2.6 GB without labels."""
    kind = _class("stl10")
    images_file, labels_file = files = (kind.train_list if split == "train" else kind.test_list)[:2]
    _verify("stl10", root, files)
    folder = root / kind.base_folder
    pixels = np.fromfile(folder / images_file[0], np.uint8).reshape(-1, 3, 96, 96)
    labels = np.fromfile(folder / labels_file[0], np.uint8).astype(np.int64) - 1
    images = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 1, 3, 2)))  # columns come first in the file
    classes = tuple((folder / kind.class_names_file).read_text(encoding="utf-8").split())
    return ImageData(images, torch.from_numpy(labels), classes, f"STL10, {split} split")


def _class(name: str) -> Any:
    from torchvision import datasets

    return getattr(datasets, _MARKS[name][1])


def _verify(name: str, root: Path, files: list[list[str]]) -> None:
    from torchvision.datasets.utils import check_integrity

    for file, md5 in files:
        path = root / _class(name).base_folder / file
        if not check_integrity(str(path), md5):
            damaged = f"damaged: its MD5 sum is not {md5}" if path.is_file() else "missing"
            raise InputError(
                f"{str(path)!r} is {'a folder' if path.is_dir() else damaged}.",
                f"Move {str(path.parent)!r} away and download it again: "
                f"`resnet-labs data {name} --download --data-root {root}`.",
            )
