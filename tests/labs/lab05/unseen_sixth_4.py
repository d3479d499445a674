"""Answers to 05.4 by students who know its text alone."""

import math

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.4", "check_kept")


def near_of(rows, k):
    distances = torch.cdist(rows, rows).fill_diagonal_(torch.inf)
    return distances.topk(k, largest=False).indices


def shared(before, after):
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()


@answers.wrong("?", "compares place by place: the right neighbours in another order do not count")
def in_order(features, positions, num_neighbours):
    return (near_of(features, num_neighbours) == near_of(positions, num_neighbours)).float().mean().item()


@answers.wrong("?", "counts each row among its own neighbours, in both: a random picture keeps 1 in k too many")
def itself_too(features, positions, num_neighbours):
    before = torch.cdist(features, features).topk(num_neighbours, largest=False).indices
    after = torch.cdist(positions, positions).topk(num_neighbours, largest=False).indices
    return shared(before, after)


@answers.wrong(
    "?",
    "the row itself is left out of the features only, and is its own neighbour in the plane: a perfect picture keeps less than 1",
)
def itself_in_the_plane(features, positions, num_neighbours):
    before = near_of(features, num_neighbours)
    after = torch.cdist(positions, positions).topk(num_neighbours, largest=False).indices
    return shared(before, after)


@answers.wrong("?", "divides by the union of both sets (Jaccard): half kept gives a third")
def jaccard(features, positions, num_neighbours):
    before = near_of(features, num_neighbours).tolist()
    after = near_of(positions, num_neighbours).tolist()
    return sum(len(set(a) & set(b)) / len(set(a) | set(b)) for a, b in zip(before, after)) / len(before)


@answers.wrong("?", "percent in place of a share")
def percent(features, positions, num_neighbours):
    return 100 * shared(near_of(features, num_neighbours), near_of(positions, num_neighbours))


@answers.wrong("?", "the number of kept neighbours per row, not divided by k: above 1")
def not_divided(features, positions, num_neighbours):
    before, after = near_of(features, num_neighbours), near_of(positions, num_neighbours)
    return (before[:, :, None] == after[:, None, :]).any(2).float().sum(1).mean().item()


@answers.wrong(
    "?", "asks whether a neighbour occurs anywhere in the plane's table, not in the same row: almost 1 always"
)
def anywhere(features, positions, num_neighbours):
    before, after = near_of(features, num_neighbours), near_of(positions, num_neighbours)
    return torch.isin(before, after).float().mean().item()


@answers.wrong("?", "the share of rows that keep at least one neighbour")
def at_least_one(features, positions, num_neighbours):
    before, after = near_of(features, num_neighbours), near_of(positions, num_neighbours)
    return (before[:, :, None] == after[:, None, :]).flatten(1).any(1).float().mean().item()


@answers.wrong("?", "the share of rows that keep all of their neighbours")
def all_or_nothing(features, positions, num_neighbours):
    before, after = near_of(features, num_neighbours), near_of(positions, num_neighbours)
    return (before.sort(1).values == after.sort(1).values).all(1).float().mean().item()


@answers.wrong("?", "looks along the first coordinate of the plane only: points above each other pass for near")
def one_coordinate(features, positions, num_neighbours):
    return shared(near_of(features, num_neighbours), near_of(positions[:, :1], num_neighbours))


@answers.wrong("?", "cosine similarity in feature space: shows where rows of one direction differ in length")
def cosine_features(features, positions, num_neighbours):
    unit = F.normalize(features, dim=1)
    before = (unit @ unit.T).fill_diagonal_(-torch.inf).topk(num_neighbours).indices
    return shared(before, near_of(positions, num_neighbours))


@answers.wrong("?", "never reads num_neighbours: ten, as in the notebook")
def always_ten(features, positions, num_neighbours):
    k = min(10, len(features) - 1)
    return shared(near_of(features, k), near_of(positions, k))


@answers.wrong(
    "?", "drops the first of k + 1 in place of the row: with twin rows that may be the twin, and the row stays"
)
def first_dropped(features, positions, num_neighbours):
    def near(rows):
        return torch.cdist(rows, rows).topk(num_neighbours + 1, largest=False).indices[:, 1:]

    return shared(near(features), near(positions))


@answers.wrong(
    "?", "no neighbours at distance 0: twins in the features or points in one place of the plane are passed over"
)
def no_twins(features, positions, num_neighbours):
    def near(rows):
        distances = (rows[:, None] - rows).norm(dim=2)
        distances[distances == 0] = torch.inf
        return distances.topk(num_neighbours, largest=False).indices

    return shared(near(features), near(positions))


@answers.wrong("?", "looks among k + 1 neighbours in the plane, one too many")
def one_more_in_the_plane(features, positions, num_neighbours):
    k = min(num_neighbours + 1, len(positions) - 1)
    return shared(near_of(features, num_neighbours), near_of(positions, k))


@answers.wrong("?", "the median over the rows in place of the average")
def median_row(features, positions, num_neighbours):
    before, after = near_of(features, num_neighbours), near_of(positions, num_neighbours)
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean(1).median().item()


@answers.wrong("?", "stretches both axes of the plane to the same width first: another plane, with other neighbours")
def stretched(features, positions, num_neighbours):
    plane = (positions - positions.mean(0)) / (positions.std(0) + 1e-8)
    return shared(near_of(features, num_neighbours), near_of(plane, num_neighbours))


@answers.wrong("?", "follows only the nearest neighbour of each row, not all k")
def nearest_only(features, positions, num_neighbours):
    before, after = near_of(features, 1), near_of(positions, num_neighbours)
    return shared(before, after)


@answers.wrong(
    "?", "the share is right, but the positions are centred and scaled in place: the picture is another afterwards"
)
def moves_the_picture(features, positions, num_neighbours):
    positions -= positions.mean(0)
    positions *= 0.5
    return shared(near_of(features, num_neighbours), near_of(positions, num_neighbours))


@answers.wrong("?", "leaves the last row out of the average, but divides by all: a perfect picture keeps (N - 1) / N")
def last_row_forgotten(features, positions, num_neighbours):
    before = near_of(features, num_neighbours).tolist()
    after = near_of(positions, num_neighbours).tolist()
    hits = 0
    for n in range(len(before) - 1):
        hits += len(set(before[n]) & set(after[n]))
    return hits / (len(before) * num_neighbours)


def exact(rows, k):
    """Neighbours as a list of sets, slowly and in double precision."""
    points = rows.detach().cpu().double().tolist()
    found = []
    for i, point in enumerate(points):
        others = sorted((math.dist(point, other), j) for j, other in enumerate(points) if j != i)
        found.append({j for _, j in others[:k]})
    return found


@answers.right
def with_sets(features, positions, num_neighbours):
    pairs = list(zip(exact(features, num_neighbours), exact(positions, num_neighbours)))
    return sum(len(before & after) for before, after in pairs) / (len(pairs) * num_neighbours)


@answers.right
def with_masks(features, positions, num_neighbours):
    def chosen(rows):
        wide = rows.double()
        apart = (wide[:, None] - wide[None, :]).pow(2).sum(2)
        apart.diagonal().fill_(math.inf)
        near = apart.argsort(dim=1, stable=True)[:, :num_neighbours]
        return torch.zeros_like(apart, dtype=torch.bool).scatter_(1, near, True).cpu()

    both = chosen(features) & chosen(positions)
    return both.sum().item() / (len(features) * num_neighbours)


@answers.right
def in_numpy(features, positions, num_neighbours):
    def order(rows):
        points = rows.detach().cpu().numpy().astype("float64")
        apart = numpy.linalg.norm(points[:, None] - points[None], axis=2)
        numpy.fill_diagonal(apart, numpy.inf)
        return numpy.argsort(apart, axis=1, kind="stable")[:, :num_neighbours]

    shares = [numpy.intersect1d(a, b).size / num_neighbours for a, b in zip(order(features), order(positions))]
    return float(numpy.mean(shares))


@answers.right
def as_a_product(features, positions, num_neighbours):
    def graph(rows):
        wide = rows.double().cpu()
        n = len(wide)
        table = torch.zeros(n, n, dtype=torch.float64)
        for i in range(n):
            apart = torch.linalg.vector_norm(wide - wide[i], dim=1)
            apart[i] = math.inf
            table[i, apart.sort(stable=True).indices[:num_neighbours]] = 1
        return table

    return (torch.einsum("ij,ij->", graph(features), graph(positions)) / (len(features) * num_neighbours)).item()


@answers.right
def recursive_mean(features, positions, num_neighbours):
    before, after = exact(features, num_neighbours), exact(positions, num_neighbours)

    def total(low, high):
        if high - low == 1:
            return num_neighbours - len(before[low] - after[low])
        middle = (low + high) // 2
        return total(low, middle) + total(middle, high)

    return total(0, len(before)) / len(before) / num_neighbours


@answers.right
def what_is_lost(features, positions, num_neighbours):
    """One less the share that is lost, from sorted index tables joined row by row."""

    def near(rows):
        wide = rows.clone().double()
        apart = torch.cdist(wide, wide, compute_mode="donot_use_mm_for_euclid_dist")
        return apart.fill_diagonal_(math.inf).topk(num_neighbours, largest=False).indices.cpu()

    joined = torch.cat([near(features), near(positions)], dim=1).sort(1).values
    twice = (joined[:, 1:] == joined[:, :-1]).sum(1)
    return 1 - (num_neighbours - twice.double()).mean().item() / num_neighbours
