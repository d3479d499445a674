"""More answers to 05.4 by someone who knew the exercise and not its check."""

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("05.4", "check_kept")


def _nearest(features, num_neighbours):
    return torch.cdist(features, features).fill_diagonal_(torch.inf).topk(num_neighbours, largest=False).indices


# Sets of Python, row by row.
@answers.right
def by_sets(features, positions, num_neighbours):
    pairs = zip(_nearest(features, num_neighbours).tolist(), _nearest(positions, num_neighbours).tolist(), strict=False)
    shared = [len(set(before) & set(after)) for before, after in pairs]
    return sum(shared) / (len(shared) * num_neighbours)


# Two tables of ones, (N, N), and their product.
@answers.right
def by_tables(features, positions, num_neighbours):
    tables = []
    for points in (features, positions):
        near = _nearest(points, num_neighbours).cpu()
        tables.append(torch.zeros(len(points), len(points), dtype=torch.float64).scatter_(1, near, 1.0))
    return float((tables[0] * tables[1]).sum() / tables[0].sum())


# Pairs as single numbers, in numpy.
@answers.right
class Kept:
    def __new__(cls, features, positions, num_neighbours):
        codes = []
        for points in (features, positions):
            near = _nearest(points, num_neighbours).cpu().numpy()
            codes.append((np.arange(len(near))[:, None] * len(near) + near).ravel())
        return np.isin(codes[0], codes[1]).mean().item()


def _shared(before, after):
    return (before[:, :, None] == after[:, None, :]).any(2).float()


@answers.wrong(
    "by-place", "order matters: neighbour k is compared with neighbour k, the same ones in another order give 0"
)
def in_order(features, positions, num_neighbours):
    return (_nearest(features, num_neighbours) == _nearest(positions, num_neighbours)).float().mean().item()


@answers.wrong("kept-with-itself", "each row is its own neighbour in both: too high, 1 for one neighbour")
def with_itself(features, positions, num_neighbours):
    near = [torch.cdist(each, each).topk(num_neighbours, largest=False).indices for each in (features, positions)]
    return _shared(*near).mean().item()


@answers.wrong("kept-not-divided", "divided by the number of rows alone: between 0 and k")
def divided_by_rows(features, positions, num_neighbours):
    shared = _shared(_nearest(features, num_neighbours), _nearest(positions, num_neighbours))
    return (shared.sum() / len(features)).item()


@answers.wrong("jaccard", "shared by all in either: with half of the neighbours kept a third")
def by_union(features, positions, num_neighbours):
    shared = _shared(_nearest(features, num_neighbours), _nearest(positions, num_neighbours)).sum(1)
    return (shared / (2 * num_neighbours - shared)).mean().item()


@answers.wrong("kept", "ten neighbours whatever num_neighbours says, and a crash on fewer than eleven rows")
def ten(features, positions, num_neighbours):
    return _shared(_nearest(features, 10), _nearest(positions, 10)).mean().item()


@answers.wrong(
    "any-row", "neighbours of all rows in one set: an index counts that is a neighbour of any row in the plane"
)
def one_set(features, positions, num_neighbours):
    return torch.isin(_nearest(features, num_neighbours), _nearest(positions, num_neighbours)).float().mean().item()


@answers.wrong("any-row", "a row counts as 1 where any neighbour is kept")
def any_of_them(features, positions, num_neighbours):
    shared = _shared(_nearest(features, num_neighbours), _nearest(positions, num_neighbours))
    return shared.any(1).float().mean().item()


@answers.wrong(
    "lost", "drops the first of k + 1: of rows in the same place another may be dropped, and a row is its own neighbour"
)
def drops_first(features, positions, num_neighbours):
    near = [
        torch.cdist(each, each).topk(num_neighbours + 1, largest=False).indices[:, 1:] for each in (features, positions)
    ]
    return _shared(*near).mean().item()


@answers.wrong("changes-input", "takes the mean off the caller's positions, which are changed")
def changes_positions(features, positions, num_neighbours):
    positions -= positions.mean(0)
    return _shared(_nearest(features, num_neighbours), _nearest(positions, num_neighbours)).mean().item()


@answers.wrong("kept", "only the first axis of the picture is read: neighbours on a line, not in the plane")
def one_axis(features, positions, num_neighbours):
    return _shared(_nearest(features, num_neighbours), _nearest(positions[:, :1], num_neighbours)).mean().item()


@answers.wrong("kept", "only the first 100 rows are compared: another share for 300 points")
def first_hundred(features, positions, num_neighbours):
    return _shared(_nearest(features, num_neighbours)[:100], _nearest(positions, num_neighbours)[:100]).mean().item()


@answers.wrong(
    "kept",
    "rows in one place are left out as if each were the row itself: images with the same position are no neighbours",
)
def zero_is_itself(features, positions, num_neighbours):
    near = []
    for points in (features, positions):
        distances = torch.cdist(points, points)
        distances[distances == 0] = torch.inf
        near.append(distances.topk(num_neighbours, largest=False).indices)
    return _shared(*near).mean().item()


@answers.wrong("kept", "rounded to two decimals, too early for a mean over seeds: 1/3 becomes 0.33")
def rounded(features, positions, num_neighbours):
    shared = _shared(_nearest(features, num_neighbours), _nearest(positions, num_neighbours))
    return round(shared.mean().item(), 2)


@answers.wrong("lost", "the share that is NOT kept: 0 for a perfect picture")
def lost(features, positions, num_neighbours):
    shared = _shared(_nearest(features, num_neighbours), _nearest(positions, num_neighbours))
    return 1 - shared.mean().item()
