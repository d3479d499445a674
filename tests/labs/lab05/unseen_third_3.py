"""Answers to 05.3 by someone who looked for what its check may not ask."""

import heapq

import torch
from helpers.answers import Answers

answers = Answers("05.3", "check_purity")  # check_purity(nearest, purity)


def good_nearest(features, num_neighbours):
    return torch.cdist(features, features).fill_diagonal_(torch.inf).topk(num_neighbours, largest=False).indices


def good_purity(features, labels, num_neighbours):
    near = good_nearest(features, num_neighbours)
    return (labels[near] == labels[:, None]).double().mean().item()


def with_nearest(nearest):
    """A function of neighbours, and the purity that is right on top of it."""

    def purity(features, labels, num_neighbours):
        return (labels[nearest(features, num_neighbours)] == labels[:, None]).double().mean().item()

    return nearest, purity


# Right: row by row, true differences in float64, a heap of the smallest; purity counts equal pairs as whole numbers.
def by_heap(features, num_neighbours):
    points = features.detach().double()
    found = []
    for row in range(len(points)):
        distances = (points - points[row]).square().sum(1).tolist()
        others = (other for other in range(len(points)) if other != row)
        found.append(heapq.nsmallest(num_neighbours, others, key=distances.__getitem__))
    return torch.tensor(found, device=features.device).reshape(len(points), num_neighbours)


def by_counting(features, labels, num_neighbours):
    near, names = by_heap(features, num_neighbours).tolist(), labels.tolist()
    equal = sum(names[row] == names[other] for row, others in enumerate(near) for other in others)
    return equal / (len(names) * num_neighbours)


answers.right(by_heap, by_counting)


# Right: the row itself is taken out by its index before the sort, not by its distance; the rest of the sorted row is in
# order. The purity goes class by class, but adds up numbers and divides once, so it is the mean over the images.
def by_stable_sort(features, num_neighbours):
    order = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist").argsort(dim=1, stable=True)
    own = torch.arange(len(features), device=order.device)[:, None]
    return order[order != own].view(len(features), len(features) - 1)[:, :num_neighbours]


def class_by_class(features, labels, num_neighbours):
    near, equal = by_stable_sort(features, num_neighbours), 0
    for label in labels.unique():
        equal += (labels[near[labels == label]] == label).sum()
    return float(equal) / near.numel()


answers.right(by_stable_sort, class_by_class)


def without_the_first(features, num_neighbours):
    return torch.cdist(features, features).topk(num_neighbours + 1, largest=False).indices[:, 1:]


answers.wrong(
    "itself", "asks for one more and drops the first: of two images in the same place the first may be the other one"
)(*with_nearest(without_the_first))


def without_zeros(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances[distances == 0] = torch.inf
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong("itself", "leaves out whatever has distance 0: another image in the same place is a neighbour")(
    *with_nearest(without_zeros)
)


def centred_in_place(features, num_neighbours):
    features -= features.mean(0)
    return good_nearest(features, num_neighbours)


answers.wrong("changes-input", "centres the caller's features in place")(*with_nearest(centred_in_place))


def expanded_square(features, num_neighbours):
    squares = features.square().sum(1)
    distances = squares[:, None] + squares - 2 * features @ features.T
    return distances.fill_diagonal_(torch.inf).topk(num_neighbours, largest=False).indices


answers.wrong("neighbours", "|a|^2 + |b|^2 - 2ab: far from the origin the distances are what rounding leaves")(
    *with_nearest(expanded_square)
)


def in_float32(features, num_neighbours):
    return good_nearest(features.float(), num_neighbours)


def block_by_block(features, num_neighbours):
    found = []
    for block in features.split(1000):
        distances = torch.cdist(block, features)
        own = torch.arange(len(block))
        distances[own, own] = torch.inf
        found.append(distances.topk(num_neighbours, largest=False).indices)
    return torch.cat(found)


answers.wrong(
    "itself",
    "in blocks of 1,000 rows, and takes itself out by the row within the block: above 1,000 it is its own neighbour",
)(*with_nearest(block_by_block))


def large_instead_of_infinite(features, num_neighbours):
    distances = torch.cdist(features, features) + 1e4 * torch.eye(len(features), device=features.device)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong("itself", "adds 10,000 to its own distance: where the others are farther away it is its own neighbour")(
    *with_nearest(large_instead_of_infinite)
)

_order = {}


def remembered(features, num_neighbours):
    key = (features.data_ptr(), features.shape)
    if key not in _order:
        _order[key] = torch.cdist(features, features).fill_diagonal_(torch.inf).argsort(1)
    return _order[key][:, :num_neighbours]


answers.wrong(
    "neighbours",
    "remembers the order by place in memory and shape: features that were changed, or made anew, get the old one",
)(*with_nearest(remembered))


def columns_to_one_scale(features, num_neighbours):
    scale = features.std(0) if len(features) > 1 else 1
    return good_nearest((features - features.mean(0)) / (scale + 1e-8), num_neighbours)


answers.wrong("neighbours", "gives all features the same spread first: not the Euclidean distance of these features")(
    *with_nearest(columns_to_one_scale)
)


def at_most_a_hundred(features, num_neighbours):
    return good_nearest(features, min(num_neighbours, 100))


answers.wrong("neighbours-shape", "never more than 100 neighbours")(*with_nearest(at_most_a_hundred))


def on_the_sphere(features, num_neighbours):
    return good_nearest(torch.nn.functional.normalize(features), num_neighbours)


answers.wrong("neighbours", "direction only, as cosine does: two points on one ray are in the same place")(
    *with_nearest(on_the_sphere)
)


def mean_of_classes(features, labels, num_neighbours):
    same = (labels[good_nearest(features, num_neighbours)] == labels[:, None]).float().mean(1)
    return torch.stack([same[labels == label].mean() for label in labels.unique()]).mean().item()


answers.wrong("vote", "the mean over the classes, not over the images: the same only where classes are equally large")(
    good_nearest, mean_of_classes
)


def labels_in_a_byte(features, labels, num_neighbours):
    names = labels.to(torch.uint8)
    return (names[good_nearest(features, num_neighbours)] == names[:, None]).float().mean().item()


answers.wrong("purity", "keeps class numbers in a byte: class 256 is class 0")(good_nearest, labels_in_a_byte)


def without_singles(features, labels, num_neighbours):
    _, inverse, sizes = labels.unique(return_inverse=True, return_counts=True)
    same = (labels[good_nearest(features, num_neighbours)] == labels[:, None]).float().mean(1)
    counted = same[sizes[inverse] > 1]
    return counted.mean().item() if len(counted) else 0.0


answers.wrong("purity", "leaves out images that are alone in their class, whose share is 0")(
    good_nearest, without_singles
)


def two_decimals(features, labels, num_neighbours):
    return round(good_purity(features, labels, num_neighbours), 2)


answers.wrong("purity", "rounds to two decimals")(good_nearest, two_decimals)


def of_a_sample(features, labels, num_neighbours):
    if len(features) > 500:
        rows = torch.randperm(len(features))[:500]
        features, labels = features[rows], labels[rows]
    return good_purity(features, labels, num_neighbours)


answers.wrong(
    "purity", "above 500 images takes a random sample, whose neighbours are others, and moves the global random state"
)(good_nearest, of_a_sample)


def of_what_can_be_had(features, labels, num_neighbours):
    near = good_nearest(features, num_neighbours)
    same = (labels[near] == labels[:, None]).sum(1)
    _, inverse, sizes = labels.unique(return_inverse=True, return_counts=True)
    possible = (sizes[inverse] - 1).clamp(1, num_neighbours)
    return (same / possible).mean().item()


answers.wrong(
    "purity", "divides by how many neighbours of the class there are, not by k, where a class is smaller than k"
)(good_nearest, of_what_can_be_had)
