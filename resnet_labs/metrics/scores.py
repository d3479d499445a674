"""Accuracies, and precision and recall from the confusion matrix."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int64, Integer
from torch import Tensor

from resnet_labs.errors import InputError


class Scores(NamedTuple):
    """Precision, recall and F: the mean over the classes, and (K,) float64 tensors with one value a class."""

    precision: float
    recall: float
    f_score: float
    class_precision: Float[Tensor, " K"]
    class_recall: Float[Tensor, " K"]
    class_f_score: Float[Tensor, " K"]


def accuracy(logits: Float[Tensor, "N K"], labels: Integer[Tensor, "..."]) -> float:
    """Return the share of examples whose label has the highest logit.

    Args:
        logits: (N, K) scores; any increasing function of them gives the same result.
        labels: (N,) true classes.

    Returns:
        A fraction between 0 and 1.

    Raises:
        InputError: no example, shapes that do not fit, or a label outside the classes.

    Deviations: of equal logits the first is the highest, as in `argmax`; NaN is never right.
    Equals: sklearn.metrics.accuracy_score of the argmax.

    Example:
        >>> accuracy(torch.tensor([[0.9, 0.1], [0.8, 0.2]]), torch.tensor([0, 1]))
        0.5
    """
    return top_k_accuracy(logits, labels, 1)


def top_k_accuracy(logits: Float[Tensor, "N K"], labels: Integer[Tensor, "..."], k: int) -> float:
    """Return the share of examples whose label is among the k highest logits.

    Args:
        logits: (N, K) scores; any increasing function of them gives the same result.
        labels: (N,) true classes.
        k: how many classes may be named, from 1 to K.

    Returns:
        A fraction between 0 and 1.

    Raises:
        InputError: no example, shapes that do not fit, a label outside the classes, or a k outside 1 to K.

    Source: Russakovsky et al. 2015, section 4.1 (top-5 error is one minus this).
    Deviations: of equal logits the lower class comes first, so that a network with constant outputs earns nothing by
        them; NaN comes before every number and is never right.
    Equals: sklearn.metrics.top_k_accuracy_score where no two logits are equal.

    Example:
        >>> top_k_accuracy(torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]), torch.tensor([2, 2]), 2)
        0.5
    """
    return _in_top_k(logits, labels, k).double().mean().item()


def per_class_accuracy(logits: Float[Tensor, "N K"], labels: Integer[Tensor, "..."]) -> Float[Tensor, " K"]:
    """Return the accuracy on the examples of each class.

    Args:
        logits: (N, K) scores.
        labels: (N,) true classes.

    Returns:
        (K,) float64 fractions; NaN for a class without examples, which has no accuracy.

    Raises:
        InputError: no example, shapes that do not fit, or a label outside the classes.

    Deviations: as of `accuracy`.
    Equals: sklearn.metrics.recall_score with average=None, where every class has examples.

    Example:
        >>> per_class_accuracy(torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]), torch.tensor([0, 1, 1]))
        tensor([1.0000, 0.5000], dtype=torch.float64)
    """
    right = _in_top_k(logits, labels, 1).double()
    num_classes = logits.shape[1]
    return torch.bincount(labels, right, num_classes) / torch.bincount(labels, minlength=num_classes)


def confusion_matrix(
    predictions: Integer[Tensor, "..."], labels: Integer[Tensor, "..."], num_classes: int
) -> Int64[Tensor, "K K"]:
    """Count how often each true class was predicted as each class.

    Args:
        predictions: (N,) predicted classes.
        labels: (N,) true classes.
        num_classes: the number of classes, K.

    Returns:
        (K, K) counts: true classes in the rows, predicted classes in the columns.

    Raises:
        InputError: no example, shapes that differ, or a class outside 0 to K - 1.

    Equals: sklearn.metrics.confusion_matrix with labels=range(K).

    Example:
        >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2)
        tensor([[1, 1],
                [0, 1]])
    """
    check_pair(predictions, labels, ("predictions", "labels"))
    _check_range("predictions", predictions, num_classes)
    _check_range("labels", labels, num_classes)
    cells = labels.long() * num_classes + predictions.long()
    return torch.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def precision_recall_f(confusion: Integer[Tensor, "..."]) -> Scores:
    """Return precision, recall and F, averaged over the classes and for each class.

    Args:
        confusion: (K, K) counts, true classes in the rows, as from `confusion_matrix`.

    Returns:
        The macro averages (every class weighs the same) as floats, and the values of the classes as (K,) tensors.

    Raises:
        InputError: `confusion` is not square, or holds no example.

    Source: Sokolova and Lapalme 2009, table 3, macro averages.
    Deviations: F is the mean of the classes' F, not the F of mean precision and mean recall. A class that was never
        predicted counts as precision 0, a class without examples as recall 0, and both as F 0.
    Equals: sklearn.metrics.precision_recall_fscore_support with labels=range(K), average="macro", zero_division=0.

    Example:
        >>> scores = precision_recall_f(torch.tensor([[3, 1], [0, 4]]))
        >>> round(scores.precision, 2), round(scores.recall, 3), round(scores.f_score, 4)
        (0.9, 0.875, 0.873)
    """
    _check_confusion(confusion)
    right, predicted, true = confusion.diagonal().double(), confusion.sum(0), confusion.sum(1)
    precision, recall = right / predicted.clamp_min(1), right / true.clamp_min(1)
    f_score = 2 * right / (predicted + true).clamp_min(1)
    macro_precision, macro_recall, macro_f_score = torch.stack([precision, recall, f_score]).mean(1).tolist()
    return Scores(macro_precision, macro_recall, macro_f_score, precision, recall, f_score)


def _in_top_k(logits: Tensor, labels: Tensor, k: int) -> Tensor:
    num_examples, num_classes = logits.shape
    if labels.shape != (num_examples,) or num_examples == 0:
        raise InputError(
            f"labels have shape {tuple(labels.shape)} and logits {tuple(logits.shape)}.",
            "Give (N,) labels with (N, K) logits, at least one example.",
        )
    if not 1 <= k <= num_classes:
        raise InputError(f"k is {k}, but there are {num_classes} classes.", f"Choose k from 1 to {num_classes}.")
    _check_range("labels", labels, num_classes)
    own = logits.gather(1, labels.long()[:, None])
    lower = torch.arange(num_classes, device=logits.device) < labels[:, None]
    ahead = ~(logits <= own) | ((logits == own) & lower)  # "not at most", so that NaN is ahead of every number
    return ahead.sum(1) < k


def check_pair(first: Tensor, second: Tensor, names: tuple[str, str]) -> None:
    """Raise InputError where two tensors do not hold the same examples."""
    if first.shape != second.shape or first.ndim != 1 or len(first) == 0:
        raise InputError(
            f"{names[0]} have shape {tuple(first.shape)} and {names[1]} {tuple(second.shape)}.",
            "Give two (N,) tensors with at least one example.",
        )


def _check_range(name: str, classes: Tensor, num_classes: int) -> None:
    low, high = (int(end) for end in classes.aminmax())
    if low < 0 or high >= num_classes:
        raise InputError(
            f"{name} reach from {low} to {high}, but there are {num_classes} classes.",
            f"Number the classes from 0 to {num_classes - 1}.",
        )


def _check_confusion(confusion: Tensor) -> None:
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1] or not confusion.any():
        raise InputError(
            f"confusion has shape {tuple(confusion.shape)} and counts {int(confusion.sum())} examples.",
            "Give the square counts of `confusion_matrix`, with at least one example.",
        )
