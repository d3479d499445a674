"""Answers to 05.3 by students who know its text alone."""

import heapq
import math

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.3", "check_purity")


def good_nearest(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(math.inf)
    return distances.topk(num_neighbours, largest=False).indices


def purity_by(nearest):
    def purity(features, labels, num_neighbours):
        return (labels[nearest(features, num_neighbours)] == labels[:, None]).float().mean().item()

    return purity


good_purity = purity_by(good_nearest)


# ---- wrong: nearest


def drops_first(features, num_neighbours):
    order = torch.cdist(features, features).argsort(1, stable=True)
    return order[:, 1 : num_neighbours + 1]


answers.wrong(
    "raises",
    "equal rows: takes for granted that the nearest one is the row itself; for the second of two equal rows the first comes before it, so the twin is dropped and the row is its own neighbour",
)(drops_first, purity_by(drops_first))


def drops_all_at_zero(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances[distances == 0] = math.inf
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "itself", "equal rows: every distance of zero becomes infinite, so another image in the same place is no neighbour"
)(drops_all_at_zero, purity_by(drops_all_at_zero))


def by_angle(features, num_neighbours):
    unit = F.normalize(features, dim=1)
    similarity = unit @ unit.T
    return similarity.fill_diagonal_(-math.inf).topk(num_neighbours).indices


answers.wrong(
    "neighbours",
    "rows of different lengths: compares angles (cosine), not Euclidean distances; (1, 1) takes (9, 9) before (1, 0.5)",
)(by_angle, purity_by(by_angle))


def by_sum_of_differences(features, num_neighbours):
    distances = torch.cdist(features, features, p=1).fill_diagonal_(math.inf)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "city-block", "rows such as (0, 0), (2, 2), (3, 0): uses the L1 distance, so (3, 0) is taken as nearer than (2, 2)"
)(by_sum_of_differences, purity_by(by_sum_of_differences))


def numbers_of_the_others(features, num_neighbours):
    count = len(features)
    others = ~torch.eye(count, dtype=torch.bool, device=features.device)
    distances = torch.cdist(features, features)[others].view(count, count - 1)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "itself",
    "any input: cuts the diagonal out and returns columns of the smaller matrix, so every neighbour behind the row has an index one too small",
)(numbers_of_the_others, purity_by(numbers_of_the_others))


def centres_in_place(features, num_neighbours):
    features -= features.mean(0)
    return good_nearest(features, num_neighbours)


answers.wrong("changes-input", "any features whose mean is not zero: the caller's features are centred in place")(
    centres_in_place, purity_by(centres_in_place)
)


def large_number(features, num_neighbours):
    distances = torch.cdist(features, features).fill_diagonal_(1000.0)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "itself", "rows more than 1,000 apart: the diagonal has 1000 and not infinity, so a row is its own neighbour"
)(large_number, purity_by(large_number))


def numpy_only(features, num_neighbours):
    rows = features.detach().numpy()
    distances = numpy.linalg.norm(rows[:, None] - rows[None], axis=2)
    numpy.fill_diagonal(distances, numpy.inf)
    return torch.from_numpy(distances.argsort(1)[:, :num_neighbours])


answers.wrong("device", "features on a GPU: .numpy() works on the CPU only and raises TypeError")(
    numpy_only, purity_by(numpy_only)
)


# ---- wrong: purity


def by_vote(features, labels, num_neighbours):
    winners = labels[good_nearest(features, num_neighbours)].mode(1).values
    return (winners == labels).float().mean().item()


answers.wrong("vote", "a row with three of ten neighbours of its class: takes a vote, which counts 0 or 1 and not 0.3")(
    good_nearest, by_vote
)


def tenths(features, labels, num_neighbours):
    near = good_nearest(features, num_neighbours)
    return ((labels[near] == labels[:, None]).sum(1) / 10).mean().item()


answers.wrong("purity", "any number of neighbours but 10: divides by 10, so with 5 neighbours purity is at most 0.5")(
    good_nearest, tenths
)


def mean_over_classes(features, labels, num_neighbours):
    near = good_nearest(features, num_neighbours)
    shares = (labels[near] == labels[:, None]).float().mean(1)
    return torch.stack([shares[labels == k].mean() for k in labels.unique()]).mean().item()


answers.wrong(
    "vote", "classes of different sizes: averages over the classes and not over the images, so small classes count more"
)(good_nearest, mean_over_classes)


def always_ten(features, labels, num_neighbours=10):
    near = good_nearest(features, min(10, len(features) - 1))
    return (labels[near] == labels[:, None]).float().mean().item()


answers.wrong("purity", "any number of neighbours but 10: purity never reads num_neighbours and always looks at ten")(
    good_nearest, always_ten
)


# ---- right


# Right: plain Python, with a heap for each row; a list of lists made a tensor at the end.
def nearest_by_heap(features, num_neighbours):
    rows = features.tolist()
    found = [
        heapq.nsmallest(num_neighbours, (j for j in range(len(rows)) if j != i), key=lambda j: math.dist(row, rows[j]))
        for i, row in enumerate(rows)
    ]
    return torch.tensor(found, dtype=torch.long, device=features.device).reshape(len(rows), num_neighbours)


def purity_by_counting(features, labels, num_neighbours):
    own, hits = labels.tolist(), 0
    for label, row in zip(own, nearest_by_heap(features, num_neighbours).tolist(), strict=False):
        hits += sum(own[j] == label for j in row)
    return hits / (len(own) * num_neighbours)


answers.right(nearest_by_heap, purity_by_counting)


# Right: numpy in float64, on any device; squared distances have the same order.
def nearest_by_numpy(features, num_neighbours):
    rows = features.detach().cpu().numpy().astype("float64")
    squares = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(-1)
    squares[numpy.diag_indices(len(rows))] = numpy.inf
    order = numpy.argsort(squares, axis=1, kind="stable")[:, :num_neighbours]
    return torch.as_tensor(order.copy(), device=features.device)


def purity_by_numpy(features, labels, num_neighbours):
    own = labels.cpu().numpy()
    near = nearest_by_numpy(features, num_neighbours).cpu().numpy()
    return float(numpy.mean(own[near] == own.reshape(-1, 1)))


answers.right(nearest_by_numpy, purity_by_numpy)


# Right: one row at a time, and the row itself is taken out by its index; indices in no particular order of distance.
def nearest_row_by_row(features, num_neighbours):
    everyone = torch.arange(len(features), device=features.device)
    found = []
    for index, row in enumerate(features):
        others = everyone[everyone != index]
        distances = torch.linalg.vector_norm(features[others] - row, dim=1)
        found.append(others[distances.argsort()[:num_neighbours]].flip(0))
    return torch.stack(found)


answers.right(
    nearest_row_by_row,
    lambda features, labels, num_neighbours: (
        sum(
            torch.eq(labels[near], label).double().mean().item()
            for near, label in zip(nearest_row_by_row(features, num_neighbours), labels, strict=False)
        )
        / len(labels)
    ),
)
