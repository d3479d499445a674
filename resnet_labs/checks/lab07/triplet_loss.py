"""The check of exercise 07.3: the triplets of a batch, mined in three ways."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab07 import reference
from resnet_labs.checks.lab07.gradients import BACKWARD, check_finite, differentiated, gradient_of

# Classes of four, three, two and one example: the last anchor has no positive.
_LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 3, 2, 0, 1])
_WITHOUT_EFFECT = {"active-only", "no-hinge", "zeros-counted"}  # where every triplet has a loss
_NO_NUMBER = "Python's `sum` of nothing is the number 0: begin with a tensor, such as `points.sum() * 0`"
_MEAN_OF_NOTHING = "the mean of nothing is NaN, the largest of nothing is infinite; divide a sum by at least 1"
_NOTHING = "there is no triplet to stack, or to take the largest or the mean of"


@check(
    "07.3",
    "the right triplets under hard, semihard and all, averaged over those that count",
    library=("resnet_labs.losses:triplet_loss",),
)
def check_triplet_loss(probe: Probe, triplet_loss: Callable[[Tensor, Tensor, float, str], Tensor]) -> None:
    """Check the three ways of mining, an anchor without a positive, and a batch without a triplet."""
    points = _points(probe)
    for margin in (5.0, 1.0, 0.5):  # every triplet has a loss under the first
        for mining in ("hard", "all", "semihard"):
            tested = f"the loss of ten points, in classes of 4, 3, 2 and 1, margin {margin}, mining {mining!r}"
            letter = "a" if mining == "hard" else "b"
            value, gradient = differentiated(
                probe, triplet_loss, points, _LABELS, margin, mining, tested=tested, hint=letter, gradient_hint="c"
            )
            probe.close(
                value,
                _loss(points, _LABELS, margin, mining),
                mining,
                tested=tested,
                cause=(
                    _CAUSES[mining],
                    "the margin is not read, or the condition under which a triplet counts is another",
                ),
                hint=letter,
                mistakes=_mistakes(points, margin, mining),
            )
            probe.close(
                gradient(),
                gradient_of(_loss, points, _LABELS, margin, mining),
                "gradient",
                tested=f"the gradient of {tested}",
                cause=("positives or negatives are cut off; both sides of a triplet move", BACKWARD),
                hint="c",
            )
    _check_special(probe, triplet_loss)
    _check_twins(probe, triplet_loss)
    one_class, all_classes = torch.zeros_like(_LABELS), torch.arange(len(_LABELS))
    for mining in ("hard", "all", "semihard"):
        _check_nothing(probe, triplet_loss, points, one_class, mining, "of one class")
        _check_nothing(probe, triplet_loss, points, all_classes, mining, "with one example of each class")


def _points(probe: Probe) -> Tensor:
    """Return points of which some anchors have a loss under a margin of 0.5, and some none."""
    centers = torch.tensor([[1.5, 0], [0, 1.5], [-1.5, 0], [0, -1.5]], dtype=torch.float64)
    while True:
        points = 0.6 * torch.randn(len(_LABELS), 2, generator=probe.generator, dtype=torch.float64) + centers[_LABELS]
        distance = reference.distances(points)
        raw = reference.batch_hard(distance, _LABELS, 0.5, hinge=False, average="each")
        if (raw > 0.1).sum() >= 3 and (raw < -0.1).sum() >= 2 and not _hides_a_mistake(points):
            return points


def _hides_a_mistake(points: Tensor) -> bool:
    """Return whether a mistake that shows under a margin of 5 gives nearly the right loss, as chance has it."""
    for mining in ("hard", "all", "semihard"):
        right = _loss(points, _LABELS, 5.0, mining)
        for mistake in _mistakes(points, 5.0, mining):
            value = torch.as_tensor(mistake.value)
            if not value.ndim and mistake.code not in _WITHOUT_EFFECT and (value - right).abs() < 0.005:
                return True
    return False


def _check_special(probe: Probe, triplet_loss: Callable[[Tensor, Tensor, float, str], Tensor]) -> None:
    """Check a small and a large batch, twins, and losses and differences of exactly zero; values only."""
    # Whole numbers with a whole mean, in float32: ties stay ties when points are centred, squares expanded into three
    # terms, or 1e-12 is added under a root.
    line = torch.tensor([[0.0], [1], [2], [-1], [3]])
    seven = torch.tensor([[0.0], [1], [2], [-1], [4], [0], [1]])
    half = torch.randint(-6, 7, (20, 1), generator=probe.generator).float()
    for rows, labels, margin, what in (
        (line[:3], [4, 4, 9], 0.25, "of three points, two of one class"),
        (line[:5], [2, 2, 258, 258, 15], 1.0, "of the points 0, 1, 2, -1 and 3 in classes 2, 2, 258, 258 and 15"),
        (1000 * line, [2, 2, 12, 12, 15], 1000.0, "of the points 0, 1000, 2000, -1000 and 3000 in three classes"),
        (
            line / 1024,
            [2, 2, 12, 12, 15],
            1 / 1024,
            "of the points 0, 1, 2, -1 and 3, each over 1024, in three classes",
        ),
        (torch.cat([half, -half]), [0, 1] * 20, 2.5, "of forty points in two classes"),
        (seven, [2, 2, 12, 12, 15, 2, 12], 1.5, "of the points 0, 1, 2, -1, 4 and again 0 and 1, twins of both kinds"),
    ):
        numbers = torch.tensor(labels)
        for mining in ("all",) if len(rows) > 30 else ("hard", "all", "semihard"):  # a loop over triplets is slow
            tested = f"the loss {what}, margin {margin}, mining {mining!r}"
            hint = "a" if mining == "hard" else "b"
            got = probe.call(triplet_loss, rows, numbers, margin, mining, tested=tested, cause=_NOTHING, hint=hint)
            probe.close(
                got,
                _loss(rows, numbers, margin, mining),
                f"{mining}-special",
                cause=(
                    "a triplet counts whose loss is exactly 0, or whose negative is exactly as far as its positive",
                    "another example in the anchor's own place is taken for the anchor itself",
                    "a number is written down, such as one larger than every distance, or the most triplets that count",
                    "class numbers are taken for places in a table or lose digits, or a count of triplets is too large",
                ),
                tested=tested,
                hint=hint,
                mistakes=[Mistake(torch.nan, "no-triplet", _MEAN_OF_NOTHING, "c")],
            )


def _check_twins(probe: Probe, triplet_loss: Callable[[Tensor, Tensor, float, str], Tensor]) -> None:
    """An anchor and its positive in one place have no slope, where the root alone would be infinitely steep."""
    points = torch.tensor([[0.0, 1], [0, 1], [2, 0], [0, 3]], dtype=torch.float64)
    for mining in ("hard", "all", "semihard"):
        tested = f"the loss of four points, two of a class in one place, mining {mining!r}"
        _, gradient = differentiated(
            probe,
            triplet_loss,
            points,
            torch.tensor([1, 1, 5, 5]),
            3.0,
            mining,
            tested=tested,
            hint="c",
            gradient_hint="c",
        )
        cause = "distances are taken by another root than that of your `distances`, whose gradient at 0 is 0"
        check_finite(probe, gradient(), "twins-gradient", tested=tested, cause=cause, hint="c")


def _check_nothing(
    probe: Probe,
    triplet_loss: Callable[[Tensor, Tensor, float, str], Tensor],
    points: Tensor,
    labels: Tensor,
    mining: str,
    batch: str,
) -> None:
    tested = f"the loss of a batch {batch}, mining {mining!r}: it has no triplet"
    value, gradient = differentiated(
        probe,
        triplet_loss,
        points,
        labels,
        0.5,
        mining,
        tested=tested,
        cause=_NOTHING,
        hint="c",
        gradient_hint="c",
        number=_NO_NUMBER,
    )
    probe.close(
        value,
        0.0,
        "no-triplet",
        tested=tested,
        cause=(_MEAN_OF_NOTHING, "something is kept from an earlier call, such as the triplets of another batch"),
        hint="c",
    )
    probe.expect(
        not gradient(connected=True).any(),
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
    distance = reference.distances(points)
    found = _hard_mistakes(points, distance, margin) if mining == "hard" else _every_mistakes(distance, margin, mining)
    letter = "a" if mining == "hard" else "b"
    return [
        *(it for it in found if torch.as_tensor(it.value).any()),  # many mistakes can give 0, which then tells nothing
        Mistake(0.0, "no-loss", (_NO_LOSS, "the condition for a triplet to count is never met"), letter),
        Mistake(torch.nan, "zero-times-infinity", _NAN, "a"),
        Mistake(torch.inf, "infinite", _INFINITE, "a"),
    ]


def _hard_mistakes(points: Tensor, distance: Tensor, margin: float) -> list[Mistake]:
    squares, labels, hard = distance.square(), _LABELS, reference.batch_hard
    same, _ = reference.pairs(labels, itself=True)
    positive, negative = reference.pairs(labels)
    hidden = distance.masked_fill(~same, 0).amax(1) + margin
    farthest = distance.masked_fill(~positive, -torch.inf).amax(1)
    nearest = distance.masked_fill(~negative, torch.inf).amin(1)
    raw = (farthest - nearest + margin)[labels != 3]
    back = (nearest - farthest + margin)[labels != 3].relu()
    gap = distance[positive].max() - distance[negative].min() + margin
    sphere = reference.distances(F.normalize(points))
    easiest = hard(distance, labels, margin, farthest_positive=False, nearest_negative=False)
    return [
        Mistake(hard(distance, labels, margin, itself=True), "lonely-anchor", _LONELY, "a"),
        Mistake(hard(squares, labels, margin), "squared", "distances are squared", "a"),
        Mistake(hard(sphere, labels, margin), "normalised", _SPHERE, "a"),
        Mistake(hard(distance, labels, margin, farthest_positive=False), "near-positive", _POSITIVE, "a"),
        Mistake(hard(distance, labels, margin, nearest_negative=False), "far-negative", _NEGATIVE, "a"),
        Mistake(easiest, "easiest", _EASIEST, "a"),
        Mistake(hidden[labels != 3].mean(), "hidden-by-zero", _HIDDEN, "a"),
        Mistake(hidden[labels != 3].sum() / len(labels), "hidden-by-zero", _HIDDEN, "a"),
        Mistake(hidden.mean(), "hidden-by-zero", _HIDDEN, "a"),
        Mistake(gap.relu(), "whole-batch", "one triplet of the whole batch; every anchor has its own", "a"),
        Mistake(raw.mean(), "no-hinge", "each anchor's loss below zero counts as zero: `relu` before the mean", "a"),
        Mistake(raw.relu(), "not-averaged", "one loss for each anchor; take the mean", "a"),
        Mistake(back.mean(), "turned-round", _TURNED, "a"),
        Mistake(hard(distance, labels, 0.0), "no-margin", "the margin is left out", "a"),
        Mistake(hard(distance, labels, margin, average="sum"), "sum", "summed; take the mean", "a"),
        Mistake(hard(distance, labels, margin, average="active"), "active-only", _ACTIVE, "a"),
        Mistake(hard(distance, labels, margin, average="batch"), "whole-mean", _WHOLE, "a"),
    ]


def _every_mistakes(distance: Tensor, margin: float, mining: str) -> list[Mistake]:
    squares, labels, every = distance.square(), _LABELS, reference.all_triplets
    counted = "positive loss" if mining == "all" else mining
    wide = "every" if mining == "all" else "farther"
    hard = reference.batch_hard(distance, labels, margin)
    semihard, positive = (every(distance, labels, margin, counted=it) for it in ("semihard", "positive loss"))
    averaged = {
        it: every(distance, labels, margin, counted=counted, average=it) for it in ("sum", "batch", "table", "anchor")
    }
    return [
        Mistake(hard, "mining-ignored", "`mining` is not looked at: this is hard mining", "b"),
        *([Mistake(semihard, "wrong-mining", "these are the semi-hard triplets", "b")] if mining == "all" else []),
        *([Mistake(positive, "hard-ones-in", _TOO_HARD, "b")] if mining == "semihard" else []),
        Mistake(every(distance, labels, margin, counted="nearer"), "hard-only", _HARD_ONLY, "b"),
        Mistake(every(distance, labels, margin, counted=wide), "zeros-counted", _ZEROS, "b"),
        Mistake(every(distance, labels, margin, counted="every"), "zeros-counted", _ZEROS, "b"),
        Mistake(every(distance, labels, margin, counted=wide, hinge=False), "no-hinge", _BELOW, "b"),
        Mistake(every(distance, labels, margin, counted="every", hinge=False), "no-hinge", _BELOW, "b"),
        Mistake(every(-distance, labels, margin, counted=counted), "turned-round", _TURNED, "b"),
        Mistake(every(distance, labels, margin, counted=counted, itself=True), "itself", _ITSELF, "b"),
        Mistake(every(squares, labels, margin, counted=counted), "squared", "distances are squared", "b"),
        Mistake(averaged["sum"], "sum", "summed; take the mean", "b"),
        Mistake(averaged["batch"], "divided-by-batch", _BY_ALL, "b"),
        Mistake(averaged["table"], "divided-by-batch", _BY_ALL, "b"),
        Mistake(averaged["anchor"], "mean-of-means", "a mean for each anchor first; take one mean over all", "b"),
    ]


_CAUSES = {
    "hard": "one triplet for each anchor, even if several anchors share a class: farthest positive minus nearest "
    "negative plus margin, at least 0; then the mean",
    "all": "the mean over all triplets (anchor, positive, negative) whose loss is above 0",
    "semihard": "the mean over all triplets whose negative is farther than the positive, but by less than the margin",
}
_LONELY = "an anchor without another example of its class counts, with itself as its positive"
_POSITIVE = "the nearest positive is taken; the hardest is the farthest"
_NEGATIVE = "the farthest negative is taken; the hardest is the nearest"
_HIDDEN = "the anchor's own class is hidden by zeros, and zero is the smallest distance; hide it by infinity"
_ACTIVE = "averaged over the anchors with a positive loss; under hard mining every usable anchor counts"
_WHOLE = "divided by the size of the batch; an anchor without a positive does not count"
_NO_LOSS = "no triplet has a loss: the margin must be added, and the own class told from the others"
_NAN = "zero times infinity is NaN: hide by `masked_fill`, not by a product"
_INFINITE = (
    "infinity is in the loss: an anchor without a positive counts, or the table itself was overwritten by infinity"
)
_SPHERE = "the points are put on the unit sphere first; take them as they are"
_EASIEST = "these are the easiest triplets: nearest positives, farthest negatives"
_TURNED = "positives and negatives are exchanged: the positive's distance minus the negative's"
_TOO_HARD = "triplets whose negative is nearer than the positive are in; semi-hard leaves them out"
_HARD_ONLY = "only triplets whose negative is nearer than the positive are in"
_ZEROS = "triplets without a loss count in the mean"
_BELOW = "triplets with a loss below zero are in the mean; choose those above zero"
_BY_ALL = "divided by the size of the batch or of the table, not by the number of triplets that count"
_ITSELF = "an example is its own positive"
