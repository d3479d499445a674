"""More answers to 05.3 by someone who knew the exercise and not its check."""

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("05.3", "check_purity")


def _distances(features):
    return torch.cdist(features, features).fill_diagonal_(torch.inf)


def _nearest(features, num_neighbours):
    return _distances(features).topk(num_neighbours, largest=False).indices


def _purity(features, labels, num_neighbours):
    return (labels[_nearest(features, num_neighbours)] == labels[:, None]).float().mean().item()


# numpy, differences of all pairs, a stable sort.
def by_numpy(features, num_neighbours):
    rows = features.detach().cpu().numpy().astype(np.float64)
    squares = ((rows[:, None] - rows[None]) ** 2).sum(-1)
    np.fill_diagonal(squares, np.inf)
    return torch.from_numpy(np.argsort(squares, axis=1, kind="stable")[:, :num_neighbours].copy()).to(features.device)


def purity_by_numpy(features, labels, num_neighbours):
    near, own = by_numpy(features, num_neighbours).cpu().numpy(), labels.cpu().numpy()
    return float(np.mean(own[near] == own[:, np.newaxis]))


answers.right(by_numpy, purity_by_numpy)


# A loop over the rows, each without itself.
def by_rows(features, num_neighbours):
    found = []
    for row, own in enumerate(features):
        distances = (features - own).norm(dim=1).tolist()
        others = [other for other in range(len(features)) if other != row]
        found.append(sorted(others, key=distances.__getitem__)[:num_neighbours])
    return torch.tensor(found, device=features.device)


def purity_by_rows(features, labels, num_neighbours):
    shares = []
    for label, near in zip(labels.tolist(), by_rows(features, num_neighbours), strict=False):
        shares.append(sum(labels[k].item() == label for k in near) / num_neighbours)
    return sum(shares) / len(shares)


answers.right(by_rows, purity_by_rows)


# Minus the distance, the largest; agreement from one table of equal labels by gather.
def by_largest(features, num_neighbours):
    own = torch.eye(len(features), dtype=torch.bool, device=features.device)
    closeness = (-torch.cdist(features, features)).masked_fill(own, -torch.inf)
    return closeness.argsort(dim=1, descending=True)[:, :num_neighbours]


def purity_by_table(features, labels, num_neighbours):
    same = (labels.unsqueeze(0) == labels.unsqueeze(1)).double()
    return same.gather(1, by_largest(features, num_neighbours)).mean().item()


answers.right(by_largest, purity_by_table)


def drops_first(features, num_neighbours):
    return torch.cdist(features, features).topk(num_neighbours + 1, largest=False).indices[:, 1:]


answers.wrong(
    "itself",
    "drops the nearest of k + 1: of rows in the same place another may be dropped, and a row is its own neighbour",
)(drops_first, _purity)


def zero_is_itself(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances[distances == 0] = torch.inf
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "itself", "every distance of zero counts as the row itself: another image in the same place is no neighbour"
)(zero_is_itself, _purity)


def fills_thousand(features, num_neighbours):
    return torch.cdist(features, features).fill_diagonal_(1000.0).topk(num_neighbours, largest=False).indices


answers.wrong("itself", "the diagonal is filled with 1,000: where others are further away a row is its own neighbour")(
    fills_thousand, _purity
)


def cosine(features, num_neighbours):
    unit = torch.nn.functional.normalize(features, dim=1)
    return (unit @ unit.T).fill_diagonal_(-torch.inf).topk(num_neighbours).indices


answers.wrong(
    "neighbours", "angles instead of Euclidean distances: a long vector in the same direction counts as near"
)(cosine, _purity)


def manhattan(features, num_neighbours):
    distances = torch.cdist(features, features, p=1).fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong("city-block", "sums of absolute differences instead of Euclidean distances: other neighbours")(
    manhattan, _purity
)


def centred_in_place(features, num_neighbours):
    features -= features.mean(0)
    return _nearest(features, num_neighbours)


answers.wrong("changes-input", "takes the mean off the caller's features, which are changed")(centred_in_place, _purity)


def values(features, num_neighbours):
    return _distances(features).topk(num_neighbours, largest=False).values


answers.wrong("not-indices", "distances instead of indices")(values, _purity)


def standardised(features, num_neighbours):
    return _nearest((features - features.mean(0)) / (features.std(0) + 1e-8), num_neighbours)


answers.wrong("neighbours", "each feature is divided by its deviation: other neighbours where features differ in size")(
    standardised, _purity
)


def vote(features, labels, num_neighbours):
    most = labels[_nearest(features, num_neighbours)].mode(1).values
    return (most == labels).float().mean().item()


answers.wrong("vote", "a vote: two of three neighbours count as 1, not as 2/3")(_nearest, vote)


def ten(features, labels, num_neighbours):
    return _purity(features, labels, 10)


answers.wrong(
    "raises", "purity takes ten neighbours whatever num_neighbours says, and crashes on fewer than eleven rows"
)(_nearest, ten)


def with_itself(features, labels, num_neighbours):
    near = torch.cdist(features, features).topk(num_neighbours, largest=False).indices
    return (labels[near] == labels[:, None]).float().mean().item()


answers.wrong("purity-with-itself", "purity counts the row itself, though nearest does not: too high")(
    _nearest, with_itself
)


def by_class(features, labels, num_neighbours):
    same = (labels[_nearest(features, num_neighbours)] == labels[:, None]).float().mean(1)
    return torch.stack([same[labels == k].mean() for k in labels.unique()]).mean().item()


answers.wrong("vote", "the mean of the classes' means, not over the images: another share for uneven classes")(
    _nearest, by_class
)


def beside(features, labels, num_neighbours):
    near = labels[_nearest(features, num_neighbours)]
    return (near == near[:, :1]).float().mean().item()


answers.wrong(
    "purity",
    "compares with the nearest neighbour's label, not the row's own: 1 with one neighbour, whatever the labels",
)(_nearest, beside)


def rounded(features, labels, num_neighbours):
    return round(_purity(features, labels, num_neighbours), 2)


answers.wrong("purity", "rounded to two decimals: 2/3 becomes 0.67")(_nearest, rounded)


def at_least_one(features, labels, num_neighbours):
    return (labels[_nearest(features, num_neighbours)] == labels[:, None]).any(1).float().mean().item()


answers.wrong("purity", "the share of rows with any neighbour of their class: one of ten counts as 1")(
    _nearest, at_least_one
)
