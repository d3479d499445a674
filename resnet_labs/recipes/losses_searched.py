"""Lab 07: the losses side by side, each with the rate, and the margin or weight, that a search found for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from resnet_labs.recipes._recipe import Recipe, at_rate
from resnet_labs.recipes.losses import DIGITS, DIGITS_CHOICE, MINING, PHOTOS

_SHOWN = ("accuracy", "nearest_mean_accuracy", "neighbour_purity", "separation")

_ON_PHOTOGRAPHS = replace(
    PHOTOS,
    name="r4.c3.searched.photographs",
    dataset="tiny_imagenet_10",
    size=32,
    network=("cifar_resnet", {"depth": 8}),
    stand_in="a ResNet-8 and ten classes of Tiny ImageNet at 32 pixels in place of ResNet-18 and STL-10 at 96",
    chosen=(
        "Optimizer and epochs of the report, and the batch size that its log implies; for one core, a ResNet-8 and 32 "
        "pixels. Rate, margin and weight of each loss, and of each kind of mining, are the best of "
        "r4.c3.searched.choice; where the best was at the edge of the grid, the grid was widened. The search had 900 "
        "training images and 6 epochs, these runs have 5,000 and 10, and what is best there need not be best here. For "
        "hard triplets all margins tie at the best rate, so the one that was taken is arbitrary."
    ),
    shows=_SHOWN,
)
_ON_PHOTOGRAPHS_CHOICE = replace(
    _ON_PHOTOGRAPHS,
    name="r4.c3.searched.choice",
    limit=1_500,
    validation=0.4,
    config=replace(PHOTOS.config, epochs=6),
    chosen=(
        "Optimizer of the report, and the batch size that its log implies. For one core: a ResNet-8, 32 pixels, 900 "
        "training images, judged on 600 others of the training set after 6 epochs."
    ),
)
_ON_DIGITS = replace(
    DIGITS,
    name="r4.c3.searched.digits",
    chosen=(
        "300 training digits, 30 of each, so that losses can differ. Rate, margin and weight of each loss, and of each "
        "kind of mining, are the best of r4.c3.searched.digits.choice, on training images that are not among those "
        "300; where the best was at the edge of the grid, the grid was widened."
    ),
    shows=_SHOWN,
)
_ON_DIGITS_CHOICE = replace(DIGITS_CHOICE, name="r4.c3.searched.digits.choice", shows=_SHOWN)


def _one(base: Recipe, rate: float, loss: str, **knobs: Any) -> Recipe:
    return replace(at_rate(base, rate), knobs={**base.knobs, "loss": loss, **knobs})


def _grid(
    base: Recipe, *, rates: Sequence[float], margins: Sequence[float], weights: Sequence[float]
) -> tuple[Recipe, ...]:
    """Return every combination that each of the losses has."""
    return (
        *(_one(base, rate, "cross_entropy") for rate in rates),
        *(_one(base, rate, "center", weight=weight) for rate in rates for weight in weights),
        *(
            _one(base, rate, "triplet", margin=margin, mining=mining)
            for rate in rates
            for margin in margins
            for mining in MINING
        ),
    )


def _arms(
    base: Recipe,
    *,
    cross_entropy: float,
    center: tuple[float, float],
    hard: tuple[float, float],
    semihard: tuple[float, float],
    all_triplets: tuple[float, float],
) -> tuple[Recipe, ...]:
    """Return the five arms; each has its rate, and with it its weight or margin."""
    arms = (
        ("cross-entropy", cross_entropy, {"loss": "cross_entropy"}),
        ("center loss", center[0], {"loss": "center", "weight": center[1]}),
        ("hard triplets", hard[0], {"loss": "triplet", "margin": hard[1], "mining": "hard"}),
        ("semihard triplets", semihard[0], {"loss": "triplet", "margin": semihard[1], "mining": "semihard"}),
        ("all triplets", all_triplets[0], {"loss": "triplet", "margin": all_triplets[1], "mining": "all"}),
    )
    return tuple(replace(at_rate(base, rate), knobs={"arm": arm, **base.knobs, **knobs}) for arm, rate, knobs in arms)


RECIPES: dict[str, tuple[Recipe, ...]] = {
    "r4.c3.searched.digits": _arms(
        _ON_DIGITS,
        cross_entropy=3e-3,
        center=(3e-2, 0.1),
        hard=(1e-2, 0.2),
        semihard=(3e-3, 0.5),
        all_triplets=(1e-2, 1.0),
    ),
    "r4.c3.searched.photographs": _arms(
        _ON_PHOTOGRAPHS,
        cross_entropy=1e-3,
        center=(1e-3, 0.003),
        hard=(3e-5, 0.01),  # every margin that was tried gave the same
        semihard=(3e-4, 0.01),
        all_triplets=(3e-3, 0.01),
    ),
    "r4.c3.searched.choice": _grid(
        _ON_PHOTOGRAPHS_CHOICE,
        rates=(1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
        margins=(0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
        weights=(0.0003, 0.003, 0.03, 0.3),
    ),
    "r4.c3.searched.digits.choice": _grid(
        _ON_DIGITS_CHOICE,
        rates=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
        margins=(0.1, 0.2, 0.5, 1.0, 2.0),
        weights=(0.003, 0.03, 0.1, 0.3, 1.0),
    ),
}
