"""Answers to 05.3 by students who know its text alone."""

import heapq
import math

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.3", "check_purity")


def usual_nearest(features, num_neighbours):
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    distances.fill_diagonal_(math.inf)
    return distances.topk(num_neighbours, largest=False).indices


def purity_by(nearest):
    def purity(features, labels, num_neighbours):
        near = nearest(features, num_neighbours)
        return (labels[near] == labels[:, None]).float().mean().item()

    return purity


def first_column_dropped(features, num_neighbours):
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.topk(num_neighbours + 1, largest=False).indices[:, 1:]


answers.wrong(
    "?",
    "nearest takes one more and drops the first column: among twin rows the first may be the twin, and the row itself stays",
)(first_column_dropped, purity_by(first_column_dropped))


def zeros_left_out(features, num_neighbours):
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    distances[distances == 0] = math.inf
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong("?", "nearest leaves out all rows at distance zero: another image in the very same place is a neighbour")(
    zeros_left_out, purity_by(zeros_left_out)
)


def by_angle(features, num_neighbours):
    unit = F.normalize(features, dim=1)
    alike = (unit @ unit.T).fill_diagonal_(-math.inf)
    return alike.topk(num_neighbours).indices


answers.wrong("?", "nearest measures the angle in place of the Euclidean distance: wrong where rows differ in length")(
    by_angle, purity_by(by_angle)
)


def centred_in_place(features, num_neighbours):
    features -= features.mean(0)
    features /= features.std()
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    distances.fill_diagonal_(math.inf)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "?",
    "nearest shifts and scales the caller's features in place: right neighbours, but the features are others afterwards",
)(centred_in_place, purity_by(centred_in_place))


def far_is_ten_thousand(features, num_neighbours):
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    distances.fill_diagonal_(1e4)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "?", "nearest writes 10,000 into the diagonal: rows that are further apart than that become their own neighbours"
)(far_is_ten_thousand, purity_by(far_is_ten_thousand))


_seen = {}


def seen_before(features, num_neighbours):
    key = (tuple(features.shape), num_neighbours)
    if key not in _seen:
        _seen[key] = usual_nearest(features, num_neighbours)
    return _seen[key]


answers.wrong("?", "nearest remembers by shape: other features of the same shape get the first call's neighbours")(
    seen_before, purity_by(seen_before)
)


def single_precision(features, num_neighbours):
    return usual_nearest(features.float(), num_neighbours)


answers.wrong(
    "?",
    "nearest rounds float64 features to float32: rows that differ in the tenth digit fall together and neighbours are wrong",
)(single_precision, purity_by(single_precision))


def standardised(features, num_neighbours):
    scaled = (features - features.mean(0)) / (features.std(0) + 1e-8)
    return usual_nearest(scaled, num_neighbours)


answers.wrong(
    "?",
    "nearest divides each column by its spread first: another distance, wrong where the columns have unequal spread",
)(standardised, purity_by(standardised))


def purity_vote(features, labels, num_neighbours):
    near = usual_nearest(features, num_neighbours)
    return (labels[near].mode(1).values == labels).float().mean().item()


answers.wrong("?", "purity lets the neighbours vote: a row with two of ten counts as 0 in place of 0.2")(
    usual_nearest, purity_vote
)


def purity_of_classes(features, labels, num_neighbours):
    near = usual_nearest(features, num_neighbours)
    shares = (labels[near] == labels[:, None]).float().mean(1)
    return torch.stack([shares[labels == k].mean() for k in labels.unique()]).mean().item()


answers.wrong("?", "purity averages over classes and not over images: wrong where the classes differ in size")(
    usual_nearest, purity_of_classes
)


def purity_of_ten(features, labels, num_neighbours=10):
    near = usual_nearest(features, min(10, len(features) - 1))
    return (labels[near] == labels[:, None]).float().mean().item()


answers.wrong("?", "purity always asks for ten neighbours and never reads num_neighbours")(usual_nearest, purity_of_ten)


def purity_of_possible(features, labels, num_neighbours):
    near = usual_nearest(features, num_neighbours)
    same = (labels[near] == labels[:, None]).sum(1)
    others = (labels[:, None] == labels).sum(1) - 1
    return (same / others.clamp(1, num_neighbours)).mean().item()


answers.wrong(
    "?",
    "purity divides by how many could match: wrong where a class has no more than k images, for the share is of the k neighbours",
)(usual_nearest, purity_of_possible)


def purity_without_singles(features, labels, num_neighbours):
    near = usual_nearest(features, num_neighbours)
    shares = (labels[near] == labels[:, None]).float().mean(1)
    has_others = (labels[:, None] == labels).sum(1) > 1
    return shares[has_others].mean().item() if has_others.any() else 0.0


answers.wrong("?", "purity skips images that are alone in their class: they count, with 0")(
    usual_nearest, purity_without_singles
)


def purity_of_bytes(features, labels, num_neighbours):
    near = usual_nearest(features, num_neighbours)
    small = labels.to(torch.uint8)
    return (small[near] == small[:, None]).float().mean().item()


answers.wrong("?", "purity keeps the labels in one byte: classes 0 and 256, of 1,000 classes, count as the same")(
    usual_nearest, purity_of_bytes
)


def hinted_nearest(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(float("inf"))
    return distances.topk(num_neighbours, largest=False, sorted=False).indices


def hinted_purity(features, labels, num_neighbours):
    near = hinted_nearest(features, num_neighbours)
    return labels[near].eq(labels.unsqueeze(1)).double().mean().item()


answers.right(hinted_nearest, hinted_purity)


def sorted_nearest(features, num_neighbours):
    differences = features[:, None, :] - features[None, :, :]
    order = differences.square().sum(2).argsort(dim=1)
    own = torch.arange(len(features), device=features.device)[:, None]
    return order[order != own].view(len(features), -1)[:, :num_neighbours]


def counted_purity(features, labels, num_neighbours):
    same = total = 0
    classes = labels.tolist()
    for row, near in enumerate(sorted_nearest(features, num_neighbours).tolist()):
        for other in near:
            same += classes[other] == classes[row]
            total += 1
    return same / total


answers.right(sorted_nearest, counted_purity)


def numpy_nearest(features, num_neighbours):
    rows = features.detach().cpu().double().numpy()
    found = numpy.empty((len(rows), num_neighbours), dtype=numpy.int64)
    for index, row in enumerate(rows):
        lengths = numpy.linalg.norm(rows - row, axis=1)
        lengths[index] = numpy.inf
        found[index] = numpy.argpartition(lengths, num_neighbours - 1)[:num_neighbours]
    return torch.from_numpy(found).to(features.device)


def numpy_purity(features, labels, num_neighbours):
    near = numpy_nearest(features, num_neighbours).cpu().numpy()
    classes = labels.cpu().numpy()
    return float(numpy.mean(classes[near] == classes[:, numpy.newaxis]))


answers.right(numpy_nearest, numpy_purity)


def heap_nearest(features, num_neighbours):
    points = features.tolist()
    found = []
    for index, point in enumerate(points):
        others = (other for other in range(len(points)) if other != index)
        found.append(heapq.nsmallest(num_neighbours, others, key=lambda other: math.dist(point, points[other])))
    return torch.tensor(found, device=features.device)


def adjacency_purity(features, labels, num_neighbours):
    near = heap_nearest(features, num_neighbours)
    links = torch.zeros(len(near), len(near), dtype=torch.float64, device=near.device)
    links.scatter_(1, near, 1.0)
    _, classes = labels.to(near.device).unique(return_inverse=True)
    member = F.one_hot(classes).double()
    return (torch.einsum("ij,ic,jc->", links, member, member) / links.sum()).item()


answers.right(heap_nearest, adjacency_purity)


def shifted_nearest(features, num_neighbours):
    """Cuts the diagonal out of the table by its memory layout."""
    count = len(features)
    table = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist").contiguous()
    table = table.flatten()[1:].view(count - 1, count + 1)[:, :-1].reshape(count, -1)
    near = table.sort(dim=1, stable=True).indices[:, :num_neighbours]
    own = torch.arange(count, device=near.device).unsqueeze(-1)
    return near + (near >= own).long()


def gathered_purity(features, labels, num_neighbours):
    near = shifted_nearest(features, num_neighbours)
    theirs = labels.expand(len(labels), -1).gather(1, near)
    mine = labels.repeat_interleave(num_neighbours).view_as(theirs)
    return torch.count_nonzero(theirs == mine).item() / theirs.numel()


answers.right(shifted_nearest, gathered_purity)


class Neighbours:
    def __init__(self, features):
        self.features = features.detach().clone()

    def of(self, index, count):
        before, after = self.features[:index], self.features[index + 1 :]
        others = torch.cat([before, after])
        lengths = torch.linalg.vector_norm(others - self.features[index], dim=1)
        positions = torch.argsort(lengths)[:count]
        return torch.where(positions < index, positions, positions + 1)


def class_nearest(features, num_neighbours):
    table = Neighbours(features)
    return torch.stack([table.of(row, num_neighbours) for row in range(len(features))])


def averaged_purity(features, labels, num_neighbours):
    shares = [
        (labels[near] == label).sum().item() / num_neighbours
        for near, label in zip(class_nearest(features, num_neighbours), labels)
    ]
    return math.fsum(shares) / len(shares)


answers.right(class_nearest, averaged_purity)
