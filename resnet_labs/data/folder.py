"""A folder of images, one subfolder per class."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch

from resnet_labs.data.classes import class_folders, is_labelled, opened
from resnet_labs.data.folder_names import is_output, key, role, split_names
from resnet_labs.data.left_out import LeftOut
from resnet_labs.data.listing import Listing
from resnet_labs.data.splits import cut
from resnet_labs.data.tree import Folder, scan
from resnet_labs.errors import InputError


def read(root: Path, split: str, seed: int) -> Listing:
    """Return the files of one split of a folder.

    If two of its folders have usual names of a training and a test split, these are the splits; validation images serve
    as test if no test folder has labels. Otherwise the folder is split 8:2 into training and test, stratified; `seed`
    decides, so both splits of one run must be loaded with the same seed. Links are followed. Hidden system files are
    skipped; other folders and images that are left out are counted in one warning. Classes are in order of name.
    """
    if not os.path.isdir(root):
        raise InputError(f"There is no folder {str(root)!r}.", "Give the folder that holds one subfolder per class.")
    left_out = LeftOut(root)
    top = opened(scan(root), left_out)
    source = f"image folder {root.name!r}, {split} split"
    train, test = _splits(top, left_out)
    if train is None:
        whole = _listing(class_folders(top, left_out))
        left_out.say()
        parts = cut(whole.labels, whole.classes, [0.8, 0.2], seed=seed)
        return replace(whole.subset(parts[split == "test"]), source=f"{source} (8:2, seed {seed})")
    if test is None:
        if split == "test":
            raise InputError(
                f"{str(root)!r} has no test folder with class folders beside {train.name!r}.{left_out.text()}",
                f"Sort test images into class folders, or give {str(train.path)!r} as root, which is then cut 8:2.",
            )
        found = class_folders(opened(train, left_out, inside=True), left_out)
    else:
        found = _both(root, train, test, left_out)[split == "test"]
    left_out.say()
    return replace(_listing(found), source=source)


def _splits(top: Folder, left_out: LeftOut) -> tuple[Folder | None, Folder | None]:
    """Return the folders of training and test, None for both if there are no splits. Other folders are noted."""
    exact = {name: found[0] for name in top.folders if (found := role(name)) and not found[1]}
    near = {name: found[0] for name in top.folders if (found := role(name)) and found[1]}
    own_name = {name for name in top.folders if key(name) == key(top.name)}  # a copy of the set inside itself

    def find(wanted: str, known: Iterable[str] = ()) -> Folder | None:
        there = [name for name, folder in top.filled().items() if is_labelled(folder, known) and name not in own_name]
        for names in (exact, near):
            if found := [name for name in there if names.get(name) == wanted]:
                return _only(top, found)
        return None

    train = find("train")
    classes_of_train = opened(train, inside=True).filled() if train else ()
    test = find("test", classes_of_train) or find("val", classes_of_train)
    if not (train and test):
        sure = split_names(top.folders)
        train, test = (folder if folder and folder.name in sure else None for folder in (train, test))
        if not (train or test):
            return None, None
        plain = [name for name in top.filled() if role(name) is None and not is_output(name)]
        if plain or not train:
            labelled = [name for name, folder in top.filled().items() if name in sure and is_labelled(folder)]
            beside = f"beside {', '.join(map(repr, plain))}" if plain else "but no training folder"
            raise InputError(
                f"{str(top.path)!r} has {', '.join(map(repr, labelled))} {beside}: it is unclear which are splits "
                "and which are classes.",
                "Put 'train' and 'test' into one folder with nothing else, or give one of these folders as root.",
            )
    left_out.files_of(top)
    for name, folder in top.folders.items():
        if folder not in (train, test) and (role(name) or folder.total()):
            left_out.folder(folder, _no_split(folder, train, test))
    return train, test


def _no_split(folder: Folder, train: Folder, test: Folder | None) -> str:
    spoken = role(folder.name)
    if spoken is None:
        return "not a split"
    if not is_labelled(folder):
        return "no class folders in it"
    chosen = train if spoken[0] == "train" or test is None else test
    return f"{chosen.name!r} is the {'training' if chosen is train else 'test'} split"


def _only(top: Folder, names: list[str]) -> Folder:
    if len(names) > 1:
        raise InputError(
            f"{', '.join(map(repr, names))} in {str(top.path)!r} cannot be told apart: they sound like one split.",
            "Leave one of them there, or give one as root.",
        )
    return top.folders[names[0]]


def _both(root: Path, train: Folder, test: Folder, left_out: LeftOut) -> tuple[dict[str, Folder], dict[str, Folder]]:
    """Return the class folders of both splits under the names of the training split."""
    inner = [opened(folder, left_out, inside=True) for folder in (train, test)]
    shared = set.intersection(*({key(name) for name in folder.filled()} for folder in inner))
    of_train, of_test = (class_folders(folder, left_out, shared) for folder in inner)
    by_key = {key(name): folder for name, folder in of_test.items()}
    names = {key(name): name for name in of_train}
    if names.keys() != by_key.keys():
        only = sorted(name for name in {**of_train, **of_test} if key(name) in names.keys() ^ by_key.keys())
        raise InputError(
            f"Training and test folders of {str(root)!r} differ in classes: {', '.join(only)} is in only one of them.",
            f"Give {train.name!r} and {test.name!r} the same subfolders.",
        )
    return of_train, {name: by_key[found] for found, name in names.items()}


def _listing(folders: dict[str, Folder]) -> Listing:
    files = [folder.all_images() for folder in folders.values()]
    labels = [label for label, paths in enumerate(files) for _ in paths]
    return Listing(tuple(path for paths in files for path in paths), torch.tensor(labels), tuple(folders), "")
