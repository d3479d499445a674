"""What is known of data sets: classes, images, sides, and what a report states of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from resnet_labs.reports.audit.form import Experiment
from resnet_labs.reports.audit.trace import Trace


@dataclass(frozen=True)
class KnownSet:
    """A data set as its authors published it.

    Attributes:
        classes: how many there are.
        images: labelled images of each part; a part without public labels is in `unlabelled`.
        pixels: a side; None if images have many sizes.
        class_sizes: images of each class of a part, where they are not all the same.
        folds: published folds of a part: how many, and of how many images.
        source: where this is written.
    """

    name: str
    classes: int
    images: Mapping[str, int]
    pixels: int | None
    source: str
    class_sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    unlabelled: Mapping[str, int] = field(default_factory=dict)
    folds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    balanced: bool = True

    def sizes(self, part: str) -> tuple[int, ...] | None:
        """Return the images of each class of a part, None where that is not known."""
        if part in self.class_sizes:
            return self.class_sizes[part]
        number = self.images.get(part)
        return (number // self.classes,) * self.classes if number and self.balanced else None


_MNIST_TRAIN = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
_MNIST_TEST = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
_SETS = (
    KnownSet(
        "MNIST",
        10,
        {"train": 60_000, "test": 10_000},
        28,
        "LeCun et al. 1998; classes counted from its label files",
        {"train": _MNIST_TRAIN, "test": _MNIST_TEST},
    ),
    KnownSet("Fashion-MNIST", 10, {"train": 60_000, "test": 10_000}, 28, "Xiao et al. 2017"),
    KnownSet("CIFAR-10", 10, {"train": 50_000, "test": 10_000}, 32, "Krizhevsky 2009"),
    KnownSet("CIFAR-100", 100, {"train": 50_000, "test": 10_000}, 32, "Krizhevsky 2009"),
    KnownSet(
        "STL-10",
        10,
        {"train": 5_000, "test": 8_000},
        96,
        "Coates et al. 2011",
        unlabelled={"train": 100_000},
        folds={"train": (10, 1_000)},
    ),
    KnownSet(
        "Tiny ImageNet",
        200,
        {"train": 100_000, "validation": 10_000},
        64,
        "Stanford CS231n, tiny-imagenet-200",
        unlabelled={"test": 10_000},
    ),
    KnownSet(
        "ImageNet",
        1_000,
        {"train": 1_281_167, "validation": 50_000},
        None,
        "Russakovsky et al. 2015",
        unlabelled={"test": 100_000},
        balanced=False,
    ),
    KnownSet("SVHN", 10, {"train": 73_257, "test": 26_032}, 32, "Netzer et al. 2011", balanced=False),
    KnownSet("Digits", 10, {"train": 1_797}, 8, "scikit-learn, load_digits; no official split", balanced=False),
    KnownSet(
        "Cats vs dogs",
        2,
        {"train": 25_000},
        None,
        "Kaggle, Dogs vs. Cats, 2013",
        unlabelled={"test": 12_500},
    ),
)

VERSIONS = {  # sets of one name that were published with different numbers of images
    "flowers5": (
        (2_848, "OpenMMLab's tutorials"),
        (3_670, "TensorFlow's flower_photos"),
        (4_317, "Kaggle's flowers recognition"),
    )
}


def like(classes: int | None, images: int, but: KnownSet | None) -> KnownSet | None:
    """Return another data set that has so many classes and training images."""
    return next(
        (each for each in _SETS if each != but and (each.classes, each.images.get("train")) == (classes, images)), None
    )


def of_side(pixels: int, but: KnownSet) -> KnownSet | None:
    """Return another data set with images of that side and as many classes."""
    return next((each for each in _SETS if each != but and (each.pixels, each.classes) == (pixels, but.classes)), None)


def known(name: str | None) -> KnownSet | None:
    """Return a data set by name, whatever its spelling; None if it is not in the table.

    Example:
        >>> known("tiny_imagenet").classes
        200
    """

    def plain(text: str) -> str:
        return re.sub(r"[^a-z0-9]", "", text.lower()).removesuffix("200")

    return next((each for each in _SETS if name and plain(each.name) == plain(name)), None)


def traces(name: str, experiment: Experiment) -> Iterator[Trace]:
    """Yield where an experiment states more images, more classes or other folds than its data set has."""
    facts = known(experiment.dataset)
    for part, (number, images) in experiment.folds.items():
        yield from _folds(name, experiment, part, number, images)
    for part, each in experiment.class_images.items():
        whole = experiment.images.get(part)
        if whole and experiment.classes and each * experiment.classes != whole:
            product = f"{each:,} images of each of {experiment.classes} classes are {each * experiment.classes:,}"
            says = f"{product}, and {whole:,} are stated"
            yield Trace("contradiction", "known_sets", f"{name}.class_images.{part}", says)
    if facts is None:
        return
    source = f"the data set is {facts.name} as published ({facts.source})"
    for part, number in experiment.images.items():
        there = facts.images.get(part, 0) + facts.unlabelled.get(part, 0)
        whole = sum(facts.images.values())
        if number > max(there, whole if part == "train" else 0, there if there else whole):
            says = f"{facts.name} has {there:,} {part} images, and {number:,} are stated"
            yield Trace("false", "known_sets", f"{name}.images.{part}", says, source)
        elif number > facts.images.get(part, whole):
            labelled = f"{facts.name} has labels for {facts.images.get(part, 0):,} {part} images only"
            says = f"{labelled}, and {number:,} are stated"
            yield Trace("false", "known_sets", f"{name}.images.{part}", says, source)
    if experiment.classes and experiment.classes > facts.classes:
        says = f"{facts.name} has {facts.classes} classes, and {experiment.classes} are stated"
        yield Trace("false", "known_sets", f"{name}.classes", says, source)
    if experiment.pixels and facts.pixels and experiment.pixels < facts.pixels:
        says = (
            f"images of {facts.name} have {facts.pixels} pixels a side, and {experiment.pixels} are stated: they were "
            "made smaller, or are of another set"
        )
        yield Trace("follows", "known_sets", f"{name}.pixels", says, source, "the code that loads the images")
    elif experiment.pixels and facts.pixels and experiment.pixels > facts.pixels:
        says = f"images of {facts.name} have {facts.pixels} pixels a side: they were enlarged to {experiment.pixels}"
        yield Trace("follows", "known_sets", f"{name}.pixels", says, source)


def _folds(name: str, experiment: Experiment, part: str, number: int, images: int) -> Iterator[Trace]:
    place, facts = f"{name}.folds.{part}", known(experiment.dataset)
    whole = experiment.images.get(part)
    if whole and images > whole:
        says = f"a fold of {images:,} images is larger than the {whole:,} images of the part"
        yield Trace("contradiction", "known_sets", place, says)
    if facts and facts.folds.get(part, (number, images)) != (number, images):
        folds, each = facts.folds[part]
        says = f"{facts.name} has {folds} folds of {each:,} {part} images, and {number} of {images:,} are stated"
    elif facts and part not in facts.folds:
        says = f"{facts.name} has no folds of its {part} images, and {number} of {images:,} are stated"
    else:
        return
    if facts.images.get(part) == facts.classes * images:
        says += f"; {images:,} are the images of one class"
    yield Trace("false", "known_sets", place, says, f"the data set is {facts.name} as published ({facts.source})")
