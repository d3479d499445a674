"""Answers to 05.4 by students who know its text alone."""

import math

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.4", "check_kept")


def _nearest(features, num_neighbours):
    distances = torch.cdist(features, features).fill_diagonal_(math.inf)
    return distances.topk(num_neighbours, largest=False).indices


def _share(before, after):
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()


@answers.wrong(
    "by-place", "the right neighbours in another order in the plane: only those at the same rank are counted"
)
def same_rank(features, positions, num_neighbours):
    return (_nearest(features, num_neighbours) == _nearest(positions, num_neighbours)).float().mean().item()


@answers.wrong(
    "any-row",
    "any picture that mixes neighbours up: isin looks for a neighbour among the neighbours of all rows, so the share is nearly 1 always",
)
def neighbour_of_anyone(features, positions, num_neighbours):
    before, after = _nearest(features, num_neighbours), _nearest(positions, num_neighbours)
    return torch.isin(before, after).float().mean().item()


@answers.wrong(
    "kept-with-itself",
    "any picture: the row itself is among its neighbours on both sides, so one of k is always kept and the share is too high",
)
def itself_counted(features, positions, num_neighbours):
    before = torch.cdist(features, features).topk(num_neighbours, largest=False).indices
    after = torch.cdist(positions, positions).topk(num_neighbours, largest=False).indices
    return _share(before, after)


@answers.wrong(
    "jaccard", "half of the neighbours kept: divides by the union of both sets (Jaccard), which gives 1/3 and not 1/2"
)
def over_the_union(features, positions, num_neighbours):
    shares = []
    for before, after in zip(
        _nearest(features, num_neighbours).tolist(), _nearest(positions, num_neighbours).tolist(), strict=False
    ):
        shares.append(len(set(before) & set(after)) / len(set(before) | set(after)))
    return sum(shares) / len(shares)


@answers.wrong("any-row", "one of several neighbours kept: counts the row as 1 as soon as any neighbour is kept")
def any_is_enough(features, positions, num_neighbours):
    before, after = _nearest(features, num_neighbours), _nearest(positions, num_neighbours)
    return (before[:, :, None] == after[:, None, :]).any(2).any(1).float().mean().item()


@answers.wrong("kept", "any number of neighbours but 10: the number of kept neighbours is divided by 10 for each row")
def out_of_ten(features, positions, num_neighbours):
    before, after = _nearest(features, num_neighbours), _nearest(positions, num_neighbours)
    return (before[:, :, None] == after[:, None, :]).sum().item() / (10 * len(features))


@answers.wrong(
    "kept", "features of different lengths: neighbours in feature space by cosine, not by Euclidean distance"
)
def angles_in_the_features(features, positions, num_neighbours):
    unit = F.normalize(features, dim=1)
    before = (unit @ unit.T).fill_diagonal_(-math.inf).topk(num_neighbours).indices
    return _share(before, _nearest(positions, num_neighbours))


@answers.wrong(
    "raises",
    "equal rows in the features or in the plane: drops the first of the k + 1 nearest, which for the second of two equal rows is its twin and not itself",
)
def drops_first(features, positions, num_neighbours):
    before, after = (
        torch.cdist(rows, rows).argsort(1, stable=True)[:, 1 : num_neighbours + 1] for rows in (features, positions)
    )
    return _share(before, after)


@answers.wrong(
    "changes-input",
    "any positions: they are scaled to a mean of 0 and a deviation of 1 in place, in the caller's tensor",
)
def scales_in_place(features, positions, num_neighbours):
    positions -= positions.mean()
    positions /= positions.std()
    return _share(_nearest(features, num_neighbours), _nearest(positions, num_neighbours))


@answers.wrong("kept", "more than 300 rows: only the first 300, the number in the lab, are looked at")
def first_300(features, positions, num_neighbours):
    return _share(_nearest(features[:300], num_neighbours), _nearest(positions[:300], num_neighbours))


_before = {}


@answers.wrong(
    "kept",
    "a second call with other features of the same shape: the neighbours in feature space are those of the first call",
)
def remembers_features(features, positions, num_neighbours):
    key = (tuple(features.shape), num_neighbours)
    if key not in _before:
        _before[key] = _nearest(features, num_neighbours)
    return _share(_before[key].to(positions.device), _nearest(positions, num_neighbours))


@answers.wrong(
    "kept", "a picture whose two axes differ: only the first coordinate of the plane is used (positions[:, :1])"
)
def first_axis(features, positions, num_neighbours):
    return _share(_nearest(features, num_neighbours), _nearest(positions[:, :1], num_neighbours))


# Right: sets of plain numbers, row by row.
@answers.right
def with_sets(features, positions, num_neighbours):
    both = zip(_nearest(features, num_neighbours).tolist(), _nearest(positions, num_neighbours).tolist(), strict=False)
    common = sum(len(set(before).intersection(after)) for before, after in both)
    return common / (len(features) * num_neighbours)


# Right: two matrices of zeros and ones, (N, N), whose product counts what is in both; a tensor only until the end.
@answers.right
def with_indicators(features, positions, num_neighbours):
    marks = []
    for rows in (features, positions):
        near = _nearest(rows, num_neighbours).cpu()
        marks.append(torch.zeros(len(rows), len(rows), dtype=torch.float64).scatter_(1, near, 1.0))
    return (torch.einsum("ij,ij->", *marks) / (len(features) * num_neighbours)).item()


class Kept:
    """numpy, float64."""

    @staticmethod
    def _near(rows, num_neighbours):
        rows = rows.detach().cpu().numpy().astype("float64")
        distances = numpy.sqrt(numpy.square(rows[:, None] - rows[None]).sum(2))
        numpy.fill_diagonal(distances, numpy.inf)
        return numpy.argsort(distances, axis=1, kind="stable")[:, :num_neighbours]

    def __call__(self, features, positions, num_neighbours):
        pairs = zip(self._near(features, num_neighbours), self._near(positions, num_neighbours), strict=False)
        return float(numpy.mean([numpy.intersect1d(*pair).size / num_neighbours for pair in pairs]))


# Right: an object with __call__, numpy's intersect1d.
answers.right(Kept())
