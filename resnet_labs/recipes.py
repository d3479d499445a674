"""The reports' experiments as data, and the one function that repeats any of them."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from resnet_labs import data, metrics, resnet, runtime
from resnet_labs.losses import cross_entropy
from resnet_labs.results import Result
from resnet_labs.runtime import InputError, nearest
from resnet_labs.train import Evaluation, TrainConfig, evaluate, fit


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


_DIGITS = Recipe(
    name="r1.digits",
    dataset="mnist",
    network=("resnet18", {"num_classes": 10, "in_channels": 1}),
    batch_size=128,
    config=TrainConfig(epochs=10, learning_rate=0.01),
    chosen=(
        "The report names SGD, batch 128 and 10 epochs, but no learning rate and no momentum. Momentum is 0.9 as in "
        "He et al. (2016). The rate is the best of r1.digits.choice on 2,000 validation images cut from the training "
        "set. There 32 pixels were one image better than MNIST's own 28, so the images stay as they are; the 8 pixels "
        "that the report names cost five points."
    ),
)

_CHOICE = replace(
    _DIGITS,
    config=replace(_DIGITS.config, epochs=3),
    limit=20_000,
    validation=0.1,
    chosen="Three epochs on 18,000 training images, judged on 2,000 others of the training set.",
)

RECIPES: dict[str, tuple[Recipe, ...]] = {
    "r1.digits": (_DIGITS,),
    "r1.digits.choice": tuple(
        replace(_CHOICE, name="r1.digits.choice", size=size, config=replace(_CHOICE.config, learning_rate=rate))
        for size, rate in ((None, 0.003), (None, 0.01), (None, 0.03), (None, 0.1), (8, 0.01), (32, 0.01))
    ),
}


def find(name: str) -> tuple[Recipe, ...]:
    """Return the recipes of that name: one, or the variants that are compared.

    Raises:
        InputError: the name is unknown.

    Example:
        >>> find("r1.digits")[0].batch_size
        128
    """
    if name not in RECIPES:
        raise InputError(f"There is no recipe {name!r}.", nearest(name, RECIPES))
    return RECIPES[name]


def settings(recipe: Recipe) -> dict[str, Any]:
    """Return every knob of a recipe except the seed, as a results line holds it.

    Example:
        >>> settings(find("r1.digits")[0])["learning_rate"]
        0.01
    """
    network, arguments = recipe.network
    knobs = {key: value for key, value in asdict(recipe.config).items() if key != "seed"}
    own = {"size": recipe.size, "batch_size": recipe.batch_size, "limit": recipe.limit, "validation": recipe.validation}
    return {"network": network, **arguments, **own, **knobs}


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


def reproduce(
    recipe: Recipe, seed: int, *, root: str | os.PathLike[str] | None = None, checkpoint: Path | None = None
) -> Result:
    """Run a recipe once and return its results line.

    Args:
        recipe: the experiment.
        seed: of initial weights, the order of the batches and the split, where there is one.
        root: the folder with the data sets.
        checkpoint: where to keep the run after every epoch; where the file exists, the run goes on from it.

    Raises:
        InputError: the data are not there, or the loss is not finite.
    """
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
