"""Lab 07: cross-entropy, triplets and centers on equal budgets (report r4, claims r4.c2 to r4.c6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from resnet_labs import data, runtime
from resnet_labs.data import ImageData
from resnet_labs.features import neighbour_purity, silhouette
from resnet_labs.recipes._recipe import (
    Recipe,
    Run,
    at_rate,
    figures,
    new_network,
    results_line,
    train,
    train_and_judged,
)
from resnet_labs.recipes.losses_networks import (
    CenterObjective,
    EmbeddingNetwork,
    NearestCenter,
    TripletObjective,
    class_means,
    spread,
)
from resnet_labs.results import Result
from resnet_labs.train import Evaluation, TrainConfig, evaluate
from resnet_labs.train.evaluation import predict


def train_with_loss(recipe: Recipe, run: Run) -> Result:
    """Train with one of the three losses, then judge the network, and its features by their nearest class mean.

    Without a validation part the curve over epochs is that of the test images, as in the report's logs; it is not used
    to choose anything.
    """
    parts = train_and_judged(recipe, run)
    train_set, judged_set = parts.values()
    device, knobs = runtime.default_device(), recipe.knobs
    num_classes = len(train_set.classes)
    runtime.seed_everything(run.seed)
    network = EmbeddingNetwork(
        new_network(recipe),
        num_classes,
        num_features=knobs["num_features"],
        embedding=knobs["loss"] == "triplet",
    ).to(device)
    untrained = _by_nearest_mean(network, train_set, judged_set)
    objective: TripletObjective | CenterObjective
    if knobs["loss"] == "triplet":
        objective = TripletObjective(network, margin=knobs["margin"], mining=knobs["mining"])
    else:
        objective = CenterObjective(network, num_classes, weight=knobs.get("weight", 0.0))
    judged = data.Batches(judged_set, 500, device=device)
    batches = data.Batches(train_set, recipe.batch_size, shuffle=True, device=device, seed=run.seed)
    history = train(network, batches, recipe, run, loss=objective.to(device), validation=judged)
    nearest_mean = _by_nearest_mean(network, train_set, judged_set)
    centers = {}
    if isinstance(objective, CenterObjective):
        centers["between_centers"] = torch.pdist(objective.center_loss.centers).mean().item()
    after = nearest_mean if network.embedding else evaluate(network, judged)
    measured = {
        **figures(after),
        "top5_accuracy": after.top_k[5],
        "nearest_mean_accuracy_before": untrained.accuracy,
        "nearest_mean_accuracy": nearest_mean.accuracy,
        **_clusters(network, judged_set),
        **centers,
        **{f"accuracy_class_{number}": share for number, share in enumerate(after.per_class.tolist())},
    }
    for row in history.rows:
        epoch = f"epoch_{row['epoch']:.0f}"
        measured |= {f"train_loss_{epoch}": row["train_loss"], f"train_accuracy_{epoch}": row["train_accuracy"]}
        measured[f"accuracy_{epoch}"] = row["validation_accuracy"]
    return results_line(recipe, run, history, parts, measured)


def _by_nearest_mean(network: EmbeddingNetwork, known: ImageData, asked: ImageData) -> Evaluation:
    """Judge the features by the nearest class mean of the known images."""
    features, labels = _features(network, known)
    head = NearestCenter(len(known.classes), features.shape[1])
    head.centers.copy_(class_means(features, labels, len(known.classes)))
    return evaluate(head, [_features(network, asked)])


def _clusters(network: EmbeddingNetwork, images: ImageData) -> dict[str, float]:
    features, labels = _features(network, images)
    found = {"neighbour_purity": neighbour_purity(features, labels), "silhouette": silhouette(features, labels)}
    return found | spread(features, labels, len(images.classes))


def _features(network: EmbeddingNetwork, images: ImageData) -> tuple[Tensor, Tensor]:
    device = next(network.parameters()).device
    rows = [network.features.cpu() for _ in predict(network, data.Batches(images, 500, device=device))]
    return torch.cat(rows), images.labels


def _arms(base: Recipe, *, margin: float, weight: float, mining: str = "hard") -> tuple[Recipe, ...]:
    """Return the report's three arms."""
    losses: dict[str, dict[str, Any]] = {
        "cross_entropy": {},
        "triplet": {"margin": margin, "mining": mining},
        "center": {"weight": weight},
    }
    return tuple(
        replace(base, name=f"r4.losses.{loss}", knobs={**base.knobs, "loss": loss, **knobs})
        for loss, knobs in losses.items()
    )


def _mined(base: Recipe, *, margin: float, minings: tuple[str, ...]) -> tuple[Recipe, ...]:
    knobs = {**base.knobs, "loss": "triplet", "margin": margin}
    return tuple(replace(base, name="r4.c6", knobs={**knobs, "mining": mining}) for mining in minings)


PHOTOS = Recipe(
    name="r4.losses",
    dataset="stl10",
    size=96,
    network=("resnet18", {}),
    batch_size=50,
    config=TrainConfig(epochs=10, learning_rate=1e-3, optimizer="adam", precision="fp32"),
    knobs={"num_features": None},
    chosen=(
        "The report names ResNet-18, Adam, ten epochs and hard negatives, but not the initial weights; these networks "
        "start from random ones. Its log reveals the batch size: "
        "the mean loss of an untrained network on ten classes is near 2.3, so a sum of 226 over 5,000 images is a sum "
        "over 100 batches of 50. The rate is Adam's usual 0.001, which the report names for its other experiment. "
        "Margin 0.2 on the unit sphere is Schroff et al.'s, the weight 0.003 of the centers Wen et al.'s. None of the "
        "three was searched."
    ),
    run=train_with_loss,
    shows=("accuracy", "top5_accuracy", "nearest_mean_accuracy", "accuracy_epoch_1"),
)

_ONE_EPOCH = replace(
    PHOTOS,
    name="r4.c2",
    config=replace(PHOTOS.config, epochs=1),
    knobs={**PHOTOS.knobs, "loss": "cross_entropy"},
    chosen=(
        "One epoch at the report's settings, for five learning rates around Adam's usual one, so that the claim does "
        "not fail because of a badly chosen rate. The best of them is neither the smallest nor the largest."
    ),
    shows=("accuracy_epoch_1", "train_accuracy_epoch_1"),
)

DIGITS = replace(
    PHOTOS,
    dataset="digits",
    size=None,
    network=("cifar_resnet", {"depth": 8, "in_channels": 1}),
    limit=300,
    config=replace(PHOTOS.config, epochs=12),
    chosen=(
        "300 training digits, 30 of each, so that losses can differ. Margin and weight are the best of "
        "r4.losses.digits.choice, on training images that are not among those 300. The margin is the best for hard "
        "triplets, where 2, the largest distance between two features, does as well; semihard and all triplets have "
        "the same margin. The rate is Adam's usual one, as for the photographs; r4.c3.searched.digits searches it too."
    ),
    stand_in="scikit-learn's 8x8 digits in place of STL-10",
)

DIGITS_CHOICE = replace(DIGITS, limit=None, validation=0.8, chosen="288 training digits, judged on 1,150 others.")

_PLANE = replace(
    DIGITS,
    name="r4.c4",
    limit=None,
    knobs={"num_features": 2, "loss": "center"},
    chosen="Features in the plane, with the weights that Wen et al. (2016) show in their section 3, and 0.",
    shows=("accuracy", "between_centers", "between_classes", "within_classes", "separation"),
)

MINING = ("hard", "semihard", "all")

RECIPES: dict[str, tuple[Recipe, ...]] = {
    "r4.losses": _arms(PHOTOS, margin=0.2, weight=0.003),
    "r4.losses.digits": _arms(DIGITS, margin=1.0, weight=0.1),
    "r4.losses.digits.choice": (
        *(
            replace(DIGITS_CHOICE, name="r4.losses.digits.choice", knobs={**arm.knobs})
            for weight in (0.003, 0.03, 0.1, 0.3, 1.0)
            for arm in _arms(DIGITS, margin=1.0, weight=weight)[2:]
        ),
        *(
            replace(DIGITS_CHOICE, name="r4.losses.digits.choice", knobs={**arm.knobs})
            for margin in (0.2, 0.5, 1.0, 2.0)  # features lie on a sphere of radius 1: no two are further apart
            for arm in _mined(DIGITS, margin=margin, minings=MINING)
        ),
    ),
    "r4.c2": tuple(at_rate(_ONE_EPOCH, rate) for rate in (3e-5, 1e-4, 3e-4, 1e-3, 3e-3)),
    "r4.c4": tuple(
        replace(_PLANE, knobs={**_PLANE.knobs, "weight": weight}) for weight in (0.0, 0.001, 0.01, 0.1, 1.0)
    ),
    "r4.c6": _mined(PHOTOS, margin=0.2, minings=MINING),
    "r4.c6.digits": _mined(DIGITS, margin=1.0, minings=MINING),
}
