"""Answers to 06.2 by students who know its text alone."""

import random

import numpy
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.2", "check_mixup")


def hot(labels, num_classes):
    return F.one_hot(labels.long(), num_classes).float()


def draw(alpha):
    return torch.distributions.Beta(alpha, alpha).sample().item()


@answers.wrong("?", "draws a second ratio for the labels: they do not say how the images were mixed")
def two_ratios(images, labels, num_classes, alpha):
    order = torch.randperm(len(images))
    lam, other = draw(alpha), draw(alpha)
    rows = hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], other * rows + (1 - other) * rows[order]


@answers.wrong("?", "shuffles a second time for the labels: they are those of other partners")
def two_orders(images, labels, num_classes, alpha):
    lam, rows = draw(alpha), hot(labels, num_classes)
    mixed = lam * images + (1 - lam) * images[torch.randperm(len(images))]
    return mixed, lam * rows + (1 - lam) * rows[torch.randperm(len(images))]


@answers.wrong(
    "?", "the larger share of the label goes to the image with the smaller one: lambda and 1 - lambda exchanged"
)
def exchanged(images, labels, num_classes, alpha):
    order, lam = torch.randperm(len(images)), draw(alpha)
    rows = hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], (1 - lam) * rows + lam * rows[order]


@answers.wrong(
    "?", "takes the larger of lambda and 1 - lambda: no ratio lies below a half, which is not Beta(alpha, alpha)"
)
def folded(images, labels, num_classes, alpha):
    order, lam = torch.randperm(len(images)), draw(alpha)
    lam = max(lam, 1 - lam)
    rows = hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong("?", "never reads alpha: the ratio is uniform, right for alpha = 1 only")
def uniform(images, labels, num_classes, alpha):
    order, lam = torch.randperm(len(images)), random.random()
    rows = hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong("?", "Beta(alpha, 1): right for alpha = 1 only, otherwise leans to the partner or to the image")
def one_sided(images, labels, num_classes, alpha):
    order = torch.randperm(len(images))
    lam = torch.distributions.Beta(alpha, 1.0).sample().item()
    rows = hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong("?", "the default argument remembers the ratio of every alpha: it is drawn in the first call only")
def drawn_once(images, labels, num_classes, alpha, known={}):
    lam = known.setdefault(alpha, draw(alpha))
    order = torch.randperm(len(images))
    rows = hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong("?", "the partner is the next image, always: the batch is not shuffled")
def next_image(images, labels, num_classes, alpha):
    lam, rows = draw(alpha), hot(labels, num_classes)
    return lam * images + (1 - lam) * images.roll(1, 0), lam * rows + (1 - lam) * rows.roll(1, 0)


@answers.wrong("?", "mixes into the caller's images, which are not to be changed")
def in_place(images, labels, num_classes, alpha):
    order, lam = torch.randperm(len(images)), draw(alpha)
    partners = images[order]
    images.mul_(lam).add_(partners, alpha=1 - lam)
    rows = hot(labels, num_classes)
    return images, lam * rows + (1 - lam) * rows[order]


@answers.wrong(
    "?",
    "mixes in place into a copy while the partners are read from it: early images are mixed already when they are partners",
)
def reads_what_it_wrote(images, labels, num_classes, alpha):
    order, lam = torch.randperm(len(images)), draw(alpha)
    mixed, rows = images.clone(), hot(labels, num_classes)
    for n in range(len(mixed)):
        mixed[n] = lam * mixed[n] + (1 - lam) * mixed[order[n]]
    return mixed, lam * rows + (1 - lam) * rows[order]


@answers.wrong("?", "square roots as weights of the images: they do not sum to one")
def square_roots(images, labels, num_classes, alpha):
    order, lam = torch.randperm(len(images)), draw(alpha)
    rows = hot(labels, num_classes)
    return lam**0.5 * images + (1 - lam) ** 0.5 * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong(
    "?", "numpy draws one ratio for each image in float64, and the images leave as float64 though they came as float32"
)
def in_float64(images, labels, num_classes, alpha):
    order = torch.randperm(len(images))
    lam = torch.from_numpy(numpy.random.beta(alpha, alpha, len(images))).to(images.device)
    rows, wide = hot(labels, num_classes), lam.view(-1, 1, 1, 1)
    tall = lam.view(-1, 1)
    return wide * images + (1 - wide) * images[order], tall * rows + (1 - tall) * rows[order]


@answers.wrong(
    "?", "as many columns as the largest class of the batch: not num_classes where the last class is missing"
)
def classes_of_batch(images, labels, num_classes, alpha):
    order, lam = torch.randperm(len(images)), draw(alpha)
    rows = hot(labels, int(labels.max()) + 1)
    return lam * images + (1 - lam) * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong(
    "?", "sets the seed within: every call draws the same ratio and order, and torch's random state is reset for all"
)
def seeded(images, labels, num_classes, alpha):
    torch.manual_seed(0)
    order, lam = torch.randperm(len(images)), draw(alpha)
    rows = hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong(
    "?", "a generator with a fixed seed shuffles: the ratio is new in every call, the partners are always the same"
)
def order_seeded(images, labels, num_classes, alpha):
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(len(images)))
    lam, rows = draw(alpha), hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong("?", "draws a ratio for each channel; the label has their mean")
def each_channel(images, labels, num_classes, alpha):
    order, rows = torch.randperm(len(images)), hot(labels, num_classes)
    lam = torch.distributions.Beta(alpha, alpha).sample(images.shape[:2]).to(images)
    wide, tall = lam[:, :, None, None], lam.mean(1, keepdim=True)
    return wide * images + (1 - wide) * images[order], tall * rows + (1 - tall) * rows[order]


@answers.wrong(
    "?", "cuts the partner's lower rows in (CutMix): pixels are not mixed, and the label has the share of rows"
)
def cut(images, labels, num_classes, alpha):
    order, rows = torch.randperm(len(images)), hot(labels, num_classes)
    upper = round(draw(alpha) * images.shape[2])
    lam = upper / images.shape[2]
    mixed = torch.cat([images[:, :, :upper], images[order][:, :, upper:]], dim=2)
    return mixed, lam * rows + (1 - lam) * rows[order]


@answers.wrong(
    "?", "draws partners with replacement: one image is the partner of two and another of none, which is no shuffle"
)
def with_replacement(images, labels, num_classes, alpha):
    order, lam = torch.randint(len(images), (len(images),)), draw(alpha)
    rows = hot(labels, num_classes)
    return lam * images + (1 - lam) * images[order], lam * rows + (1 - lam) * rows[order]


@answers.wrong("?", "clamps the mixed images to 0 and 1: floats may be below 0 or up to 255")
def clamped(images, labels, num_classes, alpha):
    order, lam = torch.randperm(len(images)), draw(alpha)
    rows = hot(labels, num_classes)
    return (lam * images + (1 - lam) * images[order]).clamp(0, 1), lam * rows + (1 - lam) * rows[order]


@answers.wrong(
    "?",
    "a ratio of shape (N,) for each image, which broadcasts over the last axis: an error, or where W = N one ratio for each column of pixels",
)
def over_columns(images, labels, num_classes, alpha):
    order, rows = torch.randperm(len(images)), hot(labels, num_classes)
    lam = torch.distributions.Beta(alpha, alpha).sample((len(images),)).to(images)
    tall = lam[:, None]
    return lam * images + (1 - lam) * images[order], tall * rows + (1 - tall) * rows[order]


@answers.right
def numpy_each_image(images, labels, num_classes, alpha):
    n = len(images)
    order = torch.as_tensor(numpy.random.permutation(n), device=images.device)
    lam = torch.as_tensor(numpy.random.beta(alpha, alpha, size=n), device=images.device, dtype=images.dtype)
    rows = torch.eye(num_classes, dtype=images.dtype, device=images.device)[labels.to(images.device).long()]

    def mix(these):
        share = lam.reshape([n] + [1] * (these.ndim - 1))
        return share * these + (1 - share) * these.index_select(0, order)

    return mix(images), mix(rows)


@answers.right
def python_random(images, labels, num_classes, alpha):
    lam = random.betavariate(alpha, alpha)
    partners = list(range(len(images)))
    random.shuffle(partners)
    mixed = [lam * images[i] + (1 - lam) * images[j] for i, j in enumerate(partners)]
    numbers = labels.tolist()
    rows = torch.zeros(len(images), num_classes, dtype=images.dtype, device=images.device)
    for i, j in enumerate(partners):
        rows[i, numbers[i]] += lam
        rows[i, numbers[j]] += 1 - lam
    return torch.stack(mixed), rows


@answers.right
def mixing_matrix(images, labels, num_classes, alpha):
    n = len(images)
    lam = torch.distributions.Beta(torch.tensor(float(alpha)), torch.tensor(float(alpha))).sample().to(images)
    itself = torch.eye(n, dtype=images.dtype, device=images.device)
    matrix = lam * itself + (1 - lam) * itself[torch.randperm(n, device=images.device)]
    rows = F.one_hot(labels.long(), num_classes).to(images)
    return torch.einsum("ij,jchw->ichw", matrix, images), matrix @ rows


@answers.right
def dirichlet_and_argsort(images, labels, num_classes, alpha):
    pair = torch.distributions.Dirichlet(torch.full((2,), float(alpha))).sample((len(images),)).to(images)
    order = torch.rand(len(images), device=images.device).argsort()
    rows = (labels[:, None] == torch.arange(num_classes, device=labels.device)).to(images)
    first, second = pair[:, :1], 1 - pair[:, :1]
    flat = images.flatten(1)
    return (first * flat + second * flat[order]).view_as(images), first * rows + second * rows[order]


@answers.right
def fresh_generator(images, labels, num_classes, alpha):
    rng = numpy.random.default_rng()
    lam = float(rng.beta(alpha, alpha))
    order = rng.permutation(len(images)).tolist()
    rows = F.one_hot(labels.long(), num_classes).to(images.dtype)
    return images.clone().lerp(images[order], 1 - lam), rows.lerp(rows[order], 1 - lam)


class Mixer:
    def __init__(self, alpha, size):
        self.share = torch.distributions.Beta(alpha, alpha).sample().item()
        self.order = torch.multinomial(torch.ones(size), size) if size else torch.zeros(0, dtype=torch.long)

    def __call__(self, these):
        partners = torch.stack([these[int(k)] for k in self.order])
        return partners.mul_(1 - self.share).add_(these, alpha=self.share)


@answers.right
def mixer_object(images, labels, num_classes, alpha):
    mixer = Mixer(alpha, len(images))
    rows = torch.zeros(len(labels), num_classes, device=images.device)
    rows.scatter_(1, labels.long().unsqueeze(1), 1.0)
    return mixer(images), mixer(rows)
