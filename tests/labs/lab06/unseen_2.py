"""Answers to 06.2 by someone who knew the exercise and not its check."""

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.2", "check_mixup")


def beta(alpha):
    return torch.distributions.Beta(alpha, alpha).sample().item()


def mix(images, labels, num_classes, kept, order, *, rows=None):
    rows = F.one_hot(labels, num_classes).to(images.dtype) if rows is None else rows
    return kept * images + (1 - kept) * images[order], kept * rows + (1 - kept) * rows[order]


def good(images, labels, num_classes, alpha):
    return mix(images, labels, num_classes, beta(alpha), torch.randperm(len(images), device=images.device))


@answers.wrong("device", "labels by torch.eye on the CPU")
def eye(images, labels, num_classes, alpha):
    rows = torch.eye(num_classes, dtype=images.dtype)[labels]
    return mix(images, labels, num_classes, beta(alpha), torch.randperm(len(images), device=images.device), rows=rows)


@answers.wrong("device", "one ratio for each image, drawn on the CPU and left there")
def cpu_ratios(images, labels, num_classes, alpha):
    kept = torch.distributions.Beta(alpha, alpha).sample((len(images),)).to(images.dtype)
    order = torch.randperm(len(images), device=images.device)
    rows = F.one_hot(labels, num_classes).to(images.dtype)
    a, b = kept[:, None, None, None], kept[:, None]
    return a * images + (1 - a) * images[order], b * rows + (1 - b) * rows[order]


@answers.wrong("shapes", "one_hot without num_classes")
def no_classes(images, labels, num_classes, alpha):
    return mix(images, labels, None, beta(alpha), torch.randperm(len(images)), rows=F.one_hot(labels).float())


@answers.wrong("distribution", "alpha is not read: 0.2")
def fixed_alpha(images, labels, num_classes, alpha):
    return good(images, labels, num_classes, 0.2)


@answers.wrong("uniform", "a uniform ratio")
def uniform(images, labels, num_classes, alpha):
    return mix(images, labels, num_classes, torch.rand(()).item(), torch.randperm(len(images)))


@answers.wrong("distribution", "alpha above 1 is cut to 1")
def alpha_cut(images, labels, num_classes, alpha):
    return good(images, labels, num_classes, min(alpha, 1.0))


@answers.wrong("same-partners", "the next image is the partner")
def rolled(images, labels, num_classes, alpha):
    return mix(images, labels, num_classes, beta(alpha), (torch.arange(len(images)) + 1) % len(images))


@answers.wrong("same-partners", "the partner is the mirrored place of the batch")
def flipped(images, labels, num_classes, alpha):
    return mix(images, labels, num_classes, beta(alpha), torch.arange(len(images)).flip(0))


@answers.wrong("replacement", "partners are drawn with replacement: no shuffle of the batch")
def replacement(images, labels, num_classes, alpha):
    return mix(images, labels, num_classes, beta(alpha), torch.randint(len(images), (len(images),)))


@answers.wrong("larger-share", "the larger share always belongs to the image: max(ratio, 1 - ratio)")
def larger(images, labels, num_classes, alpha):
    kept = beta(alpha)
    return mix(images, labels, num_classes, max(kept, 1 - kept), torch.randperm(len(images)))


@answers.wrong("never-mixed", "the last image of an odd batch is never mixed")
def even_only(images, labels, num_classes, alpha):
    half = len(images) // 2
    order = torch.cat([torch.randperm(half) + half, torch.randperm(half), torch.arange(2 * half, len(images))])
    return mix(images, labels, num_classes, beta(alpha), order)


@answers.wrong("changes-input", "the images are changed in place")
def in_place(images, labels, num_classes, alpha):
    kept, order = beta(alpha), torch.randperm(len(images))
    other = images[order] * (1 - kept)
    images.mul_(kept).add_(other)
    rows = F.one_hot(labels, num_classes).float()
    return images, kept * rows + (1 - kept) * rows[order]


@answers.wrong("leaves-behind", "seeds torch in every call")
def seeds(images, labels, num_classes, alpha):
    torch.manual_seed(0)
    return good(images, labels, num_classes, alpha)


@answers.wrong("same-partners", "its own generator with a fixed seed: the same order in every call")
def own_generator(images, labels, num_classes, alpha):
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(1))
    return mix(images, labels, num_classes, beta(alpha), order)


ORDER = {}


@answers.wrong("never-mixed", "the order is kept from the first call of that size")
def kept_order(images, labels, num_classes, alpha):
    order = ORDER.setdefault(len(images), torch.randperm(len(images)))
    return mix(images, labels, num_classes, beta(alpha), order)


@answers.wrong("constant", "numpy is seeded")
def numpy_seeded(images, labels, num_classes, alpha):
    np.random.seed(0)
    return mix(images, labels, num_classes, float(np.random.beta(alpha, alpha)), torch.randperm(len(images)))


@answers.wrong("labels-exchanged", "shares exchanged in the labels")
def exchanged(images, labels, num_classes, alpha):
    kept, order = beta(alpha), torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return kept * images + (1 - kept) * images[order], (1 - kept) * rows + kept * rows[order]


@answers.wrong("labels", "another order for the labels")
def two_orders(images, labels, num_classes, alpha):
    kept, rows = beta(alpha), F.one_hot(labels, num_classes).float()
    n = len(images)
    return kept * images + (1 - kept) * images[torch.randperm(n)], kept * rows + (1 - kept) * rows[torch.randperm(n)]


@answers.wrong("shapes", "class numbers are mixed")
def numbers(images, labels, num_classes, alpha):
    kept, order = beta(alpha), torch.randperm(len(images))
    return kept * images + (1 - kept) * images[order], kept * labels + (1 - kept) * labels[order]


@answers.wrong("dtype", "whole-number labels")
def whole(images, labels, num_classes, alpha):
    mixed, rows = good(images, labels, num_classes, alpha)
    return mixed, rows.round().long()


@answers.wrong("two-tensors", "three things, as in the paper's code: images, both labels, ratio")
def papers(images, labels, num_classes, alpha):
    kept, order = beta(alpha), torch.randperm(len(images))
    return kept * images + (1 - kept) * images[order], labels, labels[order], kept


@answers.wrong("labels", "rounded to pixels 0..255")
def rounded(images, labels, num_classes, alpha):
    mixed, rows = good(images, labels, num_classes, alpha)
    return mixed.round(), rows


@answers.right
def ratio_each(images, labels, num_classes, alpha):
    """A ratio for each image, einsum."""
    kept = torch.distributions.Beta(alpha, alpha).sample((len(images),)).to(images)
    order = torch.randperm(len(images)).to(images.device)
    rows = F.one_hot(labels, num_classes).to(images.dtype)

    def blend(x):
        return torch.einsum("n,n...->n...", kept, x) + torch.einsum("n,n...->n...", 1 - kept, x[order])

    return blend(images), blend(rows)


@answers.right
def lerped(images, labels, num_classes, alpha):
    """torch.lerp, gamma draws, a list of two."""
    a, b = torch.distributions.Gamma(alpha, 1.0).sample((2,)).tolist()
    kept = a / (a + b) if a + b else 0.5
    order = torch.argsort(torch.rand(len(images), device=images.device))
    rows = torch.zeros(len(labels), num_classes, device=images.device).scatter_(1, labels[:, None], 1.0)
    return [torch.lerp(images[order], images, kept), torch.lerp(rows[order], rows, kept)]


@answers.right
def in_numpy(images, labels, num_classes, alpha):
    """NumPy draws the ratio."""
    kept = float(np.random.beta(alpha, alpha))
    order = torch.from_numpy(np.random.permutation(len(images))).to(images.device)
    return mix(images, labels, num_classes, kept, order)


@answers.right
def tensors(images, labels, num_classes, alpha):
    """The ratio stays a tensor; index_select."""
    kept = torch.distributions.Beta(torch.tensor(float(alpha)), torch.tensor(float(alpha))).sample().to(images)
    order = torch.randperm(images.size(0), device=images.device)
    rows = F.one_hot(labels, num_classes).type_as(images)
    both = [(x, torch.index_select(x, 0, order)) for x in (images, rows)]
    return tuple(x.mul(kept).add(other.mul(1 - kept)) for x, other in both)


@answers.right
def cpu_order(images, labels, num_classes, alpha):
    """The order is drawn on the CPU: torch indexes a tensor on a GPU with it (the hint's own line)."""
    return mix(images, labels, num_classes, beta(alpha), torch.randperm(len(images)))
