"""Tiny ImageNet as in its archive, or as people rearrange it: validation images in class folders, other line ends."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import torch

from resnet_labs.cache import say_once
from resnet_labs.data.listing import Listing
from resnet_labs.data.tree import SUFFIXES
from resnet_labs.errors import InputError

NAME = "tiny-imagenet-200"
# The ten of its classes nearest to STL-10's: airplane, bird, car, cat, deer, dog, horse, monkey, ship, truck.
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
_ANNOTATIONS = "val/val_annotations.txt"


def present(root: Path) -> bool:
    """Return whether the list of classes is there."""
    return os.path.isfile(_home(root) / "wnids.txt")


def fault(root: Path) -> str:
    """Return what a quick look finds missing if some of it is there."""
    home = _home(root)
    if not present(root):
        return ""
    try:
        needed = ["words.txt", "train", "val", *([] if _sorted(home, _wnids(home)) else ["val/images", _ANNOTATIONS])]
    except InputError as error:
        return error.problem.rstrip(".")
    return next((f"{str(home / name)!r} is missing" for name in needed if not os.path.exists(home / name)), "")


def read_tiny_imagenet(root: Path, split: str, seed: int) -> Listing:
    """Return the training images, or the validation images as the test split: the official test has no labels.

    Classes are in order of their WordNet numbers and have the first name from words.txt.
    """
    return _read(_home(root), split, _wnids(_home(root)), "Tiny ImageNet")


def read_first_hundred(root: Path, split: str, seed: int) -> Listing:
    """Return the images of Tiny ImageNet's first 100 classes: as many classes and training images as CIFAR-100 has."""
    return _read(_home(root), split, _wnids(_home(root))[:100], "Tiny ImageNet's first 100 classes")


def read_last_hundred(root: Path, split: str, seed: int) -> Listing:
    """Return the images of Tiny ImageNet's last 100 classes, nearly all of them things and food."""
    found = _read(_home(root), split, _wnids(_home(root))[100:], "Tiny ImageNet")
    return replace(found, source=f"{found.source}, its last 100 classes")


def read_like_stl10(root: Path, split: str, seed: int) -> Listing:
    """Return the images of ten of Tiny ImageNet's classes: as many classes and training images as STL-10 has."""
    return _read(_home(root), split, list(LIKE_STL10), "Ten classes of Tiny ImageNet")


def _home(root: Path) -> Path:
    """Return its folder: below the root, the root itself, or in a folder of the same name, as some programs unpack."""
    places = (root / NAME, root, root / NAME / NAME)
    return next((place for place in places if os.path.isfile(place / "wnids.txt")), root / NAME)


def _wnids(home: Path) -> list[str]:
    names = {line.strip() for line in _lines(home / "wnids.txt")}
    odd = sorted(name for name in names if not re.fullmatch(r"n\d+", name))
    if odd or not names:
        seen = f"{odd[0][:20]!r}" if odd else "nothing"
        raise InputError(
            f"{str(home / 'wnids.txt')!r} does not list classes: it holds {seen}.", "Unpack that file again."
        )
    return sorted(names)


def _read(home: Path, split: str, wnids: list[str], title: str) -> Listing:
    words = dict(line.split("\t", 1) for line in _lines(home / "words.txt") if "\t" in line)
    classes = tuple(words.get(wnid, wnid).split(",")[0].strip() for wnid in wnids)
    if split == "train":
        found = [(path, wnid) for wnid in wnids for path in _class_folder(home / "train" / wnid)]
        origin = "training"
    else:
        found, odd = _validation(home, _wnids(home))
        found = [(path, wnid) for path, wnid in found if wnid in wnids]
        origin = "validation"
        if odd:
            lines = "1 line that names" if len(odd) == 1 else f"{len(odd)} lines that name"
            shown = ", ".join(map(repr, odd[:3])) + (", ..." if len(odd) > 3 else "")
            say_once(f"Left out of {str(home / _ANNOTATIONS)!r}: {lines} no class of wnids.txt: {shown}.")
    label = {wnid: index for index, wnid in enumerate(wnids)}
    paths, labels = tuple(path for path, _ in found), [label[wnid] for _, wnid in found]
    return Listing(paths, torch.tensor(labels), classes, f"{title}, {origin} images")


def _class_folder(folder: Path) -> list[Path]:
    """Return the images of one class, which are in `images` or directly in its folder."""
    found = [path for place in (folder / "images", folder) for path in _images(place)]
    if not found:
        raise _missing(folder / "images" / "*.JPEG")
    return found


def _images(folder: Path) -> list[Path]:
    if not os.path.isdir(folder):
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.name[0] != ".")


def _validation(home: Path, wnids: list[str]) -> tuple[list[tuple[Path, str]], list[str]]:
    """Return the validation images with their classes, and the lines of the list that name no class.

    The list gives their order, wherever they are; without it, they must be in class folders.
    """
    val = home / "val"
    sorted_in = _sorted(home, wnids)
    if not os.path.isfile(home / _ANNOTATIONS) and len(sorted_in) == len(wnids):
        return [(path, wnid) for wnid, folder in sorted_in.items() for path in _class_folder(folder)], []
    rows = [line.split() for line in _lines(home / _ANNOTATIONS)]
    named = [(row[0], row[1]) for row in rows if len(row) > 1 and row[1] in set(wnids)]
    odd = [" ".join(row[:3]) for row in rows if len(row) < 2 or row[1] not in set(wnids)]
    if not os.path.isdir(val / "images") and not sorted_in:
        raise _missing(val / "images")
    places = [(val / "images", val / wnid / "images", val / wnid) for _, wnid in named]
    files = [[place / name for place in tried] for (name, _), tried in zip(named, places, strict=True)]
    found = [next((path for path in tried if os.path.isfile(path)), None) for tried in files]
    lost = [name for (name, _), path in zip(named, found, strict=True) if path is None]
    if lost:
        raise InputError(
            f"{len(lost)} of {len(named)} images of {str(home / _ANNOTATIONS)!r} are missing, such as {lost[0]!r}.",
            f"Unpack the archive of {NAME} again.",
        )
    if not named:
        raise InputError(f"{str(home / _ANNOTATIONS)!r} names no image.", f"Unpack the archive of {NAME} again.")
    return [(path, wnid) for path, (_, wnid) in zip(found, named, strict=True) if path is not None], odd


def _sorted(home: Path, wnids: list[str]) -> dict[str, Path]:
    """Return the class folders among the validation images."""
    return {wnid: home / "val" / wnid for wnid in wnids if os.path.isdir(home / "val" / wnid)}


def _lines(path: Path) -> list[str]:
    """Return the lines that are not blank, whatever the line ends."""
    if not os.path.isfile(path):
        raise _missing(path)
    text = path.read_text(encoding="utf-8-sig", errors="replace").replace("\x1a", "")
    return [line for line in text.splitlines() if line.strip()]


def _missing(path: Path) -> InputError:
    return InputError(f"{str(path)!r} is missing.", f"Unpack the archive of {NAME} again.")
