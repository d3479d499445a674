"""More answers to 06.2 by someone who knew the exercise and not its check."""

import random

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.2", "check_mixup")


def ratio(alpha):
    return torch.distributions.Beta(float(alpha), float(alpha)).sample().item()


# Python's own random numbers for the ratio and the order; torch's are not touched.
@answers.wrong("device", "a tensor is made on the CPU")
def pythons_random(images, labels, num_classes, alpha):
    share = random.betavariate(alpha, alpha)
    order = random.sample(range(len(images)), len(images))
    rows = torch.eye(num_classes, dtype=images.dtype)[labels]
    return share * images + (1 - share) * images[order], share * rows + (1 - share) * rows[order]


# A ratio for each image, by NumPy, cast back; the order by sorting noise; torch.lerp mixes.
@answers.wrong("device", "a tensor is made on the CPU")
def one_ratio_for_each(images, labels, num_classes, alpha):
    n = len(images)
    shares = torch.from_numpy(np.random.beta(alpha, alpha, n)).to(images.dtype)
    partner = torch.rand(n).argsort()
    rows = F.one_hot(labels, num_classes).to(images.dtype)
    wide = shares.view(n, *[1] * (images.ndim - 1))
    return torch.lerp(images[partner], images, wide), torch.lerp(rows[partner], rows, shares[:, None])


# One matrix of mixing weights does both; a ratio near 1 for the partner is as likely as for the image.
class ByMatrix:
    def __call__(self, images, labels, num_classes, alpha):
        n = len(images)
        share = ratio(alpha)
        weights = share * torch.eye(n) + (1 - share) * torch.eye(n)[torch.randperm(n)]
        weights = weights.to(images.dtype)
        rows = torch.zeros(n, num_classes, dtype=images.dtype).scatter_(1, labels[:, None], 1.0)
        return torch.einsum("ij,jchw->ichw", weights, images), weights @ rows


answers.wrong("device", "a tensor is made on the CPU")(ByMatrix())


@answers.wrong("labels", "the labels are mixed by a second randperm: image and label have different partners")
def two_orders(images, labels, num_classes, alpha):
    share = ratio(alpha)
    rows = F.one_hot(labels, num_classes).float()
    mixed = share * images + (1 - share) * images[torch.randperm(len(images))]
    return mixed, share * rows + (1 - share) * rows[torch.randperm(len(images))]


@answers.wrong(
    "larger-share",
    "Beta(alpha, 1) in place of Beta(alpha, alpha): for alpha other than 1 the ratio's mean is not a half",
)
def another_beta(images, labels, num_classes, alpha):
    share = torch.distributions.Beta(float(alpha), 1.0).sample().item()
    rows = F.one_hot(labels, num_classes).float()
    order = torch.randperm(len(images))
    return share * images + (1 - share) * images[order], share * rows + (1 - share) * rows[order]


@answers.wrong(
    "same-partners",
    "the partner is the image at the other end, flip(0): the order is not drawn, every call pairs alike",
)
def flipped(images, labels, num_classes, alpha):
    share = ratio(alpha)
    rows = F.one_hot(labels, num_classes).float()
    return share * images + (1 - share) * images.flip(0), share * rows + (1 - share) * rows.flip(0)


class RatioOnce:
    """Draws the ratio at the first call and keeps it."""

    def __init__(self):
        self.share = None

    def __call__(self, images, labels, num_classes, alpha):
        if self.share is None:
            self.share = ratio(alpha)
        rows = F.one_hot(labels, num_classes).float()
        order = torch.randperm(len(images))
        mix = lambda x: self.share * x + (1 - self.share) * x[order]
        return mix(images), mix(rows)


answers.wrong(
    "constant", "the ratio is drawn in the first call and kept: all later calls, of any alpha, mix by the same"
)(RatioOnce())


@answers.wrong("changes-input", "images are mixed in place: the caller's images are changed")
def in_place(images, labels, num_classes, alpha):
    share = ratio(alpha)
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    partners = images[order]
    return images.mul_(share).add_(partners, alpha=1 - share), share * rows + (1 - share) * rows[order]


@answers.wrong(
    "leaves-behind",
    "torch.manual_seed(0) in each call: every call has the same ratio and order, torch's random state is reset",
)
def seeded(images, labels, num_classes, alpha):
    torch.manual_seed(0)
    share = ratio(alpha)
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return share * images + (1 - share) * images[order], share * rows + (1 - share) * rows[order]


@answers.wrong("shapes", "num_classes is never read: a batch without the last class gets label rows that are too short")
def too_few_columns(images, labels, num_classes, alpha):
    share = ratio(alpha)
    order = torch.randperm(len(images))
    rows = F.one_hot(labels).float()
    return share * images + (1 - share) * images[order], share * rows + (1 - share) * rows[order]


@answers.wrong(
    "dtype", "NumPy's ratios, one for each image, are float64 and turn float32 images and labels into float64"
)
def float64(images, labels, num_classes, alpha):
    shares = torch.from_numpy(np.random.beta(alpha, alpha, len(images)))
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes)
    wide, high = shares[:, None, None, None], shares[:, None]
    return wide * images + (1 - wide) * images[order], high * rows + (1 - high) * rows[order]


@answers.wrong(
    "raises",
    "a ratio for each image, but for labels laid along the classes: crashes unless N equals K, is wrong if it does",
)
def wrong_axis(images, labels, num_classes, alpha):
    shares = torch.distributions.Beta(float(alpha), float(alpha)).sample((len(images),))
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    wide = shares.view(-1, 1, 1, 1)
    return wide * images + (1 - wide) * images[order], shares * rows + (1 - shares) * rows[order]


@answers.wrong("weights", "a ratio for each pixel: no share of the label belongs to the image as a whole")
def each_pixel(images, labels, num_classes, alpha):
    n, _, height, width = images.shape
    shares = torch.distributions.Beta(float(alpha), float(alpha)).sample((n, 1, height, width))
    order = torch.randperm(n)
    rows = F.one_hot(labels, num_classes).float()
    mean = shares.mean((2, 3))
    return shares * images + (1 - shares) * images[order], mean * rows + (1 - mean) * rows[order]


@answers.wrong("raises", "a partner other than oneself by a random shift from 1 to N - 1: a batch of one crashes")
def never_oneself(images, labels, num_classes, alpha):
    n = len(images)
    share = ratio(alpha)
    shift = int(torch.randint(1, n, ()))
    order = torch.randperm(n)
    order = order[(torch.argsort(order) + shift) % n]
    rows = F.one_hot(labels, num_classes).float()
    return share * images + (1 - share) * images[order], share * rows + (1 - share) * rows[order]


@answers.wrong(
    "larger-share",
    "the larger of ratio and one less ratio is taken: never below a half, not the Beta that was asked for",
)
def larger_share(images, labels, num_classes, alpha):
    share = ratio(alpha)
    share = max(share, 1 - share)
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return share * images + (1 - share) * images[order], share * rows + (1 - share) * rows[order]


@answers.wrong("distribution", "alpha is never read, always 0.2: for alpha 1 or 5 the ratios lie near 0 and 1")
def always_two_tenths(images, labels, num_classes, alpha):
    share = ratio(0.2)
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return share * images + (1 - share) * images[order], share * rows + (1 - share) * rows[order]


@answers.wrong(
    "same-partners",
    "the order comes from a generator of seed 0 in each call: partners are the same in every call of equal size",
)
def same_partners(images, labels, num_classes, alpha):
    share = ratio(alpha)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    rows = F.one_hot(labels, num_classes).float()
    return share * images + (1 - share) * images[order], share * rows + (1 - share) * rows[order]
