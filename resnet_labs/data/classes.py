"""Which folders are classes, and which are only beside them."""

from __future__ import annotations

from collections.abc import Iterable

from resnet_labs.data.folder_names import copy_of, is_output, key, split_names
from resnet_labs.data.left_out import LeftOut
from resnet_labs.data.tree import SUFFIXES, Folder
from resnet_labs.errors import InputError


def opened(folder: Folder, left_out: LeftOut | None = None, *, inside: bool = False) -> Folder:
    """Return the inner folder, if an archive added another level.

    Args:
        folder: the folder to open.
        left_out: where to note what is beside the inner folder.
        inside: whether this is a split, which may hold a folder of its own name.
    """
    while True:
        splits = split_names(folder.folders)
        choices = [
            found
            for name, found in folder.filled().items()
            if not is_output(name) and (name not in splits or is_labelled(found))
        ]
        if len(choices) != 1 or not choices[0].filled() or (choices[0].name in splits and not inside):
            return folder
        if left_out is not None:
            left_out.files_of(folder)
            for other in folder.folders.values():
                if other is not choices[0] and other.total():
                    left_out.folder(other, "not a class")
        folder = choices[0]


def is_labelled(folder: Folder, known: Iterable[str] = ()) -> bool:
    """Return whether a folder holds class folders: at least two, or one that is known."""
    names = opened(folder, inside=True).filled()
    return len(names) > 1 or bool({key(name) for name in names} & {key(name) for name in known})


def class_folders(folder: Folder, left_out: LeftOut, shared: Iterable[str] = ()) -> dict[str, Folder]:
    """Return the folders that are classes, in order of name.

    Args:
        folder: the folder that holds them.
        left_out: where to note the others.
        shared: names that the other split has too, so that they are classes whatever their names suggest.
    """
    classes = {}
    for name, found in folder.folders.items():
        reason = "" if key(name) in shared else _reason(folder, found)
        if reason or not found.count():
            left_out.folder(found, reason)
        else:
            classes[name] = found
            left_out.files.extend(found.all_left_out())
    left_out.files_of(folder)
    _demand_classes(folder, classes, left_out)
    return classes


def _reason(parent: Folder, folder: Folder) -> str:
    """Return why a folder is not a class, or nothing."""
    name, splits = folder.name, split_names(parent.folders)
    names = {key(other) for other in parent.filled()}
    if is_output(name):
        return "named like an output; rename it if it is a class"
    inner = {key(found) for found in opened(folder, inside=True).filled()}
    if len(inner & (names - {key(name)})) > 1 and (name not in splits or key(name) == key(parent.name)):
        return "a copy of the set"
    base = copy_of(name)
    if base is not None and key(base) in names:
        return f"named like a copy of {base!r}"
    a_vehicle = key(name) == "train" and len(splits) == 1 and len(names) > 2
    return "no class folders in it" if name in splits and not a_vehicle else ""


def _demand_classes(folder: Folder, classes: dict[str, Folder], left_out: LeftOut) -> None:
    place = repr(str(folder.path))
    if len(classes) < 2:
        found = ", ".join(map(repr, classes)) or "none"
        raise InputError(
            f"{place} needs at least two subfolders with images, one per class; found: {found}.{left_out.text()}",
            f"Image files end in {', '.join(sorted(SUFFIXES))}; each belongs in the folder of its class.",
        )
    by_key: dict[str, str] = {}
    for name in classes:
        if key(name) in by_key:
            raise InputError(
                f"{by_key[key(name)]!r} and {name!r} in {place} differ only in case and cannot be told apart.",
                "Give each class one folder.",
            )
        by_key[key(name)] = name
    shared = set.intersection(*({key(name) for name in found.filled()} for found in classes.values()))
    if len(shared) > 1 and not any(found.images for found in classes.values()):
        inner = ", ".join(map(repr, sorted(shared)))
        raise InputError(
            f"{', '.join(map(repr, classes))} in {place} all hold the subfolders {inner}. "
            "It is unclear which are classes.",
            "Give one of them as root; if they are the classes, put their images directly into them.",
        )
    for name, one in classes.items():
        inside = split_names(one.filled())
        if len(set(inside.values())) > 1:
            raise InputError(
                f"{name!r} in {place} holds {', '.join(map(repr, inside))}. It is unclear which are splits "
                "and which are classes.",
                f"Give {str(one.path)!r} as root, or put the images of a class directly into its folder.",
            )
