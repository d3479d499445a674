"""load("folder"): splits, classes, every kind of image file, and files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_labs.data import load
from resnet_labs.errors import InputError


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / ".cache"))


def write(path: Path, value: int = 100, size: tuple[int, int] = (6, 4)) -> Path:
    """Write a plain grey RGB image of this many pixels in width and height."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(path)
    return path


@pytest.fixture
def unsplit(tmp_path) -> Path:
    for index in range(10):
        write(tmp_path / "cat" / f"{index}.png", index)
        write(tmp_path / "dog" / f"{index}.png", 100 + index)
    return tmp_path


def values(data) -> list[int]:
    return data.images[:, 0, 0, 0].tolist()


def test_a_folder_without_splits_is_cut_eight_to_two_by_class(unsplit):
    train, test = (load("folder", root=unsplit, split=split) for split in ("train", "test"))
    assert train.labels.tolist() == [0] * 8 + [1] * 8
    assert test.labels.tolist() == [0] * 2 + [1] * 2
    assert sorted(values(train) + values(test)) == [*range(10), *range(100, 110)]
    assert train.classes == ("cat", "dog")
    assert train.source == f"image folder {unsplit.name!r}, train split (8:2, seed 0)"
    assert values(load("folder", root=unsplit, split="test", seed=0)) == values(test)
    assert values(load("folder", root=unsplit, split="test", seed=1)) != values(test)


@pytest.mark.parametrize("test_name", ["test", "val", "validation"])
def test_subfolders_train_and_test_are_the_splits(tmp_path, test_name):
    for name, split in enumerate(("train", test_name)):
        write(tmp_path / split / "cat" / "deep" / "a.png", name)
        write(tmp_path / split / "dog" / "a.png", 50 + name)
    assert values(load("folder", root=tmp_path, split="train")) == [0, 50]
    test = load("folder", root=tmp_path, split="test")
    assert values(test) == [1, 51]
    assert test.source == f"image folder {tmp_path.name!r}, test split"


def test_splits_of_different_classes_are_refused(tmp_path):
    for split, names in (("train", ("cat", "dog")), ("test", ("cat", "dogs"))):
        for name in names:
            write(tmp_path / split / name / "a.png")
    with pytest.raises(InputError, match=r"differ in classes: dog, dogs .*Give 'train' and 'test' the same"):
        load("folder", root=tmp_path, split="train")


def test_only_chosen_images_are_decoded(unsplit):
    for path in (unsplit / "cat").iterdir():
        path.write_bytes(b"broken")
    with pytest.raises(InputError, match="cannot be decoded"):
        load("folder", root=unsplit, split="train", limit=2)
    for index in range(10):
        write(unsplit / "cat" / f"{index}.png", index)
    assert len(load("folder", root=unsplit, split="train", limit=4)) == 4


def test_hidden_files_and_other_files_are_passed_over(unsplit):
    for name in ("cat/Thumbs.db", "cat/.hidden.png", "cat/.thumbs/a.png", "dog/readme.txt", ".git/a.png"):
        (unsplit / name).parent.mkdir(exist_ok=True)
        (unsplit / name).write_bytes(b"no image")
    data = load("folder", root=unsplit, split="train")
    assert len(data) == 16
    assert data.classes == ("cat", "dog")


def modes() -> list[tuple[str, Image.Image]]:
    rgb = Image.new("RGB", (4, 4), (10, 20, 30))
    palette = rgb.convert("P", palette=Image.Palette.ADAPTIVE)
    clear = palette.copy()
    clear.info["transparency"] = b"\x80" * 256
    return [
        ("grey.png", Image.new("L", (4, 4), 77)),
        ("grey_alpha.png", Image.new("LA", (4, 4), (77, 9))),
        ("bits.png", Image.new("1", (4, 4), 1)),
        ("alpha.png", Image.new("RGBA", (4, 4), (10, 20, 30, 40))),
        ("palette.png", palette),
        ("clear.png", clear),
        ("palette.gif", palette),
        ("ink.jpg", Image.new("CMYK", (4, 4), (0, 0, 0, 128))),
        ("SHOUTED.JPEG", rgb),
    ]


@pytest.mark.parametrize(("name", "image"), modes(), ids=[name for name, _ in modes()])
def test_every_kind_of_image_becomes_rgb(tmp_path, name, image):
    for path in ("train/other/a.png", "test/other/a.png", "test/mine/a.png"):
        write(tmp_path / path, size=(4, 4))
    (tmp_path / "train" / "mine").mkdir()
    image.save(tmp_path / "train" / "mine" / name)
    ours = load("folder", root=tmp_path, split="train").images[0].permute(1, 2, 0)
    expected = np.asarray(image.convert("RGBA").convert("RGB") if image.mode != "CMYK" else image.convert("RGB"))
    assert np.abs(ours.numpy().astype(int) - expected.astype(int)).max() <= 3  # lossy JPEG


def test_sixteen_bits_are_refused_rather_than_clipped(unsplit):
    Image.fromarray(np.full((4, 6), 1000, np.uint16)).save(unsplit / "cat" / "0.png")
    Image.fromarray(np.full((4, 6), 1000, np.uint16)).save(unsplit / "cat" / "1.png")
    Image.fromarray(np.full((4, 6), 1000, np.uint16)).save(unsplit / "cat" / "2.png")
    with pytest.raises(InputError, match="its mode is I;16, not 8 bits per channel"):
        load("folder", root=unsplit, split="train")


def test_the_orientation_in_exif_is_followed(tmp_path):
    for path in ("train/cat/a.png", "test/cat/a.png", "test/dog/a.png"):
        write(tmp_path / path, size=(2, 4))
    turned = Image.new("RGB", (4, 2), (255, 0, 0))
    turned.paste((0, 0, 255), (0, 0, 2, 2))  # the left half
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    (tmp_path / "train" / "dog").mkdir()
    turned.save(tmp_path / "train" / "dog" / "a.png", exif=exif)
    dog = load("folder", root=tmp_path, split="train").images[-1]
    assert dog.shape == (3, 4, 2)
    assert dog[:, 0, 0].tolist() == [0, 0, 255]  # the left half is on top now
    assert dog[:, 3, 0].tolist() == [255, 0, 0]


def test_a_broken_image_is_named(unsplit):
    whole = write(unsplit / "cat" / "3.jpg", size=(64, 64)).read_bytes()
    broken = [unsplit / "cat" / f"{index}.png" for index in range(10)]
    for path in broken:
        path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=rf"'{unsplit}/cat/\d.png' cannot be decoded: .*Replace it with a sound copy"):
        load("folder", root=unsplit, split="train")


def test_images_of_different_sizes_need_a_size(unsplit):
    for index in range(10):
        write(unsplit / "dog" / f"{index}.png", 100, size=(8, 5))
    with pytest.raises(InputError, match=r"dog/\d.png' is 8x5 pixels, but .*cat/\d.png' is 6x4. Give size to resize"):
        load("folder", root=unsplit, split="train")
    assert load("folder", root=unsplit, split="train", size=3).images.shape == (16, 3, 3, 3)


def test_of_a_wide_image_the_middle_square_is_kept(tmp_path):
    wide = Image.new("RGB", (12, 4), (0, 0, 0))
    wide.paste((200, 200, 200), (4, 0, 8, 4))
    for name in ("train/cat/a.png", "train/dog/a.png", "test/cat/a.png", "test/dog/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        wide.save(tmp_path / name)
    assert load("folder", root=tmp_path, split="train", size=2).images.unique().tolist() == [200]


@pytest.mark.parametrize(("names", "found"), [((), "none"), (("cat",), "'cat'")])
def test_fewer_than_two_classes_are_refused_with_what_was_found(tmp_path, names, found):
    for name in names:
        write(tmp_path / name / "a.png")
    message = f"needs at least two subfolders with images, one per class; found: {found}. Image files end in .apng"
    with pytest.raises(InputError, match=message):
        load("folder", root=tmp_path, split="train")


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=f"There is no folder '{tmp_path}/nowhere'. Give the folder that holds one"):
        load("folder", root=tmp_path / "nowhere", split="train")


def test_the_order_is_that_of_the_names(tmp_path):
    for name in ("b/2.png", "b/1.png", "a/9.png", "a/10.png"):
        write(tmp_path / "train" / name, sum(map(ord, name)) % 256)
        write(tmp_path / "test" / name)
    expected = [sum(map(ord, name)) % 256 for name in ("a/10.png", "a/9.png", "b/1.png", "b/2.png")]
    data = load("folder", root=tmp_path, split="train")
    assert values(data) == expected
    assert torch.equal(data.labels, torch.tensor([0, 0, 1, 1]))
