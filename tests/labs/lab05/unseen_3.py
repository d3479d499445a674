"""Answers to 05.3 by someone who knew the exercise and not its check."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs import features as library


def good(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


def good_purity(features, labels, num_neighbours, nearest=good):
    return (labels[nearest(features, num_neighbours)] == labels[:, None]).float().mean().item()


def both(nearest):
    return nearest, lambda features, labels, k: good_purity(features, labels, k, nearest)


answers = Answers("05.3", "check_purity", place=both)


def pure(purity):
    return (good, purity)


@answers.wrong("device", "torch.eye on the CPU")
def eye(features, num_neighbours):
    distances = torch.cdist(features, features) + torch.eye(len(features), dtype=features.dtype) * 1e9
    return distances.topk(num_neighbours, largest=False).indices


@answers.wrong("device", "indices collected in zeros on the CPU")
def cpu_loop(features, num_neighbours):
    out = torch.zeros(len(features), num_neighbours, dtype=torch.long)
    return out + good(features, num_neighbours)


@answers.wrong("neighbours-shape", "ten neighbours at most")
def at_most_ten(features, num_neighbours):
    return good(features, min(num_neighbours, 10))


@answers.wrong("itself", "1000 is taken for infinity")
def thousand(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(1000)
    return distances.topk(num_neighbours, largest=False).indices


@answers.wrong("itself", "the first of k + 1 is left out: of twin rows that may be the other one")
def drops_first(features, num_neighbours):
    return torch.cdist(features, features).topk(num_neighbours + 1, largest=False).indices[:, 1:]


@answers.wrong("itself", "distance zero counts as the row itself: twins are no neighbours")
def no_twins(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances[distances == 0] = torch.inf
    return distances.topk(num_neighbours, largest=False).indices


@answers.wrong("neighbours", "distances rounded to two decimals")
def rounded(features, num_neighbours):
    distances = torch.cdist(features, features).round(decimals=2)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


# Passes, for good or bad: |x|^2 + |y|^2 - 2xy in float32: far from the origin the difference is lost
def gram(features, num_neighbours):
    x = features.float()
    squares = (x * x).sum(1)
    distances = squares[:, None] + squares - 2 * x @ x.T
    distances.fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


@answers.wrong("neighbours-shape", "as many neighbours as other rows: one too few is allowed")
def not_all(features, num_neighbours):
    return good(features, min(num_neighbours, len(features) - 2))


@answers.wrong("changes-input", "features are centered in place")
def in_place(features, num_neighbours):
    features -= features.mean(0)
    return good(features, num_neighbours)


@answers.wrong("leaves-behind", "TF32 is allowed from now on, and grad mode is off")
def grad_off(features, num_neighbours):
    torch.set_grad_enabled(False)
    return good(features, num_neighbours)


@answers.wrong("neighbours", "cosine")
def cosine(features, num_neighbours):
    return good(F.normalize(features), num_neighbours)


@answers.wrong("city-block", "city-block distance")
def city(features, num_neighbours):
    distances = torch.cdist(features, features, p=1)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices


@answers.wrong("farthest", "the farthest")
def farthest(features, num_neighbours):
    return torch.cdist(features, features).topk(num_neighbours).indices


@answers.wrong("not-indices", "distances in place of indices")
def values(features, num_neighbours):
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).values


answers.wrongs.pop()
answers.wrong("not-indices", "distances in place of indices")(values, good_purity)


@answers.wrong("purity", "divided by ten neighbours", place=pure)
def by_ten(features, labels, num_neighbours):
    return (labels[good(features, num_neighbours)] == labels[:, None]).sum().item() / len(labels) / 10


@answers.wrong("vote", "the mean of the classes' means: unequal classes", place=pure)
def by_class(features, labels, num_neighbours):
    same = (labels[good(features, num_neighbours)] == labels[:, None]).double().mean(1)
    return torch.stack([same[labels == k].mean() for k in labels.unique()]).mean().item()


@answers.wrong("vote", "the nearest alone", place=pure)
def nearest_alone(features, labels, num_neighbours):
    return good_purity(features, labels, 1)


@answers.wrong("vote", "a vote", place=pure)
def vote(features, labels, num_neighbours):
    return (labels[good(features, num_neighbours)].mode(1).values == labels).float().mean().item()


@answers.wrong("per-cent", "per cent", place=pure)
def per_cent(features, labels, num_neighbours):
    return 100 * good_purity(features, labels, num_neighbours)


@answers.wrong("purity-shape", "one number for each row", place=pure)
def rows(features, labels, num_neighbours):
    return (labels[good(features, num_neighbours)] == labels[:, None]).float().mean(1)


@answers.wrong("changes-input", "labels are changed in place", place=pure)
def labels_in_place(features, labels, num_neighbours):
    labels -= labels.min()
    return good_purity(features, labels, num_neighbours)


@answers.wrong("purity-with-itself", "the row itself is counted again as a neighbour of its own class", place=pure)
def with_self(features, labels, num_neighbours):
    same = (labels[good(features, num_neighbours)] == labels[:, None]).sum(1)
    return ((same + 1) / (num_neighbours + 1)).mean().item()


if hasattr(library, "neighbour_purity"):
    answers.wrong("library", "the library's neighbour_purity is handed in (passing is fine if the check says so)")(
        good, lambda features, labels, k: library.neighbour_purity(features, labels, num_neighbours=k)
    )


def by_sort(features, num_neighbours):
    """argsort of squared differences; loops over rows."""
    out = []
    for row in range(len(features)):
        far = (features - features[row]).square().sum(1)
        far[row] = float("inf")
        out.append(far.argsort()[:num_neighbours])
    return torch.stack(out)


def purity_tensor(features, labels, num_neighbours):
    """A tensor without axes."""
    return torch.eq(labels[by_sort(features, num_neighbours)], labels.unsqueeze(1)).double().mean()


answers.right(by_sort, purity_tensor)


def sorted_far(features, num_neighbours):
    """Neighbours from far to near; a mask with torch.eye on the device."""
    mask = torch.eye(len(features), dtype=torch.bool, device=features.device)
    return (
        torch.cdist(features.double(), features.double())
        .masked_fill(mask, torch.inf)
        .topk(num_neighbours, largest=False)
        .indices.flip(1)
    )


def purity_loop(features, labels, num_neighbours):
    found = sorted_far(features, num_neighbours).tolist()
    names = labels.tolist()
    return sum(names[i] == names[j] for i, row in enumerate(found) for j in row) / (len(names) * num_neighbours)


answers.right(sorted_far, purity_loop)


def broadcast(features, num_neighbours):
    """All differences at once."""
    d = (features[:, None] - features[None]).norm(dim=2)
    d = d + torch.diag(torch.full((len(d),), torch.inf, dtype=d.dtype, device=d.device))
    return d.nan_to_num(nan=torch.inf, posinf=torch.inf).argsort(dim=1, stable=True)[:, :num_neighbours]


answers.right(broadcast, lambda f, y, k: good_purity(f, y, k, broadcast))


def own_index(features, num_neighbours):
    """k + 1 nearest, the row itself filtered out by its number."""
    order = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist").argsort(1)
    own = torch.arange(len(order), device=order.device)[:, None]
    return order[order != own].view(len(order), -1)[:, :num_neighbours]


answers.right(own_index, lambda f, y, k: np.float64(good_purity(f, y, k, own_index)))
