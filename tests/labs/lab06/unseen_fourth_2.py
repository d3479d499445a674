"""Answers to 06.2 by students who know its text alone."""

import random

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.2", "check_mixup")


def _rows(labels, num_classes):
    return F.one_hot(labels, num_classes).float()


def _beta(alpha):
    return torch.distributions.Beta(alpha, alpha).sample().item()


@answers.wrong(
    "labels",
    "any batch of several images: the order is drawn a second time for the labels, so the label's partner is another than the image's",
)
def two_orders(images, labels, num_classes, alpha):
    ratio, rows = _beta(alpha), _rows(labels, num_classes)
    mixed = ratio * images + (1 - ratio) * images[torch.randperm(len(images))]
    return mixed, ratio * rows + (1 - ratio) * rows[torch.randperm(len(images))]


_ratios = {}


@answers.wrong("constant", "a second call with the same alpha: the ratio is drawn in the first call only and kept")
def one_ratio_for_ever(images, labels, num_classes, alpha):
    ratio, rows = _ratios.setdefault(alpha, _beta(alpha)), _rows(labels, num_classes)
    order = torch.randperm(len(images))
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "larger-share",
    "an alpha other than 1: draws from Beta(alpha, 1), so with alpha 0.2 the mean ratio is 1/6 and not 1/2",
)
def beta_of_alpha_and_one(images, labels, num_classes, alpha):
    ratio, rows = torch.distributions.Beta(alpha, 1.0).sample().item(), _rows(labels, num_classes)
    order = torch.randperm(len(images))
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


@answers.wrong("same-partners", "any batch: the partner is always the image before (roll by 1), no order is drawn")
def always_the_one_before(images, labels, num_classes, alpha):
    ratio, rows = _beta(alpha), _rows(labels, num_classes)
    return ratio * images + (1 - ratio) * images.roll(1, 0), ratio * rows + (1 - ratio) * rows.roll(1, 0)


@answers.wrong("changes-input", "any batch: the images are mixed in place, so the caller's images change")
def mixes_in_place(images, labels, num_classes, alpha):
    ratio, rows, order = _beta(alpha), _rows(labels, num_classes), torch.randperm(len(images))
    partners = images[order]
    images.mul_(ratio).add_(partners, alpha=1 - ratio)
    return images, ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "dtype", "float32 images: the ratios come from NumPy in float64, so images and labels come back as float64"
)
def numpys_type(images, labels, num_classes, alpha):
    ratio = torch.from_numpy(numpy.random.beta(alpha, alpha, len(images))).to(images.device)
    rows, order = _rows(labels, num_classes), torch.randperm(len(images))
    weight = ratio[:, None, None, None]
    mixed = weight * images + (1 - weight) * images[order]
    return mixed, ratio[:, None] * rows + (1 - ratio[:, None]) * rows[order]


@answers.wrong("shapes", "a batch without the highest class: one_hot makes fewer columns than num_classes")
def classes_of_the_batch(images, labels, num_classes, alpha):
    ratio, rows, order = _beta(alpha), F.one_hot(labels).float(), torch.randperm(len(images))
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "channels",
    "images of several channels: every channel has a ratio of its own, and the label has their mean; neither one ratio for the batch nor one for each image",
)
def ratio_of_each_channel(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample((len(images), images.shape[1], 1, 1)).to(images)
    rows, order = _rows(labels, num_classes), torch.randperm(len(images))
    share = ratio.mean(1).reshape(-1, 1).float()
    return ratio * images + (1 - ratio) * images[order], share * rows + (1 - share) * rows[order]


@answers.wrong(
    "larger-share",
    "half of all draws: takes max(ratio, 1 - ratio), so no ratio is ever below one half; that is no Beta(alpha, alpha)",
)
def never_below_a_half(images, labels, num_classes, alpha):
    ratio, rows, order = _beta(alpha), _rows(labels, num_classes), torch.randperm(len(images))
    ratio = max(ratio, 1 - ratio)
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "leaves-behind",
    "a second call: torch.manual_seed(0) within the function gives the same ratio and order in every call, and sets the caller's random state",
)
def seeded(images, labels, num_classes, alpha):
    torch.manual_seed(0)
    ratio, rows, order = _beta(alpha), _rows(labels, num_classes), torch.randperm(len(images))
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


@answers.wrong(
    "raises",
    "a batch of one image: squeeze() of the ratios (1, 1, 1, 1) leaves no axis, and [:, None] raises IndexError",
)
def squeezed_ratio(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample((len(images), 1, 1, 1)).to(images)
    rows, order = _rows(labels, num_classes), torch.randperm(len(images))
    share = ratio.squeeze()[:, None].float()
    return ratio * images + (1 - ratio) * images[order], share * rows + (1 - share) * rows[order]


@answers.wrong(
    "device", "labels on a GPU: torch.eye(num_classes) is on the CPU and cannot be indexed by them; RuntimeError"
)
def eye_on_the_cpu(images, labels, num_classes, alpha):
    ratio, rows, order = _beta(alpha), torch.eye(num_classes)[labels], torch.randperm(len(images))
    return ratio * images + (1 - ratio) * images[order], ratio * rows + (1 - ratio) * rows[order]


# Right: Python's random draws the ratio and the order; torch.lerp mixes.
@answers.right
def by_python(images, labels, num_classes, alpha):
    ratio = random.betavariate(alpha, alpha)
    order = random.sample(range(len(labels)), len(labels))
    rows = torch.zeros(len(labels), num_classes, device=labels.device)
    for row, label in zip(rows, labels.tolist(), strict=False):
        row[label] = 1.0
    return torch.lerp(images[order], images, ratio), torch.lerp(rows[order], rows, ratio)


# Right: a pair of weights for each image from a Dirichlet, which is a Beta, and einsum over pairs.
@answers.right
def by_dirichlet(images, labels, num_classes, alpha):
    weights = torch.distributions.Dirichlet(torch.tensor([float(alpha)] * 2)).sample((len(images),)).to(images)
    order = torch.randperm(len(images)).to(images.device)
    pairs = torch.stack([images, images.index_select(0, order)])
    rows = torch.eye(num_classes, dtype=images.dtype, device=images.device)[labels]
    return (
        torch.einsum("np,pnchw->nchw", weights, pairs),
        torch.einsum("np,pnk->nk", weights, torch.stack([rows, rows.index_select(0, order)])),
    )


class Mixup:
    """One matrix (N, N) of weights, ratio on the diagonal and the rest at the partner, for images and labels."""

    def __init__(self):
        self.generator = numpy.random.default_rng()

    def __call__(self, images, labels, num_classes, alpha):
        count = len(images)
        ratio, order = self.generator.beta(alpha, alpha), self.generator.permutation(count)
        weights = ratio * numpy.eye(count) + (1 - ratio) * numpy.eye(count)[order]
        weights = torch.as_tensor(weights, dtype=images.dtype, device=images.device)
        rows = F.one_hot(labels, num_classes).to(images.dtype)
        return (weights @ images.flatten(1)).view(images.shape), weights @ rows


# Right: an object with __call__ and a generator of its own, never seeded; a product of matrices.
answers.right(Mixup())
