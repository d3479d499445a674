"""The check of exercise 07.5: how an embedding classifies, and how well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause

# Class 0 has one example far out, which pulls its mean but not its median; class 2 has most examples.
_KNOWN = torch.tensor([[0.0, 0], [1, 0], [8, 0], [4, 4], [4, 6], [-6, -1], [-4, 1], [-5, 0], [-5, 4], [5, 1]])
_KNOWN_LABELS = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 1])
_NEVER_RIGHT = "a class that is never right has an entry too, 0: `bincount(minlength=scores.shape[1])`"
_EQUAL = "far classes get the same score, as by `exp` of a very negative number; negative distances differ"


@check(
    "07.5",
    "scores by the nearest class mean, top-k accuracy, and the accuracy of each class",
    library=("resnet_labs.metrics:top_k_accuracy", "resnet_labs.metrics:per_class_accuracy"),
)
def check_judging(
    probe: Probe,
    nearest_mean: Callable[[Tensor, Tensor, Tensor, int], Tensor],
    top_k_accuracy: Callable[[Tensor, Tensor, int], Any],
    class_accuracy: Callable[[Tensor, Tensor], Tensor],
) -> None:
    """Check the order of the classes for each example, then the two accuracies."""
    _check_nearest_mean(probe, nearest_mean)
    _check_many_classes(probe, nearest_mean)
    _check_top_k(probe, top_k_accuracy)
    scores = torch.randn(40, 4, generator=probe.generator)
    labels = torch.tensor([2] * 4 + [0] * 8 + [1] * 12 + [3] * 16)
    scores[range(40), labels] += 1
    _check_class_accuracy(probe, class_accuracy, scores, labels, "")
    _check_class_accuracy(probe, class_accuracy, scores.repeat(40, 1), labels.repeat(40), ", each forty times")
    scores[labels == 3, 3] = -9
    never = ", where the last class is never right"
    cause = "a class that is never right has the accuracy 0; count with `bincount(minlength=scores.shape[1])`"
    _check_class_accuracy(probe, class_accuracy, scores, labels, never, cause=cause)
    scores[:, 1] = -9
    never = ", where class 1 is never named"
    cause = "a class that is never named has the accuracy 0; count with `bincount(minlength=scores.shape[1])`"
    _check_class_accuracy(probe, class_accuracy, scores, labels, never, cause=cause)


def _check_class_accuracy(
    probe: Probe,
    class_accuracy: Callable[[Tensor, Tensor], Tensor],
    scores: Tensor,
    labels: Tensor,
    where: str,
    cause: str = "",
) -> None:
    right = (scores.argmax(1) == labels).double()
    counts, hits = labels.bincount(minlength=4), labels.bincount(right, 4)
    named = scores.argmax(1).bincount(minlength=4)
    tested = f"the accuracy of each of four classes with 8, 12, 4 and 16 examples{where}"
    one = "this is one number for all classes; give one for each"
    probe.close(
        probe.call(class_accuracy, scores, labels, tested=tested, cause=cause, hint="c"),
        hits / counts,
        "class-accuracy",
        tested=tested,
        cause=cause
        or (
            "of a class's own examples, the share whose highest score is that class",
            "examples are counted in a type that is too small for them",
            "`//` rounds down; a share needs `/`",
        ),
        hint="c",
        mistakes=[
            Mistake((hits / counts)[hits > 0], "class-accuracy-shape", _NEVER_RIGHT, "c"),
            Mistake(hits / named, "precision", "divided by how often a class was named, not by its examples", "c"),
            Mistake(hits / len(labels), "share-of-all", "divided by all examples, not by those of the class", "c"),
            Mistake(hits, "counts", "these are counts; divide by the examples of each class", "c"),
            Mistake(named / len(labels), "named", "this is how often each class was named", "c"),
            Mistake(100 * hits / counts, "percent", "these are percents; a share lies between 0 and 1", "c"),
            Mistake(1 - hits / counts, "errors", "this is the share of mistakes", "c"),
            Mistake(right.mean(), "one-number", one, "c"),
            Mistake((hits / counts).mean(), "one-number", one, "c"),
        ],
    )


def _check_nearest_mean(probe: Probe, nearest_mean: Callable[[Tensor, Tensor, Tensor, int], Tensor]) -> None:
    tested = "the order of three classes for 30 points"
    asked = 5 * torch.randn(30, 2, generator=probe.generator)
    got = probe.call(nearest_mean, _KNOWN, _KNOWN_LABELS, asked, 3, tested=tested, hint="a")
    is_tensor = isinstance(got, Tensor)
    probe.expect(
        is_tensor and got.shape == (30, 3),
        "scores-shape",
        tested="the scores of 30 points for three classes",
        expected="a tensor of shape (30, 3)",
        got=f"shape {tuple(got.shape)}" if is_tensor else got,
        cause="a row for each example that is asked about, a column for each class"
        if is_tensor
        else "another kind of value is returned",
        hint="a",
    )
    own = [_KNOWN[label == _KNOWN_LABELS] for label in range(3)]
    means = torch.stack([rows.mean(0) for rows in own])
    medians = torch.stack([rows.median(0).values for rows in own])
    sums = torch.stack([rows.sum(0) for rows in own])
    between = torch.cdist(asked, _KNOWN)
    nearest = torch.stack([between[:, label == _KNOWN_LABELS].amin(1) for label in range(3)], 1)
    to_examples = torch.stack([between[:, label == _KNOWN_LABELS].mean(1) for label in range(3)], 1)
    counts = _KNOWN_LABELS.bincount()[:, None]
    shares = -torch.cdist(asked, sums / counts.sum())
    on_sphere = F.normalize(asked) @ F.normalize(means).T
    wrong = {
        "nearest-last": (torch.cdist(asked, means), "the nearest class gets the lowest score; negate the distances"),
        "sums": (-torch.cdist(asked, sums), "features are summed over a class, not averaged"),
        "divided-by-all": (shares, "divided by the number of all examples, not by that of the class"),
        "medians": (-torch.cdist(asked, medians), "the median is taken, not the mean"),
        "nearest-example": (-nearest, "the nearest example decides, not the nearest class mean"),
        "mean-distance": (-to_examples, "the mean distance to a class's examples; take the distance to their mean"),
        "city-block": (-torch.cdist(asked, means, p=1), "differences are summed, not squares"),
        "products": (asked @ means.T, "inner products with the means; distances are asked for"),
        "angles": (on_sphere, "angles to the means; distances are asked for"),
    }
    order, right = got.argsort(1, descending=True), (-torch.cdist(asked, means)).argsort(1, descending=True)
    if torch.equal(order, right):
        return
    code: str = "scores"
    cause: Cause = (
        "the nearer an example is to a class's mean, the higher its score",
        "the means are not those of each class's own examples",
        _EQUAL,
    )
    for name, (scores, words) in wrong.items():
        if torch.equal(order, scores.argsort(1, descending=True)):
            code, cause = name, words
            break
    _check_order(probe, order, right, code, tested=tested, cause=cause)


def _check_order(probe: Probe, order: Tensor, right: Tensor, code: str, *, tested: str, cause: Cause) -> None:
    """Fail with the first row whose classes are in another order."""
    for row, (got, want) in enumerate(zip(order.tolist(), right.tolist(), strict=True)):
        probe.equal(got, want, code, tested=f"{tested}, the highest score first; row {row}", cause=cause, hint="a")


def _check_many_classes(probe: Probe, nearest_mean: Callable[[Tensor, Tensor, Tensor, int], Tensor]) -> None:
    """Check more classes than ten, of unlike sizes, and a single example that is asked about."""
    num_classes = probe.random.randint(11, 15)
    labels = torch.cat(
        [torch.arange(num_classes).flip(0), torch.randint(num_classes, (20,), generator=probe.generator)]
    )
    known = 5 * torch.randn(len(labels), 3, generator=probe.generator)
    asked = 5 * torch.randn(9, 3, generator=probe.generator)
    means = torch.stack([known[labels == label].mean(0) for label in range(num_classes)])
    for rows, what in ((asked, "9 points"), (asked[:1], "one point"), (200 * asked, "9 points far away")):
        tested = f"the scores of {what} for {num_classes} classes"
        cause = (
            "a number of classes or of a class's examples is written down",
            "a table of one row loses its axis, such as by `squeeze()`",
        )
        scored = (
            "the means are not those of each class's own examples, or a number of classes is written down",
            "columns follow the order in which classes first occur; column 0 is class 0, and so on",
            _EQUAL,
        )
        got = probe.call(
            nearest_mean, known, labels, rows, num_classes, tested=tested, cause=cause, follows=True, hint="a"
        )
        shape = tuple(got.shape) if isinstance(got, Tensor) else got
        right = (-torch.cdist(rows, means)).argsort(1, descending=True)
        probe.equal(shape, (len(rows), num_classes), "scores-shape", tested=tested, cause=cause, hint="a")
        tested = f"the order of {num_classes} classes for {what}"
        _check_order(probe, got.argsort(1, descending=True), right, "scores", tested=tested, cause=scored)


def _check_top_k(probe: Probe, top_k_accuracy: Callable[[Tensor, Tensor, int], Any]) -> None:
    labels = (torch.arange(30) % 12).clamp(max=5)  # three of most classes, fifteen of the last
    while True:  # until no well-known mistake gives another one's share
        scores = torch.randn(30, 6, generator=probe.generator)
        scores[range(30), labels] += 0.7
        ranks = (scores > scores.gather(1, labels[:, None])).sum(1)
        first, third = int((ranks == 0).sum()), int((ranks == 2).sum())
        if len({first, third, int((ranks >= 3).sum()), int((ranks < 3).sum()) / 3}) == 4 and third:
            break
    for k in (1, 3, 2, 5, 6):
        hits = (ranks < k).double()
        tested = f"top-{k} accuracy of 30 examples and six classes"
        exactly = (ranks == k - 1).double().mean()
        lowest = (ranks >= 6 - k).double().mean()
        by_class = torch.stack([hits[labels == label].mean() for label in range(6)]).mean()
        everywhere = "every example counts: give the labels an axis, `labels[:, None]`, and ask `any(1)`"
        probe.close(
            probe.call(top_k_accuracy, scores, labels, k, tested=tested, hint="b"),
            hits.mean(),
            "top-k",
            tested=tested,
            cause=(
                "the share of examples whose label is among the k classes with the highest scores",
                "`k` is not read, or the share is rounded",
            ),
            hint="b",
            mistakes=[
                Mistake(
                    0.0, "none", "no example counts: ask whether any of `topk(k).indices` is `labels[:, None]`", "b"
                ),
                Mistake(1.0, "every", everywhere, "b"),
                Mistake((ranks == 0).double().mean(), "only-first", "k is not looked at: this is top-1", "b"),
                Mistake(hits.mean() / k, "divided-by-k", "divided by k too", "b"),
                Mistake(lowest, "lowest", "the k lowest scores are taken", "b"),
                Mistake(exactly, "exactly-kth", "only the k-th place counts, not the places before it", "b"),
                Mistake(by_class, "mean-of-means", "a mean for each class first; every example counts alike", "b"),
                Mistake((ranks <= k).double().mean(), "one-more", "one place too many counts", "b"),
                Mistake(hits.sum(), "not-averaged", "this is the count; divide by the number of examples", "b"),
                Mistake(hits, "not-averaged", "a number for each example; take the mean", "b"),
                Mistake(100 * hits.mean(), "percent", "this is in percent; a share lies between 0 and 1", "b"),
                Mistake(1 - hits.mean(), "errors", "this is the share of examples that are *not* among them", "b"),
            ],
        )
    tested = "top-2 accuracy of one example"
    cause = "a table of one row loses its axis, such as by `squeeze()`"
    got = probe.call(top_k_accuracy, scores[:1], labels[:1], 2, tested=tested, cause=cause, hint="b")
    probe.close(got, float(ranks[0] < 2), "top-k-one", tested=tested, cause=cause, hint="b")
