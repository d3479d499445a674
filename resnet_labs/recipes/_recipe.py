"""What a recipe is, and the run that most of them share."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from resnet_labs import data, metrics, resnet, runtime
from resnet_labs.losses import cross_entropy
from resnet_labs.results import Result
from resnet_labs.train import Evaluation, TrainConfig, evaluate, fit

Folder = str | os.PathLike[str] | None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One experiment: which network, on which images, with which settings.

    Attributes:
        name: the report's experiment, with a last part where this project varies it.
        dataset: a name that `data.load` knows.
        size: side of the images in pixels, None for their own.
        network: a function of `resnet` by name, and its arguments.
        batch_size: images in a training step.
        config: settings of `fit`; the seed is replaced by that of the run.
        chosen: why the settings that the report leaves out are what they are.
        limit: images of the training set that are used, None for all.
        validation: the fraction of the training set that the network is judged on in place of the test set, None to
            judge on the test set. Settings are chosen with it, so that the test set never decides anything.
        knobs: what else sets one variant apart from another; stands in the results line beside the settings.
        stand_in: what the data stand in for, empty where they are the report's own.
        run: what takes a recipe, a seed, the folder with the data sets and a checkpoint's path to a results line.
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
    run: Callable[[Recipe, int, Folder, Path | None], Result] = field(
        default_factory=lambda: train_and_test, compare=False, repr=False
    )
    shows: tuple[str, ...] = ("accuracy",)


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


def train_and_test(recipe: Recipe, seed: int, root: Folder, checkpoint: Path | None) -> Result:
    """Train a new network, then judge it on the test set, or on validation images where the recipe says so."""
    train_set = data.load(recipe.dataset, split="train", root=root, size=recipe.size, limit=recipe.limit)
    if recipe.validation is None:
        test_set = data.load(recipe.dataset, split="test", root=root, size=recipe.size)
    else:
        train_set, test_set = data.split(train_set, (1 - recipe.validation, recipe.validation))
    device = runtime.default_device()
    runtime.seed_everything(seed)
    name, arguments = recipe.network
    model = getattr(resnet, name)(**arguments).to(device)
    test = data.Batches(test_set, 512, device=device)
    before = evaluate(model, test)
    config = replace(recipe.config, seed=seed)
    batches = data.Batches(train_set, recipe.batch_size, shuffle=True, device=device, seed=seed)
    history = fit(model, batches, loss=cross_entropy, config=config, checkpoint=checkpoint)
    after = evaluate(model, test)
    return Result(
        experiment=recipe.name,
        stand_in=recipe.stand_in,
        data={
            "name": recipe.dataset,
            "source": train_set.source,
            "train": len(train_set),
            "validation" if recipe.validation else "test": len(test_set),
        },
        seed=seed,
        settings=settings(recipe),
        metrics={
            "accuracy_before": before.accuracy,
            **figures(after),
            "train_loss": history.rows[-1]["train_loss"],
            "train_accuracy": history.rows[-1]["train_accuracy"],
        },
        seconds=round(history.seconds, 1),
        device=history.device,
        precision=history.precision,
    )
