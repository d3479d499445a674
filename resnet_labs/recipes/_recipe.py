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
        name: the report's experiment, with a last part where this project varies it.
        dataset: a name that `data.load` knows. Where it is missing and `_stand_ins` names another for it that is here,
            `run` gets a recipe with that one's name, and with words for it in `stand_in`.
        size: side of the images in pixels, None for their own.
        network: what is built, by name, with its arguments: a function of `resnet`; where `run` is a recipe's own, also
            `mlp`, or `stand_in` and `stand_in_network`, both of which are the network of `stand_in_network.py`.
        batch_size: images in a training step.
        config: settings of `fit`, the number format among them; the seed is replaced by that of the run.
        chosen: why the settings that the report leaves out are what they are.
        limit: images of the training set that are used, None for all.
        validation: the fraction of the training set that the network is judged on in place of the test set, None to
            judge on the test set. Settings are chosen with it, so that the test set never decides anything.
        knobs: what else sets one variant apart from another; stands in the results line beside the settings. Where
            many settings differ, `arm` gives the variant a name for tables.
        stand_in: what the data stand in for, empty where they are the report's own.
        run: what takes a recipe and one run of it to a results line.
        shows: the metrics to show where the report has no figures of its own.
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
        seed: of initial weights, the order of the batches and the split, where there is one.
        root: the folder with the data sets.
        checkpoint: where `fit` keeps the run after every epoch, and goes on from where the file exists.
        tracker: what `fit` gives every epoch's figures to.
    """

    seed: int
    root: Folder = None
    checkpoint: Path | None = None
    tracker: Tracker | None = None


def settings(recipe: Recipe) -> dict[str, Any]:
    """Return every knob of a recipe except the seed, as a results line holds it.

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
    """Return accuracy with its 95 % Wilson interval, and macro precision, recall and F, as results lines name them."""
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


def train_and_judged(recipe: Recipe, run: Run) -> dict[str, ImageData]:
    """Return the training images, and the test set or, where the recipe says so, validation images cut from them."""
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
        run: the run of it.
        history: of the training that the line is about.
        parts: the images by their part in the run, the training images first.
        measured: the figures.
        seconds: of the whole run; else those of the training.
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
    """Train a network, then judge it on the test set, or on validation images where the recipe says so."""
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
