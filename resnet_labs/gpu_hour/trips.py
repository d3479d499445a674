"""What travels for a block: its data sets, in one file of at most 60 MB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from resnet_labs import data, results, runtime
from resnet_labs.data import packed
from resnet_labs.data.images import ImageData
from resnet_labs.data.listing import Listing
from resnet_labs.data.registry import data_root, listed
from resnet_labs.errors import InputError
from resnet_labs.gpu_hour.blocks import Block, Images, chosen
from resnet_labs.gpu_hour.needs import Need
from resnet_labs.recipes._stand_ins import STAND_INS

_LAST_HUNDRED = "tiny_imagenet_last_100"


def pack(target: Path, trip: str, root: Path | None) -> int:
    """Pack the data sets of a block and return the size of the file in bytes.

    Args:
        target: the file.
        trip: the name of the block.
        root: the folder with the data sets.

    Raises:
        InputError: there is no such block, it needs no data, a data set is missing, or the pack is too large.
    """
    blocks = chosen([trip])
    needed = {image.name: image for block in blocks for image in block.data}
    if not needed:
        raise InputError(f"Block {trip} needs no data.", "Run it as it is.")
    sets = [each for images in needed.values() for each in _sets(images, root)]
    about = {
        "trip": trip,
        "command": results.command_line(),
        "commit": results.source_revision(),
        "versions": runtime.versions(),
    }
    return packed.write(target, sets, about)


def here(name: str, root: Path | None) -> str | None:
    """Return the name under which a data set is here: its own, or that of its stand-in; None if it is missing."""
    known = {entry.name for entry in data.available(root) if entry.here}
    # Copies as JPEG files are a tenth of CIFAR-10's own size, so they travel and the originals do not.
    names = [STAND_INS[name][0], name] if name in STAND_INS else [name]
    return next((each for each in names if each in known), None)


def unpack(packs: Sequence[Path], folder: Path, root: Path | None) -> Path | None:
    """Unpack files of `pack` and return the data root: the one given, or one beside the lines.

    Raises:
        InputError: a pack is missing or damaged, or the folder cannot be written.
    """
    if packs and root is None:
        root = folder / "data"
    for source in packs:
        assert root is not None
        packed.unpack(source, root)
    return root


def needs_of(block: Block, root: Path | None) -> list[Need]:
    """Return which data sets of a block are missing, or are not as they were packed."""
    found = []
    for images in block.data:
        name = here(images.name, root)
        if name is None:
            found.append(
                Need(
                    f"Block {block.name} needs the data set {images.name}.",
                    f"Pack it elsewhere with `resnet-labs data --pack FILE --trip {block.name}` and give --packed FILE "
                    "here, or leave the block out with --blocks.",
                )
            )
            continue
        try:
            packed.check(data_root(root), name)
        except InputError as error:
            found.append(Need(error.problem, error.fix))
    return found


def _sets(images: Images, root: Path | None) -> list[packed.Packed]:
    name = here(images.name, root) or images.name  # if it is missing, loading it says how to get it
    found = {
        split: _listing(name, split, limit, root) for split, limit in (("train", images.train), ("test", images.test))
    }
    train, test = found["train"], found["test"]
    if "seed 0)" not in train.source:
        return [packed.Packed(name, split, part) for split, part in found.items()]
    assert isinstance(train, Listing)
    assert isinstance(test, Listing)
    return [packed.Packed(name, packed.WHOLE, _joined(train, test))]


def _joined(train: Listing, test: Listing) -> Listing:
    """Return a set without official splits whole, in the order in which its folder is read: by class, then by name."""
    labels = torch.cat([train.labels, test.labels]).tolist()
    both = sorted(zip(labels, (*train.paths, *test.paths), strict=True))
    source = train.source.replace("train split", "{split} split").replace("seed 0)", "seed {seed})")
    return Listing(tuple(path for _, path in both), torch.tensor([label for label, _ in both]), train.classes, source)


def _listing(name: str, split: str, limit: int | None, root: Path | None) -> Listing | ImageData:
    known = {entry.name for entry in data.available(root) if entry.here}
    if name != _LAST_HUNDRED or "tiny_imagenet" not in known:
        return listed(name, split=split, root=root, limit=limit)
    # The images that a pretraining takes where all of Tiny ImageNet is there: `recipes._pretrained.other_classes`.
    whole = listed("tiny_imagenet", split=split, root=root, limit=limit and 2 * limit)
    last = whole.subset(torch.arange(len(whole.labels))[whole.labels >= 100])
    source = f"{whole.source}, its last 100 classes"
    return replace(last, labels=last.labels - 100, classes=last.classes[100:], source=source)
