"""What the recipes of lab 08 run: a stack of autoencoder layers, and the classifiers that start from it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.transforms.v2.functional import rgb_to_grayscale

from resnet_labs import checkpoint, data, distributed, runtime
from resnet_labs.autoencoder import MLPClassifier, StackedAutoencoder, pretrain_layerwise
from resnet_labs.data import ImageData
from resnet_labs.losses import cross_entropy
from resnet_labs.recipes._recipe import Recipe, Run, figures, results_line
from resnet_labs.results import Result
from resnet_labs.train import evaluate, fit
from resnet_labs.train.history import History


def grey(images: ImageData) -> ImageData:
    """Return the images in grey (ITU-R 601); grey ones as they are.

    Example:
        >>> grey(data.load("procedural", split="test", limit=24)).images.shape
        torch.Size([24, 1, 32, 32])
    """
    return images if images.images.shape[1] == 1 else replace(images, images=rgb_to_grayscale(images.images))


def shuffle_pixels(images: ImageData, *, seed: int) -> ImageData:
    """Return the images with their pixels in another order, the same for all of them.

    Example:
        >>> digits = data.load("digits", split="test")
        >>> shuffled = shuffle_pixels(digits, seed=0)
        >>> bool((shuffled.images.sum((1, 2, 3)) == digits.images.sum((1, 2, 3))).all())
        True
    """
    flat = images.images.flatten(2)
    order = torch.randperm(flat.shape[2], generator=torch.Generator().manual_seed(seed))
    return replace(images, images=flat[:, :, order].reshape(images.images.shape))


def small_conv_net(num_classes: int) -> nn.Sequential:
    """Return three convolutions of stride 2 for grey images, the mean over all places and a linear layer.

    On 48 pixels it has as many multiply-adds as report 4's MLP, and a fiftieth of its parameters. Like the MLP it has
    no batch norm.

    Example:
        >>> small_conv_net(10)(torch.rand(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """
    layers: list[nn.Module] = []
    for before, after in ((1, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, num_classes))


def as_reported(recipe: Recipe, run: Run) -> Result:
    """Pretrain, fine-tune the classifier with the report's fault, and judge it on the test images."""
    started, parts = time.perf_counter(), _parts(recipe, run)
    autoencoder = _pretrained(recipe, run, parts["train"])
    errors = [
        (F.mse_loss(autoencoder(images), images.flatten(1)).item(), len(images))
        for images, _ in _batches(recipe, parts["test"])
    ]
    model = _classifier(recipe, run, parts["train"], autoencoder, final_relu=True)
    history = _fit(model, parts["train"], recipe, run, kept="classifier", tracked=True)
    judged = evaluate(model, _batches(recipe, parts["test"]))
    measured = {
        **figures(judged),
        "top5": judged.top_k[5],
        "classes_at_zero": int((judged.per_class == 0).sum()),
        "train_accuracy": history.rows[-1]["train_accuracy"],
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
    """Mend one thing at a time in the report's classifier: the ReLU at its end, the number of epochs, the network.

    After `config.epochs` and after `more_epochs` the test images are judged in the same run; nothing is chosen by it.
    Classes at zero are counted at the end.
    """
    started, parts = time.perf_counter(), _parts(recipe, run)
    autoencoder = _pretrained(recipe, run, parts["train"])
    models: dict[str, nn.Module] = {
        "as_reported": _classifier(recipe, run, parts["train"], autoencoder, final_relu=True),
        "without_relu": _classifier(recipe, run, parts["train"], autoencoder),
        "frozen_encoder": _classifier(recipe, run, parts["train"], autoencoder, final_relu=True),
    }
    models["frozen_encoder"].get_submodule("encoder").requires_grad_(False)
    models["conv_net"] = _conv_net(run, parts["train"])
    measured: dict[str, float] = {}
    short, long = recipe.config.epochs, recipe.knobs["more_epochs"]
    for name, model in models.items():
        epochs = long if name in ("as_reported", "without_relu") else short
        tracked = name == "as_reported"
        history = _fit(
            model, parts["train"], recipe, run, kept=name, epochs=epochs, tracked=tracked, test=parts["test"]
        )
        measured[name] = history.rows[short - 1]["validation_accuracy"]
        measured[f"train_accuracy_{name}"] = history.rows[short - 1]["train_accuracy"]
        if epochs == long:
            measured[f"{name}_more_epochs"] = history.rows[-1]["validation_accuracy"]
        judged = evaluate(model, _batches(recipe, parts["test"]))
        measured[f"classes_at_zero_{name}"] = int((judged.per_class == 0).sum())
    return _line(recipe, run, history, parts, measured, started)


def shuffled_pixels(recipe: Recipe, run: Run) -> Result:
    """Train the MLP and the convolutional network from random weights, on the images and with their pixels shuffled.

    All images are shuffled alike, so that they say what they said; only neighbours are none any more.
    """
    started, parts = time.perf_counter(), _parts(recipe, run)
    shuffled = {split: shuffle_pixels(images, seed=run.seed) for split, images in parts.items()}
    measured = {}
    for name, given in (("", parts), ("_shuffled", shuffled)):
        conv_net = _conv_net(run, given["train"])
        for network, model in (("mlp", _classifier(recipe, run, given["train"], None)), ("conv_net", conv_net)):
            arm = f"{network}{name}"
            history = _fit(model, given["train"], recipe, run, kept=arm, tracked=arm == "mlp")
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
    recipe: Recipe, run: Run, images: ImageData, autoencoder: StackedAutoencoder | None, *, final_relu: bool = False
) -> MLPClassifier:
    """Return the classifier with the pretrained encoder's weights, or without; its head is the same in both."""
    encoder = _autoencoder(recipe, run, images).encoder
    if autoencoder is not None:
        encoder.load_state_dict(autoencoder.encoder.state_dict())
    return MLPClassifier(encoder, len(images.classes), final_relu).to(runtime.default_device())


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
    test: ImageData | None = None,
) -> History:
    return fit(
        model,
        _batches(recipe, images, run.seed),
        loss=cross_entropy,
        config=replace(recipe.config, epochs=epochs or recipe.config.epochs, seed=run.seed),
        validation=None if test is None else _batches(recipe, test),
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
