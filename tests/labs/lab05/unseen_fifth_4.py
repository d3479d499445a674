"""Answers to 05.4 by students who know its text alone."""

import math

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.4", "check_kept")


def nearest(rows, num_neighbours):
    apart = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    apart.fill_diagonal_(math.inf)
    return apart.topk(num_neighbours, largest=False).indices


def share(before, after):
    """Return the share of `before` that is in the same row of `after`."""
    there = (before[:, :, None] == after[:, None, :]).any(2)
    return there.float().mean().item()


# --- wrong: common mistakes -------------------------------------------------------------


@answers.wrong(
    "by-place",
    "neighbours are compared place by place, so another order counts as lost; the same neighbours in another order",
)
def order_matters(features, positions, num_neighbours):
    before = nearest(features, num_neighbours)
    after = nearest(positions, num_neighbours)
    return (before == after).float().mean().item()


@answers.wrong("kept-with-itself", "a row counts as its own neighbour in both, which is always kept; any picture")
def itself_counted(features, positions, num_neighbours):
    before, after = (
        torch.cdist(rows, rows).topk(num_neighbours, largest=False).indices for rows in (features, positions)
    )
    return share(before, after)


@answers.wrong(
    "jaccard", "the share of the union of both sets of neighbours, not of k; any picture that loses a neighbour"
)
def share_of_the_union(features, positions, num_neighbours):
    before = nearest(features, num_neighbours).tolist()
    after = nearest(positions, num_neighbours).tolist()
    shares = [len({*a} & {*b}) / len({*a} | {*b}) for a, b in zip(before, after, strict=True)]
    return sum(shares) / len(shares)


@answers.wrong("kept-not-divided", "the number of kept neighbours of a row, not divided by k; any k but 1")
def number_not_share(features, positions, num_neighbours):
    before = nearest(features, num_neighbours)
    after = nearest(positions, num_neighbours)
    there = (before[:, :, None] == after[:, None, :]).any(2)
    return there.sum(1).float().mean().item()


# --- wrong: right on the visible example ------------------------------------------------


@answers.wrong("kept", "num_neighbours is never read, it is always 10; another number")
def always_ten(features, positions, num_neighbours):
    k = min(10, len(features) - 1)
    return share(nearest(features, k), nearest(positions, k))


@answers.wrong(
    "kept", "only the very nearest neighbour in the features is looked for among the k of the plane; k of 2 or more"
)
def only_the_very_nearest(features, positions, num_neighbours):
    before = nearest(features, 1)
    return share(before, nearest(positions, num_neighbours))


@answers.wrong(
    "by-place", "of k + 1 the first is dropped as the row itself, which it need not be; several points in one place"
)
def first_column_dropped(features, positions, num_neighbours):
    before, after = (
        torch.cdist(rows, rows).topk(num_neighbours + 1, largest=False).indices[:, 1:] for rows in (features, positions)
    )
    return share(before, after)


@answers.wrong(
    "kept",
    "neighbours in the features are those by the cosine, not by Euclidean distance; features of different lengths",
)
def features_by_angle(features, positions, num_neighbours):
    unit = F.normalize(features, dim=1)
    return share(nearest(unit, num_neighbours), nearest(positions, num_neighbours))


# --- wrong: a broken promise ------------------------------------------------------------


@answers.wrong("changes-input", "the caller's positions are scaled to 0 to 1 in place; any positions not there already")
def scales_in_place(features, positions, num_neighbours):
    positions -= positions.min(dim=0).values
    positions /= positions.max()
    return share(nearest(features, num_neighbours), nearest(positions, num_neighbours))


seen = {}


@answers.wrong("kept", "neighbours in the features are kept between calls by shape; other features of the same shape")
def remembers_the_features(features, positions, num_neighbours):
    key = (*features.shape, num_neighbours)
    before = seen.setdefault(key, nearest(features, num_neighbours))
    return share(before, nearest(positions, num_neighbours))


@answers.wrong(
    "kept",
    "positions are rounded to whole numbers, as if they were pixels, so near points fall together; points less than 1 apart",
)
def in_whole_pixels(features, positions, num_neighbours):
    return share(nearest(features, num_neighbours), nearest(positions.round(), num_neighbours))


@answers.wrong(
    "draws", "only a random half of the rows is averaged, drawn from the global generator; any picture, twice"
)
def a_random_half(features, positions, num_neighbours):
    chosen = torch.randperm(len(features))[: max(1, len(features) // 2)]
    before = nearest(features, num_neighbours)[chosen]
    return share(before, nearest(positions, num_neighbours)[chosen])


# --- right ------------------------------------------------------------------------------


def near_sets(rows, k):
    points = rows.detach().tolist()
    for i, point in enumerate(points):
        others = [j for j in range(len(points)) if j != i]
        yield frozenset(sorted(others, key=lambda j: math.dist(point, points[j]))[:k])


@answers.right
def by_sets(features, positions, num_neighbours):
    pairs = zip(
        near_sets(features, num_neighbours),
        near_sets(positions, num_neighbours),
        strict=True,
    )
    lost = sum(len(before - after) for before, after in pairs)
    return 1 - lost / (len(features) * num_neighbours)


@answers.right
def by_tables_of_truth(features, positions, num_neighbours):
    """Two N x N tables: is column j a neighbour of row i?"""

    def table(rows):
        near = nearest(rows, num_neighbours).cpu()
        return torch.zeros(len(near), len(near), dtype=torch.bool).scatter_(
            1, near, torch.ones_like(near, dtype=torch.bool)
        )

    both = torch.logical_and(table(features), table(positions))
    return both.sum(dim=1).div(num_neighbours).double().mean().item()


@answers.right
def by_numpy(features, positions, num_neighbours):
    """A neighbour that is kept stands twice in the two lists put together."""
    lists = []
    for rows in (features, positions):
        points = rows.detach().cpu().numpy().astype(numpy.float64)
        gaps = points[:, None, :] - points[None, :, :]
        apart = numpy.sqrt(numpy.einsum("ijd,ijd->ij", gaps, gaps))
        numpy.fill_diagonal(apart, numpy.inf)
        lists.append(numpy.argsort(apart, axis=1, kind="stable")[:, :num_neighbours])
    together = numpy.sort(numpy.hstack(lists), axis=1)
    return float((together[:, 1:] == together[:, :-1]).sum(axis=1).mean() / num_neighbours)
