"""The checks of exercises 07.1 and 07.4: cross-entropy, and the center loss with its centers."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_labs.checks import _lab07_reference as reference
from resnet_labs.checks._engine import Mistake, Probe, check

_FEATURES = torch.tensor([[2.0, 0], [4, 1], [-1, 3], [0, -2], [5, 5], [1, 1]], dtype=torch.float64)
_LABELS = torch.tensor([0, 0, 2, 2, 2, 3])
_CENTERS = torch.tensor([[1.0, 1], [9, -9], [0, 2], [-1, 0]], dtype=torch.float64)  # no example of class 1
_LAST = "`centers[labels] -= ...` keeps only the last example of each class; `index_add_` adds them all"


@check("07.1", "the mean cross-entropy of the logits, with its gradient, also where a logit is 1000")
def check_cross_entropy(probe: Probe, cross_entropy: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check value, gradient and what large logits do."""
    logits = 2 * torch.randn(5, 3, generator=probe.generator, dtype=torch.float64)
    labels = torch.tensor([2, 0, 1, 1, 0])
    tested = "the loss of five examples and three classes"
    value, gradient = reference.differentiated(
        probe, cross_entropy, logits, labels, tested=tested, hint="a", gradient_hint="c"
    )
    logs = logits.log_softmax(1)
    own = logs[range(5), labels]
    across = logits.log_softmax(0)[range(5), labels]
    probe.close(
        value,
        F.cross_entropy(logits, labels),
        "value",
        tested=tested,
        cause="take the log of each example's softmax at its own label, the mean over examples, and minus that",
        hint="a",
        mistakes=[
            Mistake(-own.sum(), "sum", "the loss is summed over the batch, not averaged", "a"),
            Mistake(own.mean(), "sign", "the minus is missing", "a"),
            Mistake(-own.exp().mean(), "no-log", "the probability is taken, not its logarithm", "a"),
            Mistake(-across.mean(), "wrong-axis", "the softmax runs over the examples; classes are axis 1", "b"),
            Mistake(-own.sum() / logs.numel(), "divided-by-classes", "divided by N times K, not by N", "a"),
            Mistake(-logs[:, labels].mean(), "all-pairs", "`[:, labels]` takes every example at every label", "a"),
            Mistake(-logits[range(5), labels].mean(), "no-softmax", "the softmax is missing", "b"),
            Mistake(F.cross_entropy(logits.softmax(1), labels), "softmax-twice", "the softmax is applied twice", "b"),
            Mistake(-own, "not-averaged", "the mean over the batch is missing", "a"),
        ],
    )
    probe.close(
        gradient(),
        reference.gradient_of(F.cross_entropy, logits, labels),
        "gradient",
        tested=f"the gradient of {tested} for the logits",
        cause="a part of the computation is cut off from the logits",
        hint="c",
    )
    large = torch.tensor([[1000.0, 0.0], [0.0, 1000.0], [-1000.0, -1000.0]])
    labels = torch.tensor([0, 0, 1])
    tested = "the loss of the logits (1000, 0), (0, 1000) and (-1000, -1000) with the labels 0, 0, 1"
    value, gradient = reference.differentiated(
        probe, cross_entropy, large, labels, tested=tested, hint="b", gradient_hint="c"
    )
    got, slope = value.detach(), gradient()
    probe.expect(
        bool(got.isfinite().all()) and bool(slope.isfinite().all()),
        "overflow",
        tested=tested,
        expected="a finite number and a finite gradient",
        got=f"{got.tolist()}, gradient {slope.tolist()}",
        cause="`exp(1000)` is infinite and `log(0)` too; take the largest logit off first, or use `logsumexp`",
        hint="b",
    )
    probe.close(
        got,
        F.cross_entropy(large, labels),
        "clipped",
        tested=tested,
        cause="probabilities are clipped or shifted by a small number, which changes the loss; work with logarithms",
        hint="b",
    )


@check("07.4", "half the mean squared distance to the own center, and centers that follow their classes")
def check_center_loss(
    probe: Probe,
    center_loss: Callable[[Tensor, Tensor, Tensor], Tensor],
    move_centers: Callable[[Tensor, Tensor, Tensor, float], Tensor],
) -> None:
    """Check value, gradient, and one step of the centers with a class that the batch lacks."""
    features, labels, centers = _FEATURES, _LABELS, _CENTERS
    tested = "the center loss of six features and four centers"
    value, gradient = reference.differentiated(
        probe, center_loss, features, labels, centers, tested=tested, hint="a", gradient_hint="a"
    )
    gaps = features - centers[labels]
    squares = gaps.square().sum(1)
    probe.close(
        value,
        reference.center_loss(features, labels, centers),
        "value",
        tested=tested,
        cause="for each example half the sum of squares of feature minus own center; then the mean over the batch",
        hint="a",
        mistakes=[
            Mistake(squares.mean(), "no-half", "the factor 1/2 is missing", "a"),
            Mistake(squares.sum() / 2, "sum", "summed over the batch; take the mean, as in the cross-entropy", "a"),
            Mistake(gaps.square().mean() / 2, "mean-over-features", "averaged over the features too", "a"),
            Mistake(squares.sqrt().mean() / 2, "not-squared", "distances are not squared", "a"),
            Mistake(
                torch.cdist(features, centers).square().mean() / 2,
                "every-center",
                "every center pulls every example; only its own class's may",
                "a",
            ),
        ],
    )
    probe.close(
        gradient(),
        reference.gradient_of(reference.center_loss, features, labels, centers),
        "gradient",
        tested=f"the gradient of {tested} for the features",
        cause="the features are cut off, or enter twice",
        hint="a",
    )
    for alpha in (0.5, 1.0):
        _check_moved(probe, move_centers, alpha)


def _check_moved(probe: Probe, move_centers: Callable[[Tensor, Tensor, Tensor, float], Tensor], alpha: float) -> None:
    features, labels, centers = _FEATURES, _LABELS, _CENTERS
    tested = f"the centers after one step with alpha = {alpha}"
    moved = probe.call(move_centers, features, labels, centers, alpha, tested=tested, hint="b")
    right = reference.move_centers(features, labels, centers, alpha)
    step = right - centers
    counts = labels.bincount(minlength=4)[:, None]
    last = centers.clone()
    last[labels] = centers[labels] - alpha * (centers[labels] - features) / (1 + counts[labels])
    once = centers.clone()
    once[labels] -= alpha * (centers[labels] - features)
    got = torch.as_tensor(moved)
    probe.expect(
        bool(got.isfinite().all()),
        "missing-class",
        tested=tested,
        expected="a class without an example keeps its center",
        got=got,
        cause="divided by the number of examples, which is 0 for class 1; the paper divides by one more",
        hint="c",
    )
    probe.close(
        moved,
        right,
        "centers",
        tested=tested,
        cause="for each class: alpha times the sum of (center - feature), divided by 1 + the number of its examples",
        hint="b",
        mistakes=[
            Mistake(centers - step, "away", "the centers move away from their features: check the sign", "b"),
            Mistake(step, "step-only", "this is the step; return the centers after it", "b"),
            Mistake(-step, "step-only", "this is the step; return the centers after it", "b"),
            Mistake(centers + step / alpha, "no-alpha", "alpha is left out", "b"),
            Mistake(last, "last-example", _LAST, "c"),
            Mistake(once, "last-example", _LAST, "c"),
            Mistake(centers + step * (1 + counts), "not-divided", "the sum is not divided by 1 + n", "b"),
            Mistake(
                reference.move_centers(features, labels, centers, alpha, plus=0),
                "plain-mean",
                "divided by n; the paper's equation 4 divides by 1 + n",
                "b",
            ),
            Mistake(
                centers + step * (1 + counts) / (1 + len(labels)),
                "divided-by-batch",
                "divided by the size of the batch, not of the class",
                "b",
            ),
        ],
    )
