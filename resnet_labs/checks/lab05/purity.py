"""The check of exercise 05.3: nearest neighbours and their purity."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks.lab05 import reference
from resnet_labs.checks.lab05.points import LINE, twins

_LABELS = torch.tensor([0, 0, 0, 1, 1, 0])
_ITSELF = (
    "a row is its own neighbour: leave it out by its number (fill the diagonal with infinity), not as the first of the "
    "sorted ones, where its twin may stand, and not by a distance of 0",
    "the number on the diagonal is smaller than some distances: use infinity",
)
_BYTES = "the labels are kept in a type that is too small: as one byte, 3, 259 and 515 are the same"


@check(
    "05.3",
    "the nearest rows without the row itself, and the share of them that has the row's label",
    library=("resnet_labs.features:neighbour_purity",),
)
def check_purity(
    probe: Probe, nearest: Callable[[Tensor, int], Tensor], purity: Callable[[Tensor, Tensor, int], float]
) -> None:
    """Check neighbours and purity on points worked out by hand and on random ones, near, far, and twins."""
    many, wide = torch.randn(1100, 8, generator=probe.generator), torch.randn(40, 600, generator=probe.generator)
    for points, count, what in (
        (LINE, 2, "the two nearest of the points 0, 1, 3, 7, 15.5, 17"),
        (LINE, 5, "all five others of the points 0, 1, 3, 7, 15.5, 17"),
        (_random(probe), 5, "the five nearest of 30 random points in four dimensions"),
        (_random(probe), probe.random.randint(11, 14), "the nearest of 30 random points in four dimensions"),
        (LINE * 1000, 3, "the three nearest of the points 0, 1000, 3000, 7000, 15500, 17000"),
        (LINE / 1000, 3, "the three nearest of the points 0, 0.001, 0.003, 0.007, 0.0155, 0.017"),
        (LINE + 1e5, 3, "the three nearest of the points 0, 1, 3, 7, 15.5, 17, each 100,000 larger"),
        (LINE.double() + 1e9, 3, "the three nearest of the points 0, 1, 3, 7, 15.5, 17, each 1e9 larger, in float64"),
        (twins(LINE), 3, "the three nearest of the points 0, 1, 3, 7, 15.5, 17, each of them twice"),
        (many, 5, "the five nearest of 1,100 random points in eight dimensions"),
        (wide, 5, "the five nearest of 40 random points in 600 dimensions"),
        (many[:200], 150, "the 150 nearest of 200 random points in eight dimensions"),
    ):
        near = probe.call(nearest, points, count, tested=f"nearest(points, {count}): {what}", hint="a")
        _check_rows(probe, near, points, count, what)

    what = "the five nearest of 30 random points, once more after all were changed in place"
    points = _random(probe)
    for _ in range(2):
        points.copy_(_random(probe))
        near = probe.call(nearest, points, 5, tested=f"nearest(points, 5): {what}", anywhere=False, hint="a")
    _check_rows(probe, near, points, 5, what, cause="the answer to an earlier call is given again")

    points = _random(probe)
    labels = torch.tensor([2, 5, 7])[torch.randint(3, (30,), generator=probe.generator)]
    # Of the two neighbours of rows 0 to 5, 2, 2, 2, 0, 1 and 0 have the row's label: a purity of 7/12.
    for name, features, classes, count in (
        ("the six points on a line", LINE, _LABELS, 2),
        ("30 random points", points, labels, 5),
        ("30 random points", points, labels, probe.random.randint(11, 14)),
        ("six points that are there twice", twins(LINE), _LABELS.repeat_interleave(2), 3),
        ("the six points on a line, one alone in its class", LINE, torch.tensor([0, 0, 0, 1, 1, 2]), 2),
        ("30 random points of classes 3, 259 and 515", points, 3 + 256 * (labels // 3), 5),
        ("1,100 random points", many, torch.arange(1100) % 2 + (many[:, 0] > 0), 10),
    ):
        right = reference.neighbours(features, count)
        with_itself = reference.purity(reference.neighbours(features, count, itself=True), classes)
        one_more = reference.purity(reference.neighbours(features, min(count + 1, len(features) - 1)), classes)
        share = reference.purity(right, classes)
        got = probe.call(purity, features, classes, count, tested=f"purity of {name}, {count} neighbours", hint="b")
        vote = (
            "this is the share of rows that win a vote",
            "only the nearest neighbour counts, or every class counts once; every neighbour of every row counts",
        )
        probe.close(
            got,
            share,
            "purity",
            tested=f"purity of {name}, {count} neighbours",
            cause=(
                "of all N times k neighbours, count those with the row's label, and divide by N times k",
                "the neighbours that it uses are not those of `nearest`, or another number of them",
                *([reference.MANY_ROWS] if len(features) > 1000 else []),
            ),
            hint="b",
            mistakes=[
                Mistake(with_itself, "purity-with-itself", "a row counts itself among its neighbours", "a"),
                Mistake(reference.vote(right, classes), "vote", vote, "b"),
                Mistake(share * count, "not-divided", "divided by the rows, not by the rows' neighbours", "b"),
                Mistake(1 - share, "impurity", "this is the share of neighbours with another label", "b"),
                Mistake(100 * share, "per-cent", "this is a percentage; give a share", "b"),
                Mistake((share * count + 1) / (count + 1), "purity-with-itself", "a row counts itself too", "a"),
                Mistake(one_more, "purity-one-more", "one neighbour too many is counted", "b"),
                Mistake(reference.purity(right, classes % 256), "purity", _BYTES, "b"),
                *(Mistake(round(share, digits), "purity", "the share is rounded", "b") for digits in (2, 3, 4)),
            ],
            atol=1e-6 if len(features) < 1000 else 1e-3,  # of so many, rounding may exchange two
        )


def _random(probe: Probe) -> Tensor:
    return torch.randn(30, 4, generator=probe.generator) * torch.tensor([1.0, 1.0, 4.0, 9.0]) + 20


def _check_rows(
    probe: Probe,
    near: object,
    points: Tensor,
    count: int,
    tested: str,
    *,
    cause: Cause = (
        "the distances are not sorted, or not those of all pairs of rows",
        "distances are rounded, or a number that is written down is smaller than some of them",
        "it is another measure than the Euclidean distance, such as an angle",
    ),
) -> None:
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
    right = reference.neighbours(points, count)
    if _as_near(near, right, points):
        return
    wrong = {
        "itself": (
            reference.neighbours(points, count, itself=True),
            "every row is its own nearest; the diagonal has to be above every distance",
        ),
        "one-more": (reference.neighbours(points, count + 1), "one neighbour too many"),
        "farthest": (reference.neighbours(points, count, largest=True), "these are the farthest: `largest=False`"),
        "city-block": (reference.neighbours(points, count, power=1), "distances are Euclidean: squares are summed"),
    }
    code: str = "neighbours"
    own = torch.arange(len(points))[:, None]
    if near.shape == right.shape and bool((near.cpu() == own).any()):
        # Far from each other and all different, after nearer ones passed: only the number can be at fault.
        code, cause = "itself", _ITSELF[1] if points.max() - points.min() > 1000 else _ITSELF
        if _same_rows(near.cpu(), right - (right > own).long()):
            cause = "the diagonal was cut out, and indices behind it are one too small"
    elif near.shape == right.shape and _no_twins(near, right, points):
        cause = (
            "rows at a distance of 0 are left out, and with them a twin: leave out the row itself only, by its number "
            "(the diagonal)"
        )
    elif len(points) > 100:
        cause = (reference.MANY_ROWS, *cause)
    for name, (rows, words) in wrong.items():
        if _same_rows(near, rows):
            code, cause = name, words
            break
    else:
        if near.shape != right.shape:
            code, cause = "neighbours-shape", "one row of indices for each point, with as many as were asked for"
    row = 0 if near.shape != right.shape else _first_row(near, right, points)
    expected, got = (sorted(rows[row].flatten().tolist()) if len(rows) else [] for rows in (right, near))
    place = f", those of row {row}"
    raise probe.failure(code, tested=tested + place, expected=expected, got=got, cause=cause, hint="a")


def _same_rows(got: Tensor, want: Tensor) -> bool:
    return got.shape == want.shape and torch.equal(got.long().sort(1).values, want.sort(1).values)


def _no_twins(got: Tensor, want: Tensor, points: Tensor) -> bool:
    """Return whether some right neighbours are at a distance of 0, and none of those that were given."""
    if got.numel() and not 0 <= int(got.min()) <= int(got.max()) < len(points):
        return False
    given, right = ((points[rows.cpu().long()] == points[:, None]).all(2).any() for rows in (got, want))
    return bool(right and not given)


def _first_row(got: Tensor, want: Tensor, points: Tensor) -> int:
    """Return the first row that differs in its distances, or holds itself or a neighbour twice."""
    rows = range(len(want))
    return next((row for row in rows if not _row_as_near(got[row].tolist(), want[row].tolist(), row, points)), 0)


def _as_near(got: Tensor, want: Tensor, points: Tensor) -> bool:
    """Return whether every row has neighbours as near as the right ones: twins can stand for each other."""
    if got.shape != want.shape:
        return False
    others = torch.where((got.long().sort(1).values != want.sort(1).values).any(1))[0].tolist()
    return all(_row_as_near(got[row].tolist(), want[row].tolist(), row, points) for row in others)


def _row_as_near(found: list[int], right: list[int], row: int, points: Tensor) -> bool:
    if row in found or len(set(found)) < len(found) or not all(0 <= other < len(points) for other in found):
        return False
    gaps = [(points[others].double() - points[row].double()).norm(dim=1).sort().values for others in (found, right)]
    return not bool(((gaps[0] - gaps[1]).abs() > 1e-4 * gaps[1] + 1e-9).any())
