"""Data sets packed into one file for a machine without a network, and read from where that file was unpacked.

The file is a zip archive: `about.json` says what is inside and where it came from, and each split is one member, the
bytes of its image files one after another, or of its pixels. Files stay as they are, so they decode to the same pixels
there. Standard JPEG tables repeat in every file, so small images shrink to a third.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from resnet_labs.data.images import ImageData
from resnet_labs.data.listing import Listing
from resnet_labs.data.splits import cut
from resnet_labs.errors import InputError
from resnet_labs.files import MEBIBYTE, check_room, replacing, unwritable

FOLDER = "packed"  # below the data root
MOST_BYTES = 60_000_000
WHOLE = "whole"  # a set without official splits, which is cut 8:2 by the seed when it is read
_ABOUT, _LISTING, _FORMAT = "about.json", "listing.json", 1
_AGAIN = "Pack it again: `resnet-labs data --pack FILE --trip NAME`."


@dataclass(frozen=True, eq=False)
class Packed:
    """One split of a data set to be packed: "train", "test" or `WHOLE`."""

    name: str
    split: str
    images: Listing | ImageData


def write(target: Path, sets: Sequence[Packed], about: Mapping[str, Any]) -> int:
    """Write a pack and return its size in bytes.

    Args:
        target: the file.
        sets: what goes in.
        about: where it came from, kept with it.

    Raises:
        InputError: an image cannot be read, the pack would be larger than `MOST_BYTES`, or the file cannot be written.
    """
    try:
        with replacing(target) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                facts = [_add(archive, one) for one in sets]
                archive.writestr(_ABOUT, json.dumps({"format": _FORMAT, "about": dict(about), "sets": facts}))
            size = file.tell()
            if size > MOST_BYTES:
                raise InputError(
                    f"The pack would have {size / 1e6:.1f} MB, and a trip carries {MOST_BYTES / 1e6:.0f} MB.",
                    "Give a trip with fewer images.",
                )
    except OSError as error:
        raise unwritable(f"The file {str(target)!r}", error) from error
    return size


def _add(archive: zipfile.ZipFile, one: Packed) -> dict[str, Any]:
    found, sizes = hashlib.sha256(), []
    with archive.open(f"{one.name}.{one.split}", "w", force_zip64=True) as member:
        for piece in _pieces(one.images):
            member.write(piece)
            found.update(piece)
            sizes.append(len(piece))
    facts = {"name": one.name, "split": one.split, "source": one.images.source, "classes": list(one.images.classes)}
    facts |= {"labels": one.images.labels.tolist(), "sha256": found.hexdigest()}
    if isinstance(one.images, Listing):
        return facts | {"sizes": sizes, "suffixes": [path.suffix.lower() for path in one.images.paths]}
    return facts | {"shape": list(one.images.images.shape)}


def _pieces(images: Listing | ImageData) -> Iterator[bytes]:
    if isinstance(images, ImageData):
        yield from (part.numpy().tobytes() for part in images.images.split(4096))
        return
    for path in images.paths:
        try:
            yield path.read_bytes()
        except OSError as error:
            raise InputError(f"{str(path)!r} cannot be read: {error.strerror}.", "Make it readable.") from error


def unpack(source: Path, root: Path) -> list[str]:
    """Unpack a file below the data root, checking every checksum first; return the names of its data sets.

    What is there already, from the same pack, is left as it is.

    Raises:
        InputError: the file is missing, damaged or no pack, or the folder cannot be written.
    """
    with _opened(source) as archive:
        sets = _facts(source, archive)
        try:
            for name in dict.fromkeys(facts["name"] for facts in sets):
                _unpack(source, archive, root / FOLDER / name, [facts for facts in sets if facts["name"] == name])
        except OSError as error:
            raise unwritable(f"The folder {str(root)!r}", error) from error
    return [*dict.fromkeys(facts["name"] for facts in sets)]


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except FileNotFoundError as error:
        raise InputError(f"There is no pack {str(source)!r}.", "Give the file that was packed.") from error
    except OSError as error:
        raise InputError(f"{str(source)!r} cannot be read: {error.strerror}.", "Give a file.") from error
    except (zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"{str(source)!r} is damaged, cut short or not a pack of data sets.", _AGAIN) from error


def _facts(source: Path, archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    try:
        said = json.loads(_bytes(source, archive, _ABOUT))
        if said["format"] > _FORMAT:
            raise InputError(
                f"{str(source)!r} has format {said['format']}, but this version knows {_FORMAT}.",
                "Update resnet_labs.",
            )
        for facts in said["sets"]:
            _check_plain(facts)
        return said["sets"]
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{str(source)!r} is not a pack of data sets.", _AGAIN) from error


def _check_plain(facts: dict[str, Any]) -> None:
    """Raise ValueError unless every field has its type; names must be plain words, since folders get them."""
    names = facts["name"], facts["split"], *(suffix.removeprefix(".") or "none" for suffix in facts.get("suffixes", ()))
    counts = [*facts["labels"], *facts.get("sizes", ()), *facts.get("shape", ())]
    whole = all(isinstance(count, int) and count >= 0 for count in counts)
    if not (whole and all(name.isidentifier() for name in names) and facts["classes"] and len(facts["sha256"]) == 64):
        raise ValueError("not the facts of a split")
    num_images = len(facts["sizes"]) if "sizes" in facts else facts["shape"][0]
    if num_images != len(facts["labels"]) or max(facts["labels"]) >= len(facts["classes"]):
        raise ValueError("labels do not fit")


def _bytes(source: Path, archive: zipfile.ZipFile, member: str) -> bytes:
    try:
        return archive.read(member)
    except KeyError as error:
        raise InputError(f"{str(source)!r} is not a pack of data sets: it has no {member}.", _AGAIN) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{str(source)!r} is damaged: {member} cannot be unpacked.", _AGAIN) from error


def _unpack(source: Path, archive: zipfile.ZipFile, folder: Path, sets: list[dict[str, Any]]) -> None:
    """Write the splits of one data set; the listing comes last, so that it names only what is there whole."""
    if _read_listing(folder) == sets:
        return
    for facts in sets:
        content = _bytes(source, archive, f"{facts['name']}.{facts['split']}")
        wanted = sum(facts["sizes"]) if "sizes" in facts else int(np.prod(facts["shape"]))
        if hashlib.sha256(content).hexdigest() != facts["sha256"] or len(content) != wanted:
            raise InputError(f"{str(source)!r} is damaged: the checksum of {facts['name']} differs.", _AGAIN)
        check_room(folder, len(content) + MEBIBYTE)
        place = folder / facts["split"]
        place.mkdir(parents=True, exist_ok=True)
        if "shape" in facts:
            (place / "pixels").write_bytes(content)
            continue
        start = 0
        for path, size in zip(_paths(folder, facts), facts["sizes"], strict=True):
            path.write_bytes(content[start : start + size])
            start += size
    with replacing(folder / _LISTING, "w", encoding="utf-8") as listing:
        json.dump(sets, listing)


def _paths(folder: Path, facts: Mapping[str, Any]) -> list[Path]:
    return [folder / facts["split"] / f"{number:06}{suffix}" for number, suffix in enumerate(facts["suffixes"])]


def _read_listing(folder: Path) -> list[dict[str, Any]]:
    """Return the facts of the splits that were unpacked; an empty list if there are none, or no whole ones."""
    try:
        sets = json.loads((folder / _LISTING).read_text(encoding="utf-8"))
        for facts in sets:
            _check_plain(facts)
        return sets
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def present(root: Path, name: str) -> bool:
    """Return whether a data set was unpacked below this root."""
    return bool(_read_listing(root / FOLDER / name))


def read(root: Path, name: str, split: str, seed: int) -> ImageData | Listing:
    """Return one split, in the order in which it was packed.

    Raises:
        InputError: the pack did not have that split, or its files are damaged.
    """
    folder = root / FOLDER / name
    by_split = {facts["split"]: facts for facts in _read_listing(folder)}
    if split in by_split:
        return _images(folder, by_split[split])
    if WHOLE not in by_split:
        raise InputError(f"{str(folder)!r} has no {split} split of {name!r}.", "Unpack a pack that has it.")
    whole = _images(folder, by_split[WHOLE])
    parts = cut(whole.labels, whole.classes, [0.8, 0.2], seed=seed)
    part = whole.subset(parts[split == "test"])
    source = whole.source.format(split=split, seed=seed)
    return type(part)(**{**vars(part), "source": source})


def _images(folder: Path, facts: Mapping[str, Any]) -> ImageData | Listing:
    labels, classes = torch.tensor(facts["labels"]), tuple(facts["classes"])
    if "sizes" in facts:
        return Listing(tuple(_paths(folder, facts)), labels, classes, facts["source"])
    pixels = np.fromfile(folder / facts["split"] / "pixels", np.uint8)
    if pixels.size != np.prod(facts["shape"]):
        raise _changed(folder)
    return ImageData(torch.from_numpy(pixels.reshape(facts["shape"])), labels, classes, facts["source"])


def check(root: Path, name: str) -> None:
    """Compare the files of a data set that was unpacked with their checksums.

    Raises:
        InputError: a file is missing or was changed.
    """
    folder = root / FOLDER / name
    for facts in _read_listing(folder):
        found = hashlib.sha256()
        paths = _paths(folder, facts) if "sizes" in facts else [folder / facts["split"] / "pixels"]
        try:
            for path in paths:
                found.update(path.read_bytes())
        except OSError as error:
            raise _changed(folder) from error
        if found.hexdigest() != facts["sha256"]:
            raise _changed(folder)


def _changed(folder: Path) -> InputError:
    return InputError(f"The files in {str(folder)!r} are not those that were packed.", "Delete it and unpack again.")
