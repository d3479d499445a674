"""Decoding: the EXIF orientation alone, errors that name the file and its cause, and the same pixels as torchvision."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_image

from resnet_labs.data.decoding import decode, decode_all
from resnet_labs.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*TorchVision are deprecated:DeprecationWarning")

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SLONG, SRATIONAL = 1, 2, 3, 4, 5, 7, 9, 10
ORIENTATION, ARTIST, X_RESOLUTION, UNIT, EXIF_IFD, COLOR_MAP = 0x0112, 0x013B, 0x011A, 0x0128, 0x8769, 0x0140


def exif(*tags: tuple[int, int, int, bytes], order: str = "<") -> bytes:
    """Return an EXIF block written by hand, so that a tag may have any type: number, type, count, value."""
    start, values, rows = 8 + 2 + 12 * len(tags) + 4, b"", b""
    for number, kind, count, value in tags:
        place = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(f"{order}I", start + len(values))
        values += value if len(value) > 4 else b""
        rows += struct.pack(f"{order}HHI", number, kind, count) + place
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    return b"Exif\0\0" + head + struct.pack(f"{order}H", len(tags)) + rows + b"\0" * 4 + values


def stripes(width: int = 48, height: int = 32) -> Image.Image:
    values = np.add.outer(np.arange(height) * 3, np.arange(width) * 2).astype(np.uint8)
    return Image.fromarray(np.stack([values, 255 - values, values // 2], -1))


SIX = (ORIENTATION, SHORT, 1, struct.pack("<H", 6))
ODD = {
    "artist is rational": (ARTIST, RATIONAL, 1, struct.pack("<II", 1, 3)),
    "resolution is signed": (X_RESOLUTION, SRATIONAL, 1, struct.pack("<ii", -72, 1)),
    "resolution is divided by zero": (X_RESOLUTION, RATIONAL, 1, struct.pack("<II", 72, 0)),
    "unit is text": (UNIT, ASCII, 2, b"2\0"),
    "unit is huge": (UNIT, LONG, 1, struct.pack("<I", 2**32 - 1)),
    "artist is no UTF-8": (ARTIST, ASCII, 8, b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\0"),
    "type is unknown": (ARTIST, 99, 1, b"abcd"),
    "points outside": (ARTIST, ASCII, 5000, struct.pack("<I", 2**31)),
    "EXIF folder points outside": (EXIF_IFD, LONG, 1, struct.pack("<I", 2**31)),
    "EXIF folder is text": (EXIF_IFD, ASCII, 4, b"abc\0"),
    "color map is signed": (COLOR_MAP, SLONG, 3, struct.pack("<3i", -1, -2, -3)),
}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_an_odd_tag_beside_the_orientation_does_no_harm(tmp_path, odd, suffix):
    for name, tags in (("plain", [SIX]), ("odd", sorted([SIX, odd]))):
        stripes().save(tmp_path / f"{name}{suffix}", exif=exif(*tags))
    found = pixels(tmp_path / f"odd{suffix}")
    assert found.shape == (3, 48, 32)
    assert np.array_equal(found, pixels(tmp_path / f"plain{suffix}"))


@pytest.mark.parametrize(
    ("kind", "value", "count"),
    [
        (RATIONAL, struct.pack("<II", 6, 1), 1),
        (LONG, struct.pack("<I", 6), 1),
        (BYTE, b"\x06", 1),
        (ASCII, b"6\0", 2),
        (SHORT, struct.pack("<HH", 6, 6), 2),
    ],
)
def test_the_orientation_itself_may_be_of_an_odd_type(tmp_path, kind, value, count):
    stripes().save(tmp_path / "a.jpg", exif=exif((ORIENTATION, kind, count, value)))
    assert pixels(tmp_path / "a.jpg").shape == (3, 48, 32)


@pytest.mark.parametrize(
    "block",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage",
        exif(SIX)[:12],
        exif((ORIENTATION, SHORT, 1, b"\x63\0")),
        b"Exif\0\0II*\0\xff\xff\xff\xff",
    ],
)
def test_exif_that_says_nothing_leaves_the_image_as_it_lies(tmp_path, block):
    stripes().save(tmp_path / "a.jpg", exif=block)
    assert pixels(tmp_path / "a.jpg").shape == (3, 32, 48)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("order", "suffix"), [("<", ".png"), (">", ".png"), ("<", ".jpg")])
def test_every_orientation_is_torchvisions(tmp_path, orientation, order, suffix):
    block = exif((ORIENTATION, SHORT, 1, struct.pack(f"{order}H", orientation)), order=order)
    stripes().save(tmp_path / f"a{suffix}", exif=block)
    theirs = decode_image(str(tmp_path / f"a{suffix}"), ImageReadMode.RGB, apply_exif_orientation=True)
    ours = torch.from_numpy(decode(tmp_path / f"a{suffix}", None).copy())
    assert (ours.int() - theirs.int()).abs().max() <= (0 if suffix == ".png" else 3)


def test_a_tiff_is_turned_once(tmp_path):
    stripes().save(tmp_path / "a.tif", tiffinfo={ORIENTATION: 6})
    upright = np.asarray(stripes().transpose(Image.Transpose.ROTATE_270)).transpose(2, 0, 1)
    assert np.array_equal(decode(tmp_path / "a.tif", None), upright)


# errors


def pixels(path: Path) -> np.ndarray:
    return decode_all([path], None)[0]


def encoded(kind: str, image: Image.Image | None = None) -> bytes:
    buffer = io.BytesIO()
    (image or stripes()).save(buffer, kind)
    return buffer.getvalue()


FOREIGN = [
    ("photo.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 40, "it is HEIC", "Convert it to JPEG or PNG"),
    ("photo.jpg", b"\xff\x0a" + b"\0" * 40, "it is JPEG XL", "Convert it to JPEG or PNG"),
    ("photo.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is SVG", "Convert it to JPEG or PNG"),
    ("photo.jpg", b"<!DOCTYPE html><html>Not found</html>", "it is a web page", "Download the image itself"),
    (
        "photo.png",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n",
        "a Git LFS pointer",
        "git lfs pull",
    ),
    ("photo.jpg", b"%PDF-1.7 ...", "it is PDF", "Move it out of the folder"),
    ("photo.jpg", b"\x93NUMPY\x01\0v\0{}", "it is a NumPy array", "Move it out of the folder"),
    ("photo.jpg", b"PK\x03\x04" + b"\0" * 40, "it is a ZIP archive", "Move it out of the folder"),
    ("photo.jpg", b"\0\0\0\x18ftypmp42\0\0\0\0", "it is a video", "Move it out of the folder"),
    ("photo.jpg", b"", "it is empty", "Replace it with a sound copy"),
    (
        "photo.png",
        encoded("PNG", Image.fromarray(np.full((4, 6), 1000, np.uint16))),
        "its mode is I",
        "Convert it to 8 bits per channel",
    ),
    (
        "photo.tif",
        encoded("TIFF", Image.fromarray(np.full((4, 6), 0.5, np.float32))),
        "its mode is",
        "Convert it to 8 bits per channel",
    ),
    (
        "photo.tif",
        encoded("TIFF", Image.fromarray(np.full((4, 6), 70000, np.int32))),
        "its mode is",
        "Convert it to 8 bits per channel",
    ),
    ("photo.pgm", b"P5 2 2 65535 " + b"\x03\xe8" * 4, "its mode is", "Convert it to 8 bits per channel"),
]


@pytest.mark.parametrize(("name", "content", "cause", "advice"), FOREIGN)
def test_what_is_merely_foreign_is_called_what_it_is(tmp_path, name, content, cause, advice):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"'{tmp_path}/{name}' .*({cause})") as refused:
        decode(tmp_path / name, None)
    assert advice in str(refused.value)
    assert "elete" not in str(refused.value)
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_a_cut_image_is_named(tmp_path, kind):
    content = encoded(kind)
    (tmp_path / "cut.png").write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(InputError, match=rf"'{tmp_path}/cut.png' cannot be decoded: .*Replace it with a sound copy"):
        decode(tmp_path / "cut.png", None)


@pytest.mark.parametrize(
    "error", [struct.error("x"), KeyError(3), AttributeError("y"), RecursionError("z"), IndexError()]
)
def test_whatever_the_decoder_raises_names_the_file(tmp_path, monkeypatch, error):
    stripes().save(tmp_path / "a.png")

    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(InputError, match=rf"'{tmp_path}/a.png' cannot be decoded: {type(error).__name__}"):
        decode(tmp_path / "a.png", None)


def test_a_huge_image_is_named(tmp_path, monkeypatch):
    stripes().save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(InputError, match=rf"'{tmp_path}/a.png' .*1536 pixels.*Scale it down"):
        decode(tmp_path / "a.png", None)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # Pillow only warns here
    assert decode_all([tmp_path / "a.png"], None).shape == (1, 3, 32, 48)


def test_a_file_that_cannot_be_read_is_no_damaged_image(tmp_path):
    with pytest.raises(InputError, match=rf"'{tmp_path}/gone.png' cannot be read: No such file"):
        decode(tmp_path / "gone.png", None)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match=r"folder.png' cannot be read: Is a directory") as refused:
        decode(tmp_path / "folder.png", None)
    assert "elete" not in str(refused.value)


def test_all_files_that_fail_are_counted(tmp_path):
    paths = [tmp_path / f"{index}.png" for index in range(9)]
    for index, path in enumerate(paths):
        stripes().save(path)
        if index % 2:
            path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(
        InputError, match=r"1.png' cannot be decoded: .* 3 more files fail: '.*3.png', '.*5.png', '.*7.png'\."
    ):
        decode_all(paths, None)


# pixels


def every_kind() -> list[tuple[str, Image.Image, dict]]:
    rgb = stripes()
    palette = rgb.quantize(16)
    return [
        ("grey.png", rgb.convert("L"), {}),
        ("bits.png", rgb.convert("1"), {}),
        ("grey_alpha.png", rgb.convert("LA"), {}),
        ("alpha.png", rgb.convert("RGBA"), {}),
        ("palette.png", palette, {}),
        ("clear_color.png", palette, {"transparency": 3}),
        ("clear_bytes.png", palette, {"transparency": bytes(range(16))}),
        ("clear_rgb.png", rgb, {"transparency": (0, 255, 0)}),
        ("palette.gif", palette, {}),
        ("grey.jpg", rgb.convert("L"), {"quality": 90}),
        ("full.jpg", rgb, {"quality": 90, "subsampling": 0}),
        ("half.jpg", rgb, {"quality": 90, "subsampling": 2}),
        ("steps.jpg", rgb, {"quality": 90, "progressive": True}),
        ("lossless.webp", rgb, {"lossless": True}),
        ("alpha.webp", rgb.convert("RGBA"), {"lossless": True, "exact": True}),
    ]


@pytest.mark.parametrize(("name", "image", "options"), every_kind(), ids=[name for name, *_ in every_kind()])
def test_pixels_are_torchvisions(tmp_path, name, image, options):
    image.save(tmp_path / name, **options)
    theirs = decode_image(str(tmp_path / name), ImageReadMode.RGB).reshape(-1, 3, 32, 48)[0]
    ours = torch.from_numpy(decode(tmp_path / name, None).copy())
    assert (ours.int() - theirs.int()).abs().max() <= (3 if name.endswith("jpg") else 0)


def test_the_files_stay_as_they_were(tmp_path):
    stripes().save(tmp_path / "a.jpg", exif=exif(SIX))
    before = (tmp_path / "a.jpg").read_bytes(), os.stat(tmp_path / "a.jpg").st_mtime_ns
    decode(Path(tmp_path / "a.jpg"), 8)
    assert ((tmp_path / "a.jpg").read_bytes(), os.stat(tmp_path / "a.jpg").st_mtime_ns) == before
