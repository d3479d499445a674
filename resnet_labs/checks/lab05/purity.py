"""The check of exercise 05.3: nearest neighbours and their purity."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab05 import reference
from resnet_labs.checks.lab05.points import LINE

_LABELS = torch.tensor([0, 0, 0, 1, 1, 0])
_BY_HAND = [{1, 2}, {0, 2}, {0, 1}, {1, 2}, {3, 5}, {3, 4}]


@check("05.3", "the nearest rows without the row itself, and the share of them that has the row's label")
def check_purity(
    probe: Probe, nearest: Callable[[Tensor, int], Tensor], purity: Callable[[Tensor, Tensor, int], float]
) -> None:
    """Check neighbours and purity on points worked out by hand, then on random ones."""
    near = probe.call(nearest, LINE, 2, tested="nearest(points, 2) for the points 0, 1, 3, 7, 15.5, 17", hint="a")
    tested = "the two nearest of the points 0, 1, 3, 7, 15.5, 17"
    _check_rows(probe, near, LINE, 2, tested)
    found = [set(row) for row in torch.as_tensor(near).tolist()]
    probe.equal(found, _BY_HAND, "neighbours", tested=tested, cause="other rows than the nearest", hint="a")
    points = torch.randn(30, 4, generator=probe.generator) * torch.tensor([1.0, 1.0, 4.0, 9.0]) + 20
    near = probe.call(nearest, points, 5, hint="a")
    _check_rows(probe, near, points, 5, "the five nearest of 30 random points in four dimensions")

    labels = torch.arange(30) % 3
    # Of the two neighbours of rows 0 to 5, 2, 2, 2, 0, 1 and 0 have the row's label: a purity of 7/12.
    for name, features, classes, count in (
        ("the six points on a line", LINE, _LABELS, 2),
        ("30 random points", points, labels, 5),
    ):
        right = reference.neighbours(features, count)
        with_itself = reference.purity(reference.neighbours(features, count, itself=True), classes)
        one_more = reference.purity(reference.neighbours(features, count + 1), classes)
        share = reference.purity(right, classes)
        got = probe.call(purity, features, classes, count, hint="b")
        probe.close(
            got,
            share,
            "purity",
            tested=f"purity of {name}, {count} neighbours",
            cause="of all N times k neighbours, count those with the row's label, and divide by N times k",
            hint="b",
            mistakes=[
                Mistake(with_itself, "purity-with-itself", "a row counts itself among its neighbours", "a"),
                Mistake(reference.vote(right, classes), "vote", "this is the share of rows that win a vote", "b"),
                Mistake(share * count, "not-divided", "divided by the rows, not by the rows' neighbours", "b"),
                Mistake(1 - share, "impurity", "this is the share of neighbours with another label", "b"),
                Mistake(one_more, "purity-one-more", "one neighbour too many is counted", "b"),
            ],
        )


def _check_rows(probe: Probe, near: object, points: Tensor, count: int, tested: str) -> None:
    """Fail unless each row of indices is, in any order, that of the nearest rows."""
    probe.expect(
        isinstance(near, Tensor) and not near.is_floating_point(),
        "not-indices",
        tested=tested,
        expected="indices of rows, a tensor of integers",
        got=near,
        cause="distances are returned; `topk` and `sort` give values, then indices",
        hint="a",
    )
    assert isinstance(near, Tensor)
    wrong = {
        "itself": (reference.neighbours(points, count, itself=True), "every row is its own nearest"),
        "one-more": (reference.neighbours(points, count + 1), "one neighbour too many"),
        "farthest": (reference.neighbours(points, count, largest=True), "these are the farthest: `largest=False`"),
        "city-block": (reference.neighbours(points, count, power=1), "distances are Euclidean: squares are summed"),
    }
    right = reference.neighbours(points, count)
    code, cause = "neighbours", "are the distances sorted, and between all pairs of rows?"
    if _same_rows(near, right):
        return
    for name, (rows, words) in wrong.items():
        if _same_rows(near, rows):
            code, cause = name, words
            break
    else:
        if near.shape != right.shape:
            code, cause = "neighbours-shape", "one row of indices for each point, with as many as were asked for"
    row = 0 if near.shape != right.shape else _first_row(near, right)
    expected, got = (sorted(rows[row].flatten().tolist()) if len(rows) else [] for rows in (right, near))
    place = f", those of row {row}"
    raise probe.failure(code, tested=tested + place, expected=expected, got=got, cause=cause, hint="a")


def _same_rows(got: Tensor, want: Tensor) -> bool:
    return got.shape == want.shape and torch.equal(got.long().sort(1).values, want.sort(1).values)


def _first_row(got: Tensor, want: Tensor) -> int:
    return int((got.long().sort(1).values != want.sort(1).values).any(1).nonzero()[0])
