"""The check of exercise 07.2: all distances at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab07 import reference
from resnet_labs.checks.lab07.calls import Calls
from resnet_labs.checks.lab07.gradients import check_finite, differentiated, gradient_of

_MOST_CALLS = 40
_EPSILON = "a number was added under the root that shows in the distances; replace the zeros before the root instead"
_CUT_OFF = "a part of the computation is cut off from the points; both ends of a distance are pulled"
_REPLACED = "NaN in the gradient was replaced afterwards; it must not arise at all"
_STEEP = "the square root is infinitely steep at 0, and infinity times 0 is NaN"


@check("07.2", "all distances at once, without a NaN where two points coincide")
def check_distances(probe: Probe, distances: Callable[[Tensor], Tensor]) -> None:
    """Check values, gradient, coincident points, and that no loop runs over the rows."""
    points = 2 * torch.randn(6, 3, generator=probe.generator, dtype=torch.float64)
    tested = "the distances between six points in three dimensions"
    value, gradient = differentiated(probe, distances, points, tested=tested, hint="a", gradient_hint="c")
    probe.close(
        value,
        reference.distances(points),
        "values",
        tested=tested,
        cause="the square root of the sum of squared differences over all features, for every pair of rows",
        hint="a",
        atol=1e-5,
        mistakes=_mistakes(points),
    )
    found = gradient()
    _check_finite(probe, found, "nan-gradient", tested=tested, cause=_STEEP)
    probe.close(
        found,
        gradient_of(reference.distances, points),
        "gradient",
        tested=f"the gradient of {tested}",
        cause=(_CUT_OFF, _REPLACED),
        hint="c",
        mistakes=[
            Mistake(torch.zeros_like(points), "gradient", (_REPLACED, _CUT_OFF), "b"),
            Mistake(
                gradient_of(reference.distances, points) / 2, "one-end", "one end of each distance is detached", "c"
            ),
        ],
    )
    _check_coincident(probe, distances, points)
    _check_far(probe, distances)
    _check_near(probe, distances)
    calls = Calls()

    def watched(points: Tensor) -> Tensor:
        with calls:
            return distances(points)

    many = torch.randn(_MOST_CALLS, 2, generator=probe.generator)
    probe.call(watched, many, tested=f"the distances of {_MOST_CALLS} points", hint="a")
    probe.expect(
        len(calls.names) <= _MOST_CALLS,
        "loop",
        tested=f"how many of torch's functions run for {_MOST_CALLS} points",
        expected="a handful",
        got=f"{len(calls.names)}",
        cause="a Python loop runs over the rows; subtract all pairs at once with `points[:, None] - points`",
        hint="a",
    )


def _check_near(probe: Probe, distances: Callable[[Tensor], Tensor]) -> None:
    """Check points that are close together and not in one place, and a single point."""
    spread = torch.rand(5, 5, generator=probe.generator, dtype=torch.float64)
    near = 5.5e-5 * (torch.eye(5, dtype=torch.float64) + 0.05 * spread)  # all pairs are 0.00007 to 0.00008 apart
    right = reference.distances(near)
    tested = "the distances of five points that are about 0.00008 apart"
    cause = "small distances count as zero, or are raised to a smallest value; only a distance of exactly 0 is special"
    off_diagonal = ~torch.eye(5, dtype=torch.bool)
    for points in (near, near.float()):
        typed = f"{tested}, in {str(points.dtype).removeprefix('torch.')}"
        got = probe.call(distances, points, tested=typed, hint="b")
        probe.close(
            got[off_diagonal],
            right[off_diagonal],
            "coarse-zero",
            tested=typed,
            cause=cause,
            hint="b",
            atol=0,
            rtol=0.02,
        )
    wide = 100 * torch.randn(4, probe.random.randint(5, 12), generator=probe.generator, dtype=torch.float64)
    wide[1, 0] = wide[0, 0]
    tested = f"the distances of four points in {wide.shape[1]} dimensions, hundreds apart, two of them equal in one"
    causes = (
        "some of the dimensions are left out, or large distances are cut off",
        "points that have one number in common count as coincident",
    )
    got = probe.call(distances, wide, tested=tested, hint="a")
    probe.close(got, reference.distances(wide), "wide", tested=tested, cause=causes, hint="a", atol=1e-4)
    single = probe.call(distances, near[:1], tested="the distances of one point", hint="a")
    cause = "a table of one row loses its axes, such as by `squeeze()`"
    probe.close(
        single, torch.zeros(1, 1), "one-point", tested="the distances of one point", cause=cause, hint="a", atol=1e-5
    )


def _mistakes(points: Tensor) -> list[Mistake]:
    right = reference.distances(points)
    products, lengths = points @ points.T, points.square().sum(1)
    sums = lengths[:, None] + lengths
    one_triangle = "only one triangle is filled; distances are symmetric"
    ones = "ones that stand in for zeros under the root are still there: put the zeros back after it"
    return [
        Mistake(right.square(), "squared", "the square root is missing", "a"),
        Mistake(reference.distances(points, power=1), "city-block", "differences are summed, not squares", "a"),
        Mistake(right / 3**0.5, "mean-of-squares", "the mean over the axes is taken, not the sum", "a"),
        Mistake(right.triu(), "one-triangle", one_triangle, "a"),
        Mistake(right.tril(), "one-triangle", one_triangle, "a"),
        Mistake(products, "products", "these are inner products", "a"),
        Mistake((sums + 2 * products).sqrt(), "sign", "the inner products come with a minus", "a"),
        Mistake((sums - products).clamp(min=0).sqrt(), "one-product", "the inner products count twice", "a"),
        Mistake(right + torch.eye(len(points)), "zeros-not-put-back", ones, "b"),
        *(Mistake((right.square() + 10.0**-k).sqrt(), "epsilon", _EPSILON, "b") for k in range(3, 10)),
    ]


def _check_finite(probe: Probe, found: Tensor, code: str, *, tested: str, cause: str) -> None:
    nothing = "numbers; coincident points, and each point with itself, contribute nothing"
    check_finite(probe, found, code, tested=tested, cause=cause, hint="b", expected=nothing)


def _check_coincident(probe: Probe, distances: Callable[[Tensor], Tensor], points: Tensor) -> None:
    twice = torch.cat([points[:4], points[1:3], points[:1] + 1e-3])
    tested = "the distances of seven points, of which two occur twice and one has another close by"
    value, gradient = differentiated(probe, distances, twice, tested=tested, hint="a", gradient_hint="c")
    right, found = reference.distances(twice), gradient()
    cause = "only the diagonal is masked; two different examples can lie in the same place too"
    _check_finite(probe, found, "diagonal-only", tested=tested, cause=cause)
    coarse = "a small distance counts as zero; ask for zero itself, such as `squares == 0`"
    probe.close(
        value,
        right,
        "values",
        tested=tested,
        cause="coincident points are 0 apart",
        hint="b",
        atol=1e-5,
        mistakes=[Mistake(right.masked_fill(right < 0.01, 0), "coarse-zero", coarse, "b")],
    )
    zero = value.detach()[right == 0].abs().max()
    probe.expect(
        bool(zero < 5e-7),
        "not-zero",
        tested="seven points, two of them twice: the largest distance that should be 0",
        expected="0",
        got=f"{zero.item():.2g}",
        cause="a number was added under the root, or the squares are raised to a smallest value; keep the zeros",
        hint="b",
    )
    probe.close(
        found,
        gradient_of(reference.distances, twice),
        "gradient",
        tested=f"the gradient of {tested}",
        cause="coincident points push each other; where the distance is zero the gradient must be zero",
        hint="b",
        atol=1e-2,  # float32 will do
    )


def _check_far(probe: Probe, distances: Callable[[Tensor], Tensor]) -> None:
    far = 300 + torch.randn(30, 8, generator=probe.generator).repeat(2, 1)
    far[30:] += 1e-3
    tested = "the distances of 60 float32 points far from the origin, pairs of them close together"
    value, gradient = differentiated(probe, distances, far, tested=tested, hint="b", gradient_hint="c")
    probe.expect(
        bool(value.isfinite().all()),
        "negative-root",
        tested=tested,
        expected="numbers",
        got=f"{int((~value.isfinite()).sum())} entries are NaN",
        cause="rounding made a squared distance a little negative; clamp it at zero before the root",
        hint="b",
    )
    _check_finite(probe, gradient(), "nan-gradient", tested=tested, cause=_STEEP)
    probe.close(
        value,
        reference.distances(far.double()),
        "expanded",
        tested=tested,
        cause="the square is expanded, as `cdist` does for more than 25 rows, and large numbers cancel",
        hint="a",
        atol=5e-3,
    )
