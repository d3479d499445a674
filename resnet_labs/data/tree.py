"""A folder of images as it is on the disk: links are followed, and files that are not read are noted."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from resnet_labs.data.folder_names import is_junk
from resnet_labs.data.signatures import HEAD, IMAGES, kind_of
from resnet_labs.errors import InputError

_READ = "apng avif bmp dib gif j2k jfif jp2 jpe jpeg jpg mpo pbm pgm png pnm ppm qoi tga tif tiff webp"
SUFFIXES = {f".{name}" for name in _READ.split()}
# Images that Pillow cannot read, or reads only in part; and arrays.
_UNREAD = re.compile(
    r"\.(ai|arw|cr2|cr3|dcm|dng|eps|exr|hdr|heic|heif|hif|jpx|jxl|mat|mhd|nef|nii|np[yz]|nrrd|orf|pfm|psd|raf|raw|rw2"
    r"|svg|xcf)"
)
_NO_IMAGES = re.compile(r"\.(cache|csv|db|h5|hdf|html?|ini|json|md|mpe?g|pdf|ps|pyc?|txt|xml|ya?ml)")


class Note(NamedTuple):
    """Why files are left out: the singular, the plural, and what to do."""

    one: str
    many: str
    advice: str = ""


UNREAD = Note("image in a format that is not read", "images in a format that is not read", "convert to JPEG or PNG")
MISNAMED = Note("image with a wrong suffix", "images with a wrong suffix", "rename to .jpg, .png or what it is")
HIDDEN = Note("image with a hidden name", "images with a hidden name", "rename to read it")
NOWHERE = Note("broken link", "broken links")
BACK = Note("link that leads back", "links that lead back")
NO_FILE = Note("special file", "special files")
OUTSIDE = Note("image outside the class folders", "images outside the class folders")


@dataclass(eq=False)
class Folder:
    """A folder with all it holds: its images, its folders, and the files that are left out, each with the reason."""

    path: Path
    images: list[Path] = field(default_factory=list)
    folders: dict[str, Folder] = field(default_factory=dict)
    left_out: list[tuple[Note, Path]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its own name, without its path."""
        return self.path.name

    def filled(self) -> dict[str, Folder]:
        """Return the folders in it that hold images at any depth, in order of name."""
        return {name: folder for name, folder in self.folders.items() if folder.count()}

    def all_images(self) -> list[Path]:
        """Return the images at any depth, in order of name."""
        return sorted([*self.images, *(path for folder in self.folders.values() for path in folder.all_images())])

    def all_left_out(self) -> list[tuple[Note, Path]]:
        """Return the files at any depth that are left out."""
        return [*self.left_out, *(item for folder in self.folders.values() for item in folder.all_left_out())]

    def count(self) -> int:
        """Return the number of images at any depth."""
        return len(self.images) + sum(folder.count() for folder in self.folders.values())

    def total(self) -> int:
        """Return the number of images at any depth, including those that are not read."""
        return self.count() + sum(note in (UNREAD, MISNAMED, HIDDEN) for note, _ in self.all_left_out())


def scan(path: Path, above: tuple[str, ...] = ()) -> Folder:
    """Return a folder with everything below it. Hidden system files are skipped.

    Args:
        path: an existing folder.
        above: the real folders on the way to it; a link back to one of them is a loop.
    """
    real = os.path.realpath(path)
    found = Folder(path)
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be read: {error.strerror}.", "Make it readable, or move it away."
        ) from error
    for entry in entries:
        place = path / entry.name
        if os.path.isdir(place):
            if is_junk(entry.name):
                continue
            target = os.path.realpath(place)
            if entry.is_symlink() and any(_within(folder, target) for folder in (real, *above)):
                found.left_out.append((BACK, place))
            else:
                found.folders[entry.name] = scan(place, (*above, real))
        elif note := _note(place):
            found.left_out.append((note, place))
        elif place.suffix.lower() in SUFFIXES and not is_junk(entry.name):
            found.images.append(place)
    return found


def _within(folder: str, target: str) -> bool:
    return folder == target or folder.startswith(target.rstrip(os.sep) + os.sep)


def _note(path: Path) -> Note | None:
    """Return why a file is left out; None if it is read or is clearly not an image."""
    suffix = path.suffix.lower()
    if path.name.startswith("._") or _NO_IMAGES.fullmatch(suffix):
        return None
    if not os.path.exists(path):
        return NOWHERE
    if not os.path.isfile(path):
        return NO_FILE
    if path.name.startswith("."):
        return HIDDEN if suffix in SUFFIXES and _is_image(path) else None
    if suffix in SUFFIXES:
        return None if suffix in _pillow() else UNREAD
    if _UNREAD.fullmatch(suffix) or suffix in _pillow():
        return UNREAD
    return MISNAMED if _is_image(path) else None


@cache
def _pillow() -> frozenset[str]:
    return frozenset(Image.registered_extensions())


def _is_image(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD)) in IMAGES
    except OSError:
        return False
