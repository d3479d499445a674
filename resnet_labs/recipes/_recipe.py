"""What a recipe is, and the run that most of them share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import nn

from resnet_labs import data, metrics, resnet, results, runtime
from resnet_labs.augment import Augmentation
from resnet_labs.data import ImageData
from resnet_labs.losses import cross_entropy
from resnet_labs.results import Result
from resnet_labs.tracking import Tracker
from resnet_labs.train import Evaluation, Loss, TrainConfig, evaluate, fit
from resnet_labs.train.evaluation import Batch
from resnet_labs.train.history import History

Folder = str | os.PathLike[str] | None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One experiment: which network, on which images, with which settings.

    Attributes:
        name: the report's experiment, with a suffix if this project varies it.
        dataset: a name that `data.load` knows. If it is missing and `_stand_ins` names a replacement that is here,
            `run` gets a recipe with the replacement's name, and its description in `stand_in`.
        size: side of the images in pixels, None for their own.
        network: the network's name and arguments: a function of `resnet`. Recipes with their own `run` also use `mlp`,
            `stand_in` and `stand_in_network`; the last two are both the network of `stand_in_network.py`.
        batch_size: images in a training step.
        config: settings of `fit`, including the number format; the run's seed replaces its seed.
        chosen: the reasons for the settings that the report leaves out.
        limit: the number of training images that are used, None for all.
        validation: the fraction of the training set that the network is judged on in place of the test set, None to
            judge on the test set. Settings are chosen with it, so that the test set never decides anything.
        knobs: other settings that distinguish the variants; they are in the results line with the settings. If many
            settings differ, `arm` gives the variant a name for tables.
        stand_in: what the data stand in for, empty if they are the report's own.
        run: a function from a recipe and one run of it to a results line.
        shows: the metrics to show, besides the report's figures if it has any.
    """

    name: str
    dataset: str
    network: tuple[str, dict[str, Any]]
    batch_size: int
    config: TrainConfig
    chosen: str
    size: int | None = None
    limit: int | None = None
    validation: float | None = None
    knobs: dict[str, Any] = field(default_factory=dict)
    stand_in: str = ""
    run: Callable[[Recipe, Run], Result] = field(default_factory=lambda: train_and_test, compare=False, repr=False)
    shows: tuple[str, ...] = ("accuracy",)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a recipe.

    Attributes:
        seed: the seed of initial weights, the order of the batches and the split, if there is one.
        root: the folder with the data sets.
        checkpoint: the file in which `fit` keeps the run after every epoch; if it exists, the run continues from it.
        tracker: receives every epoch's figures from `fit`.
    """

    seed: int
    root: Folder = None
    checkpoint: Path | None = None
    tracker: Tracker | None = None


def settings(recipe: Recipe) -> dict[str, Any]:
    """Return every knob of a recipe except the seed, in the form of a results line.

    Example:
        >>> from resnet_labs.recipes import find
        >>> settings(find("r1.digits")[0])["learning_rate"]
        0.01
    """
    network, arguments = recipe.network
    knobs = {key: value for key, value in asdict(recipe.config).items() if key != "seed"}
    own = {"size": recipe.size, "batch_size": recipe.batch_size, "limit": recipe.limit, "validation": recipe.validation}
    return {"network": network, **arguments, **own, **knobs, **recipe.knobs}


def figures(evaluation: Evaluation) -> dict[str, float]:
    """Return accuracy with its 95 % Wilson interval, and macro precision, recall and F, named as in results lines."""
    num_images = len(evaluation.labels)
    low, high = metrics.wilson_interval(round(evaluation.accuracy * num_images), num_images)
    scores = metrics.precision_recall_f(evaluation.confusion)
    return {
        "accuracy": evaluation.accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "macro_precision": scores.precision,
        "macro_recall": scores.recall,
        "macro_f_score": scores.f_score,
    }


def mean_loss(evaluation: Evaluation) -> float:
    """Return the cross-entropy of an evaluation's logits, without smoothing."""
    return float(cross_entropy(evaluation.logits, evaluation.labels))


def at_rate(recipe: Recipe, rate: float) -> Recipe:
    """Return the recipe with another learning rate."""
    return replace(recipe, config=replace(recipe.config, learning_rate=rate))


def train_and_judged(recipe: Recipe, run: Run) -> dict[str, ImageData]:
    """Return the training images, and the test set or, if the recipe says so, validation images cut from them."""
    train_set = data.load(recipe.dataset, split="train", root=run.root, size=recipe.size, limit=recipe.limit)
    if recipe.validation is None:
        test_set = data.load(recipe.dataset, split="test", root=run.root, size=recipe.size)
        return {"train": train_set, "test": test_set}
    cut = data.split(train_set, (1 - recipe.validation, recipe.validation))
    return dict(zip(("train", "validation"), cut, strict=True))


def results_line(
    recipe: Recipe,
    run: Run,
    history: History,
    parts: Mapping[str, ImageData],
    measured: Mapping[str, float],
    *,
    seconds: float | None = None,
) -> Result:
    """Return the line of a run.

    Args:
        recipe: the experiment.
        run: its run.
        history: the history of the training.
        parts: the images by their part in the run, the training images first.
        measured: the figures.
        seconds: the seconds of the whole run; by default those of the training.
    """
    return results.record(
        recipe.name,
        stand_in=recipe.stand_in,
        dataset=recipe.dataset,
        parts=parts,
        seed=run.seed,
        settings=settings(recipe),
        metrics=measured,
        history=history,
        seconds=seconds,
    )


def new_network(recipe: Recipe) -> nn.Module:
    """Return the recipe's network with random weights."""
    name, arguments = recipe.network
    return getattr(resnet, name)(**arguments)


def train(
    model: nn.Module,
    batches: Iterable[Batch],
    recipe: Recipe,
    run: Run,
    *,
    loss: Loss = cross_entropy,
    validation: data.Batches | None = None,
) -> History:
    """Train with the recipe's settings, from the run's seed, with its checkpoint and tracker."""
    return fit(
        model,
        batches,
        loss=loss,
        validation=validation,
        config=replace(recipe.config, seed=run.seed),
        checkpoint=run.checkpoint,
        tracker=run.tracker,
    )


def train_and_test(
    recipe: Recipe,
    run: Run,
    make_network: Callable[[Recipe], nn.Module] = new_network,
    augment: Augmentation | None = None,
) -> Result:
    """Train a network, then judge it on the test set, or on validation images if the recipe says so."""
    parts = train_and_judged(recipe, run)
    train_set, judged_set = parts.values()
    device = runtime.default_device()
    runtime.seed_everything(run.seed)
    model = make_network(recipe).to(device)
    judged = data.Batches(judged_set, 512, device=device)
    before = evaluate(model, judged, top_k=(1,))
    batches = data.Batches(train_set, recipe.batch_size, augment=augment, shuffle=True, device=device, seed=run.seed)
    history = train(model, batches, recipe, run)
    after = evaluate(model, judged, top_k=(1,))
    measured = {
        "accuracy_before": before.accuracy,
        **figures(after),
        "train_loss": history.rows[-1]["train_loss"],
        "train_accuracy": history.rows[-1]["train_accuracy"],
    }
    return results_line(recipe, run, history, parts, measured)
