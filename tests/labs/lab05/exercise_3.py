"""Right and wrong answers to exercise 05.3: nearest neighbours and their purity."""

from __future__ import annotations

import torch
from helpers.answers import Answers
from labs.lab05.shared import nearest
from sklearn.neighbors import NearestNeighbors

from resnet_labs.features import neighbour_purity


def _purity(features, labels, count):
    return (labels[nearest(features, count)] == labels[:, None]).float().mean().item()


def as_purity(answer):
    return nearest, answer


answers = Answers("05.3", "check_purity", place=lambda answer: (answer, _purity))


@answers.wrong("itself")
def counts_itself(features, count):
    return nearest(features, count, itself=True)


@answers.wrong("draws", "noise from the global generator decides between neighbours at the same distance")
def shaken(features, count):
    return nearest(features + 1e-6 * torch.randn_like(features), count)


@answers.wrong("one-more")
def one_too_many(features, count):
    return nearest(features, count + 1)


@answers.wrong("farthest")
def farthest(features, count):
    return nearest(features, count, largest=True)


@answers.wrong("city-block")
def city_block(features, count):
    return nearest(features, count, power=1)


@answers.wrong("itself")
def not_sorted(features, count):
    return torch.arange(count).repeat(len(features), 1)


@answers.wrong("not-indices")
def distances_instead(features, count):
    return torch.cdist(features, features).topk(count, largest=False).values


@answers.wrong("itself")
def itself_ten_thousand_away(features, count):
    distances = torch.cdist(features, features) + 1e4 * torch.eye(len(features))
    return distances.topk(count, largest=False).indices


_ORDERS: dict[tuple[int, int], torch.Tensor] = {}


@answers.wrong("neighbours")
def remembered_by_place_in_memory(features, count):
    return _ORDERS.setdefault((features.data_ptr(), count), nearest(features, count))


@answers.wrong("purity", place=as_purity)
def classes_in_a_byte(features, labels, count):
    return _purity(features, labels.to(torch.uint8), count)


@answers.wrong("purity", place=as_purity)
def without_those_alone(features, labels, count):
    alone = (labels[:, None] == labels).sum(1) == 1
    same = (labels[nearest(features, count)] == labels[:, None]).float().mean(1)
    return same[~alone].mean()


@answers.wrong("vote", place=as_purity)
def majority(features, labels, count):
    return (labels[nearest(features, count)].mode(1).values == labels).float().mean()


@answers.wrong("not-divided", place=as_purity)
def not_divided(features, labels, count):
    return (labels[nearest(features, count)] == labels[:, None]).float().sum(1).mean()


@answers.wrong("impurity", place=as_purity)
def other_labels(features, labels, count):
    return (labels[nearest(features, count)] != labels[:, None]).float().mean()


@answers.wrong("purity-with-itself", place=as_purity)
def purity_with_itself(features, labels, count):
    return (labels[counts_itself(features, count)] == labels[:, None]).float().mean()


@answers.wrong("purity-one-more", place=as_purity)
def purity_of_one_more(features, labels, count):
    return (labels[one_too_many(features, count)] == labels[:, None]).float().mean()


answers.right(nearest, _purity)


def nearest_by_differences(features, count):
    gaps = (features[:, None] - features[None]).square().sum(2)
    gaps += torch.eye(len(features), device=features.device) * 1e9
    return gaps.argsort(1)[:, :count]


def purity_by_the_library(features, labels, count):
    return neighbour_purity(features, labels, num_neighbours=count)


answers.wrong("library")(nearest_by_differences, purity_by_the_library)


def nearest_by_a_loop(features, count):
    rows = []
    for number, row in enumerate(features):
        order = (features - row).norm(dim=1).argsort().tolist()
        rows.append([other for other in order if other != number][:count])
    return torch.tensor(rows)


def purity_by_a_loop(features, labels, count):
    near = nearest_by_a_loop(features, count).tolist()
    return sum(labels[j] == labels[i] for i, row in enumerate(near) for j in row) / (len(labels) * count)


answers.right(nearest_by_a_loop, purity_by_a_loop)


@answers.right
def nearest_by_scikit_learn(features, count):
    found = NearestNeighbors(n_neighbors=count).fit(features.cpu().numpy()).kneighbors(return_distance=False)
    return torch.from_numpy(found)
