"""Named data sets that are folders of image files: five flowers, cats and dogs, CIFAR-10 as JPEG files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from resnet_labs.data import folder
from resnet_labs.data.listing import Listing
from resnet_labs.errors import InputError

FLOWERS = ("daisy", "dandelion", "rose", "sunflower", "tulip")
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CATS_AND_DOGS = ("cats-vs-dogs", "PetImages")  # a copy with train and test; the archive as Microsoft distributes it


def read_flowers(root: Path, split: str, seed: int) -> Listing:
    """Return one split of the five flowers; folder names may be in the plural."""
    found = folder.read(root / "flowers", split, seed)
    return _renamed(found, [name.lower().removesuffix("s") for name in found.classes], FLOWERS, "Five flowers")


def read_cats_and_dogs(root: Path, split: str, seed: int) -> Listing:
    """Return one split of the cats and dogs; folder names may be in capitals."""
    home = next(root / name for name in CATS_AND_DOGS if (root / name).is_dir())
    found = folder.read(home, split, seed)
    names = [name.lower().removesuffix("s") for name in found.classes]
    return _renamed(found, names, ("cat", "dog"), "Kaggle cats and dogs")


def read_cifar10_jpeg(root: Path, split: str, seed: int) -> Listing:
    """Return one split of CIFAR-10's images as files."""
    found = folder.read(root / "cifar10", split, seed)
    return _renamed(found, [name.lower() for name in found.classes], CIFAR10, "CIFAR-10 as JPEG files")


def _renamed(found: Listing, names: list[str], classes: tuple[str, ...], title: str) -> Listing:
    if tuple(names) != classes:
        raise InputError(
            f"{title}: {found.source} has the classes {', '.join(found.classes)}.",
            f"It needs exactly these subfolders: {', '.join(classes)}.",
        )
    return replace(found, classes=classes, source=f"{title}, {found.source}")
