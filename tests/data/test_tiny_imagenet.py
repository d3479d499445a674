"""Tiny ImageNet as people unpack and sort it: the same classes and images, or one sentence on what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from resnet_labs.data import available, load
from resnet_labs.errors import InputError

WNIDS = ("n01", "n02", "n03")


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def home(tmp_path) -> Path:
    """Three classes with two training images each, and four validation images; each image has a value of its own."""
    home = tmp_path / "tiny-imagenet-200"
    for number, wnid in enumerate(WNIDS):
        (home / "train" / wnid / "images").mkdir(parents=True)
        for index in range(2):
            save(home / "train" / wnid / "images" / f"{wnid}_{index}.JPEG", 20 * number + index)
    (home / "val" / "images").mkdir(parents=True)
    for index in range(4):
        save(home / "val" / "images" / f"val_{index}.JPEG", 100 + index)
    (home / "wnids.txt").write_text("n03\nn01\nn02\n")
    (home / "words.txt").write_text("n01\tgoldfish, Carassius auratus\nn02\tbullfrog\nn03\tcat\n")
    rows = [f"val_{i}.JPEG\t{wnid}\t0\t0\t9\t9\n" for i, wnid in enumerate(("n02", "n01", "n03", "n01"))]
    (home / "val" / "val_annotations.txt").write_text("".join(rows))
    return home


def save(path: Path, value: int) -> None:
    Image.new("RGB", (8, 8), (value,) * 3).save(path, quality=100)


def sort_into_images(home: Path) -> None:
    """As the widely copied scripts do: val/n01/images/val_1.JPEG."""
    for row in (home / "val" / "val_annotations.txt").read_text().splitlines():
        name, wnid = row.split("\t")[:2]
        (home / "val" / wnid / "images").mkdir(parents=True, exist_ok=True)
        (home / "val" / "images" / name).rename(home / "val" / wnid / "images" / name)
    (home / "val" / "images").rmdir()


def sort_flat(home: Path) -> None:
    sort_into_images(home)
    for images in (home / "val").glob("n*/images"):
        for path in images.iterdir():
            path.rename(images.parent / path.name)
        images.rmdir()


def sort_and_delete_the_list(home: Path) -> None:
    sort_flat(home)
    (home / "val" / "val_annotations.txt").unlink()


def flatten_the_training_folders(home: Path) -> None:
    for images in (home / "train").glob("n*/images"):
        for path in images.iterdir():
            path.rename(images.parent / path.name)
        images.rmdir()
        (images.parent / f"{images.parent.name}_boxes.txt").write_text("0 0 1 1")


def blank_lines(home: Path) -> None:
    for path in (home / "wnids.txt", home / "words.txt", home / "val" / "val_annotations.txt"):
        path.write_text("\n" + path.read_text().replace("\n", "\n\n") + "  \n\t\n")


def windows_lines(home: Path) -> None:
    for path in (home / "wnids.txt", home / "words.txt", home / "val" / "val_annotations.txt"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_text().replace("\n", "\r\n").encode() + b"\x1a")


def latin_words(home: Path) -> None:
    (home / "words.txt").write_bytes((home / "words.txt").read_bytes() + b"n04\tcaf\xe9\nn05")


def other_case(home: Path) -> None:
    for path in [*home.rglob("*.JPEG")]:
        path.rename(path.with_suffix(".jpeg" if path.parent.parent.name == "n01" else ".jpg"))


def unpack_into_itself(home: Path) -> None:
    shutil.move(home, home.with_name("other"))
    home.mkdir()
    shutil.move(home.with_name("other"), home / home.name)


CHANGES = [
    sort_into_images,
    sort_flat,
    sort_and_delete_the_list,
    flatten_the_training_folders,
    blank_lines,
    windows_lines,
    latin_words,
    unpack_into_itself,
]


def seen(root: Path) -> list[tuple]:
    found = []
    for split in ("train", "test"):
        data = load("tiny_imagenet", split=split, root=root)
        labelled = zip(data.labels.tolist(), data.images[:, 0, 0, 0].tolist(), strict=True)
        found.append((data.classes, sorted(labelled)))
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_the_usual_changes_read_the_same(home, change):
    expected = seen(home.parent)
    assert expected[1][1] == [(0, 101), (0, 103), (1, 100), (2, 102)]
    change(home)
    assert seen(home.parent) == expected
    (record,) = [record for record in available(home.parent) if record.name == "tiny_imagenet"]
    assert record.here


def test_the_root_may_be_its_own_folder(home):
    assert seen(home) == seen(home.parent)


def test_a_class_without_a_word_keeps_its_number(home):
    (home / "words.txt").write_text("n01\tgoldfish\n\nno tab here\n")
    assert load("tiny_imagenet", split="train", root=home.parent).classes == ("goldfish", "n02", "n03")


@pytest.mark.parametrize("lost", ["val/images", "val/val_annotations.txt", "words.txt", "train", "val"])
def test_what_is_missing_is_no_data_set_that_is_here(home, lost):
    (home / lost).rename(home.parent / "elsewhere")
    (record,) = [record for record in available(home.parent) if record.name == "tiny_imagenet"]
    assert not record.here
    assert lost in record.state
    with pytest.raises(InputError, match=f"{lost}.* is missing") as refused:
        seen(home.parent)
    assert "elete" not in str(refused.value)


def test_validation_images_that_are_missing_are_counted(home):
    for index in (0, 3):
        (home / "val" / "images" / f"val_{index}.JPEG").unlink()
    with pytest.raises(InputError, match=r"2 of 4 images of .*val_annotations.txt' are missing, such as 'val_0.JPEG'"):
        load("tiny_imagenet", split="test", root=home.parent)
    assert len(load("tiny_imagenet", split="train", root=home.parent)) == 6


@pytest.mark.parametrize("row", ["val_9.JPEG", "val_9.JPEG n99 0", "oops"])
def test_lines_that_name_no_class_are_counted(home, row):
    path = home / "val" / "val_annotations.txt"
    path.write_text(path.read_text() + row + "\n")
    with pytest.warns(UserWarning, match=rf"Left out of .*: 1 line that names no class of wnids.txt: '{row}'"):
        assert len(load("tiny_imagenet", split="test", root=home.parent)) == 4


@pytest.mark.parametrize("content", [b"\0\0\0", b"", b"PK\x03\x04\xff\xfe", b"../../etc\n"])
def test_a_list_of_classes_that_is_none_is_named(home, content):
    (home / "wnids.txt").write_bytes(content)
    with pytest.raises(InputError, match=r"wnids\.txt'"):
        load("tiny_imagenet", split="train", root=home.parent)


def test_names_in_another_case_are_read(home):
    expected = seen(home.parent)[0]
    other_case(home)
    assert seen_train(home.parent) == expected


def seen_train(root: Path) -> tuple:
    data = load("tiny_imagenet", split="train", root=root)
    return data.classes, sorted(zip(data.labels.tolist(), data.images[:, 0, 0, 0].tolist(), strict=True))
