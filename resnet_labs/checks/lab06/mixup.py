"""The checks of lab 06 that are about what goes in and what comes out: mixup, and the submission file."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check

_NUM_IMAGES, _NUM_CLASSES, _CALLS = 32, 35, 400
_PER_IMAGE = "a lambda for each image, if you draw so, has shape (N, 1, 1, 1) for images and (N, 1) for labels"
Mixup = Callable[[Tensor, Tensor, int, float], tuple[Tensor, Tensor]]


@check("06.2", "each image and its label are mixed with a partner's at one ratio, drawn from Beta(alpha, alpha)")
def check_mixup(probe: Probe, mixup: Mixup) -> None:
    """Check the mixed images and labels call by call, and the ratios over many calls; one a batch or one an image."""
    # Image number i is one at pixel i and zero elsewhere: the mixed pixels are the weights of the images.
    images = torch.eye(_NUM_IMAGES).reshape(_NUM_IMAGES, 1, 4, 8)
    labels = torch.randperm(_NUM_CLASSES, generator=probe.generator)[:_NUM_IMAGES]
    for alpha in (0.2, 2.0):
        weights = []
        for call in range(_CALLS):
            mixed = probe.call(mixup, images, labels, _NUM_CLASSES, alpha, cause=_PER_IMAGE, hint="b")
            if call < 10:
                _check_mixed(probe, mixed, images, labels)
            weights.append(mixed[0].detach().flatten(1))
        _check_draws(probe, torch.stack(weights), alpha)


def _check_mixed(probe: Probe, mixed: Any, images: Tensor, labels: Tensor) -> None:
    probe.expect(
        isinstance(mixed, tuple) and len(mixed) == 2 and all(isinstance(part, Tensor) for part in mixed),
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
        [tuple(images.shape), (_NUM_IMAGES, _NUM_CLASSES)],
        "shapes",
        tested="the shapes of images and labels",
        cause="labels become a distribution over the classes for each image; `F.one_hot(labels, num_classes)`",
        hint="a",
    )
    probe.expect(
        got_images.dtype == images.dtype and got_labels.is_floating_point(),
        "dtype",
        tested="the types of mixed images and labels",
        expected="float32 images, as they came, and floating-point labels",
        got=f"{got_images.dtype} images and {got_labels.dtype} labels",
        cause="NumPy draws in float64, and one_hot gives integers; convert with `.to(images.dtype)` and `.float()`",
        hint="c",
    )
    weights = got_images.flatten(1)
    probe.close(
        weights.sum(1),
        torch.ones(_NUM_IMAGES),
        "weights",
        tested="the sum of the weights in each mixed image",
        cause="the image counts lambda and its partner 1 - lambda, for all its pixels alike",
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
    own = torch.eye(_NUM_IMAGES)
    keeping = weights.diag()
    others = weights * (1 - own)
    exchanged = own * (1 - keeping)[:, None] + F.one_hot(others.argmax(1), _NUM_IMAGES) * keeping[:, None]
    exchanged = torch.where(others.sum(1, keepdim=True) > 0, exchanged, own)
    probe.close(
        got_labels.float()[:, labels],
        weights,
        "labels",
        tested="the weight of each image's class in the mixed label",
        cause="the label is mixed as the image is: the same partner, the same lambda",
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
    others = weights * (1 - torch.eye(_NUM_IMAGES))
    tested = f"{_CALLS} calls with alpha {alpha:g}"
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
    crowded = (partners.max(1).values > _NUM_IMAGES // 2).double().mean().item()
    probe.expect(
        crowded < 0.5,
        "one-partner",
        tested=f"the partners in {tested}",
        expected="others for each image",
        got="one image that is the partner of all",
        cause="one index was drawn for the whole batch; draw a permutation",
        hint="b",
    )
    spread = (own * (1 - own)).double()  # the same for lambda and 1 - lambda
    drawn = own.maximum(1 - own)[others.sum(2) > 1e-6]
    if drawn.max() - drawn.min() < 1e-4:
        raise probe.failure(
            "constant",
            tested=f"lambda in {tested}",
            expected=f"draws from Beta({alpha:g}, {alpha:g})",
            got=f"always {drawn[0].item():.4g}, or one less it",
            cause="lambda is drawn anew in every call",
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
        cause="lambda is uniform: alpha is not used" if uniform else "both parameters of the Beta are alpha",
        hint="c",
    )


@check("06.5", "a header, every id once from 0 on, and the class with the highest logit behind it")
def check_submission(probe: Probe, write_submission: Callable[[str, Tensor], Any]) -> None:
    """Check the file that is written, line by line; the second file has the name of the first."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "submission.csv")
        for num_images in (130, 7):
            logits = torch.randn(num_images, 100, generator=probe.generator)
            logits[: min(3, num_images), 99] = 9.0  # the last class is there, in every file
            tested = f"write_submission(path, logits of {num_images} images and 100 classes)"
            probe.call(write_submission, path, logits, tested=tested, returns=False, hint="a")
            _check_file(probe, Path(path), logits, tested)


def _check_file(probe: Probe, path: Path, logits: Tensor, tested: str) -> None:
    num_images = len(logits)
    probe.expect(
        path.is_file(),
        "no-file",
        tested=f"the file after {tested}",
        expected="a file at the path that was given",
        got="none",
        cause="another path was written, or none",
        hint="a",
    )
    header, *rows = [row for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) if row] or [[]]
    probe.equal(
        ",".join(header)[:40],
        "id,label",
        "header",
        tested=f"the first line after {tested}",
        cause="the first line is `id,label`: two columns, a comma, no spaces, and a newline behind it",
        hint="a",
    )
    probe.equal(
        len(rows),
        num_images,
        "count",
        tested=f"the number of lines below the header after {tested}",
        cause="one line for each image; a file that is there already is written anew",
        hint="b",
        mistakes=[Mistake(logits.shape[1], "wrong-axis", "a line for each class, not for each image: argmax(1)", "c")],
    )
    probe.expect(
        all(len(row) == 2 and all(cell.strip().isdecimal() for cell in row) for row in rows),
        "whole-numbers",
        tested=f"the lines after {tested}",
        expected="two whole numbers in each",
        got=next((",".join(r) for r in rows if len(r) != 2 or not all(c.strip().isdecimal() for c in r)), ""),
        cause="numbers are written as `3.0` or `tensor(3)`, where `.tolist()` makes them plain, or logits were written",
        hint="c",
    )
    ids, labels = ([int(row[column]) for row in rows] for column in (0, 1))
    from_one = list(range(1, num_images + 1))
    probe.equal(
        sorted(ids),
        list(range(num_images)),
        "ids",
        tested=f"the ids after {tested}, sorted",
        cause="each id from 0 to N - 1 stands there exactly once",
        hint="b",
        mistakes=[Mistake(from_one, "ids-from-one", "the ids begin at 1; the first image is number 0", "b")],
    )
    probe.expect(
        max(labels) <= 99,
        "label-range",
        tested=f"the largest label after {tested}",
        expected="99 or less: 100 classes, counted from 0",
        got=max(labels),
        cause="classes are counted from 1, or logits were taken for labels",
        hint="c",
    )
    by_id = torch.tensor([label for _, label in sorted(zip(ids, labels, strict=True))])
    probe.close(
        by_id,
        logits.argmax(1),
        "labels",
        tested=f"the label of each id after {tested}",
        cause="the label is the class with the highest logit of that image",
        hint="c",
        mistakes=[Mistake(logits.argmin(1), "lowest", "this is the class with the lowest logit", "c")],
    )
