"""Answers to 06.2 by someone who looked for what its check may not ask."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.2", "check_mixup")


def blend(images, labels, num_classes, ratio, order):
    """One ratio, or one for each image, and an order: mixed as it should be."""
    rows = F.one_hot(labels, num_classes).to(images.dtype)
    ratio = torch.as_tensor(ratio, dtype=images.dtype, device=images.device)
    wide = ratio.reshape(-1, 1, 1, 1)
    flat = ratio.reshape(-1, 1)
    return wide * images + (1 - wide) * images[order], flat * rows + (1 - flat) * rows[order]


# Right: the batch is multiplied by a matrix of mixtures, ratio I + (1 - ratio) P with P a random permutation matrix.
# The ratio is the first share of a Dirichlet with two alphas, which is Beta(alpha, alpha).
@answers.right
def by_a_matrix(images, labels, num_classes, alpha):
    count = len(images)
    ratio = torch.distributions.Dirichlet(torch.tensor([float(alpha), float(alpha)])).sample()[0].item()
    same = torch.eye(count, dtype=images.dtype, device=images.device)
    matrix = ratio * same + (1 - ratio) * same[torch.randperm(count, device=images.device)]
    rows = same.new_zeros(count, num_classes)
    rows[torch.arange(count, device=rows.device), labels.to(rows.device)] = 1
    return torch.einsum("ij,jchw->ichw", matrix, images), matrix @ rows


# Right: a ratio for each image, and the order is the argsort of uniform numbers. lerp goes from the partner to the
# image; the labels' rows are filled by index_put_ with accumulate, so two images of one class add up to 1.
@answers.right
def by_lerp(images, labels, num_classes, alpha):
    count = len(images)
    ratios = torch.distributions.Beta(float(alpha), float(alpha)).sample((count,)).to(images)
    order = torch.rand(count).argsort().to(labels.device)
    mixed = torch.lerp(images[order], images, ratios.view(count, *[1] * (images.ndim - 1)))
    rows = ratios.new_zeros(count, num_classes)
    places = torch.arange(count, device=rows.device)
    rows.index_put_((places, labels), ratios, accumulate=True)
    rows.index_put_((places, labels[order]), 1 - ratios, accumulate=True)
    return mixed, rows


# Right: image by image in a loop, with one ratio for the whole batch. Nothing is written into what was given.
@answers.right
def one_by_one(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    pictures, shares = [], []
    for own, partner in enumerate(torch.randperm(len(images)).tolist()):
        pictures.append(images[own] * ratio + images[partner] * (1 - ratio))
        row = [0.0] * num_classes
        row[labels[own]] += ratio
        row[labels[partner]] += 1 - ratio
        shares.append(row)
    return torch.stack(pictures), torch.tensor(shares, dtype=images.dtype, device=images.device)


@answers.wrong(
    "labels",
    "writes the two shares instead of adding them: with a partner of its own class a label sums to less than 1",
)
def shares_overwritten(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images))
    mixed, _ = blend(images, labels, num_classes, ratio, order)
    rows = images.new_zeros(len(images), num_classes)
    rows[torch.arange(len(images)), labels] = ratio
    rows[torch.arange(len(images)), labels[order]] = 1 - ratio
    return mixed, rows


@answers.wrong(
    "larger-share", "the larger of ratio and 1 - ratio: the image always leads, which is another distribution"
)
def image_leads(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    return blend(images, labels, num_classes, torch.maximum(ratio, 1 - ratio), torch.randperm(len(images)))


@answers.wrong(
    "replacement", "partners are drawn with replacement, not by shuffling: one image is there twice, another not at all"
)
def with_replacement(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    return blend(images, labels, num_classes, ratio, torch.randint(len(images), (len(images),)))


@answers.wrong("raises", "turns the batch by a random step instead of shuffling it; and fails for one image")
def turned(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    step = int(torch.randint(1, len(images), ()))
    return blend(images, labels, num_classes, ratio, torch.arange(len(images)).roll(step))


@answers.wrong("never-mixed", "draws within fork_rng, which gives the random state back: every call draws the same")
def forked(images, labels, num_classes, alpha):
    with torch.random.fork_rng(devices=[]):
        ratio = torch.distributions.Beta(alpha, alpha).sample()
        order = torch.randperm(len(images))
    return blend(images, labels, num_classes, ratio, order)


@answers.wrong("distribution", "an alpha above 1 is taken for 1")
def alpha_up_to_one(images, labels, num_classes, alpha):
    alpha = min(float(alpha), 1.0)
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    return blend(images, labels, num_classes, ratio, torch.randperm(len(images)))


@answers.wrong("distribution", "keeps the ratio between 0.05 and 0.95: with a small alpha most ratios lie outside")
def never_at_the_ends(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().clamp(0.05, 0.95)
    return blend(images, labels, num_classes, ratio, torch.randperm(len(images)))


@answers.wrong("negative", "clamps the mixture to 0 and 255: normalised images are below zero")
def clamped(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    mixed, rows = blend(images, labels, num_classes, ratio, torch.randperm(len(images)))
    return mixed.clamp(0, 255), rows


@answers.wrong("changes-input", "mixes in place, chunk by chunk, into the caller's images")
def in_place(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).to(images.dtype)
    partners = images[order]
    return images.mul_(ratio).add_(partners, alpha=1 - ratio), ratio * rows + (1 - ratio) * rows[order]


_before = {}


@answers.wrong("negative", "the partners come from the batch before, if it had the same shape, not from this one")
def batch_before(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample().item()
    others, other_labels = _before.get(images.shape, (images, labels))
    _before[images.shape] = (images.clone(), labels.clone())
    order = torch.randperm(len(images))
    rows, other_rows = (F.one_hot(each, num_classes).to(images.dtype) for each in (labels, other_labels))
    mixed = ratio * images + (1 - ratio) * others[order]
    return mixed, ratio * rows + (1 - ratio) * other_rows[order]


@answers.wrong(
    "some-partners",
    "shuffles the first half and the second half each by itself: a partner is never from the other half",
)
def within_halves(images, labels, num_classes, alpha):
    ratio, half = torch.distributions.Beta(alpha, alpha).sample(), len(images) // 2
    order = torch.cat([torch.randperm(half), half + torch.randperm(len(images) - half)])
    return blend(images, labels, num_classes, ratio, order)


@answers.wrong("distribution", "half of the calls mix nothing: a ratio of 1 that Beta does not draw so often")
def every_other_time(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    if torch.rand(()) < 0.5:
        ratio = torch.ones(())
    return blend(images, labels, num_classes, ratio, torch.randperm(len(images)))


@answers.wrong(
    "labels", "a ratio for each image, but for the labels that of the partner: order is applied to the ratios too"
)
def ratio_of_the_partner(images, labels, num_classes, alpha):
    ratios = torch.distributions.Beta(alpha, alpha).sample((len(images),)).to(images.dtype)
    order = torch.randperm(len(images))
    mixed, _ = blend(images, labels, num_classes, ratios, order)
    _, rows = blend(images, labels, num_classes, ratios[order], order)
    return mixed, rows


@answers.wrong(
    "distribution", "an arcsine for every alpha: Beta(0.5, 0.5) looks like small alphas and is none of the others"
)
def arcsine(images, labels, num_classes, alpha):
    ratio = torch.sin(torch.rand(()) * torch.pi / 2) ** 2
    return blend(images, labels, num_classes, ratio, torch.randperm(len(images)))


@answers.wrong(
    "labels", "shares of the labels are cut to hundredths: not those of the images, and they need not sum to 1"
)
def shares_in_hundredths(images, labels, num_classes, alpha):
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    mixed, rows = blend(images, labels, num_classes, ratio, torch.randperm(len(images)))
    return mixed, rows.mul(100).floor().div(100)


@answers.wrong(
    "never-mixed",
    "the order is made from the images, not drawn: a second call with the same batch has the same partners",
)
def seeded_by_size(images, labels, num_classes, alpha):
    source = torch.Generator().manual_seed(len(images) + int(1e6 * float(images.sum()) % 1e6))
    order = torch.randperm(len(images), generator=source)
    ratio = torch.distributions.Beta(alpha, alpha).sample()
    return blend(images, labels, num_classes, ratio, order)
