"""How well a model does on labelled images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from resnet_labs import conv, distributed, metrics, runtime
from resnet_labs.errors import InputError

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Evaluation:
    """How well a model did on a set of images.

    Attributes:
        accuracy: fraction of images whose highest logit is the label's.
        top_k: the same for the k highest logits, by k.
        per_class: accuracy of each class; NaN for a class without an image.
        confusion: counts, rows are the labels, columns the predictions.
        logits: outputs of the model, on the CPU.
        labels: the true classes, on the CPU.
    """

    accuracy: float
    top_k: dict[int, float]
    per_class: Float64[Tensor, " K"]
    confusion: Int64[Tensor, "K K"]
    logits: Float[Tensor, "N K"]
    labels: Int64[Tensor, " N"]


@torch.inference_mode()
def evaluate(model: nn.Module, batches: Iterable[Batch], *, top_k: tuple[int, ...] = (1, 5)) -> Evaluation:
    """Return how well a model does on labelled images; it keeps its mode and its running statistics.

    Args:
        model: a module from images (N, C, H, W) to logits (N, K).
        batches: gives (images, labels).
        top_k: which top-k accuracies to take; 5 is left out if there are fewer classes.

    Returns:
        Accuracy, top-k, per-class accuracy, confusion matrix, logits and labels.

    Raises:
        InputError: no image, images of a type that the model does not take, a label outside the classes, or any other k
            above their number.

    Equals: scikit-learn's accuracy_score, top_k_accuracy_score and confusion_matrix on the same logits.

    Example:
        >>> evaluate(nn.Identity(), [(torch.eye(3), torch.arange(3))], top_k=(1,)).accuracy
        1.0
    """
    mine = [(rows, logits.float().cpu(), labels.cpu()) for logits, labels, rows in predict(model, batches)]
    found = [entry for entries in distributed.gathered(mine) for entry in entries]
    if not found:
        raise InputError("There is no batch to evaluate.", "Give batches with at least one image.")
    rows, logits, labels = (torch.cat(parts) for parts in zip(*found, strict=True))
    order = rows.argsort()
    logits, labels = logits[order], labels[order]
    num_classes = logits.shape[1]
    for k in top_k:
        if k != 5 and not 1 <= k <= num_classes:
            raise InputError(
                f"top_k holds {k}, but there are {num_classes} classes.", f"Choose each k from 1 to {num_classes}."
            )
    predictions = logits.argmax(1)
    confusion = metrics.confusion_matrix(predictions, labels, num_classes)
    return Evaluation(
        accuracy=metrics.accuracy(logits, labels),
        top_k={k: metrics.top_k_accuracy(logits, labels, k) for k in top_k if k <= num_classes},
        per_class=metrics.per_class_accuracy(logits, labels),
        confusion=confusion,
        logits=logits,
        labels=labels,
    )


@torch.inference_mode()
def predict(model: nn.Module, batches: Iterable[Batch]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield outputs, labels and their places in the whole set, batch by batch; each process yields its own rows.

    The model runs in evaluation mode; afterwards every module's own mode is restored.

    Raises:
        InputError: images of a type that the model does not take.
    """
    device = runtime.device_of(model)
    seen = 0
    with conv.products(model), evaluating(model):
        for images, labels in batches:
            places = distributed.part(torch.arange(seen, seen + len(images)))
            seen += len(images)
            if len(places):
                mine = distributed.part(images).to(device, non_blocking=True)
                yield outputs_of(model, mine), distributed.part(labels).to(device, non_blocking=True), places


def outputs_of(model: nn.Module, images: Tensor) -> Tensor:
    """Return the model's outputs for some images.

    Raises:
        InputError: images of a type that the model does not take.
    """
    try:
        return model(images)
    except RuntimeError as error:
        # Not every difference fails: autocast, or a model that converts its input, works.
        wanted = next((p.dtype for p in model.parameters()), images.dtype)
        if images.dtype == wanted or "type" not in str(error):
            raise
        raise InputError(
            f"The images have type {images.dtype}, but the model's parameters {wanted}.",
            f"Convert the images with `.to({wanted})`.",
        ) from error


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode, and afterwards restore every module's mode."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
