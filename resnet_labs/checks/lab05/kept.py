"""The check of exercise 05.4: how many of its nearest neighbours a row keeps in a picture."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab05 import reference
from resnet_labs.checks.lab05.points import LINE, twins

# A picture of `twins(LINE)` that draws twins side by side, and no longer in one place.
_APART = 10 * twins(LINE).repeat(1, 2) + torch.tensor([[0.0, 0.0], [1.0, 0.0]]).repeat(6, 1)

_TOO_EASY = (
    "neighbours are looked up in all rows, not in the same row",
    "a row counts as 1 as soon as one of its neighbours is kept",
    "the same neighbours are compared with themselves",
)
_CAUSES = (
    "it is the share of a row's nearest neighbours in the features that are among those of the same row in the "
    "picture; rows that have this row as a neighbour do not count",
    "distances are Euclidean, between the rows as they are given, not scaled",
    "a row counts itself, as where the first of k + 1 is dropped: that may be its twin",
    "the features, the picture or `num_neighbours` is not read, or only a part of the rows, or something is kept from "
    "an earlier call",
)
_ITSELF = "a row counts itself as its neighbour; where the first of k + 1 is dropped, that may be its twin instead"


@check("05.4", "the share of a row's neighbours that are still its neighbours in the picture")
def check_kept(probe: Probe, kept: Callable[[Tensor, Tensor, int], float]) -> None:
    """Check the share of kept neighbours on a picture that keeps all, one that keeps some, and a random one."""
    turned = -3 * LINE.repeat(1, 2)
    swapped = torch.tensor([[0.0, 0], [1, 0], [17, 0], [7, 0], [15.5, 0], [3, 0]])
    points = torch.randn(40, 6, generator=probe.generator)
    plane = points[:, :2] + 0.1 * torch.randn(40, 2, generator=probe.generator)
    others = torch.randn(40, 6, generator=probe.generator)
    count_of_six = probe.random.randint(7, 12)
    doubled = (twins(LINE), twins(torch.tensor([[0.0, 0], [1, 0], [17, 0], [7, 0], [15.5, 0], [3, 0]])))
    small = torch.randn(12, 2, generator=probe.generator)
    many = torch.randn(130 + probe.random.randint(0, 40), 4, generator=probe.generator)
    flat = torch.randn(500, 2, generator=probe.generator)
    thick = torch.cat([flat, 0.3 * torch.randn(500, 1, generator=probe.generator)], 1)
    for name, features, positions, count in (
        ("a picture that shows two of six dimensions", points, plane, count_of_six),
        ("a picture of points that are there twice", *doubled, 3),
        ("a picture of points far from the origin", small / 500 + 10, small.flip(0) / 500 + 10, 4),
        ("a picture that turns and stretches the points", LINE, turned, 2),
        ("a picture that shows two of six dimensions", others, others[:, 1:3], count_of_six),
        ("a picture of more than a hundred points", many, many[:, 1:3], 6),
        ("a picture that swaps two of six points", LINE, swapped, 2),
        ("a picture of 500 points", thick, flat, 140),
        ("a picture that draws twins side by side", twins(LINE), _APART, 1),
    ):
        first, second = (reference.neighbours(rows, count) for rows in (features, positions))
        share = reference.kept(first, second)
        itself = [reference.neighbours(rows, count, itself=True) for rows in (features, positions)]
        who = "the nearest neighbour" if count == 1 else f"{count} neighbours"
        probe.close(
            probe.call(kept, features, positions, count, hint="a"),
            share,
            "kept",
            tested=f"the share of {who} that {name} keeps",
            cause=(f"{reference.MANY_ROWS}, so that rows collide", _CAUSES[3]) if len(features) == 500 else _CAUSES,
            hint="a",
            atol=1e-6 if count < 100 else 5e-4,  # of so many, rounding may exchange two
            mistakes=[
                Mistake((first == second).double().mean(), "by-place", "compared place by place; order is free", "b"),
                Mistake(share * count, "kept-not-divided", "divided by the rows, not by their neighbours", "a"),
                Mistake(share / (2 - share), "jaccard", "divided by the union of both sets of neighbours", "b"),
                Mistake(_jaccard(first, second), "jaccard", "divided by the union of both sets of neighbours", "b"),
                Mistake(reference.kept(*itself), "kept-with-itself", _ITSELF, "a"),
                Mistake(_all_kept(first, second), "all-or-nothing", "a row counts only if it keeps them all", "a"),
                Mistake(_any_row(first, second), "any-row", _TOO_EASY, "b"),
                Mistake(_one_kept(first, second), "any-row", _TOO_EASY[1], "b"),
                Mistake(1.0, "features-only", "the same neighbours are compared with themselves", "a"),
                Mistake(100 * share, "per-cent", "this is a percentage; give a share", "a"),
                Mistake(1 - share, "lost", "this is the share that is lost", "a"),
                *(Mistake(round(share, digits), "kept", "the share is rounded", "a") for digits in (2, 3, 4)),
            ],
        )
    tested = "the share of 2 neighbours that a picture of five rows in one place keeps"
    share = probe.call(kept, torch.zeros(5, 3), torch.ones(5, 2), 2, tested=tested, hint="a")
    probe.expect(
        0 <= float(share) <= 1,
        "above-one",
        tested=tested,
        expected="between 0 and 1",
        got=float(share),
        cause="all rows within the distance of the k-th neighbour are counted; with ties these are more than k",
        hint="a",
    )


def _hits(first: Tensor, second: Tensor) -> Tensor:
    return (first[:, :, None] == second[:, None, :]).any(2)


def _jaccard(first: Tensor, second: Tensor) -> float:
    common = _hits(first, second).sum(1).double()
    return (common / (2 * first.shape[1] - common)).mean().item()


def _all_kept(first: Tensor, second: Tensor) -> float:
    return _hits(first, second).all(1).double().mean().item()


def _one_kept(first: Tensor, second: Tensor) -> float:
    return _hits(first, second).any(1).double().mean().item()


def _any_row(first: Tensor, second: Tensor) -> float:
    return torch.isin(first, second).double().mean().item()
