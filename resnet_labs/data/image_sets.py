"""Named data sets that are folders of image files: Tiny ImageNet, five flowers, cats and dogs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from resnet_labs.data import folder
from resnet_labs.data.listing import Listing
from resnet_labs.runtime import InputError

TINY_IMAGENET = "tiny-imagenet-200"
# Ten of its classes that are nearest to STL-10's: airplane, bird, car, cat, deer, dog, horse, monkey, ship, truck.
LIKE_STL10 = (
    "n02917067",  # bullet train
    "n01855672",  # goose
    "n04285008",  # sports car
    "n02124075",  # Egyptian cat
    "n02423022",  # gazelle
    "n02106662",  # German shepherd
    "n02437312",  # Arabian camel
    "n02481823",  # chimpanzee
    "n03662601",  # lifeboat
    "n03796401",  # moving van
)
FLOWERS = ("daisy", "dandelion", "rose", "sunflower", "tulip")
CATS_AND_DOGS = ("cats-vs-dogs", "PetImages")  # a copy with train and test; the archive as Microsoft gives it


def read_tiny_imagenet(root: Path, split: str, seed: int) -> Listing:
    """Return the training images, or the validation images as the test split: the official test has no labels.

    Classes are in order of their WordNet numbers and carry the first name that words.txt gives.
    """
    return _tiny_imagenet(root, split, _wnids(root), "Tiny ImageNet")


def read_first_hundred(root: Path, split: str, seed: int) -> Listing:
    """Return the images of Tiny ImageNet's first 100 classes: as many classes and training images as CIFAR-100 has."""
    return _tiny_imagenet(root, split, _wnids(root)[:100], "Tiny ImageNet's first 100 classes")


def read_like_stl10(root: Path, split: str, seed: int) -> Listing:
    """Return the images of ten of Tiny ImageNet's classes: as many classes and training images as STL-10 has."""
    return _tiny_imagenet(root, split, list(LIKE_STL10), "Ten classes of Tiny ImageNet")


def _wnids(root: Path) -> list[str]:
    return sorted(_lines(root / TINY_IMAGENET / "wnids.txt"))


def _tiny_imagenet(root: Path, split: str, wnids: list[str], title: str) -> Listing:
    home = root / TINY_IMAGENET
    words = dict(line.split("\t", 1) for line in _lines(home / "words.txt"))
    classes = tuple(words[wnid].split(",")[0].strip() for wnid in wnids)
    if split == "train":
        folders = [sorted((home / "train" / wnid / "images").glob("*.JPEG")) for wnid in wnids]
        for wnid, files in zip(wnids, folders, strict=True):
            if not files:
                raise _incomplete(home / "train" / wnid / "images" / "*.JPEG")
        paths = [path for files in folders for path in files]
        labels = [label for label, files in enumerate(folders) for _ in files]
    else:
        rows = [line.split("\t") for line in _lines(home / "val" / "val_annotations.txt")]
        known = {wnid: label for label, wnid in enumerate(wnids)}
        paths = [home / "val" / "images" / row[0] for row in rows if row[1] in known]
        labels = [known[row[1]] for row in rows if row[1] in known]
    origin = "training" if split == "train" else "validation"
    return Listing(tuple(paths), torch.tensor(labels), classes, f"{title}, {origin} images")


def read_flowers(root: Path, split: str, seed: int) -> Listing:
    """Return one split of the five flowers; folders may be named in the plural."""
    found = folder.read(root / "flowers", split, seed)
    return _renamed(found, [name.lower().removesuffix("s") for name in found.classes], FLOWERS, "Five flowers")


def read_cats_and_dogs(root: Path, split: str, seed: int) -> Listing:
    """Return one split of the cats and dogs; folders may be named in capitals."""
    home = next(root / name for name in CATS_AND_DOGS if (root / name).is_dir())
    found = folder.read(home, split, seed)
    names = [name.lower().removesuffix("s") for name in found.classes]
    return _renamed(found, names, ("cat", "dog"), "Kaggle cats and dogs")


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise _incomplete(path)
    return path.read_text(encoding="utf-8").splitlines()


def _incomplete(path: Path) -> InputError:
    return InputError(f"{str(path)!r} is missing.", f"Unpack the archive of {TINY_IMAGENET} again.")


def _renamed(found: Listing, names: list[str], classes: tuple[str, ...], title: str) -> Listing:
    if tuple(names) != classes:
        raise InputError(
            f"{title}: {found.source} has the classes {', '.join(found.classes)}.",
            f"It needs exactly these subfolders: {', '.join(classes)}.",
        )
    return replace(found, classes=classes, source=f"{title}, {found.source}")
