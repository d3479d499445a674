"""Answers to 05.3 by students who know its text alone."""

import heapq
import math

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.3", "check_purity")


def sound_nearest(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


def sound_purity(features, labels, num_neighbours):
    near = sound_nearest(features, num_neighbours)
    return (labels[near] == labels[:, None]).float().mean().item()


def purity_with(find):
    def purity(features, labels, num_neighbours):
        near = find(features, num_neighbours)
        return (labels[near] == labels[:, None]).float().mean().item()

    return purity


def drops_the_first(features, num_neighbours):
    distances = torch.cdist(features, features)
    return distances.topk(num_neighbours + 1, largest=False).indices[:, 1:]


answers.wrong(
    "?", "takes one more and drops the first column: with twin rows the first may be the twin, and the row itself stays"
)(drops_the_first, purity_with(drops_the_first))


def no_zeros(features, num_neighbours):
    distances = (features[:, None] - features).norm(dim=2)
    distances[distances == 0] = torch.inf
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "?", "leaves out every row at distance 0: another image in the very same place is a neighbour, by the text"
)(no_zeros, purity_with(no_zeros))


def farthest(features, num_neighbours):
    distances = torch.cdist(features, features).fill_diagonal_(-1)
    return distances.topk(num_neighbours).indices


answers.wrong("?", "topk with largest=True: the farthest rows")(farthest, purity_with(farthest))


def cosine(features, num_neighbours):
    unit = F.normalize(features, dim=1)
    likeness = (unit @ unit.T).fill_diagonal_(-torch.inf)
    return likeness.topk(num_neighbours).indices


answers.wrong("?", "cosine similarity in place of Euclidean distance: shows where rows have different lengths")(
    cosine, purity_with(cosine)
)


def city_block(features, num_neighbours):
    distances = torch.cdist(features, features, p=1).fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "?",
    "sum of absolute differences in place of Euclidean distance: (3, 0) and (2, 2) from the origin come in the wrong order",
)(city_block, purity_with(city_block))


def standardised(features, num_neighbours):
    scaled = (features - features.mean(0)) / (features.std(0) + 1e-8)
    distances = torch.cdist(scaled, scaled).fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong("?", "gives every column the same spread first: no longer the distance in feature space")(
    standardised, purity_with(standardised)
)


def shifted(features, num_neighbours):
    n = len(features)
    distances = torch.cdist(features, features)
    others = distances[~torch.eye(n, dtype=torch.bool, device=features.device)].view(n, n - 1)
    return others.topk(num_neighbours, largest=False).indices


answers.wrong(
    "?",
    "cuts the diagonal out and does not correct the indices: all neighbours at or behind the row itself are one too low",
)(shifted, purity_with(shifted))


def distances_out(features, num_neighbours):
    distances = torch.cdist(features, features).fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).values


answers.wrong("?", "nearest returns the distances in place of the indices")(distances_out, sound_purity)


def always_ten(features, num_neighbours):
    distances = torch.cdist(features, features).fill_diagonal_(torch.inf)
    return distances.topk(min(10, len(features) - 1), largest=False).indices


answers.wrong("?", "never reads num_neighbours and takes the notebook's ten")(always_ten, purity_with(always_ten))


def small_infinity(features, num_neighbours):
    distances = torch.cdist(features, features).fill_diagonal_(1e4)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong("?", "takes 10,000 for infinity: where features are farther apart than that, a row is its own nearest")(
    small_infinity, purity_with(small_infinity)
)


def centres_in_place(features, num_neighbours):
    features -= features.mean(0)
    features /= features.abs().max().clamp(min=1e-12)
    distances = torch.cdist(features, features).fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong("?", "the neighbours are right, but the caller's features are centred and scaled in place")(
    centres_in_place, purity_with(centres_in_place)
)


def in_halves(features, num_neighbours):
    coarse = features.half().float()
    distances = torch.cdist(coarse, coarse).fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong("?", "rounds features to half precision: above 65,504 all are infinite, and close rows become one")(
    in_halves, purity_with(in_halves)
)


def on_the_cpu(features, num_neighbours):
    n = len(features)
    own = torch.diag(torch.full((n,), torch.inf)).nan_to_num(0.0, posinf=torch.inf)
    distances = torch.cdist(features, features) + own
    return distances.topk(num_neighbours, largest=False).indices


answers.wrong(
    "?", "adds a diagonal made on the CPU: fails for features on any other device, which the notebook has on a GPU"
)(on_the_cpu, purity_with(on_the_cpu))


tables = {}


def remembered(features, num_neighbours):
    key = (tuple(features.shape), num_neighbours)
    if key not in tables:
        distances = torch.cdist(features, features).fill_diagonal_(torch.inf)
        tables[key] = distances.topk(num_neighbours, largest=False).indices
    return tables[key]


answers.wrong(
    "?", "remembers the neighbours by the shape of the features: other features of the same shape get the earlier ones"
)(remembered, purity_with(remembered))


def majority(features, labels, num_neighbours):
    near = labels[sound_nearest(features, num_neighbours)]
    return (near.mode(1).values == labels).float().mean().item()


answers.wrong("?", "lets the neighbours vote: two of ten count as 0 or 1, not as 0.2")(sound_nearest, majority)


def by_class(features, labels, num_neighbours):
    same = (labels[sound_nearest(features, num_neighbours)] == labels[:, None]).float().mean(1)
    return torch.stack([same[labels == one].mean() for one in labels.unique()]).mean().item()


answers.wrong("?", "averages over the classes, not over the images: shows where classes have different sizes")(
    sound_nearest, by_class
)


def in_percent(features, labels, num_neighbours):
    return 100 * sound_purity(features, labels, num_neighbours)


answers.wrong("?", "percent in place of a number between 0 and 1")(sound_nearest, in_percent)


def itself_in_the_whole(features, labels, num_neighbours):
    near = sound_nearest(features, num_neighbours)
    return ((labels[near] == labels[:, None]).sum() / (len(labels) * (num_neighbours + 1))).item()


answers.wrong("?", "divides by k + 1, as if the row were counted: one class alone has k / (k + 1) and not 1")(
    sound_nearest, itself_in_the_whole
)


def not_larger(features, labels, num_neighbours):
    near = labels[sound_nearest(features, num_neighbours)]
    return ((near - labels[:, None]) < 1).float().mean().item()


answers.wrong("?", "forgets the absolute value: a neighbour of a lower class number counts as the same class")(
    sound_nearest, not_larger
)


def own_neighbour_first(features, labels, num_neighbours):
    near = torch.cdist(features, features).topk(num_neighbours, largest=False).indices
    return (labels[near] == labels[:, None]).float().mean().item()


answers.wrong("?", "nearest is right, but purity does not use it and counts each row as its own neighbour")(
    sound_nearest, own_neighbour_first
)


def by_heap(features, num_neighbours):
    rows = features.detach().cpu().double().tolist()
    found = [
        heapq.nsmallest(num_neighbours, (j for j in range(len(rows)) if j != i), key=lambda j: math.dist(row, rows[j]))
        for i, row in enumerate(rows)
    ]
    return torch.tensor(found, dtype=torch.long, device=features.device).reshape(len(rows), num_neighbours)


def by_counting(features, labels, num_neighbours):
    own, hits = labels.tolist(), 0
    for label, row in zip(own, by_heap(features, num_neighbours).tolist()):
        hits += sum(own[j] == label for j in row)
    return hits / (len(own) * num_neighbours)


answers.right(by_heap, by_counting)


def in_numpy(features, num_neighbours):
    rows = features.detach().cpu().numpy().astype(numpy.float64)
    apart = numpy.sqrt(((rows[:, None, :] - rows[None, :, :]) ** 2).sum(-1))
    numpy.fill_diagonal(apart, numpy.inf)
    order = numpy.argsort(apart, axis=1, kind="stable")[:, :num_neighbours]
    return torch.from_numpy(order.copy()).to(features.device)


def purity_in_numpy(features, labels, num_neighbours):
    own = labels.cpu().numpy()
    near = in_numpy(features, num_neighbours).cpu().numpy()
    return float(numpy.mean(own[near] == own.reshape(-1, 1)))


answers.right(in_numpy, purity_in_numpy)


def row_by_row(features, num_neighbours):
    result = torch.empty(len(features), num_neighbours, dtype=torch.int64, device=features.device)
    for n in range(len(features)):
        apart = torch.linalg.vector_norm(features.double() - features[n].double(), dim=1)
        everyone = torch.arange(len(features), device=features.device)
        others = torch.cat([everyone[:n], everyone[n + 1 :]])
        result[n] = others[apart[others].sort().indices[:num_neighbours]]
    return result


def purity_one_hot(features, labels, num_neighbours):
    _, index = labels.unique(return_inverse=True)
    rows = F.one_hot(index).double()
    return torch.einsum("nkc,nc->nk", rows[row_by_row(features, num_neighbours)], rows).mean().item()


answers.right(row_by_row, purity_one_hot)


def with_mask(features, num_neighbours):
    wide = features.to(torch.float64)
    squared = (wide.unsqueeze(0) - wide.unsqueeze(1)).square().sum(2)
    itself = torch.eye(len(wide), dtype=torch.bool, device=wide.device)
    near, _ = torch.where(itself, torch.full_like(squared, math.inf), squared).sort(dim=1)[::-1]
    return near[:, :num_neighbours].contiguous()


def purity_of_gather(features, labels, num_neighbours):
    near = with_mask(features, num_neighbours)
    everyone = labels.expand(len(labels), -1)
    shares = everyone.gather(1, near).eq(labels.unsqueeze(1)).double().mean(1)
    return sum(shares.tolist()) / len(shares)


answers.right(with_mask, purity_of_gather)


def removes_one_by_one(features, num_neighbours):
    """Takes the nearest that is left, k times."""
    wide = features.double()
    left = torch.cdist(wide, wide, compute_mode="donot_use_mm_for_euclid_dist")
    left.fill_diagonal_(math.inf)
    columns = []
    for _ in range(num_neighbours):
        one = left.argmin(1, keepdim=True)
        left.scatter_(1, one, math.inf)
        columns.append(one)
    return torch.cat(columns, 1)


def purity_of_loops(features, labels, num_neighbours):
    near = removes_one_by_one(features, num_neighbours)
    return math.fsum(float(labels[j] == labels[i]) / num_neighbours for i in range(len(near)) for j in near[i]) / len(
        near
    )


answers.right(removes_one_by_one, purity_of_loops)


def put_back(features, num_neighbours):
    """Leaves the row out of a shorter table, then corrects the indices."""
    n = len(features)
    wide = features.double()
    apart = (wide[:, None] - wide[None]).norm(dim=-1)
    short = apart[~torch.eye(n, dtype=torch.bool, device=features.device)].view(n, n - 1)
    near = short.topk(num_neighbours, dim=1, largest=False, sorted=False).indices
    return near + (near >= torch.arange(n, device=features.device).unsqueeze(1)).long()


def purity_of_table(features, labels, num_neighbours):
    near = put_back(features, num_neighbours)
    agree = labels[:, None] == labels[None, :]
    return agree.gather(1, near).double().mean().item()


answers.right(put_back, purity_of_table)
