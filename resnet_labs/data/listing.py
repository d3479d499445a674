"""Image files with labels: named first, chosen next, decoded last, so that only what is wanted is decoded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image, ImageOps
from torch import Tensor
from tqdm.auto import tqdm

from resnet_labs.runtime import InputError


@dataclass(frozen=True, eq=False)
class Listing:
    """One split as files; the fields are those of `ImageData`, with paths in place of pixels."""

    paths: tuple[Path, ...]
    labels: Int64[Tensor, " N"]
    classes: tuple[str, ...]
    source: str

    def subset(self, indices: Int64[Tensor, " K"]) -> Listing:
        """Return the files at these indices, in this order."""
        return replace(self, paths=tuple(self.paths[i] for i in indices.tolist()), labels=self.labels[indices])


def decode_all(paths: Sequence[Path], size: int | None) -> UInt8[np.ndarray, "N 3 H W"]:
    """Decode files with one thread a core.

    Args:
        paths: at least one file.
        size: pixels of the square that each image is cut to (the largest one in its middle) and resized to; None keeps
            the images as they are, which they must then share.
    """
    first = decode(paths[0], size)
    images = np.empty((len(paths), *first.shape), np.uint8)

    def fill(index: int) -> None:
        image = decode(paths[index], size)
        if image.shape != first.shape:
            raise InputError(
                f"{str(paths[index])!r} is {_pixels(image)} pixels, but {str(paths[0])!r} is {_pixels(first)}.",
                "Give size to resize all of them, as in size=128.",
            )
        images[index] = image

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        done = pool.map(fill, range(len(paths)))
        for _ in tqdm(done, total=len(paths), desc="decoding", unit=" images", delay=2, leave=False):
            pass
    finally:
        pool.shutdown(cancel_futures=True)  # after a broken file, nobody wants the rest
    return images


def decode(path: Path, size: int | None) -> UInt8[np.ndarray, "3 H W"]:
    """Return an image in RGB, turned as its EXIF orientation says."""
    try:
        with Image.open(path) as file:
            if file.mode.startswith(("I", "F")):
                raise ValueError(f"its mode is {file.mode}, not 8 bits a channel")
            image = ImageOps.exif_transpose(file)
            if "transparency" in image.info:
                image = image.convert("RGBA")
            image = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{str(path)!r} cannot be decoded: {error}.", "Delete it, or replace it with a sound copy."
        ) from error
    if size is not None:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        image = square.resize((size, size), Image.Resampling.BILINEAR)  # antialiased in PIL
    return np.asarray(image).transpose(2, 0, 1)


def _pixels(image: np.ndarray) -> str:
    return f"{image.shape[2]}x{image.shape[1]}"
