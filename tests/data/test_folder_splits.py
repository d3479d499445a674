"""load("folder"): split folders under the names that people give them, and what cannot be told apart."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from PIL import Image

from resnet_labs.data import load
from resnet_labs.errors import InputError


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path_factory.mktemp("cache")))


def grow(root: Path, *folders: str, count: int = 2) -> Path:
    """Write a few images into each of these folders; all of one folder have the number of the folder as value."""
    for number, folder in enumerate(folders):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            Image.new("RGB", (4, 4), (number,) * 3).save(root / folder / f"{index}.png")
    return root


def values(root: Path, split: str) -> list[int]:
    return sorted(set(load("folder", root=root, split=split).images[:, 0, 0, 0].tolist()))


PAIRS = [
    ("train", "valid"),
    ("Training", "Testing"),
    ("training_set", "test_set"),
    ("TRAIN", "TEST"),
    ("train", "dev"),
    ("train", "eval"),
    ("tr", "te"),
    ("trainset", "testset"),
    ("trainData", "testData"),
    ("training-data", "validation-data"),
    ("dataset_train", "dataset_test"),
    ("train_images", "test_images"),
    ("images.train", "images.val"),
    ("train2017", "val2017"),
    ("1_train", "2_test"),
    ("seg_train", "seg_test"),
    ("cats_and_dogs_train", "cats_and_dogs_test"),
    ("trainval", "test"),
    ("Train Set", "Test Set"),
    ("train", "holdout"),
]


@pytest.mark.parametrize(("train", "test"), PAIRS)
def test_split_folders_are_known_by_many_names(tmp_path, train, test):
    grow(tmp_path, f"{train}/cat", f"{train}/dog", f"{test}/cat", f"{test}/dog")
    assert load("folder", root=tmp_path, split="train").classes == ("cat", "dog")
    assert (values(tmp_path, "train"), values(tmp_path, "test")) == ([0, 1], [2, 3])


@pytest.mark.parametrize("wrapper", ["archive", "dataset/images", "My set v2"])
def test_a_single_folder_around_the_set_is_opened(tmp_path, wrapper):
    grow(tmp_path / "a" / wrapper, "train/cat", "train/dog", "test/cat", "test/dog")
    (tmp_path / "a" / "__MACOSX").mkdir()
    (tmp_path / "a" / "__MACOSX" / "._0.png").write_bytes(b"Mac OS X")
    assert values(tmp_path / "a", "test") == [2, 3]
    grow(tmp_path / "b" / wrapper, "cat", "dog", count=5)
    assert load("folder", root=tmp_path / "b", split="train").labels.tolist() == [0] * 4 + [1] * 4


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("seg_train", "seg_test"), ("training", "valid")])
def test_a_split_folder_inside_the_split_folder_is_opened(tmp_path, train, test):
    grow(tmp_path, *(f"{name}/{name}/{kind}" for name in (train, test) for kind in ("cat", "dog")))
    assert (values(tmp_path, "train"), values(tmp_path, "test")) == ([0, 1], [2, 3])


@pytest.mark.parametrize("folder", ["valid", "val", "Validation"])
def test_of_three_splits_the_one_that_no_load_reads_is_named(tmp_path, folder):
    grow(tmp_path, *(f"{name}/{kind}" for name in ("train", "test", folder) for kind in ("cat", "dog")))
    with pytest.warns(UserWarning, match=rf"folder '{folder}' with 4 images \('test' is the test split\)") as said:
        assert values(tmp_path, "test") == [2, 3]
    assert len(said) == 1
    assert values(tmp_path, "train") == [0, 1]  # it was said once


@pytest.mark.parametrize(
    "folders",
    [
        ("train/cat", "train/dog", "training/cat", "training/dog", "test/cat", "test/dog"),
        ("train/cat", "train/dog", "test1/cat", "test1/dog", "test2/cat", "test2/dog"),
        ("train/cat", "train/dog", "Train/cat", "Train/dog"),
        ("train/cat", "train/dog", "cat", "dog"),
        ("cat", "dog", "test/cat", "test/dog"),
        ("bus", "car", "train/freight", "train/passenger"),
        ("fold_1/cat", "fold_1/dog", "fold_2/cat", "fold_2/dog", "fold_3/cat", "fold_3/dog"),
        ("color/apple", "color/pear", "grayscale/apple", "grayscale/pear"),
        ("cat/train", "cat/val", "dog/train", "dog/val"),
        ("valid/cat", "valid/dog", "test/cat", "test/dog"),
        ("Cat", "cat", "dog"),
        ("1/cat", "1/dog", "2/cat", "2/dog", "2/bird"),
        ("entrenamiento/gato", "entrenamiento/perro", "prueba/gato", "prueba/perro"),
        ("trainingSet/trainingSet/0", "trainingSet/trainingSet/1", "trainingSample/0", "trainingSample/1"),
    ],
)
def test_what_cannot_be_told_apart_is_an_error_that_names_the_folders(tmp_path, folders):
    grow(tmp_path, *folders)
    for split in ("train", "test"):
        with pytest.raises(InputError) as refused:
            load("folder", root=tmp_path, split=split)
    named = [name for name in {folder.split("/")[0] for folder in folders} if f"'{name}'" in str(refused.value)]
    assert len(named) >= 2, str(refused.value)


@pytest.mark.parametrize(
    "folders", [("train", "test"), ("train", "valid", "test1"), ("my_training_set", "my_test_set")]
)
def test_split_folders_without_class_folders_are_no_classes(tmp_path, folders):
    grow(tmp_path, *folders)
    with pytest.raises(InputError, match="no class folders") as refused:
        load("folder", root=tmp_path, split="train")
    assert all(f"'{name}'" in str(refused.value) for name in folders)


@pytest.mark.parametrize("inner", [("train", "val"), ("Training", "Testing"), ("a_train", "a_test")])
def test_a_class_folder_that_holds_splits_is_an_error(tmp_path, inner):
    grow(tmp_path, *(f"images/{name}" for name in inner), "masks")
    with pytest.raises(
        InputError, match=rf"'images' in .* holds '{inner[1]}', '{inner[0]}'|holds '{inner[0]}', '{inner[1]}'"
    ):
        load("folder", root=tmp_path, split="train")


def test_an_unlabelled_test_folder_is_no_class_whatever_the_set_is_called(tmp_path):
    """As in Kaggle's ASL alphabet."""
    grow(tmp_path, "asl_train/asl_train/A", "asl_train/asl_train/B", "asl_test/asl_test")
    with pytest.warns(UserWarning, match=r"folder 'asl_test' with 2 images \(no class folders in it\)"):
        assert load("folder", root=tmp_path, split="train").classes == ("A", "B")
    with pytest.raises(InputError, match="no test folder with class folders beside 'asl_train'"):
        load("folder", root=tmp_path, split="test")


def test_a_second_training_folder_under_a_longer_name_is_named(tmp_path):
    grow(tmp_path, *(f"{name}/{kind}" for name in ("train", "test", "train_small") for kind in ("cat", "dog")))
    with pytest.warns(UserWarning, match=r"folder 'train_small' with 4 images \('train' is the training split\)"):
        assert values(tmp_path, "train") == [0, 1]


@pytest.mark.parametrize("odd", ["train", "test"])
def test_a_training_folder_alone_gives_the_training_split_only(tmp_path, odd):
    grow(tmp_path, f"{odd}/cat", f"{odd}/dog")
    if odd == "train":
        assert values(tmp_path, "train") == [0, 1]
    with pytest.raises(InputError, match="'test'" if odd == "test" else "no test folder .*'train'"):
        load("folder", root=tmp_path, split="test")


@pytest.mark.parametrize(
    "folders",
    [
        ("bus", "car", "train"),
        ("train_station", "test_tube", "valid_ticket"),
        ("attest", "strain", "evaluate me"),
        ("walk", "run", "fig"),
        ("de", "en", "tr"),
    ],
)
def test_classes_that_only_sound_like_splits_stay_classes(tmp_path, folders):
    grow(tmp_path, *folders, count=5)
    assert load("folder", root=tmp_path, split="train").classes == tuple(sorted(folders))


def test_a_class_called_like_a_split_is_one_inside_the_splits(tmp_path):
    names = ("bus", "logs", "train", "valid")
    grow(tmp_path, *(f"{split}/{name}" for split in ("train", "test") for name in names))
    assert load("folder", root=tmp_path, split="test").classes == names


@pytest.mark.parametrize(
    ("train", "test"),
    [(("Cat", "Dog"), ("cat", "dog")), (("cat", "DOG"), ("Cat", "dog")), (("caf\u00e9", "zoo"), ("cafe\u0301", "zoo"))],
)
def test_classes_of_both_splits_are_the_same_whatever_their_case_and_accents(tmp_path, train, test):
    grow(tmp_path, *(f"train/{name}" for name in train), *(f"test/{name}" for name in test))
    data = load("folder", root=tmp_path, split="test")
    assert (data.classes, data.labels.tolist()) == (tuple(sorted(train)), [0, 0, 1, 1])
    order = sorted(range(2), key=lambda index: train[index])
    assert data.images[::2, 0, 0, 0].tolist() == [2 + index for index in order]


def test_a_sound_set_says_nothing(tmp_path):
    grow(tmp_path, "train/cat", "train/dog", "valid/cat", "valid/dog")
    for name in (".DS_Store", "train/Thumbs.db", "train/cat/desktop.ini", "README.roboflow.txt", "data.yaml"):
        (tmp_path / name).write_bytes(b"something")
    (tmp_path / "train" / "cat" / "._0.png").write_bytes(b"Mac OS X")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load("folder", root=tmp_path, split="train")) == 4
