"""The data sets known by name: how each is loaded, and whether it is here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from resnet_labs.data import packed
from resnet_labs.data.cache import decoded
from resnet_labs.data.catalogue import ENTRIES, Entry
from resnet_labs.data.images import ImageData, resize
from resnet_labs.data.listing import Listing
from resnet_labs.data.splits import choose
from resnet_labs.errors import InputError, nearest

_AT_HOME = "~/.cache/resnet-labs/data"


@dataclass(frozen=True)
class Available:
    """A data set that can be loaded by name.

    Attributes:
        name: the name to pass to `load`.
        classes: number of classes; None if it depends on the folder, like the next three.
        train: training images.
        test: test images.
        size: height and width in pixels.
        origin: where it comes from.
        here: whether it can be loaded now.
        how: how to get it, empty if nothing needs to be done.
        state: "here", "missing", what is wrong with its files, or "yours to provide" for the user's own folder.
        megabytes: size of the download; None if the package cannot fetch it.
    """

    name: str
    classes: int | None
    train: int | None
    test: int | None
    size: int | None
    origin: str
    here: bool
    how: str
    state: str
    megabytes: int | None

    def __str__(self) -> str:
        counts = "" if self.train is None else f"{self.train} + {self.test} images of {self.size}x{self.size}, "
        classes = "" if self.classes is None else f"{self.classes} classes, "
        how = f": {self.how}" if self.how else ""
        return f"{self.name:18} {classes}{counts}{self.origin}; {self.state}{how}"


def data_root(root: str | os.PathLike[str] | None) -> Path:
    """Return the folder of the data sets: the argument, else RESNET_LABS_DATA, else ~/.cache/resnet-labs/data."""
    if root == "":
        raise InputError("root is '', which names no folder.", "Give the folder of the data sets, or leave root out.")
    chosen = root or os.environ.get("RESNET_LABS_DATA")
    place = Path(os.path.expanduser(chosen or _AT_HOME))
    fix = "Give the folder of the data sets: as root (--data-root), or in RESNET_LABS_DATA."
    if place.parts[:1] and place.parts[0].startswith("~") and not os.path.isdir(place):
        named = f"The data root {str(chosen)!r} is in" if chosen else "Data sets are in ~/.cache, but there is"
        raise InputError(f"{named} no home folder that can be found.", fix)
    if os.path.isfile(place):
        raise InputError(
            f"The data root {str(place)!r} is a file, not a folder.", f"{fix} Archives: unpack them first."
        )
    return place


def _demand_folder(place: Path) -> None:
    if not os.path.isdir(place):
        raise InputError(
            f"The data root {str(place)!r} does not exist.",
            f"Check its spelling; `resnet-labs data NAME --download --data-root {place}` makes a new one.",
        )


def load(
    name: str,
    *,
    split: str,
    root: str | os.PathLike[str] | None = None,
    size: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    download: bool = False,
) -> ImageData:
    """Load one split of a data set whole, as bytes.

    Args:
        name: one of `available()`; "folder" takes any folder of images with one subfolder per class.
        split: "train" or "test", the official ones; a folder without them is split 8:2, stratified, by `seed`. In a
            folder, splits are recognised by their usual names, such as Training and valid; files that are left out are
            counted in one warning.
        root: folder of the data sets (for "folder": that folder itself); else the environment variable
            RESNET_LABS_DATA, else ~/.cache/resnet-labs/data. It may be read-only.
        size: height and width in pixels, to which images are resized, bilinear and antialiased; an image that is not
            square is first cropped to its largest central square. None keeps them as they are.
        limit: size of a stratified subset to take.
        seed: decides what `limit` takes, how a folder without splits is split and which procedural images are made; use
            the same for both splits of a run.
        download: fetch what is missing, if torchvision can.

    Returns:
        The images, labels and class names.

    Raises:
        InputError: an unknown name or split, files that are missing or damaged, or an argument that would be ignored.

    Equals: torchvision's data sets, image by image.

    Example:
        >>> test = load("digits", split="test")
        >>> tuple(test.images.shape), test.classes[:3]
        ((359, 1, 8, 8), ('0', '1', '2'))
    """
    if size is not None and size < 1:
        raise InputError(f"size is {size}.", "It must be at least 1 pixel.")
    found = listed(name, split=split, root=root, limit=limit, seed=seed, download=download)
    if isinstance(found, Listing):
        images = torch.from_numpy(decoded(found.paths, size))
        return ImageData(images, found.labels, found.classes, found.source)
    if size is None:
        return found
    return ImageData(resize(found.images, size), found.labels, found.classes, found.source)


def listed(
    name: str,
    *,
    split: str,
    root: str | os.PathLike[str] | None = None,
    limit: int | None = None,
    seed: int = 0,
    download: bool = False,
) -> ImageData | Listing:
    """Return what `load` decodes and resizes: files with labels, or images of a set that is not made of files.

    Args:
        name: as for `load`, like all others.
        split: "train" or "test".
        root: folder of the data sets.
        limit: size of a stratified subset to take.
        seed: decides what `limit` takes.
        download: fetch what is missing.

    Raises:
        InputError: as `load`.
    """
    if name not in ENTRIES:
        raise InputError(f"There is no data set {name!r}.", nearest(name, ENTRIES))
    if split not in ("train", "test"):
        raise InputError(
            f"split is {split!r}, not 'train' or 'test'.",
            "Cut a validation part from the training split with resnet_labs.data.split.",
        )
    entry = ENTRIES[name]
    place = _place(name, entry, root, download)
    if _is_packed(name, entry, place):
        found = packed.read(place, name, split, seed)
    else:
        found = entry.read(place, split, seed)
    if limit is not None:
        return found.subset(choose(found.labels, found.classes, limit, seed=seed))
    return found


def _is_packed(name: str, entry: Entry, place: Path) -> bool:
    """Return whether a set that could be under the root is there as unpacked from a pack, and not as its own files."""
    return entry.present is not None and not entry.present(place) and packed.present(place, name)


def _place(name: str, entry: Entry, root: str | os.PathLike[str] | None, download: bool) -> Path:
    """Return the folder to read from, after a download if one was asked for and is needed."""
    if entry.present is None:
        ignored = "root" if root is not None else "download" if download else None
        if ignored:
            raise InputError(f"{name!r} comes with the package, so {ignored} would be ignored.", "Leave it out.")
        return Path()
    if download and entry.download is None:
        raise InputError(f"{name!r} cannot be downloaded by this package.", f"To get it: {entry.how}.")
    if name == "folder":
        if root is None:
            raise InputError("'folder' needs root.", "Give the folder that holds one subfolder per class.")
        return data_root(root)
    place = data_root(root)
    if entry.present(place) or packed.present(place, name):
        return place
    if not download:
        if root is not None or os.environ.get("RESNET_LABS_DATA"):
            _demand_folder(place)
        fault = entry.fault(place)
        problem = f"under {str(place)!r} is not intact: {fault}." if fault else f"is not under {str(place)!r}."
        raise InputError(f"{name!r} {problem}", f"To get it: {_how(name, entry, place)}.")
    assert entry.download is not None
    try:
        entry.download(place)
    except (OSError, RuntimeError) as error:
        # torchvision joins all its attempts; the last line is why the last one failed.
        reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise InputError(
            f"{name!r} could not be downloaded to {str(place)!r}: {reason[0].strip('<>.')}.",
            "Check the network and that the folder can be written to, then run the same command again.",
        ) from error
    return place


def available(root: str | os.PathLike[str] | None = None) -> list[Available]:
    """List every data set that can be loaded by name.

    Args:
        root: folder of the data sets, as for `load`.

    Returns:
        One record per data set: its size, its origin, whether it is here, and how to get it if it is not.

    Raises:
        InputError: the folder that was given does not exist.

    Example:
        >>> digits = available()[0]
        >>> digits.name, digits.classes, digits.train, digits.here
        ('digits', 10, 1438, True)
    """
    try:
        place = data_root(root)
    except InputError as error:
        if root is not None:
            raise
        place, trouble = None, str(error)  # a wrong setting must not stop someone who needs no data from there
    if root is not None and place is not None:
        _demand_folder(place)
    records = []
    for name, entry in ENTRIES.items():
        state = _state(name, entry, place)
        here = state == "here"
        how = "" if here else trouble if place is None and state == "missing" else _how(name, entry, place)
        counts = (entry.num_classes, entry.num_train, entry.num_test, entry.size)
        records.append(Available(name, *counts, entry.origin, here, how, state, entry.megabytes))
    return records


def _state(name: str, entry: Entry, place: Path | None) -> str:
    if name == "folder":
        return "yours to provide"
    if entry.present is None:
        return "here"
    if place is None:
        return "missing"
    if _is_packed(name, entry, place):
        return "here"
    return entry.fault(place) or ("here" if entry.present(place) else "missing")


def _how(name: str, entry: Entry, place: Path | None) -> str:
    if entry.download is None or place is None:
        return entry.how
    first = "move that file away, then " if entry.present is not None and entry.present(place) else ""
    return f"{first}`resnet-labs data {name} --download --data-root {place}`"
