"""Image files to pixels. Any decoding error names the file, the cause and the fix."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image
from tqdm.auto import tqdm

from resnet_labs.data.signatures import CONVERTIBLE, HEAD, IMAGES, kind_of
from resnet_labs.errors import InputError

# What turns a picture upright, by its EXIF orientation.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_all(paths: Sequence[Path], size: int | None) -> UInt8[np.ndarray, "N 3 H W"]:
    """Decode files with one thread per core.

    Args:
        paths: at least one file.
        size: side in pixels of the square that each image is cropped (to its largest central square) and resized to;
            None keeps the images as they are, and they must then have the same size.
    """
    failed: dict[int, InputError] = {}

    def attempt(index: int) -> np.ndarray | None:
        try:
            return decode(paths[index], size)
        except InputError as error:
            failed[index] = error
            return None

    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.filterwarnings("ignore", module=r"PIL\.")  # about unread metadata, and without a file's name
        decoded = ((index, image) for index in range(len(paths)) if (image := attempt(index)) is not None)
        start, first = next(decoded, (len(paths), np.empty((3, 0, 0), np.uint8)))
        images = np.empty((len(paths), *first.shape), np.uint8)

        def fill(index: int) -> None:
            image = attempt(index)
            if image is None:
                return
            if image.shape != first.shape:
                raise InputError(
                    f"{str(paths[index])!r} is {_pixels(image)} pixels, but {str(paths[start])!r} is {_pixels(first)}.",
                    "Give size to resize all of them, as in size=128.",
                )
            images[index] = image

        try:
            done = pool.map(fill, range(start, len(paths)))
            for _ in tqdm(done, total=len(paths), desc="decoding", unit=" images", delay=2, leave=False):
                pass
        finally:
            pool.shutdown(cancel_futures=True)  # after images of different sizes, the rest is not needed
    if failed:
        raise _together({paths[index]: failed[index] for index in sorted(failed)})
    return images


def decode(path: Path, size: int | None) -> UInt8[np.ndarray, "3 H W"]:
    """Return an image in RGB, turned as its EXIF orientation says."""
    try:
        with Image.open(path) as file:
            if file.mode.startswith(("I", "F")):
                raise InputError(
                    f"{str(path)!r} cannot be decoded: its mode is {file.mode}, not 8 bits per channel.",
                    "Convert it to 8 bits per channel, using the range of values that your images really have.",
                )
            file.load()
            image = _upright(file)
            if "transparency" in image.info:
                image = image.convert("RGBA")
            image = image.convert("RGB")
    except InputError:
        raise
    except Exception as error:  # decoders raise errors of any type
        raise _explained(path, error) from error
    if size is not None:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        image = square.resize((size, size), Image.Resampling.BILINEAR)  # antialiased in PIL
    return np.asarray(image).transpose(2, 0, 1)


def _upright(image: Image.Image) -> Image.Image:
    """Turn the pixels. Pillow's own exif_transpose also rewrites all tags, and fails on unusual ones."""
    orientation = None
    with suppress(Exception):  # EXIF that cannot be read is ignored
        orientation = image.getexif().get(ExifTags.Base.Orientation)
        if isinstance(orientation, tuple):
            orientation = orientation[0]
        orientation = orientation[0] if isinstance(orientation, bytes) else int(orientation or 1)
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _explained(path: Path, error: Exception) -> InputError:
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(HEAD))
    except OSError as unreadable:
        return InputError(f"{str(path)!r} cannot be read: {unreadable.strerror}.", "Make it readable, or move it away.")
    problem = f"{str(path)!r} cannot be decoded: "
    if kind == "empty":
        return InputError(f"{problem}it is empty.", "Replace it with a sound copy, or move it out of the folder.")
    if kind in CONVERTIBLE:
        return InputError(f"{problem}it is {kind}.", "Convert it to JPEG or PNG.")
    if kind == "a web page":
        return InputError(f"{problem}it is {kind}.", "Download the image itself, or move it out of the folder.")
    if kind == "a Git LFS pointer":
        return InputError(f"{problem}it is {kind}.", "Fetch the image with `git lfs pull`.")
    if kind is not None and kind not in IMAGES:
        return InputError(f"{problem}it is {kind}.", "Move it out of the folder.")
    reason = f"{type(error).__name__} ({error})" if not isinstance(error, OSError | ValueError) else str(error)
    problem += reason.rstrip(".") + "."
    if isinstance(error, Image.DecompressionBombError):
        return InputError(problem, "Scale it down.")
    sound = "Replace it with a sound copy, or move it out of the folder."
    if isinstance(error, Image.UnidentifiedImageError) and kind in IMAGES:
        return InputError(problem, f"{sound} If other programs show it, save it there as JPEG or PNG.")
    return InputError(problem, sound)


def _together(failed: dict[Path, InputError]) -> InputError:
    """Return the first error, with the number of the others and some of their names."""
    (_, first), *others = failed.items()
    names = ", ".join(repr(str(path)) for path, _ in others[:3]) + (", ..." if len(others) > 3 else "")
    more = f" {len(others)} more file{'s' if len(others) > 1 else ''} fail: {names}." if others else ""
    return InputError(f"{first.problem}{more}", first.fix)


def _pixels(image: np.ndarray) -> str:
    return f"{image.shape[2]}x{image.shape[1]}"
