"""Answers to 05.4 by students who know its text alone."""

import math

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.4", "check_kept")


def _near(points, count):
    """The right neighbours, for the answers below that are wrong elsewhere."""
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.fill_diagonal_(math.inf).topk(count, largest=False).indices


@answers.wrong("?", "compares place by place: the same neighbours in another order are not counted")
def in_order(features, positions, num_neighbours):
    same = _near(features, num_neighbours) == _near(positions, num_neighbours)
    return same.float().mean().item()


@answers.wrong("?", "the row itself is counted on both sides, so every row keeps at least one")
def itself_counted(features, positions, num_neighbours):
    before, after = (
        torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
        .fill_diagonal_(-1.0)
        .topk(num_neighbours, largest=False)
        .indices
        for points in (features, positions)
    )
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()


@answers.wrong(
    "?",
    "drops the first of k + 1 as the row itself: with twin rows the twin may be dropped and the row stays on both sides",
)
def first_dropped(features, positions, num_neighbours):
    before, after = (
        torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").argsort(1)[:, 1 : num_neighbours + 1]
        for points in (features, positions)
    )
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()


@answers.wrong("?", "divides by the union of both sets in place of k: too low unless all or none are kept")
def over_the_union(features, positions, num_neighbours):
    before, after = _near(features, num_neighbours), _near(positions, num_neighbours)
    both = (before[:, :, None] == after[:, None, :]).any(2).sum(1)
    return (both / (2 * num_neighbours - both)).mean().item()


@answers.wrong("?", "asks whether a neighbour is among the neighbours of any row of the plane, not of the same row")
def anywhere(features, positions, num_neighbours):
    before, after = _near(features, num_neighbours), _near(positions, num_neighbours)
    return torch.isin(before, after).float().mean().item()


@answers.wrong(
    "?",
    "numbers the pairs with a base of 300, the size of the picture: with more than 300 rows different pairs get the same number",
)
def base_of_the_picture(features, positions, num_neighbours):
    rows = 300 * torch.arange(len(features), device=features.device)[:, None]
    before = rows + _near(features, num_neighbours)
    after = rows + _near(positions, num_neighbours)
    return torch.isin(before, after).float().mean().item()


@answers.wrong("?", "looks at the first 100 rows only: wrong where later rows keep another share")
def first_hundred(features, positions, num_neighbours):
    before = _near(features, num_neighbours)[:100]
    after = _near(positions, num_neighbours)[:100]
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()


@answers.wrong("?", "rounds the share to two digits, as the picture prints it")
def two_digits(features, positions, num_neighbours):
    before, after = _near(features, num_neighbours), _near(positions, num_neighbours)
    share = (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()
    return round(share, 2)


@answers.wrong(
    "?", "takes all within the distance of the k-th: with ties there are more than k, and the share can be above 1"
)
def within_the_radius(features, positions, num_neighbours):
    inside = []
    for points in (features, positions):
        distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(math.inf)
        radius = distances.kthvalue(num_neighbours, 1, keepdim=True).values
        inside.append(distances <= radius)
    both = (inside[0] & inside[1]).sum().item()
    return both / (len(features) * num_neighbours)


@answers.wrong(
    "?",
    "counts a pair as kept where either of the two rows names the other in the plane: another row's neighbours count",
)
def either_way(features, positions, num_neighbours):
    links = []
    for points in (features, positions):
        near = _near(points, num_neighbours)
        table = torch.zeros(len(near), len(near), dtype=torch.bool, device=near.device)
        links.append(table.scatter_(1, near, True))
    before, after = links
    return ((before & (after | after.T)).sum() / before.sum()).item()


@answers.wrong("?", "always asks for ten neighbours: num_neighbours is never read")
def ten_of_them(features, positions, num_neighbours):
    count = min(10, len(features) - 1)
    before, after = _near(features, count), _near(positions, count)
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()


@answers.wrong(
    "?", "stretches both axes of the picture to 0 to 1 first: other neighbours where the picture is wider than high"
)
def stretched(features, positions, num_neighbours):
    low, high = positions.min(0).values, positions.max(0).values
    square = (positions - low) / (high - low).clamp_min(1e-12)
    before, after = _near(features, num_neighbours), _near(square, num_neighbours)
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()


@answers.wrong("?", "the share of rows that keep all of their neighbours, not the share of neighbours")
def all_or_nothing(features, positions, num_neighbours):
    before = _near(features, num_neighbours).sort(1).values
    after = _near(positions, num_neighbours).sort(1).values
    return (before == after).all(1).float().mean().item()


@answers.wrong("?", "keeps the indices in one byte: with more than 256 rows the neighbours 3 and 259 count as the same")
def bytes_of_indices(features, positions, num_neighbours):
    before = _near(features, num_neighbours).to(torch.uint8)
    after = _near(positions, num_neighbours).to(torch.uint8)
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()


@answers.right
def sets_of_indices(features, positions, num_neighbours):
    def sets(points):
        rows = points.tolist()
        for own, row in enumerate(rows):
            others = [other for other in range(len(rows)) if other != own]
            others.sort(key=lambda other: math.dist(row, rows[other]))
            yield set(others[:num_neighbours])

    both = [len(a & b) for a, b in zip(sets(features), sets(positions), strict=True)]
    return sum(both) / (num_neighbours * len(both))


@answers.right
def swapped_is_the_same(features, positions, num_neighbours):
    """k of k: the share is the same from the other side."""
    before, after = _near(positions, num_neighbours), _near(features, num_neighbours)
    hits = before.unsqueeze(2).eq(after.unsqueeze(1)).sum((1, 2))
    return hits.double().div(num_neighbours).mean().item()


@answers.right
def product_of_tables(features, positions, num_neighbours):
    tables = []
    for points in (features, positions):
        near = _near(points, num_neighbours)
        tables.append(F.one_hot(near, len(points)).sum(1).double())
    before, after = tables
    return (torch.einsum("ij,ij->i", before, after) / before.sum(1)).mean().item()


@answers.right
def with_numpy(features, positions, num_neighbours):
    def numbered(points):
        rows = points.detach().cpu().double().numpy()
        lengths = ((rows[:, None] - rows[None]) ** 2).sum(-1)
        numpy.fill_diagonal(lengths, numpy.inf)
        near = numpy.argsort(lengths, axis=1, kind="stable")[:, :num_neighbours]
        return (near + len(rows) * numpy.arange(len(rows))[:, None]).ravel()

    first, second = numbered(features), numbered(positions)
    return len(numpy.intersect1d(first, second)) / first.size


@answers.right
def union_counted(features, positions, num_neighbours):
    """What both have is what they have together less what they have in all."""
    total = 0
    for a, b in zip(_near(features, num_neighbours), _near(positions, num_neighbours)):
        either = torch.cat([a.cpu(), b.cpu()]).unique().numel()
        total += 2 * num_neighbours - either
    return total / len(features) / num_neighbours


@answers.right
def searched_for(features, positions, num_neighbours):
    before = _near(features, num_neighbours)
    after = _near(positions, num_neighbours).sort(1).values.to(before.device)
    place = torch.searchsorted(after, before).clamp_max(num_neighbours - 1)
    return (after.gather(1, place) == before).to(torch.float64).mean().item()
