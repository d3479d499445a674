"""What the recipes of lab 08 run: a stack of autoencoder layers, and the classifiers that start from it."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch.nn.functional as F
from torch import nn

from resnet_labs import checkpoint, data, distributed, runtime
from resnet_labs.autoencoder import MLPClassifier, StackedAutoencoder, pretrain_layerwise
from resnet_labs.data import ImageData
from resnet_labs.losses import cross_entropy
from resnet_labs.recipes._recipe import Recipe, Run, figures, results_line
from resnet_labs.recipes.layerwise_pretraining_networks import grey, num_dead, shuffle_pixels, small_conv_net
from resnet_labs.results import Result
from resnet_labs.train import evaluate, fit
from resnet_labs.train.history import History


def as_reported(recipe: Recipe, run: Run) -> Result:
    """Pretrain, fine-tune the classifier with the ReLU at its end, and judge it on the test images."""
    started, parts = time.perf_counter(), _parts(recipe, run)
    autoencoder = _pretrained(recipe, run, parts["train"])
    errors = [
        (F.mse_loss(autoencoder(images), images.flatten(1)).item(), len(images))
        for images, _ in _batches(recipe, parts["test"])
    ]
    model = _classifier(recipe, run, parts["train"], autoencoder, final_relu=True)
    history = _fit(model, parts["train"], recipe, run, kept="classifier", tracked=True)
    judged, trained = (evaluate(model, _batches(recipe, parts[part])) for part in ("test", "train"))
    measured = {
        **figures(judged),
        "top5": judged.top_k[5],
        "classes_at_zero": int((judged.per_class == 0).sum()),
        "dead_outputs": num_dead(trained.logits),
        "train_accuracy": trained.accuracy,
        "reconstruction_error": math.fsum(error * count for error, count in errors) / len(parts["test"]),
    }
    return _line(recipe, run, history, parts, measured, started)


def with_few_labels(recipe: Recipe, run: Run) -> Result:
    """Fine-tune from pretrained and from random weights, with 10 and 100 labels a class and with all."""
    started, parts = time.perf_counter(), _parts(recipe, run)
    autoencoder = _pretrained(recipe, run, parts["train"])
    measured = {}
    for labels in ("10", "100", "all"):
        labelled, epochs = parts["train"], recipe.knobs.get(f"epochs_{labels}", recipe.config.epochs)
        if labels != "all":
            share = int(labels) * len(labelled.classes) / len(labelled)
            (labelled,) = data.split(labelled, (share,), seed=run.seed)
        for start in ("random", "pretrained"):
            model = _classifier(recipe, run, labelled, autoencoder if start == "pretrained" else None)
            arm = f"{start}_{labels}"
            # Writing a checkpoint would take longer than an epoch over a few images.
            kept = arm if labels == "all" else ""
            history = _fit(model, labelled, recipe, run, kept=kept, epochs=epochs, tracked=arm == "pretrained_all")
            measured[arm] = evaluate(model, _batches(recipe, parts["test"])).accuracy
        measured[f"gain_{labels}"] = measured[f"pretrained_{labels}"] - measured[f"random_{labels}"]
    return _line(recipe, run, history, parts, measured, started)


def causes(recipe: Recipe, run: Run) -> Result:
    """Change one thing at a time in the report's classifier: its ReLU, the number of epochs, the network.

    Every arm is measured after `config.epochs` and two after `more_epochs` too, always by `evaluate`: the accuracy on
    test and training images, and the dead outputs on training images. Nothing is chosen by it.
    """
    started, parts = time.perf_counter(), _parts(recipe, run)
    train_set = parts["train"]
    autoencoder = _pretrained(recipe, run, train_set)
    arms: dict[str, Callable[[], nn.Module]] = {
        "as_reported": lambda: _classifier(recipe, run, train_set, autoencoder, final_relu=True),
        "without_relu": lambda: _classifier(recipe, run, train_set, autoencoder),
        "code_relu": lambda: _classifier(recipe, run, train_set, autoencoder, final_relu=True, code_relu=True),
        "frozen_encoder": lambda: _frozen(_classifier(recipe, run, train_set, autoencoder, final_relu=True)),
        "conv_net": lambda: _conv_net(run, train_set),
    }
    measured: dict[str, float] = {}
    histories = {}
    for name, make in arms.items():
        model = make()
        measured[f"dead_outputs_before_{name}"] = num_dead(evaluate(model, _batches(recipe, train_set)).logits)
        histories[name] = _fit(model, train_set, recipe, run, kept=name, tracked=name == "as_reported")
        measured |= _measured(name, model, recipe, parts)
    for name in ("as_reported", "without_relu"):
        model, longer = arms[name](), f"{name}_more_epochs"
        if run.checkpoint is not None and distributed.is_writer():
            _go_on_from(_beside(run.checkpoint, name), _beside(run.checkpoint, longer))
        _fit(model, train_set, recipe, run, kept=longer, epochs=recipe.knobs["more_epochs"])
        measured |= _measured(longer, model, recipe, parts)
    return _line(recipe, run, histories["as_reported"], parts, measured, started)


def _measured(name: str, model: nn.Module, recipe: Recipe, parts: Mapping[str, ImageData]) -> dict[str, float]:
    judged, trained = (evaluate(model, _batches(recipe, parts[part])) for part in ("test", "train"))
    return {
        name: judged.accuracy,
        f"train_accuracy_{name}": trained.accuracy,
        f"dead_outputs_{name}": num_dead(trained.logits),
    }


def _go_on_from(kept: Path, longer: Path) -> None:
    """Let a fit of more epochs begin with those that a shorter one of the same network has kept."""
    if checkpoint.exists(kept) and not checkpoint.exists(longer):
        shutil.copyfile(kept, longer)


def shuffled_pixels(recipe: Recipe, run: Run) -> Result:
    """Train from random weights: the convolutional network on the images and with their pixels shuffled, and the MLP.

    All images are shuffled alike, so that they say what they said; only neighbours are none any more. There is nothing
    to train of the MLP on shuffled pixels: with the columns of its first weight in the same order it is the same
    function, and random weights are as likely in any order.
    """
    started, parts = time.perf_counter(), _parts(recipe, run)
    shuffled = {split: shuffle_pixels(images, seed=run.seed) for split, images in parts.items()}
    networks = {
        "mlp": (_classifier(recipe, run, parts["train"], None), parts),
        "conv_net": (_conv_net(run, parts["train"]), parts),
        "conv_net_shuffled": (_conv_net(run, parts["train"]), shuffled),
    }
    measured = {}
    for arm, (model, given) in networks.items():
        history = _fit(model, given["train"], recipe, run, kept=arm, tracked=arm == "conv_net")
        measured[arm] = evaluate(model, _batches(recipe, given["test"])).accuracy
    return _line(recipe, run, history, parts, measured, started)


def _parts(recipe: Recipe, run: Run) -> dict[str, ImageData]:
    return {
        split: grey(data.load(recipe.dataset, split=split, root=run.root, size=recipe.size))
        for split in ("train", "test")
    }


def _batches(recipe: Recipe, images: ImageData, seed: int | None = None) -> data.Batches:
    """Return batches on the device; with a seed, shuffled for training."""
    device = runtime.default_device()
    return data.Batches(images, recipe.batch_size, shuffle=seed is not None, device=device, seed=seed or 0)


def _autoencoder(recipe: Recipe, run: Run, images: ImageData) -> StackedAutoencoder:
    runtime.seed_everything(run.seed)
    sizes = (images.images[0].numel(), *recipe.network[1]["hidden"])
    return StackedAutoencoder(sizes).to(runtime.default_device())


def _pretrained(recipe: Recipe, run: Run, images: ImageData) -> StackedAutoencoder:
    """Return the pretrained stack: the one that the run kept before it was stopped, else a new one, which it keeps."""
    autoencoder = _autoencoder(recipe, run, images)
    if run.checkpoint is not None and checkpoint.exists(run.checkpoint):
        autoencoder.load_state_dict(checkpoint.load(run.checkpoint)["autoencoder"])
        return autoencoder
    config = replace(recipe.config, epochs=recipe.knobs["pretraining_epochs"], seed=run.seed)
    pretrain_layerwise(autoencoder, _batches(recipe, images, run.seed), config=config)
    if run.checkpoint is not None and distributed.is_writer():
        _discard_fits(run.checkpoint)
        checkpoint.save(run.checkpoint, {"autoencoder": autoencoder.state_dict()})
    return autoencoder


def _classifier(
    recipe: Recipe,
    run: Run,
    images: ImageData,
    autoencoder: StackedAutoencoder | None,
    *,
    final_relu: bool = False,
    code_relu: bool = False,
) -> MLPClassifier:
    """Return the classifier with the pretrained encoder's weights, or without; its head is the same in both."""
    encoder = _autoencoder(recipe, run, images).encoder
    if autoencoder is not None:
        encoder.load_state_dict(autoencoder.encoder.state_dict())
    if code_relu:
        encoder.append(nn.ReLU())
    return MLPClassifier(encoder, len(images.classes), final_relu).to(runtime.default_device())


def _frozen(model: MLPClassifier) -> MLPClassifier:
    model.encoder.requires_grad_(False)
    return model


def _conv_net(run: Run, images: ImageData) -> nn.Sequential:
    runtime.seed_everything(run.seed)
    return small_conv_net(len(images.classes)).to(runtime.default_device())


def _fit(
    model: nn.Module,
    images: ImageData,
    recipe: Recipe,
    run: Run,
    *,
    kept: str,
    epochs: int | None = None,
    tracked: bool = False,
) -> History:
    return fit(
        model,
        _batches(recipe, images, run.seed),
        loss=cross_entropy,
        config=replace(recipe.config, epochs=epochs or recipe.config.epochs, seed=run.seed),
        checkpoint=_beside(run.checkpoint, kept) if run.checkpoint and kept else None,
        tracker=run.tracker if tracked else None,
    )


def _beside(kept: Path, arm: str) -> Path:
    return kept.with_name(f"{kept.stem}.{arm}.fit.pt")


def _discard_fits(kept: Path) -> None:
    for done in kept.parent.glob(_beside(kept, "*").name):
        checkpoint.discard(done)


def _line(
    recipe: Recipe,
    run: Run,
    history: History,
    parts: Mapping[str, ImageData],
    measured: Mapping[str, float],
    started: float,
) -> Result:
    return results_line(recipe, run, history, parts, measured, seconds=time.perf_counter() - started)
