"""Lab 05: how much of a pretrained network must be retrained (report r0), on CIFAR-10 and on stand-ins."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from resnet_labs import data, runtime
from resnet_labs.data import ImageData
from resnet_labs.features import embed, neighbour_purity, silhouette, stage_features
from resnet_labs.recipes._fine_tuned import OTHER_CLASSES, fine_tune, fine_tune_on
from resnet_labs.recipes._recipe import Recipe, Run, figures, results_line, train
from resnet_labs.recipes.stand_in_network import SIZE
from resnet_labs.recipes.transfer_networks import METHODS, network_for, preparation, train_only_
from resnet_labs.results import Result
from resnet_labs.train import History, TrainConfig, evaluate

STAND_IN = (
    "twelve procedural classes in place of CIFAR-10, and a small ResNet trained on twelve others in place of "
    "ResNet-152 with ImageNet weights"
)


def train_part(recipe: Recipe, run: Run) -> Result:
    """Train the parts that the recipe's method trains; measure accuracy on training, validation and test images."""
    parts = _parts(recipe, run)
    model, history = _trained(recipe, run, parts["train"])
    judged = {part: evaluate(model, _batches(recipe, images)) for part, images in parts.items()}
    measured = {
        "validation_accuracy": judged["validation"].accuracy,
        **figures(judged["test"]),
        "train_accuracy": judged["train"].accuracy,
        "trainable_parameters": sum(weight.numel() for weight in model.parameters() if weight.requires_grad),
    }
    return results_line(recipe, run, history, parts, measured)


def choose_part(recipe: Recipe, run: Run) -> Result:
    """Train the parts that the recipe's method trains; measure accuracy on validation images alone."""
    parts = {name: images for name, images in _parts(recipe, run).items() if name != "test"}
    model, history = _trained(recipe, run, parts["train"])
    return results_line(recipe, run, history, parts, figures(evaluate(model, _batches(recipe, parts["validation"]))))


def measure_clusters(recipe: Recipe, run: Run) -> Result:
    """Measure purity and silhouette of test features by stage, and in the plane, before and after fine-tuning."""
    parts = _parts(recipe, run)
    started = time.perf_counter()
    test_set, num_classes = parts["test"], len(parts["train"].classes)
    pictured = test_set.subset(range(min(recipe.knobs["pictured"], len(test_set))))
    random = network_for(recipe.knobs["random"], num_classes, seed=run.seed)
    model = network_for(recipe.knobs["weights"], num_classes, seed=run.seed)
    shown = _batches(recipe, pictured)
    measured = {**_clusters(random, shown, "random", run.seed), **_clusters(model, shown, "before", run.seed)}
    history = train(model, _batches(recipe, parts["train"], run.seed), recipe, run)
    measured |= _clusters(model, shown, "after", run.seed)
    return results_line(recipe, run, history, parts, measured, seconds=time.perf_counter() - started)


def fine_tune_part(recipe: Recipe, run: Run) -> Result:
    """Train the parts that the recipe's method trains, on small photographs; measure as `train_part`."""
    return fine_tune_on(recipe, run, _parts(recipe, run))


def _trained(recipe: Recipe, run: Run, images: ImageData) -> tuple[nn.Module, History]:
    """Return the recipe's network after training the parts that its method trains, and the history."""
    model = network_for(recipe.knobs["weights"], len(images.classes), seed=run.seed)
    train_only_(model, recipe.knobs["method"])
    return model, train(model, _batches(recipe, images, run.seed), recipe, run)


def _parts(recipe: Recipe, run: Run) -> dict[str, ImageData]:
    """Return training, validation and test images; the seed decides which training images are used."""
    whole = data.load(recipe.dataset, split="train", root=run.root, size=recipe.size)
    test_set = data.load(recipe.dataset, split="test", root=run.root, size=recipe.size)
    assert recipe.validation is not None
    train_set, validation_set = data.split(whole, (1 - recipe.validation, recipe.validation))
    if recipe.limit is not None:
        (train_set,) = data.split(train_set, (recipe.limit / len(train_set),), seed=run.seed)
    return {"train": train_set, "validation": validation_set, "test": test_set}


def _batches(recipe: Recipe, images: ImageData, seed: int | None = None) -> data.Batches:
    """Return batches for the recipe's network; with a seed, shuffled for training."""
    prepare, device = preparation(recipe.knobs["weights"]), runtime.default_device()
    return data.Batches(
        images, recipe.batch_size, augment=prepare, shuffle=seed is not None, device=device, seed=seed or 0
    )


def _clusters(model: nn.Module, pictured: data.Batches, when: str, seed: int) -> dict[str, float]:
    stages = [name for name, _ in model.named_children() if name.startswith("layer")]
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in stages}
    for images, _ in pictured:
        for name, maps in stage_features(model, images, stages).items():
            rows[name].append(maps.mean((2, 3)).float().cpu())
    features = {name: torch.cat(parts) for name, parts in rows.items()}
    labels = pictured.data.labels
    found = {f"purity_{name}_{when}": neighbour_purity(features[name], labels) for name in stages}
    last = features[stages[-1]]
    found[f"silhouette_{stages[-1]}_{when}"] = silhouette(last, labels)
    for method in ("tsne", "umap"):
        found[f"purity_{method}_{when}"] = neighbour_purity(embed(last, method, seed=seed), labels)
    return found


_TABLE = Recipe(
    name="r0.transfer_table",
    dataset="cifar10",
    size=32,
    network=("resnet152", {"num_classes": 10}),
    batch_size=128,
    validation=0.1,
    config=TrainConfig(epochs=10, learning_rate=1e-4, optimizer="adamw", schedule="cosine", precision="fp32"),
    chosen=(
        "The report names a pretrained ResNet-152 and CIFAR-10 for the table, but no image size, batch, optimizer, "
        "rate or epochs, and not what it was pretrained on; ImageNet is usual. "
        "Batch 128 is that of its feature maps, whose shapes are those of 224 pixels; its frozen head was trained for "
        "10 epochs. AdamW with 1e-3 for a head alone and 1e-4 for pretrained layers is usual, and not chosen on data: "
        "the weights were not available when this was written. Validation is a tenth cut from the training set."
    ),
    run=train_part,
    shows=("validation_accuracy", "accuracy"),
)

# The target classes at 24 pixels, as in the lab's fast mode.
_STAND_IN = replace(
    _TABLE,
    name="r0.c7",
    dataset="procedural_target",
    network=("stand_in", {}),
    size=SIZE,
    batch_size=32,
    validation=0.125,
    config=replace(_TABLE.config, epochs=5, learning_rate=1e-2),
    chosen=(
        "The rate of each row is the best of its own in r0.c7.choice, on the same 600 validation images, cut from the "
        "training set; a random network's head guesses at every rate that was tried, and has the pretrained one's. "
        "Fewer epochs over more images: 20 over 120, 3 over 4,200."
    ),
    stand_in=STAND_IN,
    shows=("validation_accuracy", "accuracy", "train_accuracy"),
)

_STAND_IN_CHOICE = replace(_STAND_IN, name="r0.c7.choice", run=choose_part, shows=("accuracy",))

_EPOCHS = {120: 20, 240: 10, 960: 5, 4200: 3}  # by training images: fewer passes over more images


def _variant(base: Recipe, method: str, weights: str, rate: float, **changes: Any) -> Recipe:
    config = replace(
        base.config, learning_rate=rate, **({"epochs": changes.pop("epochs")} if "epochs" in changes else {})
    )
    return replace(base, config=config, knobs={"method": method, "weights": weights}, **changes)


def _table(base: Recipe, weights: str, random: str, rates: Sequence[float], **changes: Any) -> tuple[Recipe, ...]:
    """Return the four rows of the report's table, each with its rate."""
    rows = (
        ("linear_probe_random", "linear_probe", random),
        ("linear_probe_pretrained", "linear_probe", weights),
        ("last_block", "last_block", weights),
        ("full_fine_tuning", "full_fine_tuning", weights),
    )
    return tuple(
        _variant(base, method, origin, rate, name=f"r0.transfer_table.{row}", **changes)
        for (row, method, origin), rate in zip(rows, rates, strict=True)
    )


# On one core, a network that pretrains in three minutes.
_PRETRAINING = {"pretraining_images": 20_000, "pretraining_epochs": 3, "pretraining_rate": 5e-3}
_PHOTOGRAPHS = replace(
    _TABLE,
    network=("cifar_resnet", {"depth": 8}),
    batch_size=64,
    limit=2_000,
    config=replace(_TABLE.config, epochs=4),
    chosen=(
        "What one core ends in minutes: a ResNet-8, trained for 3 epochs on 20,000 photographs of Tiny ImageNet's last "
        "100 classes (nearly all of them things and food), then 4 epochs with crop and flip on 2,000 images of "
        "CIFAR-10. The rate of each row is the best of its own in r0.transfer_table.choice, on 4,000 other training "
        "images. old_task_accuracy_before is the pretrained network's own accuracy on the 5,000 validation images of "
        "its 100 classes."
    ),
    stand_in="a ResNet-8 trained on 100 classes of Tiny ImageNet in place of ResNet-152 with ImageNet weights",
    run=fine_tune_part,
    shows=("validation_accuracy", "accuracy", "train_accuracy"),
)
_PHOTOGRAPHS_CHOICE = replace(
    _PHOTOGRAPHS,
    name="r0.transfer_table.choice",
    limit=6_000,
    validation=2 / 3,
    run=fine_tune,
    shows=("accuracy", "train_accuracy"),
)


def _with_pretraining(recipes: Iterable[Recipe]) -> tuple[Recipe, ...]:
    """Return the recipes, those on pretrained weights with the settings of the pretraining."""

    def pretrained(recipe: Recipe) -> Recipe:
        shows = *recipe.shows, "old_task_accuracy_before"
        return replace(recipe, knobs=recipe.knobs | _PRETRAINING, shows=shows)

    return tuple(pretrained(recipe) if recipe.knobs["weights"] == OTHER_CLASSES else recipe for recipe in recipes)


_PHOTOGRAPHS_RATES: dict[tuple[str, str], tuple[float, ...]] = {
    ("linear_probe", "random"): (1e-3, 1e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0, 30.0, 100.0),
    ("linear_probe", OTHER_CLASSES): (1e-3, 1e-2, 1e-1, 3e-1),
    ("last_block", OTHER_CLASSES): (1e-3, 3e-3, 1e-2, 3e-2),
    ("full_fine_tuning", OTHER_CLASSES): (1e-3, 3e-3, 1e-2, 3e-2),
}


_STAND_IN_RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
_RANDOM_RATES = (*_STAND_IN_RATES, 3.0, 10.0, 30.0, 100.0)
_CHOSEN_RATES = {  # by training images, in the order of METHODS
    120: (1e-2, 3e-3, 3e-3, 3e-3),
    240: (3e-1, 1e-2, 1e-2, 3e-3),
    960: (1e-1, 3e-2, 1e-2, 1e-2),
    4200: (1e-1, 1e-2, 1e-2, 1e-2),
}

RECIPES: dict[str, tuple[Recipe, ...]] = {
    "r0.transfer_table": _table(_TABLE, "IMAGENET1K_V1", "random", (1e-3, 1e-3, 1e-4, 1e-4)),
    "r0.transfer_table.stand_in": _table(
        _STAND_IN, "stand_in", "stand_in_random", [_CHOSEN_RATES[960][step] for step in (0, 0, 1, 3)], limit=960
    ),
    "r0.transfer_table.photographs": _with_pretraining(
        _table(_PHOTOGRAPHS, OTHER_CLASSES, "random", (10.0, 1e-1, 1e-2, 1e-2))
    ),
    "r0.transfer_table.choice": _with_pretraining(
        _variant(_PHOTOGRAPHS_CHOICE, method, weights, rate)
        for (method, weights), rates in _PHOTOGRAPHS_RATES.items()
        for rate in rates
    ),
    "r0.c7": tuple(
        _variant(_STAND_IN, method, "stand_in", rate, limit=limit, epochs=epochs)
        for limit, epochs in _EPOCHS.items()
        for method, rate in zip(METHODS, _CHOSEN_RATES[limit], strict=True)
    ),
    "r0.c7.choice": (
        *(
            _variant(_STAND_IN_CHOICE, method, "stand_in", rate, limit=limit, epochs=epochs)
            for limit, epochs in _EPOCHS.items()
            for method in METHODS
            for rate in _STAND_IN_RATES
        ),
        *(_variant(_STAND_IN_CHOICE, "linear_probe", "stand_in_random", rate, limit=960) for rate in _RANDOM_RATES),
    ),
    "r0.c8": (
        replace(
            _STAND_IN,
            name="r0.c8",
            limit=960,
            knobs={"method": "full_fine_tuning", "weights": "stand_in", "random": "stand_in_random", "pictured": 600},
            run=measure_clusters,
            shows=(
                *("purity_layer3_random", "purity_layer3_before", "purity_layer3_after"),
                *("purity_tsne_before", "purity_tsne_after", "purity_umap_before", "purity_umap_after"),
            ),
        ),
    ),
}
