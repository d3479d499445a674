"""Answers to 06.2 by students who know its text alone."""

import random

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.2", "check_mixup")


@answers.wrong("?", "the two shares are exchanged in the labels: the image has the ratio, its label the rest")
def labels_exchanged(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images[order]
    return mixed, (1 - ratio) * rows + ratio * rows[order]


@answers.wrong("?", "makes rows as long as the largest label asks: too short where the last class is not in the batch")
def classes_of_the_batch(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels.long()).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images[order]
    return mixed, ratio * rows + (1 - ratio) * rows[order]


_ratios = {}


@answers.wrong("?", "draws the ratio once for each alpha and remembers it: it has to be drawn anew in every call")
def remembered_ratio(images, labels, num_classes, alpha):
    if alpha not in _ratios:
        _ratios[alpha] = torch.distributions.Beta(alpha, alpha).sample().item()
    ratio = _ratios[alpha]
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images[order]
    return mixed, ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "?", "takes the larger of the ratio and its rest, as MixMatch does: no draw of Beta(alpha, alpha) any more"
)
def larger_share(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    ratio = max(ratio, 1 - ratio)
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images[order]
    return mixed, ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "?",
    "turns the batch by a random number of places: the partners of neighbours are always neighbours, which is no shuffling",
)
def turned(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    places = int(torch.randint(len(images), ()))
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images.roll(places, 0)
    return mixed, ratio * rows + (1 - ratio) * rows.roll(places, 0)


@answers.wrong(
    "?",
    "draws each partner with replacement: one image is the partner of several and another of none, which is no shuffling",
)
def with_replacement(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randint(len(images), (len(images),), device=images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images[order]
    return mixed, ratio * rows + (1 - ratio) * rows[order]


@answers.wrong("?", "the partner is always the image from the other end: the order is not drawn")
def from_the_other_end(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images.flip(0)
    return mixed, ratio * rows + (1 - ratio) * rows.flip(0)


@answers.wrong("?", "mixes in place: the caller's images, which are not to be changed, are the mixtures afterwards")
def images_in_place(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    partners = images[order]
    images.mul_(ratio).add_((1 - ratio) * partners)
    return images.clone(), ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "?",
    "writes the shares into the row one after the other: where both have the same class the row sums to 1 - ratio and not to 1",
)
def overwritten(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images), device=images.device)
    rows = images.new_zeros(len(images), num_classes)
    numbers = torch.arange(len(images), device=images.device)
    rows[numbers, labels.long()] = ratio
    rows[numbers, labels[order].long()] = 1 - ratio
    return ratio * images + (1 - ratio) * images[order], rows


@answers.wrong("?", "clamps the mixtures to 0 to 1: images of 0 to 255, or normalised ones, lose most of their values")
def clamped(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = (ratio * images + (1 - ratio) * images[order]).clamp(0, 1)
    return mixed, ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "?", "seeds torch in every call: ratio and order are the same each time, and the caller's random state is gone"
)
def always_seeded(images, labels, num_classes, alpha):
    torch.manual_seed(0)
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images)).to(images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images[order]
    return mixed, ratio * rows + (1 - ratio) * rows[order]


@answers.wrong("?", "NumPy's float64 ratios, one for each image, turn float32 images and labels into float64")
def double_ratios(images, labels, num_classes, alpha):
    drawn = numpy.random.beta(alpha, alpha, size=len(images))
    ratio = torch.from_numpy(drawn).to(images.device)
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels.long(), num_classes)
    wide = ratio[:, None, None, None]
    mixed = wide * images + (1 - wide) * images[order]
    return mixed, ratio[:, None] * rows + (1 - ratio[:, None]) * rows[order]


@answers.wrong(
    "?",
    "draws a ratio for each colour of an image and gives the label their mean: the text has one for the batch or one for each image",
)
def each_colour(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample(images.shape[:2])
    ratio = ratio.to(images)
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    wide, share = ratio[:, :, None, None], ratio.mean(1, keepdim=True)
    mixed = wide * images + (1 - wide) * images[order]
    return mixed, share * rows + (1 - share) * rows[order]


@answers.wrong(
    "?",
    "mixes an even number of images only: with an odd batch the last image is left out of the shuffling and keeps its own label",
)
def last_one_left(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    even = len(images) - len(images) % 2
    order = torch.cat([torch.randperm(even), torch.arange(even, len(images))])
    order = order.to(images.device)
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    mixed = ratio * images + (1 - ratio) * images[order]
    return mixed, ratio * rows + (1 - ratio) * rows[order]


@answers.right
def one_ratio(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images)).to(images.device)
    rows = F.one_hot(labels.long(), num_classes).float()
    mixed = ratio * images + (1 - ratio) * images[order]
    return mixed, ratio * rows + (1 - ratio) * rows[order]


@answers.right
def ratio_for_each(images, labels, num_classes, alpha):
    count = len(images)
    ratio = torch.distributions.Beta(alpha, alpha).sample((count,)).to(images)
    order = torch.rand(count, device=images.device).argsort()
    rows = torch.zeros(count, num_classes, dtype=images.dtype, device=images.device)
    rows.scatter_(1, labels.long().unsqueeze(1), 1)

    def mix(these):
        share = ratio.view(-1, *[1] * (these.ndim - 1))
        return torch.lerp(these[order], these, share)

    return mix(images), mix(rows)


@answers.right
def drawn_by_numpy(images, labels, num_classes, alpha):
    draw = numpy.random.default_rng()
    ratio = float(draw.beta(alpha, alpha))
    order = torch.from_numpy(draw.permutation(len(images))).to(labels.device)
    rows = torch.eye(num_classes, device=images.device)[labels.long()]
    return (
        images.mul(ratio).add(images[order], alpha=1 - ratio),
        rows.mul(ratio).add(rows[order], alpha=1 - ratio),
    )


@answers.right
def by_a_matrix(images, labels, num_classes, alpha):
    count = len(images)
    ratio = numpy.random.beta(alpha, alpha)
    same = torch.eye(count, dtype=torch.float64, device=images.device)
    weights = ratio * same + (1 - ratio) * same[torch.randperm(count)]
    rows = F.one_hot(labels.long(), num_classes).to(weights)
    mixed = torch.einsum("ij,jchw->ichw", weights, images.double())
    return mixed.to(images.dtype), (weights @ rows).to(images.dtype)


@answers.right
def image_by_image(images, labels, num_classes, alpha):
    partners = random.sample(range(len(images)), len(images))
    ratio = random.betavariate(alpha, alpha)
    mixed, rows = torch.empty_like(images), []
    for own, partner in enumerate(partners):
        mixed[own] = ratio * images[own] + (1 - ratio) * images[partner]
        row = [0.0] * num_classes
        row[int(labels[own])] += ratio
        row[int(labels[partner])] += 1 - ratio
        rows.append(row)
    return mixed, torch.tensor(rows, dtype=images.dtype, device=images.device)


class Mixer:
    def __init__(self, count, alpha):
        both = torch.full((2,), float(alpha), dtype=torch.float64)
        self.shares = torch.distributions.Dirichlet(both).sample((count,))
        self.order = torch.randperm(count)

    def __call__(self, values):
        order = self.order.to(values.device)
        shares = self.shares.to(values).reshape(len(values), 2, *(1 for _ in values.shape[1:]))
        return (torch.stack([values, values[order]], dim=1) * shares).sum(1)


@answers.right
def with_a_class(images, labels, num_classes, alpha):
    mixer = Mixer(len(images), alpha)
    rows = labels[:, None] == torch.arange(num_classes, device=labels.device)
    return mixer(images.clone()), mixer(rows.to(images.dtype))
