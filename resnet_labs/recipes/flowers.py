"""Lab 04: a frozen ResNet-152 on five flowers (report r3), and what augmentation does for its head (claim r3.c5)."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

from torch import nn

from resnet_labs import data, resnet, runtime
from resnet_labs.augment import Augmentation, ColorJitter, Compose, Crop, Flip
from resnet_labs.features import cached_features
from resnet_labs.freeze import linear_probe_
from resnet_labs.recipes._fine_tuned import OTHER_CLASSES, fine_tune
from resnet_labs.recipes._imagenet import with_imagenet_weights
from resnet_labs.recipes._pretrained import pretrained, shortened
from resnet_labs.recipes._recipe import Folder, Recipe, Run, at_rate, figures, mean_loss, results_line, train
from resnet_labs.recipes.stand_in_network import stand_in_network
from resnet_labs.results import Result
from resnet_labs.train import TrainConfig, evaluate
from resnet_labs.weights import replace_head

LIVE = "a new one in every epoch"


def _augmentation(size: int) -> Augmentation:
    """Return the report's augmentation; it names no strengths."""
    return Compose([Flip(), Crop(padding=size // 8), ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2)])


def _backbone(recipe: Recipe, root: Folder = None) -> nn.Module:
    name, arguments = recipe.network
    if name == "stand_in_network":
        return stand_in_network()
    if recipe.knobs["weights"] == OTHER_CLASSES:
        assert recipe.size is not None
        build = partial(getattr(resnet, name), **arguments)
        knobs = shortened(recipe.knobs)
        return pretrained(lambda count: build(num_classes=count), recipe.dataset, size=recipe.size, root=root, **knobs)
    return with_imagenet_weights(getattr(resnet, name)(**arguments), recipe.knobs["weights"])


def train_head(recipe: Recipe, run: Run) -> Result:
    """Train a new head on a frozen network's features, and judge it on the validation part of an 8:2 split.

    A recipe with `validation` is judged on that fraction of the split's training part, and does not load the rest.

    The knob `views` is the number of cached augmented views, 0 for unaugmented images, or `LIVE` for images that are
    augmented anew and passed through the network in every epoch.
    """
    assert recipe.size is not None  # one size for all photographs
    load = partial(data.load, recipe.dataset, root=run.root, size=recipe.size, seed=run.seed, limit=recipe.limit)
    train_set = load(split="train")
    if recipe.validation is None:
        parts = [train_set, load(split="test")]
    else:
        parts = list(data.split(train_set, (1 - recipe.validation, recipe.validation)))
    network = _backbone(recipe, run.root).to(runtime.default_device())
    runtime.seed_everything(run.seed)
    head = replace_head(network, len(parts[0].classes)).get_submodule("fc")
    started = time.perf_counter()
    plain = [cached_features(network, part) for part in parts]
    device, views, augment = runtime.default_device(), recipe.knobs["views"], _augmentation(recipe.size)
    if views == LIVE:
        linear_probe_(network)
        live = data.Batches(parts[0], recipe.batch_size, augment=augment, shuffle=True, device=device, seed=run.seed)
        history = train(network, live, recipe, run)
    else:
        rows = cached_features(network, parts[0], views=views, augment=augment) if views else plain[0]
        history = train(head, rows.batches(recipe.batch_size, device=device, seed=run.seed), recipe, run)
    seconds = time.perf_counter() - started
    on_train, on_validation = (evaluate(head, part.batches(512, shuffle=False, device=device)) for part in plain)
    measured = {
        **figures(on_validation),
        "train_accuracy": on_train.accuracy,
        "accuracy_gap": on_train.accuracy - on_validation.accuracy,
        "loss_gap": mean_loss(on_validation) - mean_loss(on_train),
    }
    named = dict(zip(("train", "validation"), parts, strict=True))
    line = results_line(recipe, run, history, named, measured, seconds=seconds)
    return replace(line, data=line.data | {"source": f"{recipe.dataset}, split 8:2 by each seed"})


_FLOWERS = Recipe(
    name="r3.flowers",
    dataset="flowers",
    network=("resnet152", {}),
    batch_size=64,
    config=TrainConfig(epochs=50, learning_rate=1e-4, optimizer="adam", precision="fp32"),
    chosen=(
        "Rate, batch size, epochs, optimizer, size and kinds of augmentation are the report's. It does not name the "
        "strengths of the augmentation or which pretrained weights; ours are usual ones, not tuned. Five cached "
        "views replace a new augmentation in every epoch; lab 04 compares the two. The report has no test set, so the "
        "part called test by the loader is its validation part; nothing was chosen on it."
    ),
    size=224,
    knobs={"weights": "IMAGENET1K_V1", "views": 5},
    run=train_head,
)

_SMALL = (
    "The flowers themselves at 24 pixels, the input size of the stand-in network. The rate is the best of "
    "r3.c5.choice for every number of views. Each seed splits the same photographs anew: seeds are not independent, "
    "and some validation images of one seed helped to choose the rate with another."
)
_AUGMENTATION = replace(
    _FLOWERS,
    name="r3.c5",
    network=("stand_in_network", {}),
    config=TrainConfig(epochs=50, learning_rate=3e-3, optimizer="adam", precision="fp32"),
    chosen=(
        f"{_SMALL} The gap in accuracy decides the claim; the gap in loss is beside it. Both were known for seeds 0 to "
        "8 at another rate. Stored are twenty seeds, from 3 to 22, as fixed before these runs: the first three chose "
        "between the two gaps, and the rate."
    ),
    size=24,
    stand_in="a small network trained on procedural images in place of ResNet-152; the flowers are real, at 24 pixels",
    shows=("accuracy", "train_accuracy", "accuracy_gap", "loss_gap"),
)

# On one core an epoch of the whole network takes about eight seconds.
_FORGETTING = Recipe(
    name="r3.c4",
    dataset="flowers",
    size=32,
    network=("cifar_resnet", {"depth": 8}),
    batch_size=64,
    config=TrainConfig(epochs=4, learning_rate=1e-4, optimizer="adam", precision="fp32"),
    knobs={
        "weights": OTHER_CLASSES,
        "pretraining_images": 20_000,
        "pretraining_epochs": 3,
        "pretraining_rate": 5e-3,
    },
    chosen=(
        "Optimizer, batch size and the small rate of 1e-4 are the report's; 4 epochs, 32 pixels and a ResNet-8 are "
        "what one core ends in a minute. The best rates of the frozen and of the thawed network come from "
        "r3.c4.choice, on a fifth of the training images. After training the old head is put back, and the network is "
        "judged on the 5,000 validation images of its old task, 100 classes of Tiny ImageNet."
    ),
    stand_in=(
        "a ResNet-8 trained on 100 classes of Tiny ImageNet in place of ResNet-152 with ImageNet weights; the flowers "
        "are real, at 32 pixels"
    ),
    run=fine_tune,
    shows=("accuracy", "train_accuracy", "old_task_accuracy_before", "old_task_accuracy"),
)


def _at(base: Recipe, method: str, *rates: float) -> tuple[Recipe, ...]:
    return tuple(replace(at_rate(base, rate), knobs={"method": method, **base.knobs}) for rate in rates)


def _arm(arm: str, method: str, rate: float) -> Recipe:
    (recipe,) = _at(_FORGETTING, method, rate)
    return replace(recipe, knobs={"arm": arm, **recipe.knobs})


_FORGETTING_CHOICE = replace(_FORGETTING, name="r3.c4.choice", validation=0.2)
_AUGMENTATION_CHOICE = replace(
    _AUGMENTATION,
    name="r3.c5.choice",
    validation=0.2,
    chosen="Judged on a fifth of the training part of each seed's split, at 24 pixels.",
)

RECIPES = {
    "r3.flowers": (_FLOWERS,),
    "r3.c4": (
        _arm("frozen", "linear_probe", 1e-2),
        _arm("thawed, the report's rate", "full_fine_tuning", 1e-4),
        _arm("thawed, the best rate", "full_fine_tuning", 1e-3),
        _arm("thawed, a large rate", "full_fine_tuning", 1e-2),
    ),
    "r3.c4.choice": (
        *_at(_FORGETTING_CHOICE, "linear_probe", 1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
        *_at(_FORGETTING_CHOICE, "full_fine_tuning", 1e-4, 1e-3, 3e-3, 1e-2),
    ),
    "r3.c5.choice": tuple(
        replace(at_rate(_AUGMENTATION_CHOICE, rate), knobs={"views": views})
        for views in (0, 1, 2, 5, LIVE)
        for rate in (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    ),
    "r3.c5": tuple(replace(_AUGMENTATION, knobs={"views": views}) for views in (0, 5)),
    "r3.c5.views": tuple(
        replace(_AUGMENTATION, name="r3.c5.views", knobs={"views": views}, chosen=_SMALL) for views in (1, 2, 5, LIVE)
    ),
}
