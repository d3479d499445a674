"""A folder of images, one subfolder a class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from resnet_labs.data.listing import Listing
from resnet_labs.data.splits import cut
from resnet_labs.runtime import InputError

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
TEST_NAMES = ("test", "val", "validation")


def read(root: Path, split: str, seed: int) -> Listing:
    """Return the files of one split of a folder.

    Where the folder has `train` and one of `test`, `val` or `validation`, these are the splits. Otherwise it is cut,
    stratified, 8:2 into training and test; `seed` decides, so both splits of one run must be loaded with one seed.
    Hidden files, files that are no images and folders without images are passed over. Classes are in order of name.
    """
    source = f"image folder {root.name!r}, {split} split"
    if not root.is_dir():
        raise InputError(f"There is no folder {str(root)!r}.", "Give the folder that holds one subfolder a class.")
    test_name = next((name for name in TEST_NAMES if (root / name).is_dir()), None)
    if test_name is None or not (root / "train").is_dir():
        whole = list_classes(root)
        train, test = cut(whole.labels, whole.classes, [0.8, 0.2], seed=seed)
        return replace(whole.subset(train if split == "train" else test), source=f"{source} (8:2, seed {seed})")
    train_files, test_files = list_classes(root / "train"), list_classes(root / test_name)
    if train_files.classes != test_files.classes:
        only = sorted(set(train_files.classes) ^ set(test_files.classes))
        raise InputError(
            f"Training and test folders of {str(root)!r} differ in classes: {', '.join(only)} is in one of them only.",
            f"Give 'train' and {test_name!r} the same subfolders.",
        )
    return replace(train_files if split == "train" else test_files, source=source)


def list_classes(root: Path) -> Listing:
    """Return all files of a folder with one subfolder a class, in order of name."""
    files = {folder.name: _images_below(folder) for folder in sorted(root.iterdir()) if _visible_folder(folder)}
    files = {name: paths for name, paths in files.items() if paths}
    if len(files) < 2:
        found = ", ".join(repr(name) for name in files) or "none"
        raise InputError(
            f"{str(root)!r} needs at least two subfolders with images, one a class; found: {found}.",
            f"Image files end in {', '.join(sorted(SUFFIXES))}.",
        )
    paths = [path for folder in files.values() for path in folder]
    labels = [label for label, folder in enumerate(files.values()) for _ in folder]
    return Listing(tuple(paths), torch.tensor(labels), tuple(files), f"image folder {root.name!r}")


def _visible_folder(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _images_below(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )
