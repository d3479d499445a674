"""Answers to 05.4 by someone who looked for what its check may not ask."""

import torch
from helpers.answers import Answers

answers = Answers("05.4", "check_kept")


def near(points, num_neighbours):
    return torch.cdist(points, points).fill_diagonal_(torch.inf).topk(num_neighbours, largest=False).indices


def share(before, after):
    return (before[:, :, None] == after[:, None, :]).any(2).double().mean().item()


# Right: one set for each row, one count over all of them, one division.
@answers.right
def by_sets(features, positions, num_neighbours):
    before, after = (near(points, num_neighbours).tolist() for points in (features, positions))
    both = sum(len(set(one) & set(other)) for one, other in zip(before, after, strict=True))
    return both / (len(before) * num_neighbours)


# Right: two graphs as matrices of zeros and ones; what is in both is the diagonal of A B^T, so its trace.
@answers.right
def by_trace(features, positions, num_neighbours):
    graphs = []
    for points in (features, positions):
        graph = torch.zeros(len(points), len(points), dtype=torch.double, device=points.device)
        graphs.append(graph.scatter_(1, near(points, num_neighbours), 1.0))
    return torch.einsum("ij,ij->", *graphs).item() / (len(features) * num_neighbours)


# Right: twins within the sorted indices of both lists of a row are those in both, as no list holds one twice.
@answers.right
def by_sorted_twins(features, positions, num_neighbours):
    joined = torch.cat([near(features, num_neighbours), near(positions, num_neighbours)], dim=1)
    ordered = joined.sort(1).values
    return float((ordered[:, 1:] == ordered[:, :-1]).sum()) / (joined.numel() / 2)


@answers.wrong("any-row", "asks whether a neighbour is anybody's neighbour in the plane, not the same row's")
def anybodys(features, positions, num_neighbours):
    return torch.isin(near(features, num_neighbours), near(positions, num_neighbours)).float().mean().item()


@answers.wrong("jaccard", "divides by what is in one or the other (Jaccard), not by k: the same at 0 and at 1 only")
def of_the_union(features, positions, num_neighbours):
    shares = []
    for one, other in zip(
        near(features, num_neighbours).tolist(), near(positions, num_neighbours).tolist(), strict=True
    ):
        shares.append(len(set(one) & set(other)) / len(set(one) | set(other)))
    return sum(shares) / len(shares)


@answers.wrong(
    "kept", "an edge counts in both directions: a neighbour is kept if either of the two is near to the other"
)
def either_direction(features, positions, num_neighbours):
    graphs = []
    for points in (features, positions):
        graph = torch.zeros(len(points), len(points), device=points.device)
        graph.scatter_(1, near(points, num_neighbours), 1.0)
        graphs.append(graph.bool() | graph.bool().T)
    return ((graphs[0] & graphs[1]).sum() / graphs[0].sum()).item()


@answers.wrong(
    "kept", "takes the plane to one scale first, each axis by itself: a long and flat picture has other neighbours"
)
def axes_to_one_scale(features, positions, num_neighbours):
    positions = (positions - positions.mean(0)) / (positions.std(0) + 1e-8)
    return share(near(features, num_neighbours), near(positions, num_neighbours))


@answers.wrong("changes-input", "centres the caller's positions in place")
def centred_in_place(features, positions, num_neighbours):
    positions.sub_(positions.mean(0, keepdim=True))
    return share(near(features, num_neighbours), near(positions, num_neighbours))


def _without_the_first(points, num_neighbours):
    return torch.cdist(points, points).topk(num_neighbours + 1, largest=False).indices[:, 1:]


@answers.wrong(
    "by-place", "drops the first of k + 1: where points of the picture lie on each other, the row itself may stay"
)
def without_the_first(features, positions, num_neighbours):
    return share(_without_the_first(features, num_neighbours), _without_the_first(positions, num_neighbours))


@answers.wrong("kept", "keeps indices in a byte: above 256 rows neighbour 256 is neighbour 0")
def indices_in_a_byte(features, positions, num_neighbours):
    before, after = (near(points, num_neighbours).to(torch.uint8) for points in (features, positions))
    return share(before, after)


@answers.wrong("kept", "counts in int8: a row that keeps more than 127 neighbours has a negative number of them")
def counts_in_a_byte(features, positions, num_neighbours):
    before, after = near(features, num_neighbours), near(positions, num_neighbours)
    counts = (before[:, :, None] == after[:, None, :]).any(2).sum(1, dtype=torch.int8)
    return (counts.float() / num_neighbours).mean().item()


@answers.wrong("kept", "never more than 20 neighbours: with more the share is another")
def at_most_twenty(features, positions, num_neighbours):
    k = min(num_neighbours, 20)
    return share(near(features, k), near(positions, k))


@answers.wrong("kept", "a picture is for the eye: above 300 points only the first 300 are looked at")
def first_points(features, positions, num_neighbours):
    return share(near(features[:300], num_neighbours), near(positions[:300], num_neighbours))


@answers.wrong("kept", "the mean over the rows that keep at least one")
def of_rows_with_some(features, positions, num_neighbours):
    before, after = near(features, num_neighbours), near(positions, num_neighbours)
    shares = (before[:, :, None] == after[:, None, :]).any(2).float().mean(1)
    return shares[shares > 0].mean().item() if (shares > 0).any() else 0.0


@answers.wrong(
    "kept", "looks for the neighbours among twice as many in the plane: near enough is not among the k nearest"
)
def generous(features, positions, num_neighbours):
    wider = min(2 * num_neighbours, len(positions) - 1)
    return share(near(features, num_neighbours), near(positions, wider))


@answers.wrong("any-row", "pairs both to one matrix of float16: large coordinates overflow, near ones become equal")
def in_half(features, positions, num_neighbours):
    points = [points.half().float() for points in (features, positions)]
    return share(*(near(one, num_neighbours) for one in points))


_before = {}


@answers.wrong(
    "device",
    "remembers the neighbours in feature space by the shape: other features of the same shape get the old ones",
)
def remembered(features, positions, num_neighbours):
    key = (tuple(features.shape), num_neighbours)
    if key not in _before:
        _before[key] = near(features, num_neighbours)
    return share(_before[key], near(positions, num_neighbours))
