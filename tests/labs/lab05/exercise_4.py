"""Right and wrong answers to exercise 05.4: neighbours that a picture keeps."""

from __future__ import annotations

import numpy as np
import torch
from helpers.answers import Answers
from labs.lab05.shared import nearest


def _tables(features, positions, count):
    return nearest(features, count), nearest(positions, count)


def _hits(*given):
    first, second = _tables(*given)
    return (first[:, :, None] == second[:, None, :]).any(2).float()


answers = Answers("05.4", "check_kept")


@answers.wrong("by-place")
def place_by_place(*given):
    first, second = _tables(*given)
    return (first == second).float().mean()


@answers.wrong("kept-not-divided")
def kept_not_divided(*given):
    return _hits(*given).sum(1).mean()


@answers.wrong("jaccard")
def over_the_union(features, positions, count):
    common = _hits(features, positions, count).sum(1)
    return (common / (2 * count - common)).mean()


@answers.wrong("kept-with-itself")
def itself_is_kept(features, positions, count):
    first, second = (nearest(rows, count, itself=True) for rows in (features, positions))
    return (first[:, :, None] == second[:, None, :]).any(2).float().mean()


@answers.wrong("kept")
def twenty_at_most(features, positions, count):
    return _hits(features, positions, min(count, 20)).mean()


@answers.wrong("kept")
def three_hundred_points_at_most(features, positions, count):
    return _hits(features[:300], positions[:300], count).mean()


@answers.wrong("all-or-nothing")
def all_or_nothing(*given):
    return _hits(*given).all(1).float().mean()


@answers.wrong("kept")
def kept_from_another_table_of_that_shape(features, positions, count, known={}):  # noqa: B006
    first = known.setdefault((features.shape, count), nearest(features, count))
    return (first[:, :, None] == nearest(positions, count)[:, None, :]).any(2).float().mean()


@answers.wrong("any-row")
def in_any_row(*given):
    return torch.isin(*_tables(*given)).float().mean()


@answers.wrong("lost")
def lost(*given):
    return 1 - _hits(*given).mean()


@answers.right
def kept_by_sets(*given):
    first, second = (table.tolist() for table in _tables(*given))
    shares = [len({*a} & {*b}) / len(a) for a, b in zip(first, second, strict=True)]
    return sum(shares) / len(shares)


@answers.right
def kept_by_a_matrix(features, positions, count):
    empty = features.new_zeros(len(features), len(features))
    there = [empty.scatter(1, nearest(x, count), 1) for x in (features, positions)]
    return (there[0] * there[1]).sum() / there[0].sum()


@answers.right
def kept_by_numpy(*given):
    first, second = (table.cpu().numpy() for table in _tables(*given))
    return np.mean([np.isin(a, b).mean() for a, b in zip(first, second, strict=True)])


@answers.wrong("above-one")
def within_the_radius(features, positions, count):
    inside = []
    for rows in (features, positions):
        gaps = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
        inside.append(gaps <= gaps.kthvalue(count, 1, keepdim=True).values)
    return (inside[0] & inside[1]).sum().item() / (len(features) * count)


@answers.wrong("kept-with-itself")
def first_of_one_more(features, positions, count):
    first, second = (
        torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist").argsort(1)[:, 1 : count + 1]
        for rows in (features, positions)
    )
    return (first[:, :, None] == second[:, None, :]).any(2).float().mean()
