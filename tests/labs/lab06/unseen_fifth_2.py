"""Answers to 06.2 by students who know its text alone."""

import random

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.2", "check_mixup")

# (a) what students commonly do


@answers.wrong("labels-exchanged", "the two shares are exchanged in the labels: shows for every ratio but a half")
def exchanged_shares(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample().to(images.device)
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images[order], (1 - ratio) * rows + ratio * rows[order]


@answers.wrong("labels", "another order for the labels than for the images: shows for any batch of two or more")
def two_orders(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample().to(images.device)
    rows = F.one_hot(labels, num_classes).float()
    mixed = ratio * images + (1 - ratio) * images[torch.randperm(len(images))]
    return mixed, ratio * rows + (1 - ratio) * rows[torch.randperm(len(images))]


@answers.wrong("labels", "another ratio for the labels than for the images")
def two_ratios(images, labels, num_classes, alpha):
    beta = torch.distributions.Beta(float(alpha), float(alpha))
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    mixed = [one * given + (1 - one) * given[order] for one, given in ((beta.sample(), images), (beta.sample(), rows))]
    return tuple(mixed)


@answers.wrong("uniform", "the ratio is uniform, alpha is never read: shows for any alpha but 1")
def uniform_ratio(images, labels, num_classes, alpha):
    ratio = torch.rand(())
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


# (b) looks right for the visible pictures (batches of two)


@answers.wrong(
    "same-partners", "the partner is always the image from the other end: no shuffling, shows over several calls"
)
def from_the_other_end(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample()
    rows = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images.flip(0), ratio * rows + (1 - ratio) * rows.flip(0)


@answers.wrong("one-partner", "one image is the partner of all, drawn at random: shows for three or more images")
def one_partner_for_all(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample()
    other = int(torch.randint(len(images), ()))
    rows = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images[other], ratio * rows + (1 - ratio) * rows[other]


@answers.wrong("larger-share", "the ratio is folded to above a half: not Beta(alpha, alpha), shows over several calls")
def folded_ratio(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample()
    ratio = torch.maximum(ratio, 1 - ratio)
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


@answers.wrong("uniform", "alpha below 1 counts as 1: shows over several calls with alpha 0.2")
def alpha_at_least_one(images, labels, num_classes, alpha):
    alpha = max(float(alpha), 1.0)
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


# (c) promises broken


@answers.wrong("changes-input", "mixes in the caller's images")
def mixes_in_place(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample()
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    partners = images[order]
    images.mul_(ratio).add_((1 - ratio) * partners)
    return images, ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "leaves-behind", "seeds torch in every call: the draws are always the same and the caller's random state is lost"
)
def seeded(images, labels, num_classes, alpha):
    torch.manual_seed(0)
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample()
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


_orders = {}


@answers.wrong("same-partners", "the order is drawn once for each batch size and kept: shows in a second call")
def kept_order(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample()
    order = _orders.setdefault(len(images), torch.randperm(len(images)))
    rows = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "changes-input", "shuffles the caller's labels in place after the rows are made: the class numbers given change"
)
def labels_shuffled_in_place(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(float(alpha), float(alpha)).sample()
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    labels.copy_(labels[order])
    partners = F.one_hot(labels, num_classes).float()
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * partners


# right


@answers.right
def a_matrix_of_weights(images, labels, num_classes, alpha):
    n = len(images)
    concentration = torch.full((n,), float(alpha))
    ratios = torch.distributions.Beta(concentration, concentration).sample()
    partner = torch.eye(n)[torch.randperm(n)]
    weights = torch.diag(ratios) + (1 - ratios)[:, None] * partner
    weights = weights.to(images)
    mixed = torch.einsum("ij,jchw->ichw", weights, images)
    return mixed, weights @ torch.eye(num_classes).to(images)[labels]


@answers.right
def pythons_random(images, labels, num_classes, alpha):
    share = random.betavariate(alpha, alpha)
    order = random.sample(range(len(images)), len(images))
    pictures, rows = [], []
    for k, partner in enumerate(order):
        pictures.append(share * images[k] + (1 - share) * images[partner])
        row = [0.0] * num_classes
        row[int(labels[k])] += share
        row[int(labels[partner])] += 1 - share
        rows.append(row)
    return torch.stack(pictures), torch.tensor(rows, device=images.device)


@answers.right
def numpy_and_lerp(images, labels, num_classes, alpha):
    n = len(images)
    share = torch.from_numpy(numpy.random.beta(alpha, alpha, size=n)).to(images)
    order = torch.from_numpy(numpy.random.permutation(n)).to(images.device)
    rows = images.new_zeros(n, num_classes).scatter_(1, labels[:, None], 1.0)
    return (
        torch.lerp(images.index_select(0, order), images, share.view(n, 1, 1, 1)),
        torch.lerp(rows.index_select(0, order), rows, share.view(n, 1)),
    )
