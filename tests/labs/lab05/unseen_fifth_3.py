"""Answers to 05.3 by students who know its text alone."""

import heapq
import math

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.3", "check_purity")


def distances(features):
    return torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(math.inf)


def nearest_as_asked(features, num_neighbours):
    return distances(features).topk(num_neighbours, largest=False).indices


def purity_with(near):
    """Return an honest purity that uses the given nearest."""

    def purity(features, labels, num_neighbours):
        rows = near(features, num_neighbours)
        return (labels[rows] == labels[:, None]).float().mean().item()

    return purity


purity_as_asked = purity_with(nearest_as_asked)


# --- wrong: common mistakes -------------------------------------------------------------


def itself_counted(features, num_neighbours):
    return torch.cdist(features, features).topk(num_neighbours, largest=False).indices


answers.wrong("itself", "every row is its own nearest; any features")(itself_counted, purity_with(itself_counted))


def first_column_dropped(features, num_neighbours):
    apart = torch.cdist(features, features)
    return apart.topk(num_neighbours + 1, largest=False).indices[:, 1:]


answers.wrong(
    "itself", "the first of k + 1 is dropped as the row itself, which it need not be; two images in the same place"
)(first_column_dropped, purity_with(first_column_dropped))


def by_angle(features, num_neighbours):
    unit = F.normalize(features, dim=1)
    return (unit @ unit.T).fill_diagonal_(-math.inf).topk(num_neighbours).indices


answers.wrong("neighbours", "neighbours by the cosine, not by Euclidean distance; features of different lengths")(
    by_angle, purity_with(by_angle)
)


def nearest_for_votes(features, num_neighbours):
    return nearest_as_asked(features, num_neighbours)


def purity_by_votes(features, labels, num_neighbours):
    votes = labels[nearest_as_asked(features, num_neighbours)].mode(dim=1).values
    return (votes == labels).float().mean().item()


answers.wrong(
    "vote", "the share of rows whose neighbours' majority is right, not of neighbours; two of ten count as 0 or 1"
)(nearest_for_votes, purity_by_votes)


# --- wrong: right on the visible example ------------------------------------------------


def places_taken_left_out(features, num_neighbours):
    apart = distances(features)
    apart[apart == 0] = math.inf
    return apart.topk(num_neighbours, largest=False).indices


answers.wrong(
    "neighbours", "every image in the same place is left out with the row itself; two images in the same place"
)(places_taken_left_out, purity_with(places_taken_left_out))


def nearest_for_ten(features, num_neighbours):
    return nearest_as_asked(features, num_neighbours)


def purity_of_ten(features, labels, num_neighbours):
    k = min(10, len(features) - 1)
    near = nearest_as_asked(features, k)
    return (labels[near] == labels[:, None]).float().mean().item()


answers.wrong("purity", "purity never reads num_neighbours, it always takes 10; another number")(
    nearest_for_ten, purity_of_ten
)


def nearest_for_classes(features, num_neighbours):
    return nearest_as_asked(features, num_neighbours)


def purity_by_classes(features, labels, num_neighbours):
    same = labels[nearest_as_asked(features, num_neighbours)] == labels[:, None]
    means = [same[labels == k].float().mean() for k in labels.unique()]
    return torch.stack(means).mean().item()


answers.wrong("vote", "a mean of the classes' means, not over the images; classes of different sizes")(
    nearest_for_classes, purity_by_classes
)


def sixty_four_columns(features, num_neighbours):
    return nearest_as_asked(features[:, :64], num_neighbours)


answers.wrong(
    "neighbours", "only the first 64 features are read, which is all of the example's; features with more columns"
)(sixty_four_columns, purity_with(sixty_four_columns))


# --- wrong: a broken promise ------------------------------------------------------------


def centres_in_place(features, num_neighbours):
    with torch.no_grad():
        features -= features.mean(dim=0)
    return nearest_as_asked(features, num_neighbours)


answers.wrong("changes-input", "the caller's features are centred in place; any features with a mean other than 0")(
    centres_in_place, purity_with(centres_in_place)
)

known = {}


def remembers_the_first(features, num_neighbours):
    key = (tuple(features.shape), num_neighbours)
    if key not in known:
        known[key] = nearest_as_asked(features, num_neighbours)
    return known[key]


answers.wrong(
    "neighbours", "neighbours are kept between calls by the shape of the features; other features of the same shape"
)(remembers_the_first, purity_with(remembers_the_first))


def in_half_precision(features, num_neighbours):
    return nearest_as_asked(features.half().float(), num_neighbours)


answers.wrong(
    "neighbours",
    "features are rounded to float16, so near rows fall together and large numbers are infinite; features such as 1000 and 1000.1",
)(in_half_precision, purity_with(in_half_precision))


def shaken(features, num_neighbours):
    return nearest_as_asked(features + 1e-6 * torch.randn_like(features), num_neighbours)


answers.wrong("draws", "ties are broken with noise from the global generator, whose state changes; any call")(
    shaken, purity_with(shaken)
)


# --- right ------------------------------------------------------------------------------


def all_pairs(features, num_neighbours):
    """Broadcasting, and a stable sort with the row itself put last."""
    gaps = features.unsqueeze(0) - features.unsqueeze(1)
    apart = torch.einsum("ijd,ijd->ij", gaps, gaps)
    itself = torch.eye(len(features), dtype=torch.bool, device=features.device)
    apart = torch.where(itself, torch.full_like(apart, torch.inf), apart)
    return apart.argsort(dim=1, stable=True)[:, :num_neighbours]


def share_of_pairs(features, labels, num_neighbours):
    near = all_pairs(features, num_neighbours)
    same = torch.eq(labels.unsqueeze(1), labels.take(near))
    return int(same.sum()) / same.numel()


answers.right(all_pairs, share_of_pairs)


def by_heaps(features, num_neighbours):
    """Plain Python numbers, one heap for each row."""
    points = features.detach().tolist()
    others = lambda i: (j for j in range(len(points)) if j != i)
    found = [
        heapq.nsmallest(num_neighbours, others(i), key=lambda j: math.dist(points[i], points[j]))
        for i in range(len(points))
    ]
    return torch.tensor(found, dtype=torch.long, device=features.device)


def by_counting(features, labels, num_neighbours):
    names, right, all_of_them = labels.tolist(), 0, 0
    for own, row in zip(names, by_heaps(features, num_neighbours).tolist(), strict=True):
        for other in row:
            right += names[other] == own
            all_of_them += 1
    return right / all_of_them


answers.right(by_heaps, by_counting)


def with_numpy(features, num_neighbours):
    """Row by row; the row itself is cut out, and later numbers move up by one."""
    points = features.detach().cpu().numpy().astype(numpy.float64)
    table = numpy.empty((len(points), num_neighbours), dtype=numpy.int64)
    for i, point in enumerate(points):
        rest = numpy.delete(points, i, axis=0)
        order = numpy.argsort(numpy.linalg.norm(rest - point, axis=1), kind="stable")
        chosen = order[:num_neighbours]
        table[i] = chosen + (chosen >= i)
    return torch.from_numpy(table).to(features.device)


def with_one_hot_rows(features, labels, num_neighbours):
    number = labels.unique(return_inverse=True)[1]
    rows = F.one_hot(number).double().cpu()
    near = with_numpy(features, num_neighbours).cpu()
    return float(torch.einsum("nc,nkc->", rows, rows[near]) / near.numel())


answers.right(with_numpy, with_one_hot_rows)
