"""The check of exercise 06.2: mixup, by the weights of the mixed images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause

_NUM_CLASSES, _CALLS = 35, 400
_PER_IMAGE = "a lambda drawn for each image has shape (N, 1, 1, 1) for the images and (N, 1) for the labels"
_SAME_CLASS = (
    "an image and its partner have the same class, or are the same image: their shares are added; here the second is "
    "written over the first"
)
Mixup = Callable[[Tensor, Tensor, int, float], tuple[Tensor, Tensor]]


@check("06.2", "each image and its label are mixed with a partner's at one ratio, drawn from Beta(alpha, alpha)")
def check_mixup(probe: Probe, mixup: Mixup) -> None:
    """Check the mixed images and labels call by call, and the ratios, one for each batch or image, over many calls."""
    for alpha, count in ((0.2, 32), (2.0, 31)):
        # Image number i is one at pixel i and zero elsewhere: the mixed pixels are the weights of the images.
        images = torch.eye(count, 32).reshape(count, 1, 4, 8)
        labels = torch.randperm(_NUM_CLASSES - 1, generator=probe.generator)[:count]  # the last class is missing
        given = f"mixup of {count} images, {_NUM_CLASSES} classes of which the last is missing, alpha {alpha:g}"
        weights = []
        for call in range(_CALLS):
            mixed = probe.call(
                mixup,
                images,
                labels,
                _NUM_CLASSES,
                alpha,
                tested=given,
                cause=_PER_IMAGE,
                draws_numbers=True,
                follows=True,
                hint="b",
            )
            if call < 10:
                _check_mixed(probe, mixed, images, labels, given)
            weights.append(mixed[0].detach().flatten(1)[:, :count])
        _check_draws(probe, torch.stack(weights), alpha)
    _check_channels(probe, mixup)
    image, label, given = torch.eye(1, 32).reshape(1, 1, 4, 8), torch.tensor([3]), "mixup of a batch of one image"
    cause = (
        "a batch of one image has no other partner than the image itself",
        "`squeeze()` also drops the axis of the images where there is only one",
    )
    alone = probe.call(
        mixup, image, label, _NUM_CLASSES, 0.2, tested=given, cause=cause, follows=True, draws_numbers=True, hint="b"
    )
    _check_mixed(probe, alone, image, label, given)


def _check_channels(probe: Probe, mixup: Mixup) -> None:
    given = "mixup of 32 images of three channels, whose pixels are -1 or 0"
    images, labels = -torch.eye(32).reshape(32, 1, 4, 8).repeat(1, 3, 1, 1), torch.arange(32)
    mixed, _ = probe.call(
        mixup, images, labels, _NUM_CLASSES, 0.5, tested=given, anywhere=False, draws_numbers=True, hint="b"
    )
    probe.close(
        mixed[:, 1:],
        mixed[:, :1].repeat(1, 2, 1, 1),
        "channels",
        tested=f"the second and third channel of each mixed image, beside its first, {given}",
        cause="each channel has a lambda of its own; an image has one, as its label has",
        hint="b",
    )
    probe.close(
        mixed.flatten(1).sum(1),
        torch.full((32,), -3.0),
        "negative",
        tested=f"the sum of the pixels in each image, {given}",
        cause="values are cut off or moved: an image that is normalised has pixels below zero",
        hint="b",
        atol=1e-4,
    )


def _check_mixed(probe: Probe, mixed: Any, images: Tensor, labels: Tensor, given: str) -> None:
    count = len(images)
    probe.expect(
        isinstance(mixed, (tuple, list)) and len(mixed) == 2 and all(isinstance(part, Tensor) for part in mixed),
        "two-tensors",
        tested="what mixup returns",
        expected="two tensors: images and labels",
        got=type(mixed).__name__,
        cause="the function ends with `return mixed_images, mixed_labels`",
        hint="a",
    )
    got_images, got_labels = mixed
    shapes = [tuple(part.shape) for part in mixed]
    probe.equal(
        shapes,
        [tuple(images.shape), (count, _NUM_CLASSES)],
        "shapes",
        tested=f"the shapes of images and labels, {given}",
        cause="labels become a distribution over the classes for each image; `F.one_hot(labels, num_classes)`",
        hint="a",
    )
    probe.expect(
        got_images.dtype == images.dtype and got_labels.is_floating_point(),
        "dtype",
        tested="the types of mixed images and labels",
        expected="float32 images, as given, and floating-point labels",
        got=f"{got_images.dtype} images and {got_labels.dtype} labels",
        cause="NumPy draws in float64, and one_hot gives integers; convert with `.to(images.dtype)` and `.float()`",
        hint="c",
    )
    weights = got_images.flatten(1)[:, :count]
    probe.close(
        weights.sum(1),
        torch.ones(count),
        "weights",
        tested="the sum of the weights in each mixed image",
        cause="the image has the weight lambda and its partner 1 - lambda, the same for all pixels",
        hint="b",
        atol=1e-4,
    )
    parts = (weights.abs() > 1e-6).sum(1)
    probe.expect(
        bool((weights > -1e-6).all() and (parts <= 2).all()),
        "parts",
        tested="the images in each mixed image",
        expected="the image itself and one partner, none with a negative weight",
        got=f"up to {int(parts.max())} images, the lowest weight {weights.min().item():.3g}",
        cause="more than two images are mixed, or lambda lies outside 0 to 1",
        hint="b",
    )
    own = torch.eye(count)
    keeping = weights.diag()
    others = weights * (1 - own)
    exchanged = own * (1 - keeping)[:, None] + F.one_hot(others.argmax(1), count) * keeping[:, None]
    exchanged = torch.where(others.sum(1, keepdim=True) > 0, exchanged, own)
    mixed_alike = "the label is mixed as the image is: the same partner, the same lambda"
    differs = ((got_labels.float()[:, labels] - weights).abs() > 1e-4).any(1)
    cause: Cause = (_SAME_CLASS, mixed_alike) if (keeping[differs] > 1 - 1e-6).all() else mixed_alike
    probe.close(
        got_labels.float()[:, labels],
        weights,
        "labels",
        tested="the weight of each image's class in the mixed label",
        cause=cause,
        hint="a",
        atol=1e-4,
        mistakes=[
            Mistake(own, "labels-not-mixed", "the labels are not mixed", "a"),
            Mistake(exchanged, "labels-exchanged", "lambda and 1 - lambda are exchanged in the labels", "a"),
        ],
    )


def _check_draws(probe: Probe, weights: Tensor, alpha: float) -> None:
    """Check partners and ratios over many calls; `weights` is (calls, images, images)."""
    own = weights.diagonal(dim1=1, dim2=2)  # (calls, images)
    count = weights.shape[1]
    others = weights * (1 - torch.eye(count))
    tested = f"{_CALLS} calls with {count} images and alpha {alpha:g}"
    probe.expect(
        bool((others > 1e-6).any()),
        "not-mixed",
        tested=tested,
        expected="images mixed with others",
        got="every image as it was",
        cause="the partner of each image is the image itself; shuffle with `torch.randperm(len(images))`",
        hint="b",
    )
    partners = (others > 1e-6).sum(1)  # (calls, images): for how many images each is the partner
    crowded = (partners.max(1).values > count // 2).double().mean().item()
    probe.expect(
        crowded < 0.5,
        "one-partner",
        tested=f"the partners in {tested}",
        expected="a different one for each image",
        got="one image that is the partner of all",
        cause="one index was drawn for the whole batch; draw a permutation",
        hint="b",
    )
    probe.expect(
        int(partners.max()) <= 1,
        "replacement",
        tested=f"how often one image is a partner in a call, {tested}",
        expected="at most once: the batch is shuffled",
        got=int(partners.max()),
        cause="partners are drawn with replacement; `torch.randperm` gives each image once",
        hint="b",
    )
    probe.expect(
        bool((others.sum(2) > 1e-6).any(0).all()),
        "never-mixed",
        tested=f"which images are ever mixed in {tested}",
        expected="all",
        got=f"not image {int((others.sum(2) > 1e-6).any(0).logical_not().nonzero()[0])}"
        if not (others.sum(2) > 1e-6).any(0).all()
        else "",
        cause="the batch is taken in pairs, and an odd image is left over",
        hint="b",
    )
    pairs = (others > 1e-6).any(0).sum(1)  # for each image, how many partners it had in all calls
    probe.expect(
        int(pairs.max()) > 2,
        "same-partners",
        tested=f"the partners in {tested}",
        expected="others in every call: the batch is shuffled anew",
        got="the same ones in every call",
        cause=(
            "the partner is at a fixed place, such as the next image; shuffle with `torch.randperm(len(images))`",
            "the order is drawn once and kept, or from a generator with a fixed seed",
        ),
        hint="b",
    )
    steps = (others.argmax(2) - torch.arange(count)) % count  # how far away each partner is
    mixed = others.amax(2) > 1e-6
    one_step = ((steps == steps.gather(1, mixed.int().argmax(1, keepdim=True))) | ~mixed).all(1)
    probe.expect(
        one_step.double().mean().item() < 0.5,
        "turned",
        tested=f"how far away the partners are in {tested}",
        expected="by other distances within a call: the batch is shuffled",
        got="the same for all images of a call",
        cause="the batch is turned by a number of places, as `roll` does; shuffle with `torch.randperm(len(images))`",
        hint="b",
    )
    blocks = [(others > 1e-6).any(0)[4 * row : 4 * row + 4].any(0).unfold(0, 4, 4).any(1) for row in range(count // 4)]
    probe.expect(
        bool(torch.stack(blocks).all()),
        "some-partners",
        tested=f"which images are ever mixed with which, four and four of them, in {tested}",
        expected="each four with every four",
        got="some four images never with some others",
        cause="only a part of the batch is shuffled at a time; one `torch.randperm(len(images))` goes over all of it",
        hint="b",
    )
    spread = (own * (1 - own)).double()  # the same for lambda and 1 - lambda
    drawn = own.maximum(1 - own)[others.sum(2) > 1e-6]
    if drawn.max() - drawn.min() < 1e-4:
        raise probe.failure(
            "constant",
            tested=f"lambda in {tested}",
            expected=f"draws from Beta({alpha:g}, {alpha:g})",
            got=f"always {drawn[0].item():.4g}, or 1 minus that",
            cause=(
                "lambda is drawn once, outside the function",
                "a seed is set before it is drawn: NumPy's or torch's",
            ),
            hint="c",
        )
    want = alpha / (2 * (2 * alpha + 1))
    got = spread.mean().item()
    uniform = alpha < 1 and abs(got - 1 / 6) < 0.015  # Beta(2, 1) has a mean of a sixth too
    probe.expect(
        abs(got - want) < 0.02,
        "uniform" if uniform else "distribution",
        tested=f"the mean of lambda * (1 - lambda) in {tested}",
        expected=f"{want:.3f}, as Beta({alpha:g}, {alpha:g}) gives",
        got=f"{got:.3f}",
        cause=(
            "lambda is uniform: alpha is not used"
            if uniform
            else ("both parameters of the Beta are alpha", "`alpha` is not read, or is changed before it is used")
        ),
        hint="c",
    )
    at_the_ends = (own.minimum(1 - own) < 0.02).double().mean().item()
    probe.expect(
        alpha > 1 or at_the_ends > 0.25,
        "distribution",
        tested=f"how often lambda or 1 - lambda is below 0.02 in {tested}",
        expected="in about half of the draws: with a small alpha most are near 0 or 1",
        got=f"in {at_the_ends:.0%} of them",
        cause=("lambda is kept away from 0 and 1", "`alpha` is not read, or is changed before it is used"),
        hint="c",
    )
    probe.expect(
        abs(own.mean().item() - 0.5) < 0.12,
        "larger-share",
        tested=f"the mean share of an image in its own place, {tested}",
        expected="0.5: lambda and 1 - lambda are equally likely",
        got=f"{own.mean().item():.3f}",
        cause=(
            "the larger of lambda and 1 - lambda always belongs to the same image",
            "only one of the two parameters of the Beta is alpha",
        ),
        hint="c",
    )
