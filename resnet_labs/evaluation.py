"""How a model does on labelled images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from resnet_labs import metrics
from resnet_labs.runtime import InputError

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Evaluation:
    """How a model did on a set of images.

    Attributes:
        accuracy: fraction of images whose highest logit is the label's.
        top_k: the same for the k highest logits, by k; a k beyond the number of classes is left out.
        per_class: accuracy of each class; NaN for a class without an image.
        confusion: counts, rows are the labels, columns the predictions.
        logits: what the model said, on the CPU.
        labels: what is true, on the CPU.
    """

    accuracy: float
    top_k: dict[int, float]
    per_class: Float64[Tensor, " K"]
    confusion: Int64[Tensor, "K K"]
    logits: Float[Tensor, "N K"]
    labels: Int64[Tensor, " N"]


@torch.inference_mode()
def evaluate(model: nn.Module, batches: Iterable[Batch], *, top_k: tuple[int, ...] = (1, 5)) -> Evaluation:
    """Return how a model does on labelled images; the model keeps its mode and its running statistics.

    Args:
        model: a module from images (N, C, H, W) to logits (N, K).
        batches: gives (images, labels).
        top_k: which top-k accuracies to take.

    Returns:
        Accuracy, top-k, per-class accuracy, confusion matrix, logits and labels.

    Raises:
        InputError: no batch, or a label outside the classes.

    Source: none, the usual definitions.
    Deviations: none.
    Equals: scikit-learn's accuracy_score, top_k_accuracy_score and confusion_matrix on the same logits.

    Example:
        >>> evaluate(nn.Identity(), [(torch.eye(3), torch.arange(3))], top_k=(1,)).accuracy
        1.0
    """
    pairs = [(logits.float().cpu(), labels.cpu()) for logits, labels in predict(model, batches)]
    if not pairs:
        raise InputError("There is no batch to evaluate.", "Give batches with at least one image.")
    logits, labels = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    num_classes = logits.shape[1]
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
def predict(model: nn.Module, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield (outputs, labels) batch by batch in evaluation mode, on the model's device; the mode comes back after."""
    training = model.training
    device = next(iter(model.parameters()), torch.empty(0)).device
    model.eval()
    try:
        for images, labels in batches:
            yield model(images.to(device, non_blocking=True)), labels.to(device, non_blocking=True)
    finally:
        model.train(training)
