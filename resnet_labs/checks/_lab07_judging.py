"""The check of exercise 07.5: how an embedding classifies, and how well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check

# Class 0 has one example far out, which pulls its mean but not its median; class 2 has most examples.
_KNOWN = torch.tensor([[0.0, 0], [1, 0], [8, 0], [4, 4], [4, 6], [-6, -1], [-4, 1], [-5, 0], [-5, 4], [5, 1]])
_KNOWN_LABELS = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 1])


@check("07.5", "scores by the nearest class mean, top-k accuracy, and the accuracy of each class")
def check_judging(
    probe: Probe,
    nearest_mean: Callable[[Tensor, Tensor, Tensor, int], Tensor],
    top_k_accuracy: Callable[[Tensor, Tensor, int], Any],
    class_accuracy: Callable[[Tensor, Tensor], Tensor],
) -> None:
    """Check the order of the classes for each example, then the two accuracies."""
    _check_nearest_mean(probe, nearest_mean)
    _check_top_k(probe, top_k_accuracy)
    scores = torch.randn(40, 4, generator=probe.generator)
    labels = torch.cat([torch.tensor([0] * 4 + [1] * 8 + [2] * 12 + [3] * 16)])
    scores[range(40), labels] += 1
    right = (scores.argmax(1) == labels).double()
    counts, hits = labels.bincount(minlength=4), labels.bincount(right, 4)
    named = scores.argmax(1).bincount(minlength=4)
    tested = "the accuracy of each of four classes with 4, 8, 12 and 16 examples"
    probe.close(
        probe.call(class_accuracy, scores, labels, tested=tested, hint="c"),
        hits / counts,
        "class-accuracy",
        tested=tested,
        cause="of a class's own examples, the share whose highest score is that class",
        hint="c",
        mistakes=[
            Mistake(hits / named, "precision", "divided by how often a class was named, not by its examples", "c"),
            Mistake(hits / 40, "share-of-all", "divided by all examples, not by those of the class", "c"),
            Mistake(hits, "counts", "these are counts; divide by the examples of each class", "c"),
            Mistake(named / 40, "named", "this is how often each class was named", "c"),
            Mistake(right.mean(), "one-number", "this is the accuracy over all classes", "c"),
        ],
    )


def _check_nearest_mean(probe: Probe, nearest_mean: Callable[[Tensor, Tensor, Tensor, int], Tensor]) -> None:
    tested = "the order of three classes for 30 points"
    asked = 5 * torch.randn(30, 2, generator=probe.generator)
    got = probe.call(nearest_mean, _KNOWN, _KNOWN_LABELS, asked, 3, tested=tested, hint="a")
    shape = tuple(got.shape) if isinstance(got, Tensor) else got
    probe.expect(
        shape == (30, 3),
        "scores-shape",
        tested="the scores of 30 points for three classes",
        expected="a tensor of shape (30, 3)",
        got=f"shape {shape}" if isinstance(shape, tuple) else shape,
        cause="a row for each example that is asked about, a column for each class",
        hint="a",
    )
    own = [_KNOWN[label == _KNOWN_LABELS] for label in range(3)]
    means = torch.stack([rows.mean(0) for rows in own])
    medians = torch.stack([rows.median(0).values for rows in own])
    sums = torch.stack([rows.sum(0) for rows in own])
    between = torch.cdist(asked, _KNOWN)
    nearest = torch.stack([between[:, label == _KNOWN_LABELS].amin(1) for label in range(3)], 1)
    on_sphere = torch.nn.functional.normalize(asked) @ torch.nn.functional.normalize(means).T
    wrong = {
        "nearest-last": (torch.cdist(asked, means), "the nearest class gets the lowest score; take the minus"),
        "sums": (-torch.cdist(asked, sums), "features are summed over a class, not averaged"),
        "medians": (-torch.cdist(asked, medians), "the median is taken, not the mean"),
        "nearest-example": (-nearest, "the nearest example decides, not the nearest class mean"),
        "products": (asked @ means.T, "inner products with the means; distances are asked for"),
        "angles": (on_sphere, "angles to the means; distances are asked for"),
    }
    order, right = got.argsort(1, descending=True), (-torch.cdist(asked, means)).argsort(1, descending=True)
    if torch.equal(order, right):
        return
    code, cause = "scores", "the nearer an example is to a class's mean, the higher its score"
    for name, (scores, words) in wrong.items():
        if torch.equal(order, scores.argsort(1, descending=True)):
            code, cause = name, words
            break
    row = int((order != right).any(1).nonzero()[0])
    raise probe.failure(
        code,
        tested=f"{tested}, the highest score first; row {row}",
        expected=right[row].tolist(),
        got=order[row].tolist(),
        cause=cause,
        hint="a",
    )


def _check_top_k(probe: Probe, top_k_accuracy: Callable[[Tensor, Tensor, int], Any]) -> None:
    labels = torch.arange(30) % 6
    scores = torch.randn(30, 6, generator=probe.generator)
    scores[range(30), labels] += 1
    ranks = (scores > scores.gather(1, labels[:, None])).sum(1)
    for k in (1, 3, 2, 5, 6):
        hits = (ranks < k).double()
        tested = f"top-{k} accuracy of 30 examples and six classes"
        exactly = (ranks == k - 1).double().mean()
        lowest = (ranks >= 6 - k).double().mean()
        probe.close(
            probe.call(top_k_accuracy, scores, labels, k, tested=tested, hint="b"),
            hits.mean(),
            "top-k",
            tested=tested,
            cause="the share of examples whose label is among the k classes with the highest scores",
            hint="b",
            mistakes=[
                Mistake((ranks == 0).double().mean(), "only-first", "k is not looked at: this is top-1", "b"),
                Mistake(hits.mean() / k, "divided-by-k", "divided by k too", "b"),
                Mistake(lowest, "lowest", "the k lowest scores are taken", "b"),
                Mistake(exactly, "exactly-kth", "only the k-th place counts, not the places before it", "b"),
                Mistake((ranks <= k).double().mean(), "one-more", "one place too many counts", "b"),
                Mistake(hits.sum(), "not-averaged", "this is the count; divide by the number of examples", "b"),
            ],
        )
