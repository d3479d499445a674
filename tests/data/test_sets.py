"""CIFAR, STL-10, Tiny ImageNet, flowers, cats and dogs: read from tiny copies in their official layouts."""

from __future__ import annotations

import hashlib
import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets

from resnet_labs.data import available, load
from resnet_labs.data import tiny_imagenet as tiny
from resnet_labs.data.image_sets import CIFAR10
from resnet_labs.errors import InputError


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))


class _OldBytes:
    """Pixels that are unpickled with the warning that NumPy 2.4.0 to 2.4.4 give for pickles of 2009."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels

    def __reduce__(self):
        return _rebuild, (self.pixels,)


def _rebuild(pixels):
    warnings.warn("dtype(): align should be passed as Python or NumPy boolean", UserWarning, stacklevel=2)
    return pixels


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture
def tiny_cifar(monkeypatch, tmp_path) -> Path:
    """Both CIFARs with two images a file; the pixels of the first image are 0, 1, 2, ... over channel, row, column."""
    pixels = np.stack([np.arange(3072) % 251, np.full(3072, 9)]).astype(np.uint8)
    for kind, labels_key in ((datasets.CIFAR10, "labels"), (datasets.CIFAR100, "fine_labels")):
        folder = tmp_path / kind.base_folder
        folder.mkdir()
        lists = []
        for files in (kind.train_list, kind.test_list):
            for name, _ in files:
                (folder / name).write_bytes(pickle.dumps({"data": _OldBytes(pixels), labels_key: [3, 1]}))
            lists.append([[name, md5(folder / name)] for name, _ in files])
        meta = folder / kind.meta["filename"]
        meta.write_bytes(pickle.dumps({kind.meta["key"]: [f"class {i}" for i in range(10)]}))
        monkeypatch.setattr(kind, "train_list", lists[0])
        monkeypatch.setattr(kind, "test_list", lists[1])
        monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": md5(meta)})
    return tmp_path


@pytest.mark.parametrize(("name", "num_train"), [("cifar10", 10), ("cifar100", 2)])
def test_cifar_is_what_torchvision_reads(tiny_cifar, name, num_train):
    train, test = (load(name, split=split, root=tiny_cifar) for split in ("train", "test"))
    assert (len(train), len(test)) == (num_train, 2)
    assert test.images[0].flatten().tolist() == [i % 251 for i in range(3072)]
    assert test.labels.tolist() == [3, 1]
    assert test.classes[3] == "class 3"


def test_a_damaged_cifar_file_is_named(tiny_cifar):
    path = tiny_cifar / "cifar-10-batches-py" / "data_batch_4"
    path.write_bytes(b"cut off")
    command = f"`resnet-labs data cifar10 --download --data-root {tiny_cifar}`"
    fix = f"Move '{path.parent}' away and download it again: {command}"
    with pytest.raises(InputError, match=f"'{path}' is damaged: its MD5 sum is not [0-9a-f]{{32}}. {fix}"):
        load("cifar10", split="test", root=tiny_cifar)
    path.unlink()
    with pytest.raises(InputError, match=f"'{path}' is missing"):
        load("cifar10", split="test", root=tiny_cifar)
    path.mkdir()
    with pytest.raises(InputError, match=f"'{path}' is a folder"):
        load("cifar10", split="test", root=tiny_cifar)


def test_a_cifar_that_is_here_is_not_downloaded_again(tiny_cifar, monkeypatch):
    monkeypatch.setattr(datasets.CIFAR10, "download", lambda self: pytest.fail("downloaded"))
    assert len(load("cifar10", split="test", root=tiny_cifar, download=True)) == 2


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "stl10"])
def test_what_is_missing_is_told_with_its_command(tmp_path, name):
    with pytest.raises(InputError, match=f"`resnet-labs data {name} --download --data-root {tmp_path}`"):
        load(name, split="train", root=tmp_path)


@pytest.mark.parametrize(("name", "kind"), [("cifar10", "CIFAR10"), ("cifar100", "CIFAR100"), ("stl10", "STL10")])
def test_downloads_go_through_torchvision(tmp_path, monkeypatch, name, kind):
    def fail(root, download):
        raise OSError(f"no network for {root}, {download}")

    monkeypatch.setattr(datasets, kind, fail)
    with pytest.raises(InputError, match=f"could not be downloaded to .*: no network for {tmp_path}, True"):
        load(name, split="train", root=tmp_path, download=True)


def test_stl10_is_turned_upright_and_counted_from_zero_without_the_unlabelled_images(tmp_path, monkeypatch):
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    upright = torch.arange(2 * 3 * 96 * 96).remainder(256).to(torch.uint8).reshape(2, 3, 96, 96)
    for part in ("train", "test"):
        (folder / f"{part}_X.bin").write_bytes(upright.transpose(2, 3).contiguous().numpy().tobytes())
        (folder / f"{part}_y.bin").write_bytes(bytes([1, 10]))
    (folder / "class_names.txt").write_text("\n".join("abcdefghij"))
    files = {
        part: [[f"{part}_{kind}.bin", md5(folder / f"{part}_{kind}.bin")] for kind in "Xy"]
        for part in ("train", "test")
    }
    monkeypatch.setattr(datasets.STL10, "train_list", [*files["train"], ["unlabeled_X.bin", "0" * 32]])
    monkeypatch.setattr(datasets.STL10, "test_list", files["test"])
    for part in ("train", "test"):
        data = load("stl10", split=part, root=tmp_path)
        assert torch.equal(data.images, upright)
        assert data.labels.tolist() == [0, 9]
        assert data.classes == tuple("abcdefghij")


def write(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 64), (value, value, value)).save(path, quality=100)


@pytest.fixture
def tiny_imagenet(tmp_path) -> Path:
    home = tmp_path / "tiny-imagenet-200"
    for wnid, value in (("n02", 20), ("n01", 10)):
        for index in range(2):
            write(home / "train" / wnid / "images" / f"{wnid}_{index}.JPEG", value + index)
    for index, value in enumerate((50, 60, 70)):
        write(home / "val" / "images" / f"val_{index}.JPEG", value)
    (home / "wnids.txt").write_text("n02\nn01\n")
    (home / "words.txt").write_text("n00\tentity\nn01\tgoldfish, Carassius auratus\nn02\tbullfrog\n")
    lines = "".join(f"val_{i}.JPEG\t{wnid}\t0\t0\t9\t9\n" for i, wnid in enumerate(("n01", "n02", "n01")))
    (home / "val" / "val_annotations.txt").write_text(lines)
    return tmp_path


def values(data) -> list[int]:
    return data.images[:, 0, 0, 0].tolist()


def test_tiny_imagenet_is_read_in_its_official_layout(tiny_imagenet):
    train, test = (load("tiny_imagenet", split=split, root=tiny_imagenet) for split in ("train", "test"))
    assert train.classes == test.classes == ("goldfish", "bullfrog")
    assert (values(train), train.labels.tolist()) == ([10, 11, 20, 21], [0, 0, 1, 1])
    assert (values(test), test.labels.tolist()) == ([50, 60, 70], [0, 1, 0])
    assert "validation" in test.source


def test_stand_ins_are_some_of_tiny_imagenet_s_classes(tiny_imagenet, monkeypatch):
    monkeypatch.setattr(tiny, "LIKE_STL10", ("n02", "n01"))
    train, test = (load("tiny_imagenet_10", split=split, root=tiny_imagenet) for split in ("train", "test"))
    assert train.classes == test.classes == ("bullfrog", "goldfish")  # in the order of the classes they stand for
    assert (values(train), train.labels.tolist()) == ([20, 21, 10, 11], [0, 0, 1, 1])
    assert (values(test), test.labels.tolist()) == ([50, 60, 70], [1, 0, 1])
    monkeypatch.setattr(tiny, "LIKE_STL10", ("n01",))
    assert values(load("tiny_imagenet_10", split="test", root=tiny_imagenet)) == [50, 70]
    assert len(load("tiny_imagenet_100", split="train", root=tiny_imagenet)) == 4
    assert "Tiny ImageNet's first 100 classes" in load("tiny_imagenet_100", split="test", root=tiny_imagenet).source


@pytest.mark.parametrize("lost", ["words.txt", "val/val_annotations.txt", "train/n01/images"])
def test_an_incomplete_tiny_imagenet_is_told(tiny_imagenet, lost):
    path = tiny_imagenet / "tiny-imagenet-200" / lost
    path.rename(path.with_name("elsewhere"))
    split = "test" if "val" in lost else "train"
    with pytest.raises(InputError, match=f"{lost}.* is missing. Unpack the archive of tiny-imagenet-200 again"):
        load("tiny_imagenet", split=split, root=tiny_imagenet)


@pytest.mark.parametrize("plural", [False, True])
def test_flowers_have_one_name_in_singular_and_plural(tmp_path, plural):
    for name in ("daisy", "dandelion", "rose", "sunflower", "tulip"):
        for index in range(5):
            folder = name + "s" if plural and name not in ("daisy", "dandelion") else name
            write(tmp_path / "flowers" / folder / f"{index}.jpg", index)
    train, test = (load("flowers", split=split, root=tmp_path) for split in ("train", "test"))
    assert train.classes == ("daisy", "dandelion", "rose", "sunflower", "tulip")
    assert (train.labels.bincount().tolist(), test.labels.bincount().tolist()) == ([4] * 5, [1] * 5)


def test_other_flowers_are_refused(tmp_path):
    for name in ("daisy", "orchid"):
        for index in range(5):
            write(tmp_path / "flowers" / name / f"{index}.jpg", index)
    message = (
        "has the classes daisy, orchid. It needs exactly these subfolders: daisy, dandelion, rose, sunflower, tulip"
    )
    with pytest.raises(InputError, match=message):
        load("flowers", split="train", root=tmp_path)


def test_cifar10_is_read_from_image_files(tmp_path):
    for number, name in enumerate(CIFAR10):
        for split in ("train", "test"):
            write(tmp_path / "cifar10" / split / name / "0.jpg", number)
    test = load("cifar10_jpeg", split="test", root=tmp_path)
    assert test.classes == CIFAR10
    assert test.labels.tolist() == [*range(10)]
    assert "JPEG" in test.source


@pytest.mark.parametrize("layout", ["PetImages/Cat", "cats-vs-dogs/cats", "cats-vs-dogs/train/cat"])
def test_cats_and_dogs_are_found_in_every_usual_layout(tmp_path, layout):
    for split in ("train", "test"):
        for index in range(5):
            cat = tmp_path / layout.replace("train", split)
            write(cat / f"{index}.jpg", 10 + index)
            write(cat.with_name(cat.name.replace("cat", "dog").replace("Cat", "Dog")) / f"{index}.jpg", 20 + index)
    train = load("cats_vs_dogs", split="train", root=tmp_path)
    assert train.classes == ("cat", "dog")
    assert train.labels.bincount().tolist() == ([5, 5] if "train" in layout else [4, 4])


@pytest.mark.parametrize("name", ["tiny_imagenet", "flowers", "cats_vs_dogs", "cifar10_jpeg"])
def test_sets_that_cannot_be_downloaded_say_where_to_put_them(tmp_path, name):
    record = next(record for record in available(tmp_path) if record.name == name)
    assert not record.here
    assert "under the data root" in record.how
    assert str(record).endswith(f"missing: {record.how}")
    for download in (False, True):
        with pytest.raises(InputError) as refused:
            load(name, split="train", root=tmp_path, download=download)
        assert record.how in str(refused.value)


def test_a_line_of_the_list_says_what_there_is(tmp_path):
    lines = [str(record) for record in available(tmp_path)]
    assert lines[0].split("; ") == [
        "digits             10 classes, 1438 + 359 images of 8x8, scikit-learn (UCI optical digits, its test set)",
        "here",
    ]
    assert len({record.name for record in available()}) == len(lines)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["flowers", "cats_vs_dogs", "tiny_imagenet"])
def test_real_copies_load_and_decode_like_pillow(name):
    record = next(record for record in available() if record.name == name)
    if "RESNET_LABS_DATA" not in os.environ or not record.here:
        pytest.skip(f"RESNET_LABS_DATA does not point at a folder with {name}")
    data = load(name, split="test", size=32, limit=400)
    assert data.images.shape == (400, 3, 32, 32)
    assert len(data.labels.unique()) == record.classes
    assert 0.3 < data.images.double().mean().item() / 255 < 0.6
