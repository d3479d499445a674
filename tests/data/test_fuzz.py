"""Damaged images and odd folder trees, drawn from seeds: nothing escapes but InputError, and no file changes."""

from __future__ import annotations

import io
import os
import random
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from torchvision.io import ImageReadMode, decode_image

from resnet_labs.data import ImageData, load
from resnet_labs.data.decoding import decode_all
from resnet_labs.errors import InputError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.exhaustive,
    pytest.mark.filterwarnings("ignore:.*TorchVision are deprecated:DeprecationWarning"),
]

FORMATS = {
    "jpg": ("JPEG", {"quality": 90}),
    "png": ("PNG", {}),
    "gif": ("GIF", {}),
    "bmp": ("BMP", {}),
    "tif": ("TIFF", {"compression": "tiff_lzw"}),
    "webp": ("WEBP", {"quality": 90}),
    "ppm": ("PPM", {}),
}


@pytest.fixture(autouse=True)
def _small_and_apart(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)  # a flipped bit in a width must not cost seconds


def noise(draw: random.Random, width: int = 24, height: int = 16) -> Image.Image:
    pixels = np.frombuffer(draw.randbytes(width * height * 3), np.uint8).reshape(height, width, 3)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)


def encoded(draw: random.Random, suffix: str) -> bytes:
    kind, options = FORMATS[suffix]
    image = noise(draw, draw.randint(1, 40), draw.randint(1, 40))
    image = image.convert(draw.choice(["RGB", "L", "P", "RGB"])) if suffix != "webp" else image
    image = image.convert("RGB") if suffix in ("jpg", "ppm") and image.mode == "P" else image
    exif = Image.Exif()
    exif[0x0112], exif[0x013B], exif[0x011A] = draw.randint(1, 8), "somebody", 72.5
    buffer = io.BytesIO()
    image.save(buffer, kind, **options, **({"exif": exif} if suffix in ("jpg", "png", "webp", "tif") else {}))
    return buffer.getvalue()


def damaged(draw: random.Random, content: bytes) -> bytes:
    damage = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(damage)) if len(damage) > 1 else 0
        place = draw.randrange(min(len(damage), 120) or 1) if draw.random() < 0.5 else place  # heads hold the structure
        match draw.randrange(6):
            case 0:
                del damage[place:]
            case 1:
                damage[place : place + 1] = bytes([draw.randrange(256)])
            case 2:
                damage[place:place] = draw.randbytes(draw.randint(1, 20))
            case 3:
                del damage[place : place + draw.randint(1, 20)]
            case 4:
                damage[place : place + 8] = draw.choice([b"\0", b"\xff", b"\x7f"]) * 8
            case 5:
                damage[place : place + 4] = damage[-4:]
    return bytes(damage)


def trouble(work: Callable[[], object]) -> str | None:
    """Return what an InputError says; nothing where there was none. Any other error goes through."""
    try:
        work()
    except InputError as error:
        return str(error)
    return None


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("seed", range(4))
def test_damaged_images_are_read_or_named(tmp_path, suffix, seed):
    draw = random.Random(f"{suffix} {seed}")
    refused = 0
    for index in range(100):
        path = tmp_path / f"{index}.{suffix}"
        path.write_bytes(damaged(draw, encoded(draw, suffix)))
        before = snapshot(tmp_path)
        said = trouble(lambda path=path: decode_all([path], draw.choice([None, 8])))
        assert said is None or str(path) in said
        refused += said is not None
        assert snapshot(tmp_path) == before
        path.unlink()
    assert refused > 10


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp"])
@pytest.mark.parametrize("seed", range(3))
def test_sound_images_have_torchvisions_pixels(tmp_path, suffix, seed):
    draw = random.Random(f"sound {suffix} {seed}")
    for index in range(40):
        path = tmp_path / f"{index}.{suffix}"
        path.write_bytes(encoded(draw, suffix))
        theirs = decode_image(str(path), ImageReadMode.RGB, apply_exif_orientation=suffix != "webp")
        ours = decode_all([path], None)[0].copy()
        expected = theirs.numpy().reshape(-1, *theirs.shape[-3:])[0]
        if suffix == "webp":  # torchvision turns JPEG and PNG only
            with Image.open(path) as file:
                upright = ImageOps.exif_transpose(file).convert("RGB")
            expected = np.asarray(upright).transpose(2, 0, 1)
        assert ours.shape == expected.shape
        assert np.abs(ours.astype(int) - expected).max() <= (4 if suffix == "jpg" else 0), path


@pytest.mark.parametrize("suffix", ["bmp", "tif", "ppm"])
def test_other_sound_images_have_pillows_pixels(tmp_path, suffix):
    draw = random.Random(f"sound {suffix}")
    for index in range(60):
        path = tmp_path / f"{index}.{suffix}"
        path.write_bytes(encoded(draw, suffix))
        with Image.open(path) as file:
            expected = np.asarray(ImageOps.exif_transpose(file).convert("RGB")).transpose(2, 0, 1)
        assert np.array_equal(decode_all([path], None)[0], expected)


# trees

NAMES = """cat dog bird train test valid val Training test_set images data runs logs Cat __MACOSX .git train2 fold_1
labels a b seg_train seg_test"""
FILES = """0.png 1.jpg 2.jfif 3.heic 4 5.txt .DS_Store ._0.png .6.png 7.avif 8.JPG 9.tif Thumbs.db 10.npy 11.png~
caf\udce9.png"""


def snapshot(root: Path) -> dict[str, tuple]:
    """Return name, kind, size, time and content of everything below a folder."""
    found = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = Path(path).read_bytes() if os.path.isfile(path) and not os.path.islink(path) else b""
            found[path] = (status.st_mode, status.st_size, status.st_mtime_ns, content)
    return found


def put(draw: random.Random, folder: Path) -> None:
    path = folder / draw.choice(FILES.split())
    if os.path.lexists(path):
        return
    match draw.randrange(12):
        case 0:
            path.write_bytes(draw.randbytes(20))
        case 1:
            path.write_bytes(b"")
        case 2:
            path.symlink_to(draw.choice([".", "..", "../..", "nowhere", path.name, "/", folder.name]))
        case 3:
            path.mkdir()
        case 4:
            os.mkfifo(path)
        case 5:
            path.write_bytes(damaged(draw, encoded(draw, "png")))
        case _:
            noise(draw).save(path, "PNG")


def grow(draw: random.Random, folder: Path, depth: int) -> None:
    for _ in range(draw.randint(0, 3)):
        inner = folder / draw.choice(NAMES.split())
        if not os.path.lexists(inner):
            inner.mkdir()
            grow(draw, inner, depth - 1) if depth else None
    for _ in range(draw.randint(0, 6 if depth < 2 else 1)):
        put(draw, folder)


def check(data: ImageData) -> None:
    assert len(data.classes) > 1
    assert not {"valid", "val", "Training", "test_set"} & set(data.classes)


@pytest.mark.parametrize("seed", range(10))
def test_odd_trees_load_or_are_told(tmp_path, seed):
    draw = random.Random(seed)
    loaded = 0
    for index in range(60):
        root = tmp_path / f"tree{index}"
        root.mkdir()
        if draw.random() < 0.7:  # sound at heart
            for split in draw.choice([("",), ("train", "test"), ("Training", "valid"), ("seg_train", "seg_test")]):
                for name in ("cat", "dog"):
                    (root / split / name).mkdir(parents=True)
                    for image in range(5):
                        noise(draw).save(root / split / name / f"s{image}.png")
        grow(draw, root, draw.randint(0, 3))
        for name in draw.sample(NAMES.split(), 2):
            place = next(
                iter(sorted(path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())), root
            )
            if not os.path.lexists(place / name):
                (place / name).symlink_to(draw.choice([root, place, tmp_path / "nowhere", root / "cat"]))
        before = snapshot(root)
        for split in ("train", "test"):
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                refused = trouble(lambda root=root, split=split: check(load("folder", root=root, split=split, size=8)))
            assert refused is None or str(root) in refused or "Class '" in refused
            loaded += refused is None
            assert all("Left out" in str(warning.message) for warning in said)
        assert snapshot(root) == before
    assert loaded > 5


@pytest.mark.parametrize("seed", range(6))
def test_every_image_is_read_or_counted(tmp_path, seed):
    """In trees of sound images, without links: what is read and the numbers in the warning make up all there is."""
    draw = random.Random(f"count {seed}")
    loaded = 0
    for index in range(60):
        root = tmp_path / f"tree{index}"
        splits = draw.choice([("",), ("",), ("train", "test"), ("Training", "valid"), ("seg_train", "seg_test")])
        folders = [root / split / name for split in splits for name in ("cat", "dog")]
        for _ in range(draw.randint(0, 5)):
            place = draw.choice([root, root, *folders, *(root / split for split in splits)])
            names = [name for name in NAMES.split() if name not in ("__MACOSX", ".git")]
            folders.append(place / draw.choice(names) / draw.choice(["", "", "a", "cat", "0"]))
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            for name in draw.sample(
                ["0.png", "1.jfif", "2.JPG", "3.webp", "4.tiff", "5", "6.heic"], draw.randint(2, 5)
            ):
                noise(draw, 4, 4).save(folder / name, "PNG")
        total = sum(len(files) for _, _, files in os.walk(root))
        read = 0
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            for split in ("train", "test"):
                data: list[ImageData] = []
                refused = trouble(lambda: data.append(load("folder", root=root, split=split)))  # noqa: B023
                if refused and split == "train":
                    break
                read += len(data[0]) if data else 0
        if read:
            loaded += 1
            text = " ".join(str(warning.message).replace(str(root), "") for warning in said)
            assert len(said) <= 1
            counted = sum(map(int, re.findall(r"(?:with |[:;] )(\d+) images?\b", text)))
            assert read + counted == total, text
    assert loaded > 10
