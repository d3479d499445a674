"""What kind of quantity a figure of a results line is, by its name: the one place that knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["share", "fraction", "positive", "real", "count"]

# The first pattern that fits the whole name decides.
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("real", r"change_\w+|\w+_gap|gain_\w+|silhouette\w*|log10_\w+"),
    ("count", r"(classes_at_zero|dead_outputs).*|trainable_parameters|old_task_images"),
    ("fraction", r"macro_(precision|recall|f_score)|accuracy_(class_\d+|low|high)|largest_share"),
    (
        "positive",
        r"\w*loss\w*|reconstruction_error|between_centers|(between|within)_classes|separation|largest_gradient_norm|seconds",
    ),
    ("share", r"(\w+_)?accuracy(_\w+)?|top\d+|train_error|\w*purity\w*"),
    ("share", r"(mlp|conv_net)(_shuffled)?|(as_reported|without_relu)(_more_epochs)?|code_relu|frozen_encoder"),
    ("share", r"(random|pretrained)_(\d+|all)|train_own_at_zero_.*"),
)

_DIFFERENCES = {  # a figure -> the two whose difference it is
    r"accuracy_gap": ("train_accuracy", "accuracy"),
    r"gain_(\w+)": (r"pretrained_\1", r"random_\1"),
    r"(\w+) - (\w+)": (r"\1", r"\2"),
}


@dataclass(frozen=True)
class Quantity:
    """What a figure is.

    Attributes:
        kind: "share" of images, whose mean over seeds `share_interval` takes; "fraction" between 0 and 1 that is no
            share of a known number of images, "positive" or "real", which `mean_interval` takes; or a "count", which
            gets no interval.
        images: whose share it is: "train", "validation", "pictured" (the images whose features are compared),
            "old_task" (images of the classes that the network was pretrained on), or "judged", the test images or,
            where there are none, the validation images.
    """

    kind: Kind
    images: Literal["train", "validation", "pictured", "old_task", "judged"] = "judged"


def parts_of(name: str) -> tuple[str, ...]:
    """Return the two figures whose difference a figure is, in that order; the figure alone if it is none.

    Equals: the stored gaps and gains, each the difference of its two stored parts.

    Example:
        >>> parts_of("accuracy_gap")
        ('train_accuracy', 'accuracy')
        >>> parts_of("train_accuracy - validation_accuracy")
        ('train_accuracy', 'validation_accuracy')
        >>> parts_of("accuracy")
        ('accuracy',)
    """
    for pattern, parts in _DIFFERENCES.items():
        if found := re.fullmatch(pattern, name):
            return tuple(found.expand(part) for part in parts)
    return (name,)


def quantity(name: str) -> Quantity | None:
    """Return what the figure of that name is; None for a name that is not known.

    Equals: the ranges of the stored figures.

    Example:
        >>> quantity("validation_accuracy")
        Quantity(kind='share', images='validation')
        >>> quantity("train_loss").kind
        'positive'
    """
    kind = next((kind for kind, pattern in _KINDS if re.fullmatch(pattern, name)), None)
    if kind is None:
        return None
    if name.startswith("train_"):
        return Quantity(kind, "train")
    if name.startswith("validation_"):
        return Quantity(kind, "validation")
    if name.startswith("old_task_"):
        return Quantity(kind, "old_task")
    return Quantity(kind, "pictured" if name.startswith("purity_") else "judged")
