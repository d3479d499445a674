"""The dry run: the same blocks on a CPU at a tiny size, on noise that is packed and unpacked as for a trip.

Its lines have names of their own and say that they stand in for everything, so that none can become evidence.
"""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image

from resnet_labs import data
from resnet_labs.data import packed
from resnet_labs.data.listing import Listing
from resnet_labs.recipes import Recipe, Search, settings

SIZE = 16
_STAND_IN = "a dry run: noise in place of images, and a network of eight or fourteen layers"
# name -> classes, images of both splits; flowers have no official splits
_SETS = {
    "cifar10_jpeg": (10, 200, 60),
    "flowers": (5, 60, 0),
    "cats_vs_dogs": (2, 60, 40),
    "tiny_imagenet_last_100": (100, 300, 200),
    "tiny_imagenet_100": (100, 600, 100),
    "tiny_imagenet_10": (10, 200, 50),
}


def tiny(recipe: Recipe) -> Recipe:
    """Return a recipe that a CPU ends in a second; what differs between variants still differs."""
    grey = recipe.network[1].get("in_channels") == 1
    depth = 14 if recipe.network[0] == "resnet50" else 8
    knobs = recipe.knobs
    if "pretraining_images" in knobs:
        knobs = knobs | {"pretraining_images": 200, "pretraining_epochs": 1}
    return replace(
        recipe,
        name=f"dry.{recipe.name}",
        stand_in=_STAND_IN,
        network=("cifar_resnet", {"depth": depth, **({"in_channels": 1} if grey else {})}),
        size=8 if grey else SIZE,
        batch_size=min(recipe.batch_size, 50),
        limit=None,
        config=replace(recipe.config, epochs=min(recipe.config.epochs, 2), warmup_epochs=0),
        knobs=knobs,
    )


def tiny_search(search: Search) -> Search:
    """Return the search with two values for each of what is searched separately, and tiny recipes."""
    kept: dict[str, list[Recipe]] = defaultdict(list)
    for one in map(tiny, search.choice):
        known = settings(one)
        kept[repr([known.get(name) for name in search.told_by])].append(one)
    choice = tuple(one for each in kept.values() for one in each[:2])
    return Search(choice=choice, candidates=tuple(map(tiny, search.candidates)), told_by=search.told_by)


def unpack_noise(folder: Path) -> Path:
    """Make the data sets of noise, pack them, unpack them, and return their data root."""
    root, made = folder / "data", folder / "noise"
    sets = []
    for name, (num_classes, *counts) in _SETS.items():
        for split, count in zip(("train", "test"), counts, strict=True):
            if count:
                whole = not counts[1]
                source = "noise, {split} split (8:2, seed {seed})" if whole else f"noise, {split} split"
                listing = replace(_files(made / name / split, num_classes, count), source=source)
                sets.append(packed.Packed(name, packed.WHOLE if whole else split, listing))
    pixels = torch.randint(256, (260, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    digits = data.ImageData(pixels, torch.arange(260) % 10, tuple("0123456789"), "noise")
    for split, rows in (("train", range(200)), ("test", range(200, 260))):
        sets.append(packed.Packed("mnist", split, digits.subset(rows)))
    packed.write(folder / "noise.pack", sets, {"made_by": "the dry run"})
    packed.unpack(folder / "noise.pack", root)
    return root


def _files(folder: Path, num_classes: int, count: int) -> Listing:
    """Write images of noise, each class with its own colour."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(count)
    colours = torch.randint(256, (num_classes, 3), generator=generator)
    paths = []
    for number in range(count):
        noise = torch.randint(-40, 40, (SIZE, SIZE, 3), generator=generator) + colours[number % num_classes]
        held = io.BytesIO()
        Image.fromarray(noise.clamp(0, 255).to(torch.uint8).numpy()).save(held, "JPEG")
        paths.append(folder / f"{number:04}.jpg")
        paths[-1].write_bytes(held.getvalue())
    classes = tuple(f"class {number}" for number in range(num_classes))
    return Listing(tuple(paths), torch.arange(count) % num_classes, classes, "")
