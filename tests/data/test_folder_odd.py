"""load("folder"): folders that are no class, links, and files that are left out; all of it is said once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image
from torchvision.datasets import ImageFolder

from resnet_labs.data import load
from resnet_labs.errors import InputError


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path_factory.mktemp("cache")))


def picture(path: Path, kind: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), (9, 9, 9)).save(path, kind)
    return path


@pytest.fixture
def plain(tmp_path) -> Path:
    """Two classes of five images."""
    for name in ("cat", "dog"):
        for index in range(5):
            picture(tmp_path / "set" / name / f"{index}.png")
    return tmp_path / "set"


@pytest.fixture
def parted(tmp_path) -> Path:
    """Two classes in a training and a validation folder."""
    for name in ("train/cat", "train/dog", "val/cat", "val/dog"):
        for index in range(2):
            picture(tmp_path / "set" / name / f"{index}.png")
    return tmp_path / "set"


def said(root: Path, split: str = "train", count: int = 8) -> str:
    """Return the one warning of a load that works, and check that a second load does not repeat it."""
    with pytest.warns(UserWarning, match="Left out of ") as found:
        assert len(load("folder", root=root, split=split)) == count
    assert len(found) == 1
    assert load("folder", root=root, split=split).classes == ("cat", "dog")
    return str(found[0].message)


@pytest.mark.parametrize(
    "odd",
    ["runs/train/exp/results.png", "Figures/a.png", "lightning_logs/v0/x.png", "outputs/1.png", "wandb/media/a.png"],
)
def test_what_training_leaves_beside_the_classes_is_no_class(plain, odd):
    picture(plain / odd)
    name = odd.split("/")[0]
    assert f"folder '{name}' with 1 image (" in said(plain)


@pytest.mark.parametrize("copy", ["set/cat,set/dog", "backup/Cat,backup/Dog,backup/more", "train/cat,train/dog"])
def test_a_copy_of_the_set_inside_itself_is_no_class(plain, tmp_path, copy):
    if copy.startswith("train"):
        plain = plain.rename(tmp_path / "train")
    for folder in copy.split(","):
        picture(plain / folder / "0.png")
    name = copy.split("/")[0]
    assert f"folder '{name}' with {len(copy.split(','))} images (a copy of the set)" in said(plain)


@pytest.mark.parametrize("copy", ["cat - Copy", "cat (1)", "Copy of dog", "dog copy"])
def test_a_copy_of_a_class_is_no_class(plain, copy):
    picture(plain / copy / "0.png")
    base = "cat" if "cat" in copy else "dog"
    assert f"folder '{copy}' with 1 image (named like a copy of '{base}')" in said(plain)


@pytest.mark.parametrize("odd", ["test/0.png", "Testing/deep/0.png", "val_images/0.png"])
def test_an_unlabelled_split_beside_classes_is_no_class(plain, odd):
    picture(plain / odd)
    assert f"folder '{odd.split('/')[0]}' with 1 image (no class folders in it)" in said(plain)


@pytest.mark.parametrize("odd", ["test", "Testing", "test_set"])
@pytest.mark.parametrize("images", [0, 3])
def test_a_labelled_validation_folder_serves_where_the_test_folder_has_no_labels(parted, odd, images):
    (parted / odd).mkdir()
    for index in range(images):
        picture(parted / odd / f"{index}.png")
    text = said(parted, "test", 4)
    assert text.count(f"'{odd}'") == 1
    assert ("with 3 images (no class folders in it)" if images else "without images") in text
    assert len(load("folder", root=parted, split="train")) == 4


@pytest.mark.parametrize("images", [0, 3])
def test_an_unlabelled_test_folder_alone_stops_only_who_asks_for_it(parted, images):
    (parted / "val").rename(parted.parent / "elsewhere")
    (parted / "test").mkdir()
    for index in range(images):
        picture(parted / "test" / f"{index}.png")
    assert "'test'" in said(parted, "train", 4)
    with pytest.raises(InputError, match=r"no test folder with class folders.*'test'"):
        load("folder", root=parted, split="test")


@pytest.mark.parametrize("odd", ["runs", "set/train", "samples"])
def test_beside_splits_every_other_folder_is_named(parted, odd):
    picture(parted / odd / "0.png")
    assert f"folder '{odd.split('/')[0]}' with 1 image (" in said(parted, "train", 4)


@pytest.mark.parametrize("odd", ["runs", "figures", "test"])
def test_a_training_folder_beside_what_is_no_split_loads(parted, odd):
    (parted / "val").rename(parted.parent / "elsewhere")
    picture(parted / odd / "0.png")
    assert f"folder '{odd}' with 1 image (" in said(parted, "train", 4)


@pytest.mark.parametrize("name", ["bird", "a class whose images got lost", "labels"])
def test_a_folder_without_images_is_named(plain, name):
    (plain / name).mkdir()
    (plain / name / "0.txt").write_text("0 0.5 0.5")
    assert f"folder '{name}' without images" in said(plain)


def test_images_outside_the_class_folders_are_counted(plain):
    picture(plain / "cover.png")
    picture(plain / "chart.jpg")
    assert "2 images outside the class folders: 'chart.jpg', 'cover.png'" in said(plain)


# links


def test_links_are_followed_as_torchvision_follows_them(plain, tmp_path):
    outside = tmp_path / "outside"
    for index in range(6):
        picture(outside / f"{index}.png")
    (plain / "cat" / "more").symlink_to(outside)
    (plain / "cat" / "deep").mkdir()
    (plain / "cat" / "deep" / "chain").symlink_to(plain / "cat" / "more")
    (plain / "bird").symlink_to(outside)
    (plain / "dog" / "9.png").symlink_to(outside / "0.png")
    theirs = ImageFolder(plain)
    ours = [load("folder", root=plain, split=split) for split in ("train", "test")]
    assert sum(map(len, ours)) == len(theirs) == 5 + 6 + 6 + 6 + 6
    assert ours[0].classes == tuple(theirs.classes)
    assert (ours[0].labels.bincount() + ours[1].labels.bincount()).tolist() == [
        theirs.targets.count(i) for i in range(3)
    ]


@pytest.mark.parametrize("target", [".", "..", "../dog", "../..", "/"])
def test_links_in_a_loop_end(plain, target):
    (plain / "cat" / "loop").symlink_to(plain / "cat" / target if target != "/" else "/")
    if target == "../dog":
        (plain / "dog" / "loop").symlink_to("../cat")
        with pytest.warns(UserWarning, match="2 links that lead back: 'cat/loop/loop', 'dog/loop/loop'"):
            data = load("folder", root=plain, split="train")
        assert data.labels.bincount().tolist() == [8, 8]
    else:
        assert "1 link that leads back: 'cat/loop'" in said(plain)


@pytest.mark.parametrize("name", ["gone.png", "gone"])
def test_links_to_nothing_are_counted(plain, name):
    (plain / "cat" / name).symlink_to(plain / "nowhere")
    (plain / "dog" / name).symlink_to(name)  # to itself
    assert f"2 broken links: 'cat/{name}', 'dog/{name}'" in said(plain)


# files


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".jfif", "JPEG"),
        (".jpe", "JPEG"),
        (".JPG", "JPEG"),
        (".avif", "AVIF"),
        (".dib", "BMP"),
        (".jp2", "JPEG2000"),
        (".pnm", "PPM"),
    ],
)
def test_what_pillow_reads_is_read_under_each_of_its_names(plain, suffix, kind):
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"Pillow is built without {kind}")
    for index in range(5):
        (plain / "cat" / f"{index}.png").unlink()
        picture(plain / "cat" / f"{index}{suffix}", kind)
    assert load("folder", root=plain, split="train").labels.tolist() == [0] * 4 + [1] * 4


@pytest.mark.parametrize("name", ["a.heic", "b.HEIF", "c.jxl", "d.svg", "e.cr2", "f.psd", "g.npy"])
def test_images_that_are_not_read_are_counted_with_what_to_do(plain, name):
    (plain / "cat" / name).write_bytes(b"whatever it holds")
    assert f"1 image in a format that is not read: 'cat/{name}' (convert to JPEG or PNG)" in said(plain)


@pytest.mark.parametrize("name", ["photo", "photo.jpg_large", "photo.img", "photo.png.1"])
def test_images_under_other_names_are_counted_with_what_to_do(plain, name):
    (plain / "dog" / name).write_bytes((plain / "cat" / "0.png").read_bytes())
    assert f"1 image with a wrong suffix: 'dog/{name}' (rename to .jpg, .png or what it is)" in said(plain)


def test_many_are_counted_and_three_are_named(plain):
    for index in range(7):
        (plain / "cat" / f"{index}.heic").write_bytes(b"x")
    assert "7 images in a format that is not read: 'cat/0.heic', 'cat/1.heic', 'cat/2.heic', ... (" in said(plain)


def test_what_was_left_out_is_in_the_error_where_nothing_else_is_there(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.heic").write_bytes(b"x")
    with pytest.raises(InputError, match=r"found: none. Left out: .*2 images in a format that is not read"):
        load("folder", root=tmp_path, split="train")


def test_a_pipe_and_a_folder_with_the_name_of_an_image_are_no_images(plain):
    os.mkfifo(plain / "cat" / "pipe.png")
    (plain / "cat" / "folder.png").mkdir()
    assert "1 special file: 'cat/pipe.png'" in said(plain)


def test_a_folder_that_cannot_be_read_is_named(plain, monkeypatch):
    real = os.scandir

    def refused(path):
        if Path(path).name == "dog":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(InputError, match=rf"'{plain}/dog' cannot be read: Permission denied"):
        load("folder", root=plain, split="train")


@pytest.mark.parametrize("content", [b"PK\x03\x04 an archive", b"", b"some text"])
def test_a_file_in_place_of_the_folder_is_called_one(tmp_path, content):
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"'{path}' is a file, not a folder\. .*unpack"):
        load("folder", root=path, split="train")
