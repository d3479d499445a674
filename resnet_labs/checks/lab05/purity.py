"""The checks of exercises 05.3 and 05.4: nearest neighbours, their purity, and how many of them a picture keeps."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab05 import reference

# On a line, and every pair at another distance: the neighbours can be read off by hand.
_LINE = torch.tensor([[0.0], [1.0], [3.0], [7.0], [15.5], [17.0]])
_LABELS = torch.tensor([0, 0, 0, 1, 1, 0])
_BY_HAND = [{1, 2}, {0, 2}, {0, 1}, {1, 2}, {3, 5}, {3, 4}]


@check("05.3", "the nearest rows without the row itself, and the share of them that has the row's label")
def check_purity(
    probe: Probe, nearest: Callable[[Tensor, int], Tensor], purity: Callable[[Tensor, Tensor, int], float]
) -> None:
    """Check neighbours and purity on points worked out by hand, then on random ones."""
    near = probe.call(nearest, _LINE, 2, tested="nearest(points, 2) for the points 0, 1, 3, 7, 15.5, 17", hint="a")
    tested = "the two nearest of the points 0, 1, 3, 7, 15.5, 17"
    _check_rows(probe, near, _LINE, 2, tested)
    found = [set(row) for row in torch.as_tensor(near).tolist()]
    probe.equal(found, _BY_HAND, "neighbours", tested=tested, cause="other rows than the nearest", hint="a")
    points = torch.randn(30, 4, generator=probe.generator) * torch.tensor([1.0, 1.0, 4.0, 9.0]) + 20
    near = probe.call(nearest, points, 5, hint="a")
    _check_rows(probe, near, points, 5, "the five nearest of 30 random points in four dimensions")

    labels = torch.arange(30) % 3
    # Of the two neighbours of rows 0 to 5, 2, 2, 2, 0, 1 and 0 have the row's label: a purity of 7/12.
    for name, features, classes, count in (
        ("the six points on a line", _LINE, _LABELS, 2),
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


@check("05.4", "the share of a row's neighbours that are still its neighbours in the picture")
def check_kept(probe: Probe, kept: Callable[[Tensor, Tensor, int], float]) -> None:
    """Check the share of kept neighbours on a picture that keeps all, one that keeps some, and a random one."""
    turned = -3 * _LINE.repeat(1, 2)
    swapped = torch.tensor([[0.0, 0], [1, 0], [17, 0], [7, 0], [15.5, 0], [3, 0]])
    points = torch.randn(40, 6, generator=probe.generator)
    plane = points[:, :2] + 0.1 * torch.randn(40, 2, generator=probe.generator)
    for name, features, positions, count in (
        ("a picture that turns and stretches the points", _LINE, turned, 2),
        ("a picture that shows two of six dimensions", points, plane, 5),
        ("a picture that exchanges two of six points", _LINE, swapped, 2),
    ):
        first, second = (reference.neighbours(rows, count) for rows in (features, positions))
        share = reference.kept(first, second)
        itself = [reference.neighbours(rows, count, itself=True) for rows in (features, positions)]
        probe.close(
            probe.call(kept, features, positions, count, hint="a"),
            share,
            "kept",
            tested=f"the share of {count} neighbours that {name} keeps",
            cause="for each row, how many of its neighbours in the features are among those in the picture?",
            hint="a",
            mistakes=[
                Mistake((first == second).double().mean(), "by-place", "compared place by place; order is free", "b"),
                Mistake(share * count, "kept-not-divided", "divided by the rows, not by their neighbours", "a"),
                Mistake(share / (2 - share), "jaccard", "divided by the union of both sets of neighbours", "b"),
                Mistake(_jaccard(first, second), "jaccard", "divided by the union of both sets of neighbours", "b"),
                Mistake(reference.kept(*itself), "kept-with-itself", "a row counts itself as its neighbour", "a"),
                Mistake(_all_kept(first, second), "all-or-nothing", "a row counts only if it keeps them all", "a"),
                Mistake(
                    _any_row(first, second), "any-row", "neighbours are looked up in all rows, not in the own", "b"
                ),
                Mistake(1 - share, "lost", "this is the share that is lost", "a"),
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
            code, cause = "neighbours-shape", "one row of indices a point, as many as were asked for"
    row = 0 if near.shape != right.shape else _first_row(near, right)
    expected, got = (sorted(rows[row].flatten().tolist()) if len(rows) else [] for rows in (right, near))
    place = f", those of row {row}"
    raise probe.failure(code, tested=tested + place, expected=expected, got=got, cause=cause, hint="a")


def _same_rows(got: Tensor, want: Tensor) -> bool:
    return got.shape == want.shape and torch.equal(got.long().sort(1).values, want.sort(1).values)


def _first_row(got: Tensor, want: Tensor) -> int:
    return int((got.long().sort(1).values != want.sort(1).values).any(1).nonzero()[0])


def _hits(first: Tensor, second: Tensor) -> Tensor:
    return (first[:, :, None] == second[:, None, :]).any(2)


def _jaccard(first: Tensor, second: Tensor) -> float:
    common = _hits(first, second).sum(1).double()
    return (common / (2 * first.shape[1] - common)).mean().item()


def _all_kept(first: Tensor, second: Tensor) -> float:
    return _hits(first, second).all(1).double().mean().item()


def _any_row(first: Tensor, second: Tensor) -> float:
    return torch.isin(first, second).double().mean().item()
