"""A network pretrained on other classes, fine-tuned, and judged on its new and on its old task."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from torch import nn

from resnet_labs import data, resnet, runtime
from resnet_labs.augment import Compose, Crop, Flip
from resnet_labs.data import ImageData
from resnet_labs.recipes._pretrained import other_classes, pretrained, shortened
from resnet_labs.recipes._recipe import Recipe, Run, figures, results_line, train
from resnet_labs.recipes.transfer_networks import train_only_
from resnet_labs.results import Result
from resnet_labs.train import evaluate
from resnet_labs.weights import replace_head

OTHER_CLASSES = "other classes"


def fine_tune(recipe: Recipe, run: Run) -> Result:
    """Train what the knob `method` names, with crop and flip; judge the network, and with its old head its old task.

    The knob `weights` is `OTHER_CLASSES`, with `pretraining_images`, `pretraining_epochs` and `pretraining_rate`
    beside it, or "random". Without a split of its own, the data set is split 8:2 by the run's seed.
    """
    return fine_tune_on(recipe, run, _parts(recipe, run))


def fine_tune_on(recipe: Recipe, run: Run, parts: Mapping[str, ImageData]) -> Result:
    """Fine-tune on the training images among the parts, and judge on the last of them; see `fine_tune`."""
    assert recipe.size is not None
    device = runtime.default_device()
    old_task = _old_task(recipe, run)
    model = _network(recipe, run)
    measured: dict[str, float] = {}
    if old_task is not None:
        measured |= {"old_task_images": len(old_task), "old_task_accuracy_before": _accuracy(model, old_task)}
    old_head = model.get_submodule("fc")
    runtime.seed_everything(run.seed)
    replace_head(model, len(parts["train"].classes))
    train_only_(model, recipe.knobs["method"])
    augment = Compose([Crop(recipe.size // 8), Flip()])
    batches = data.Batches(
        parts["train"], recipe.batch_size, augment=augment, shuffle=True, device=device, seed=run.seed
    )
    history = train(model, batches, recipe, run)
    judged = {name: evaluate(model, data.Batches(part, 500, device=device)) for name, part in parts.items()}
    last = judged[[*parts][-1]]
    if {"validation", "test"} <= {*parts}:
        measured["validation_accuracy"] = judged["validation"].accuracy
    measured |= {**figures(last), "train_accuracy": judged["train"].accuracy}
    measured["accuracy_gap"] = judged["train"].accuracy - last.accuracy
    if old_task is not None:
        model.fc = old_head
        measured["old_task_accuracy"] = _accuracy(model, old_task)
    return results_line(recipe, run, history, parts, measured)


def _parts(recipe: Recipe, run: Run) -> dict[str, ImageData]:
    """Return the training images and those that the network is judged on; the seed decides what `limit` takes."""

    def load(split: str, limit: int | None) -> ImageData:
        images = data.load(recipe.dataset, split=split, root=run.root, size=recipe.size, limit=limit, seed=run.seed)
        return _of_any_seed(images, run)

    whole = load("train", recipe.limit)
    if recipe.validation is None:
        return {"train": whole, "test": load("test", None)}
    cut = data.split(whole, (1 - recipe.validation, recipe.validation))
    return dict(zip(("train", "validation"), cut, strict=True))


def _of_any_seed(images: ImageData, run: Run) -> ImageData:
    """Return the images with a source that does not name the seed of the run, so that the runs share a mean."""
    source = images.source.replace(f"seed {run.seed})", "by each seed)")
    return ImageData(images.images, images.labels, images.classes, source)


def _old_task(recipe: Recipe, run: Run) -> ImageData | None:
    if recipe.knobs["weights"] != OTHER_CLASSES:
        return None
    assert recipe.size is not None
    return other_classes(recipe.dataset, split="test", size=recipe.size, root=run.root)


def _network(recipe: Recipe, run: Run) -> nn.Module:
    name, arguments = recipe.network
    build, knobs = partial(getattr(resnet, name), **arguments), recipe.knobs
    if knobs["weights"] != OTHER_CLASSES:
        runtime.seed_everything(run.seed)
        return build().to(runtime.default_device())
    assert recipe.size is not None
    return pretrained(
        lambda count: build(num_classes=count),
        recipe.dataset,
        size=recipe.size,
        root=run.root,
        **shortened(knobs),
    )


def _accuracy(model: nn.Module, images: ImageData) -> float:
    return evaluate(model, data.Batches(images, 500, device=runtime.default_device())).accuracy
