"""The checks of exercises 07.2 and 07.3: distances, and the triplets that are mined with them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_labs.checks import _lab07_reference as reference
from resnet_labs.checks._engine import Mistake, Probe, check

_MOST_CALLS = 40
# Classes of four, three, two and one example: the last anchor has no positive.
_LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 3, 2, 0, 1])


@check("07.2", "all distances at once, without a NaN where two points coincide")
def check_distances(probe: Probe, distances: Callable[[Tensor], Tensor]) -> None:
    """Check values, gradient, coincident points, and that no loop runs over the rows."""
    points = 2 * torch.randn(6, 3, generator=probe.generator, dtype=torch.float64)
    tested = "the distances between six points in three dimensions"
    value, gradient = reference.differentiated(probe, distances, points, tested=tested, hint="a", gradient_hint="c")
    right = reference.distances(points)
    products = points @ points.T
    lengths = points.square().sum(1)
    probe.close(
        value,
        right,
        "values",
        tested=tested,
        cause="the square root of the sum of squared differences, for every pair of rows",
        hint="a",
        atol=1e-5,
        mistakes=[
            Mistake(right.square(), "squared", "the square root is missing", "a"),
            Mistake(reference.distances(points, power=1), "city-block", "differences are summed, not squares", "a"),
            Mistake(right / 3**0.5, "mean-of-squares", "the mean over the axes is taken, not the sum", "a"),
            Mistake(right.triu(), "one-triangle", "only one triangle is filled; distances are symmetric", "a"),
            Mistake(products, "products", "these are inner products", "a"),
            Mistake(
                (lengths[:, None] + lengths + 2 * products).sqrt(), "sign", "the inner products come with a minus", "a"
            ),
            Mistake((right.square() + 1e-6).sqrt(), "epsilon", _EPSILON, "b"),
            Mistake((right.square() + 1e-8).sqrt(), "epsilon", _EPSILON, "b"),
            Mistake(right.clamp(min=1e-3), "epsilon", _EPSILON, "b"),
        ],
    )
    _check_coincident(probe, distances, points)
    probe.close(
        gradient(),
        reference.gradient_of(reference.distances, points),
        "gradient",
        tested=f"the gradient of {tested}",
        cause="a part of the computation is cut off from the points",
        hint="c",
    )
    far = 300 + torch.randn(30, 8, generator=probe.generator).repeat(2, 1)
    far[30:] += 1e-3
    tested = "the distances of 60 float32 points far from the origin, pairs of them close together"
    got = probe.call(distances, far, tested=tested, hint="b")
    probe.expect(
        bool(torch.as_tensor(got).isfinite().all()),
        "negative-root",
        tested=tested,
        expected="numbers",
        got=f"{int((~torch.as_tensor(got).isfinite()).sum())} entries are NaN",
        cause="rounding made a squared distance a little negative; clamp it at zero before the root",
        hint="b",
    )
    counter = reference.CountedCalls()

    def counted(points: Tensor) -> Tensor:
        with counter:
            return distances(points)

    many = torch.randn(_MOST_CALLS, 2, generator=probe.generator)
    probe.call(counted, many, tested=f"the distances of {_MOST_CALLS} points", hint="a")
    probe.expect(
        counter.number <= _MOST_CALLS,
        "loop",
        tested=f"how many of torch's functions run for {_MOST_CALLS} points",
        expected="a handful",
        got=f"{counter.number}",
        cause="a Python loop runs over the rows; subtract all pairs at once with `points[:, None] - points`",
        hint="a",
    )


def _check_coincident(probe: Probe, distances: Callable[[Tensor], Tensor], points: Tensor) -> None:
    twice = torch.cat([points[:4], points[1:3]])
    tested = "the distances of six points, of which two stand twice"
    value, gradient = reference.differentiated(probe, distances, twice, tested=tested, hint="a", gradient_hint="c")
    right, found = reference.distances(twice), gradient()
    probe.expect(
        bool(found.isfinite().all()),
        "nan-gradient",
        tested=f"the gradient of {tested}",
        expected="numbers; coincident points, and each point with itself, pull at nothing",
        got=f"{int((~found.isfinite()).sum())} of {found.numel()} entries are NaN or infinite",
        cause="the square root is infinitely steep at 0, and infinity times 0 is NaN",
        hint="b",
    )
    probe.close(value, right, "values", tested=tested, cause="coincident points are 0 apart", hint="b", atol=1e-5)
    probe.close(
        found,
        reference.gradient_of(reference.distances, twice),
        "gradient",
        tested=f"the gradient of {tested}",
        cause="coincident points push each other, or a part is cut off",
        hint="c",
    )


@check("07.3", "the right triplets under hard, semihard and all, averaged over those that count")
def check_triplet_loss(probe: Probe, triplet_loss: Callable[[Tensor, Tensor, float, str], Tensor]) -> None:
    """Check the three ways of mining, an anchor without a positive, and a batch without a triplet."""
    points = 0.6 * torch.randn(len(_LABELS), 2, generator=probe.generator, dtype=torch.float64)
    points += torch.tensor([[1.5, 0], [0, 1.5], [-1.5, 0], [0, -1.5]], dtype=torch.float64)[_LABELS]
    for margin in (2.0, 0.5):
        for mining in ("hard", "all", "semihard"):
            tested = f"the loss of ten points in the plane, margin {margin}, mining {mining!r}"
            value, gradient = reference.differentiated(
                probe, triplet_loss, points, _LABELS, margin, mining, tested=tested, hint="a", gradient_hint="c"
            )
            letter = "a" if mining == "hard" else "b"
            probe.close(
                value,
                _loss(points, _LABELS, margin, mining),
                mining,
                tested=tested,
                cause=_CAUSES[mining],
                hint=letter,
                mistakes=_mistakes(points, margin, mining),
            )
            probe.close(
                gradient(),
                reference.gradient_of(_loss, points, _LABELS, margin, mining),
                "gradient",
                tested=f"the gradient of {tested}",
                cause="positives or negatives are cut off; both sides of a triplet move",
                hint="c",
            )
    for labels, batch in (
        (torch.zeros_like(_LABELS), "of one class"),
        (torch.arange(len(_LABELS)), "with one example of each class"),
    ):
        for mining in ("hard", "all", "semihard"):
            tested = f"the loss of a batch {batch}, mining {mining!r}: it has no triplet"
            value, gradient = reference.differentiated(
                probe, triplet_loss, points, labels, 0.5, mining, tested=tested, hint="c", gradient_hint="c"
            )
            probe.close(
                value,
                0.0,
                "no-triplet",
                tested=tested,
                cause="the mean of nothing is NaN, the largest of nothing is infinite; divide a sum by at least 1",
                hint="c",
            )
            probe.expect(
                not gradient().any(),
                "no-triplet-gradient",
                tested=f"the gradient of {tested}",
                expected="zeros",
                got="NaN or numbers",
                cause="infinity entered the computation before it was masked away",
                hint="c",
            )


def _loss(points: Tensor, labels: Tensor, margin: float, mining: str) -> Tensor:
    distance = reference.distances(points)
    if mining == "hard":
        return reference.batch_hard(distance, labels, margin)
    counted = "positive loss" if mining == "all" else mining
    return reference.all_triplets(distance, labels, margin, counted=counted)


def _mistakes(points: Tensor, margin: float, mining: str) -> list[Mistake]:
    squares = reference.distances(points).square()
    distance, labels = squares.sqrt(), _LABELS
    hard, every = reference.batch_hard, reference.all_triplets
    same, _ = reference.pairs(labels, itself=True)
    hidden = (distance.masked_fill(~same, 0).amax(1) + margin)[labels != 3]
    positive, negative = reference.pairs(labels)
    gap = distance[positive].max() - distance[negative].min() + margin
    farthest = distance.masked_fill(~positive, -torch.inf).amax(1)
    nearest = distance.masked_fill(~negative, torch.inf).amin(1)
    raw = (farthest - nearest + margin)[labels != 3]
    back = (nearest - farthest + margin)[labels != 3].relu()
    found = [
        Mistake(hard(distance, labels, margin, itself=True), "lonely-anchor", _LONELY, "a"),
        Mistake(hard(squares, labels, margin), "squared", "distances are squared", "a"),
        Mistake(hard(distance, labels, margin, farthest_positive=False), "near-positive", _POSITIVE, "a"),
        Mistake(hard(distance, labels, margin, nearest_negative=False), "far-negative", _NEGATIVE, "a"),
        Mistake(
            hard(distance, labels, margin, farthest_positive=False, nearest_negative=False),
            "easiest",
            "these are the easiest triplets: nearest positives, farthest negatives",
            "a",
        ),
        Mistake(hidden.mean(), "hidden-by-zero", _HIDDEN, "a"),
        Mistake(hidden.sum() / len(labels), "hidden-by-zero", _HIDDEN, "a"),
        Mistake((distance.masked_fill(~same, 0).amax(1) + margin).mean(), "hidden-by-zero", _HIDDEN, "a"),
        Mistake(gap.relu(), "whole-batch", "one triplet of the whole batch; every anchor has its own", "a"),
        Mistake(raw.mean(), "no-hinge", "a loss below zero counts as zero: `relu`", "a"),
        Mistake(back.mean(), "turned-round", "positives and negatives are exchanged: positive minus negative", "a"),
        Mistake(hard(distance, labels, 0.0), "no-margin", "the margin is left out", "a"),
        Mistake(hard(distance, labels, margin, average="sum"), "sum", "summed; take the mean", "a"),
        Mistake(hard(distance, labels, margin, average="active"), "active-only", _ACTIVE, "a"),
        Mistake(hard(distance, labels, margin, average="batch"), "whole-mean", _WHOLE, "a"),
    ]
    if mining == "hard":
        return found
    semihard = every(distance, labels, margin, counted="semihard")
    return [
        Mistake(
            hard(distance, labels, margin), "mining-ignored", "`mining` is not looked at: this is hard mining", "b"
        ),
        *([Mistake(semihard, "wrong-mining", "these are the semi-hard triplets", "b")] if mining == "all" else []),
        *([Mistake(every(distance, labels, margin), "hard-ones-in", _TOO_HARD, "b")] if mining == "semihard" else []),
        Mistake(every(distance, labels, margin, counted="nearer"), "hard-only", _HARD_ONLY, "b"),
        Mistake(every(distance, labels, margin, counted="every"), "zeros-counted", _ZEROS, "b"),
        Mistake(every(distance, labels, margin, counted="farther"), "zeros-counted", _ZEROS, "b"),
        Mistake(every(distance, labels, margin, itself=True), "itself", _ITSELF, "b"),
        Mistake(every(distance, labels, margin, counted="semihard", itself=True), "itself", _ITSELF, "b"),
        Mistake(every(squares, labels, margin), "squared", "distances are squared", "b"),
        Mistake(every(squares, labels, margin, counted="semihard"), "squared", "distances are squared", "b"),
        Mistake(every(distance, labels, margin, average="sum"), "sum", "summed; take the mean", "b"),
        Mistake(every(distance, labels, margin, counted="semihard", average="sum"), "sum", "summed, not averaged", "b"),
    ]


_CAUSES = {
    "hard": "for each anchor: farthest positive minus nearest negative plus margin, at least 0; then the mean",
    "all": "the mean over all triplets (anchor, positive, negative) whose loss is above 0",
    "semihard": "the mean over the triplets whose negative is farther than the positive, but by less than the margin",
}
_EPSILON = "a number was added under the root that shows in the distances; replace the zeros before the root instead"
_LONELY = "an anchor without another example of its class counts, with itself as its positive"
_POSITIVE = "the nearest positive is taken; the hardest is the farthest"
_NEGATIVE = "the farthest negative is taken; the hardest is the nearest"
_HIDDEN = "the anchor's own class is hidden by zeros, and zero is the smallest distance; hide it by infinity"
_ACTIVE = "averaged over the anchors with a positive loss; under hard mining every usable anchor counts"
_WHOLE = "divided by the size of the batch; an anchor without a positive does not count"
_TOO_HARD = "triplets whose negative is nearer than the positive are in; semi-hard leaves them out"
_HARD_ONLY = "only triplets whose negative is nearer than the positive are in"
_ZEROS = "triplets without a loss count in the mean"
_ITSELF = "an example is its own positive"
