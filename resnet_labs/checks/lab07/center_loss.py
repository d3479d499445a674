"""The check of exercise 07.4: the center loss, and centers that follow their classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from resnet_labs.checks._answers import values
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab07 import reference
from resnet_labs.checks.lab07.gradients import BACKWARD, check_finite, differentiated, gradient_of

_LAST = "`centers[labels] -= ...` keeps only the last example of each class; `index_add_` adds them all"
_STAYS = "a class without an example has to stay where it is"
_PRESENT = "a class without an example keeps its center; count with `bincount(minlength=len(centers))`"


@check(
    "07.4",
    "half the mean squared distance to the own center, and centers that follow their classes",
    library=("resnet_labs.losses:CenterLoss",),
)
def check_center_loss(
    probe: Probe,
    center_loss: Callable[[Tensor, Tensor, Tensor], Tensor],
    move_centers: Callable[[Tensor, Tensor, Tensor, float], Tensor],
) -> None:
    """Check value, gradient, and one step of the centers, also where the batch lacks a class."""
    features = torch.tensor([[2.0, 0, 1], [4, 1, 0], [-1, 3, 2], [0, -2, 2], [5, 5, -3], [1, 1, 1], [7, -6, 0]])
    centers = torch.tensor([[1.0, 1, -1], [9, -9, 2], [0, 2, 1], [-1, 0, 4]])
    every, some = torch.tensor([0, 0, 2, 2, 2, 3, 1]), torch.tensor([0, 0, 2, 2, 2, 0, 2])
    tested = "the center loss of seven features and four centers"
    value, gradient = differentiated(
        probe, center_loss, features, every, centers, tested=tested, hint="a", gradient_hint="a"
    )
    probe.close(
        value,
        reference.center_loss(features, every, centers),
        "value",
        tested=tested,
        cause=(
            "for each example half the sum of squares of feature minus own center; then the mean over the batch",
            "the mean is taken over something other than the examples",
        ),
        hint="a",
        mistakes=_loss_mistakes(features, every, centers),
    )
    probe.close(
        gradient(),
        gradient_of(reference.center_loss, features, every, centers),
        "gradient",
        tested=f"the gradient of {tested} for the features",
        cause=("the features are cut off, or enter twice", BACKWARD),
        hint="a",
    )
    _check_at_center(probe, center_loss, features, every, centers)
    many = 10 * torch.randn(probe.random.randint(20, 40), 5, generator=probe.generator)
    others, of_many = torch.randn(12, 5, generator=probe.generator), torch.arange(len(many)) % 11
    tested = f"the center loss of {len(many)} features and twelve centers"
    cause = "a number of classes, of features or of examples is written down"
    got = probe.call(center_loss, many, of_many, others, tested=tested, cause=cause, hint="a")
    probe.close(got, reference.center_loss(many, of_many, others), "sizes", tested=tested, cause=cause, hint="a")
    thin, thin_centers = many[:, :1], others[:, :1].clone().requires_grad_()
    tested = "the center loss of features of one number each, centers that require a gradient"
    got = probe.call(center_loss, thin, of_many, thin_centers, tested=tested, hint="a")
    want = reference.center_loss(thin, of_many, thin_centers.detach())
    probe.close(got, want, "one-number", tested=tested, cause="an axis of length one is lost", hint="a")
    one = probe.call(center_loss, many[:1], of_many[:1], others, tested="the center loss of one feature", hint="a")
    squeezed = "a batch of one loses its axis"
    want = reference.center_loss(many[:1], of_many[:1], others)
    probe.close(one, want, "one-example", tested="the center loss of one feature", cause=squeezed, hint="a")
    _check_moved(probe, move_centers, features, every, centers, 0.5, "of every class")
    alpha = round(probe.random.uniform(0.1, 0.4), 2)
    _check_moved(probe, move_centers, many, of_many, others, alpha, "of eleven of twelve classes, none of class 11")
    _check_moved(probe, move_centers, features, some, centers, 1.0, "of classes 0 and 2 only")
    crowd, of_crowd = features.repeat(100, 1), every.repeat(100)  # 200 to 300 examples of two classes
    _check_moved(probe, move_centers, crowd, of_crowd, centers, 0.5, "of every class, 100 to 300 of each")
    _check_moved(probe, move_centers, many[:1], of_many[:1], others, 0.5, "of one class, one example")
    _check_moved(probe, move_centers, features, every, centers, 0.0, "of every class")
    with torch.no_grad():
        _check_moved(probe, move_centers, features, every, centers, 0.5, "of every class, in a later call")


def _check_at_center(
    probe: Probe,
    center_loss: Callable[[Tensor, Tensor, Tensor], Tensor],
    features: Tensor,
    labels: Tensor,
    centers: Tensor,
) -> None:
    there = features.clone()
    there[0] = centers[labels[0]]
    tested = "the center loss of seven features, one of them exactly at its center"
    _, gradient = differentiated(probe, center_loss, there, labels, centers, tested=tested, hint="a", gradient_hint="a")
    cause = "a square root is infinitely steep at 0; leave out the root, its square is what you have before it"
    zeros = "numbers, zeros for the feature at its center"
    check_finite(probe, gradient(), "nan-gradient", tested=tested, cause=cause, hint="a", expected=zeros)


def _loss_mistakes(features: Tensor, labels: Tensor, centers: Tensor) -> list[Mistake]:
    gaps = features - centers[labels]
    squares = gaps.square().sum(1)
    every = torch.cdist(features, centers).square().mean() / 2
    by_class = torch.stack([squares[labels == label].mean() for label in labels.unique()]).mean() / 2
    return [
        Mistake(squares.mean(), "no-half", "the factor 1/2 is missing", "a"),
        Mistake(squares.mean() / 4, "half-squared", "the half is squared too; it belongs in front of the square", "a"),
        Mistake(squares.sum() / 2, "sum", "summed over the batch; take the mean, as in the cross-entropy", "a"),
        Mistake(gaps.square().mean() / 2, "mean-over-features", "averaged over the features too", "a"),
        Mistake(gaps.square().mean(), "mean-over-features", "averaged over the features too, and not halved", "a"),
        Mistake(squares.sqrt().mean() / 2, "not-squared", "distances are not squared", "a"),
        Mistake(gaps.abs().sum(1).mean() / 2, "not-squared", "differences are not squared", "a"),
        Mistake(every, "every-center", "every center pulls every example; only its own class's may", "a"),
        Mistake(by_class, "mean-of-means", "the mean is over the classes' means; every example counts once", "a"),
        Mistake(squares / 2, "not-averaged", "the mean over the batch is missing", "a"),
    ]


def _check_moved(
    probe: Probe,
    move_centers: Callable[[Tensor, Tensor, Tensor, float], Tensor],
    features: Tensor,
    labels: Tensor,
    centers: Tensor,
    alpha: float,
    batch: str,
) -> None:
    tested = f"the centers after one step with alpha = {alpha} and examples {batch}"
    right = reference.move_centers(features, labels, centers, alpha)
    how: dict[str, Any] = {"hint": "b"}
    if len(labels.unique()) < len(centers):
        how = {"cause": (_PRESENT, "two shapes do not fit in that line"), "hint": "c"}
    moved = probe.call(move_centers, features, labels, centers, alpha, tested=tested, follows=True, **how)
    probe.expect(
        not isinstance(moved, Tensor) or bool(moved.isfinite().all()),
        "missing-class",
        tested=tested,
        expected="a class without an example keeps its center",
        got=moved,
        cause="divided by the number of examples, which can be 0; the paper divides by one more",
        hint="c",
    )
    probe.close(
        moved,
        right,
        "centers",
        tested=tested,
        cause=(
            "for each class: alpha times the sum of (center - feature), with the center as it was given, divided by 1 "
            "+ the number of its examples",
            "something is kept from an earlier call",
            "`alpha` is not read or 0 taken for none, or some of the features, examples or classes are left out",
            "the number of a class's examples is kept in a type that is too small for it",
        ),
        hint="b",
        mistakes=[
            *_step_mistakes(features, labels, centers, alpha, right),
            Mistake(_absent_as_in(moved, right, labels), "missing-class", _STAYS, "c"),
        ],
    )


def _absent_as_in(moved: Any, right: Tensor, labels: Tensor) -> Tensor:
    """Return the right centers, those of the classes without an example as the answer has them."""
    found = values(moved)
    if found is None or found.shape != right.shape:
        return right
    mixed = found.to(right.dtype, copy=True)
    mixed[labels.unique()] = right[labels.unique()]
    return mixed


def _step_mistakes(features: Tensor, labels: Tensor, centers: Tensor, alpha: float, right: Tensor) -> list[Mistake]:
    step = right - centers
    counts = labels.bincount(minlength=len(centers))[:, None]
    last, once = centers.clone(), centers.clone()
    last[labels] = centers[labels] - alpha * (centers[labels] - features) / (1 + counts[labels])
    once[labels] -= alpha * (centers[labels] - features)
    by_n = reference.move_centers(features, labels, centers, alpha, plus=0)
    means = reference.move_centers(features, labels, centers, 1.0, plus=0)
    by_batch = centers + step * (1 + counts) / (1 + len(labels))
    return [
        Mistake(centers, "not-moved", "the centers stay where they were", "b"),
        Mistake(centers - step, "away", "the centers move away from their features: check the sign", "b"),
        Mistake(step, "step-only", "this is the step; return the centers after it", "b"),
        Mistake(-step, "step-only", "this is the step; return the centers after it", "b"),
        Mistake(centers + step / alpha, "no-alpha", "alpha is left out", "b"),
        Mistake(last, "last-example", _LAST, "c"),
        Mistake(once, "last-example", _LAST, "c"),
        Mistake(centers + step * (1 + counts), "not-divided", "the sum is not divided by 1 + n", "b"),
        Mistake(by_n, "plain-mean", "divided by n; the paper's equation 4 divides by 1 + n", "b"),
        Mistake(means, "class-means", "these are the classes' means; a center goes a part of the way there", "b"),
        Mistake(by_batch, "divided-by-batch", "divided by the size of the batch, not of the class", "b"),
        Mistake(right[labels.unique()], "missing-class", _PRESENT, "c"),
    ]
