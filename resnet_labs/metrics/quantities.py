"""What kind of quantity a figure of a results line is, by its name: the one place that knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["share", "fraction", "positive", "real", "count"]

# The first pattern that fits the whole name decides.
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("real", r"change_.*|.*_gap|gain_.*|silhouette.*|log10_.*"),
    ("count", r"(classes_at_zero|dead_outputs).*|trainable_parameters"),
    (
        "fraction",
        r"macro_(precision|recall|f_score)|accuracy_(class_\d+|low|high)|largest_share|old_task_accuracy(_before)?",
    ),
    (
        "positive",
        r".*loss.*|reconstruction_error|between_centers|(between|within)_classes|separation|largest_gradient_norm",
    ),
    ("share", r"(.*_)?accuracy(_.*)?|top\d+|train_error|.*purity.*"),
    ("share", r"(mlp|conv_net)(_shuffled)?|(as_reported|without_relu)(_more_epochs)?|code_relu|frozen_encoder"),
    ("share", r"(random|pretrained)_(\d+|all)|train_own_at_zero_.*"),
)


@dataclass(frozen=True)
class Quantity:
    """What a figure is.

    Attributes:
        kind: "share" of images, whose mean over seeds `share_interval` takes; "fraction" between 0 and 1 that is no
            share of a known number of images, "positive" or "real", which `mean_interval` takes; or a "count", which
            gets no interval.
        images: whose share it is: "train", "validation", "pictured" (the images whose features are compared), or
            "judged", the test images or, where there are none, the validation images.
    """

    kind: Kind
    images: Literal["train", "validation", "pictured", "judged"] = "judged"


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
    return Quantity(kind, "pictured" if name.startswith("purity_") else "judged")
