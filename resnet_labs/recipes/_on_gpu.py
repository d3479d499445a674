"""The reports' experiments at the size that a GPU ends in minutes, where one core takes hours.

`resnet-labs gpu` runs them. Without ImageNet's weights the networks are pretrained on Tiny ImageNet's last 100 classes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from resnet_labs.recipes import cats_vs_dogs, flowers, losses_searched, recipe, transfer
from resnet_labs.recipes._fine_tuned import OTHER_CLASSES
from resnet_labs.recipes._recipe import Recipe
from resnet_labs.recipes._search import Search

SIZE = 64  # Tiny ImageNet's own
PRETRAINING = {"pretraining_images": 18_000, "pretraining_epochs": 40, "pretraining_rate": 1e-3}
_INSTEAD = "trained on 100 classes of Tiny ImageNet at 64 pixels"
_USUAL = (
    "Pretraining: 40 epochs of AdamW at 1e-3 with a cosine on 18,000 photographs of Tiny ImageNet's last 100 classes, "
    "which are usual values; nothing was tuned. old_task_accuracy_before is its accuracy on the 5,000 validation "
    "images of its 100 classes."
)


def _with(base: Recipe, *, rate: float | None = None, knobs: dict[str, Any] | None = None, **changes: Any) -> Recipe:
    """Return a recipe with another learning rate and further knobs; pretraining is the one of this module."""
    merged = {**base.knobs, **(knobs or {})}
    if "pretraining_images" in merged:
        merged |= PRETRAINING
    config = base.config if rate is None else replace(base.config, learning_rate=rate)
    return replace(base, config=config, knobs=merged, **changes)


def _rate(one: Recipe) -> float:
    return one.config.learning_rate


def _transfer_table() -> Search:
    told_by = ("method", "weights")
    shared: dict[str, Any] = {
        "network": ("resnet50", {}),
        "size": SIZE,
        "stand_in": f"a ResNet-50 {_INSTEAD} in place of ResNet-152 with ImageNet weights",
        "chosen": f"{_USUAL} The rate of each row is the best of its own in r0.transfer_table.choice.resnet50, on "
        "2,000 training images, judged on 4,000 others of the training set.",
    }
    tried = transfer.RECIPES["r0.transfer_table.choice"]
    choice = tuple(_with(one, name="r0.transfer_table.choice.resnet50", **shared) for one in tried)
    rows = transfer.RECIPES["r0.transfer_table.photographs"]
    candidates = tuple(
        _with(row, rate=_rate(one), **shared, limit=None, batch_size=128)
        for row in rows
        for one in tried
        if all(row.knobs[name] == one.knobs[name] for name in told_by)
    )
    return Search(choice=choice, candidates=candidates, told_by=told_by)


def _two_depths() -> Search:
    (tried, *_), (arm, *_) = cats_vs_dogs.RECIPES["r1.c6.choice"], cats_vs_dogs.RECIPES["r1.c6.fine_tuned"]
    shared: dict[str, Any] = {
        "size": SIZE,
        "stand_in": f"ResNet-18 and ResNet-50 {_INSTEAD} in place of ImageNet weights; cats and dogs are real, at 64 "
        "pixels",
        "chosen": f"{_USUAL} Then three epochs on cats and dogs, as in the report. The rate of each depth is the best "
        "of its own in r1.c6.choice.resnet, on a fifth of the training images.",
    }
    grid: list[tuple[tuple[str, dict[str, Any]], float]] = [
        ((name, {}), rate) for name in ("resnet18", "resnet50") for rate in (3e-5, 1e-4, 3e-4, 1e-3, 3e-3)
    ]
    choice = tuple(_with(tried, rate=rate, network=each, name="r1.c6.choice.resnet", **shared) for each, rate in grid)
    candidates = tuple(_with(arm, rate=rate, network=each, **shared) for each, rate in grid)
    return Search(choice=choice, candidates=candidates, told_by=("network", "depth"))


def _views() -> tuple[Recipe, ...]:
    """Return the head on cached and on live views of a pretrained network."""
    variants = {one.knobs["views"]: one for one in flowers.RECIPES["r3.c5.views"]}
    return tuple(
        _with(
            variants[views],
            rate=1e-4,
            knobs={"weights": OTHER_CLASSES, **PRETRAINING},
            network=("resnet50", {}),
            size=SIZE,
            stand_in=f"a ResNet-50 {_INSTEAD} in place of ResNet-152; the flowers are real, at 64 pixels",
            chosen=f"{_USUAL} Rate, batch size, epochs and optimizer of the head are the report's.",
        )
        for views in (5, flowers.LIVE)
    )


def _losses() -> Search:
    told_by = ("loss", "mining")
    shared: dict[str, Any] = {
        "network": ("resnet18", {}),
        "size": SIZE,
        "limit": None,
        "stand_in": "ten classes of Tiny ImageNet at 64 pixels in place of STL-10 at 96",
        "chosen": "Network, optimizer, batch size and epochs of the report. Rate, margin and weight of each loss, and "
        "of each kind of mining, are the best of r4.c3.searched.resnet18.choice: 6 epochs on 3,000 training images, "
        "judged on 2,000 others of the training set.",
    }
    # A part of the grid of one core, 56 settings of 161, since a GPU is at hand for minutes.
    tried = [
        one
        for one in losses_searched.RECIPES["r4.c3.searched.choice"]
        if 1e-4 <= _rate(one) <= 3e-3 and one.knobs.get("margin", 0.1) in (0.01, 0.1, 1.0)
    ]
    choice = tuple(_with(one, name="r4.c3.searched.resnet18.choice", **shared) for one in tried)
    (on_digits, *_) = losses_searched.RECIPES["r4.c3.searched.digits"]
    names = {
        ("cross_entropy", None): "cross-entropy",
        ("center", None): "center loss",
        ("triplet", "hard"): "hard triplets",
        ("triplet", "semihard"): "semihard triplets",
        ("triplet", "all"): "all triplets",
    }
    candidates = tuple(
        replace(
            one,
            name="r4.c3.searched.resnet18",
            validation=None,
            config=replace(one.config, epochs=10),
            knobs={"arm": names[one.knobs["loss"], one.knobs.get("mining")], **one.knobs},
            shows=on_digits.shows,
        )
        for one in choice
    )
    return Search(choice=choice, candidates=candidates, told_by=told_by)


# The learning rates that are tried, by what decides which one is good.
_RATES: dict[tuple[str, int], tuple[float, ...]] = {
    ("sgd", 8): (1e-3, 3e-3, 1e-2, 3e-2),
    ("sgd", 128): (1e-2, 3e-2, 1e-1, 3e-1),
    ("adamw", 8): (1e-4, 3e-4, 1e-3, 3e-3),
    ("adamw", 128): (3e-4, 1e-3, 3e-3, 1e-2),
}
# One arm for each; the other arms with that optimizer and batch size have the same rate.
_TRIED_ON = {
    ("sgd", 8): "r2.model_1",
    ("sgd", 128): "with large batch",
    ("adamw", 8): "without large batch",
    ("adamw", 128): "r2.model_3",
}


def _ablation() -> Search:
    """Return the ablation of r2, in which each optimizer has its own rate for each batch size."""
    shared: dict[str, Any] = {
        "network": ("resnet18", {"stem": "small"}),
        "stand_in": "a ResNet-18 in place of ResNet-152, and Tiny ImageNet's other 100 classes in place of ImageNet's "
        "weights",
        "chosen": f"{_USUAL} As r2.ablation.stand_in, with a ResNet-18 in every arm, and for each optimizer and batch "
        "size the rate that is best in r2.c3.ablation.rates, on a fifth of the 4,000 training images.",
    }
    arms = {
        one.knobs.get("arm", one.name): _with(one, **shared, knobs=PRETRAINING if one.knobs["pretrained"] else {})
        for one in recipe.RECIPES["r2.ablation.stand_in"]
        if one.name != "r2.model_2" and one.knobs.get("arm") != "with a smaller rate"
    }
    choice = tuple(
        _with(arms[arm], rate=rate, name="r2.c3.ablation.rates", validation=0.2)
        for kind, arm in _TRIED_ON.items()
        for rate in _RATES[kind]
    )
    candidates = tuple(
        _with(one, rate=rate) for one in arms.values() for rate in _RATES[one.config.optimizer, one.batch_size]
    )
    return Search(choice=choice, candidates=candidates, told_by=("optimizer", "batch_size"))


SEARCHES = {
    "r0.transfer_table.resnet50": _transfer_table(),
    "r1.c6.fine_tuned.resnet": _two_depths(),
    "r4.c3.searched.resnet18": _losses(),
    "r2.c3.ablation.searched": _ablation(),
}
RECIPES = {
    "r3.c5.views.resnet50": _views(),
    **{search.choice[0].name: search.choice for search in SEARCHES.values()},
}


def candidates() -> tuple[Recipe, ...]:
    """Return every recipe that a search may choose."""
    return tuple(one for search in SEARCHES.values() for one in search.candidates)
