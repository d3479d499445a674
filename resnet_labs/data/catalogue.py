"""The data sets known by name, and how each is read, found and fetched."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from resnet_labs.data import folder, image_sets, mnist, procedural, tiny_imagenet, torchvision_sets
from resnet_labs.data.images import ImageData
from resnet_labs.data.listing import Listing
from resnet_labs.data.splits import split as split_data


@dataclass(frozen=True)
class Entry:
    """A data set. Counts are None if they depend on the folder.

    Attributes:
        read: takes the root, the split and the seed.
        present: takes the root; None if the images come with the package.
        download: takes the root; None if the package cannot fetch them.
        fault: takes the root; says what is wrong with files that are there.
        how: how to get them, if the package cannot fetch them.
        megabytes: size of the download; None if there is none.
    """

    num_classes: int | None
    num_train: int | None
    num_test: int | None
    size: int | None
    origin: str
    read: Callable[[Path, str, int], ImageData | Listing]
    present: Callable[[Path], bool] | None = None
    download: Callable[[Path], None] | None = None
    fault: Callable[[Path], str] = lambda root: ""
    how: str = ""
    megabytes: int | None = None


def _digits(root: Path, split: str, seed: int) -> ImageData:
    from sklearn.datasets import load_digits

    sheet = load_digits()
    images = torch.from_numpy(np.rint(sheet.images * (255 / 16)).astype(np.uint8))[:, None]
    labels = torch.from_numpy(sheet.target).long()
    whole = ImageData(images, labels, tuple(str(digit) for digit in range(10)), f"scikit-learn digits, {split} split")
    train, test = split_data(whole, [0.8, 0.2])  # one split for all seeds, as if it were official
    return train if split == "train" else test


def _made(name: str) -> Entry:
    return Entry(
        len(procedural.SETS[name]),
        procedural.NUM_TRAIN,
        procedural.NUM_TEST,
        32,
        "made by a formula; the seed draws the images",
        lambda root, split, seed: procedural.read(name, split, seed),
    )


def _torchvision(
    name: str,
    num_classes: int,
    num_train: int,
    num_test: int,
    size: int,
    read: Callable[[Path, str], ImageData],
    *,
    megabytes: int,
) -> Entry:
    return Entry(
        num_classes,
        num_train,
        num_test,
        size,
        "torchvision",
        lambda root, split, seed: read(root, split),
        present=partial(torchvision_sets.present, name),
        download=partial(torchvision_sets.download, name),
        megabytes=megabytes,
    )


def _tiny_imagenet(num_classes: int, read: Callable[[Path, str, int], Listing]) -> Entry:
    return Entry(
        num_classes,
        num_classes * 500,
        num_classes * 50,
        64,
        "Stanford CS231n",
        read,
        present=tiny_imagenet.present,
        fault=tiny_imagenet.fault,
        how="unpack http://cs231n.stanford.edu/tiny-imagenet-200.zip under the data root",
    )


ENTRIES: dict[str, Entry] = {
    "digits": Entry(10, 1438, 359, 8, "scikit-learn (UCI optical digits, its test set)", _digits),
    **{name: _made(name) for name in procedural.SETS},
    "mnist": Entry(
        10,
        60_000,
        10_000,
        28,
        "torchvision",
        lambda root, split, seed: mnist.read(root, split),
        present=mnist.present,
        download=mnist.download,
        fault=mnist.fault,
        megabytes=12,
    ),
    "cifar10": _torchvision(
        "cifar10", 10, 50_000, 10_000, 32, partial(torchvision_sets.read_cifar, "cifar10"), megabytes=170
    ),
    "cifar100": _torchvision(
        "cifar100", 100, 50_000, 10_000, 32, partial(torchvision_sets.read_cifar, "cifar100"), megabytes=169
    ),
    "stl10": _torchvision("stl10", 10, 5_000, 8_000, 96, torchvision_sets.read_stl10, megabytes=2640),
    "tiny_imagenet": _tiny_imagenet(200, tiny_imagenet.read_tiny_imagenet),
    "tiny_imagenet_100": _tiny_imagenet(100, tiny_imagenet.read_first_hundred),
    "tiny_imagenet_last_100": _tiny_imagenet(100, tiny_imagenet.read_last_hundred),
    "tiny_imagenet_10": _tiny_imagenet(10, tiny_imagenet.read_like_stl10),
    "cifar10_jpeg": Entry(
        10,
        None,
        None,
        32,
        "CIFAR-10 as image files; JPEG loses detail, so accuracies are not CIFAR-10's",
        image_sets.read_cifar10_jpeg,
        present=lambda root: os.path.isdir(root / "cifar10"),
        how="put train/ and test/, each with the ten class folders, into cifar10/ under the data root",
    ),
    "flowers": Entry(
        5,
        None,
        None,
        None,
        "Kaggle flowers recognition, or TensorFlow's flower_photos",
        image_sets.read_flowers,
        present=lambda root: os.path.isdir(root / "flowers"),
        how=f"put its five folders ({', '.join(image_sets.FLOWERS)}) into flowers/ under the data root",
    ),
    "cats_vs_dogs": Entry(
        2,
        None,
        None,
        None,
        "Kaggle and Microsoft cats and dogs",
        image_sets.read_cats_and_dogs,
        present=lambda root: any(os.path.isdir(root / name) for name in image_sets.CATS_AND_DOGS),
        how=(
            "unpack the archive, so that PetImages/Cat and PetImages/Dog are under the data root, and delete "
            "Cat/666.jpg and Dog/11702.jpg, which are broken in it"
        ),
    ),
    "folder": Entry(
        None,
        None,
        None,
        None,
        "your own images",
        folder.read,
        present=lambda root: False,
        how="write load('folder', root=FOLDER), with one subfolder per class",
    ),
}
