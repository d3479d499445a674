"""The check of exercise 07.1: cross-entropy."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab07.calls import Calls
from resnet_labs.checks.lab07.gradients import BACKWARD, differentiated, gradient_of

_TORCHS_LOSSES = {
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "cross_entropy_loss",
    "kl_div",
    "nll_loss",
    "nll_loss_nd",
}
_FROM_LABELS = "the number of classes is that of the logits, not of the labels: `one_hot(labels, logits.shape[1])`"


@check(
    "07.1",
    "the mean cross-entropy of the logits, with its gradient, also where a logit is 1000",
    library=("resnet_labs.losses:cross_entropy",),
)
def check_cross_entropy(probe: Probe, cross_entropy: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check value, gradient, a class without an example, what large logits do, and that no loss of torch's is used."""
    logits = 2 * torch.randn(5, 3, generator=probe.generator, dtype=torch.float64)
    labels = torch.tensor([2, 0, 1, 1, 0])
    tested = "the loss of five examples and three classes"
    value, gradient = differentiated(probe, cross_entropy, logits, labels, tested=tested, hint="a", gradient_hint="c")
    probe.close(
        value,
        F.cross_entropy(logits, labels),
        "value",
        tested=tested,
        cause=(
            "take the log of each example's softmax at its own label, the mean over examples, and negate it",
            "the mean is taken over something other than the examples, such as over classes first",
        ),
        hint="a",
        mistakes=_mistakes(logits, labels),
    )
    probe.close(
        gradient(),
        gradient_of(F.cross_entropy, logits, labels),
        "gradient",
        tested=f"the gradient of {tested} for the logits",
        cause=("a part of the computation is cut off from the logits", BACKWARD),
        hint="c",
    )
    wider = 2 * torch.randn(4, 5, generator=probe.generator).T  # not contiguous
    tested = "the loss of five examples and four classes, of which the last has no example"
    found = probe.call(cross_entropy, wider, labels, tested=tested, cause=_FROM_LABELS, hint="a")
    want = F.cross_entropy(wider, labels)
    probe.close(found, want, "missing-class", tested=tested, cause=_FROM_LABELS, hint="a")
    _check_large(probe, cross_entropy)
    _check_sizes(probe, cross_entropy)
    calls = Calls()
    with calls:
        cross_entropy(wider, labels)
    used = _TORCHS_LOSSES.intersection(calls.names)
    probe.expect(
        not used,
        "torchs-loss",
        tested="which of torch's functions the loss calls",
        expected="no loss from torch",
        got=f"`{min(used, default='')}`",
        cause="the numbers are right, but the loss is yours to write: `logsumexp` or `log_softmax`, and the own label",
        hint="a",
    )


def _check_sizes(probe: Probe, cross_entropy: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check a single example, more classes than ten, and many examples."""
    several, classes = probe.random.randint(6, 20), probe.random.randint(11, 30)
    many = probe.random.choice((307, 331, 353, 397, 419, 443, 491))  # primes: pieces are not equally large
    for count, num_classes in ((1, 4), (several, classes), (many, 4)):
        logits = 2 * torch.randn(count, num_classes, generator=probe.generator, dtype=torch.float64)
        labels = torch.randint(num_classes, (count,), generator=probe.generator)
        logits[-1, labels[-1]] -= 20  # whatever averages pieces counts this loss for more, or for less
        tested = f"the loss of {count} example{'s' if count > 1 else ''} and {num_classes} classes"
        cause = (
            "a number of classes or of examples is written down, or a large batch is averaged in unequal parts",
            "a batch of one example loses its axis, such as by `squeeze()`: say which axis",
        )
        found = probe.call(cross_entropy, logits, labels, tested=tested, cause=cause, hint="a")
        want = F.cross_entropy(logits, labels)
        probe.close(found, want, "sizes", tested=tested, cause=cause, hint="a")


def _mistakes(logits: Tensor, labels: Tensor) -> list[Mistake]:
    logs, chosen = logits.log_softmax(1), logits[range(5), labels]
    own = logs[range(5), labels]
    across = logits.log_softmax(0)[range(5), labels]
    over_batch = "the softmax runs over the examples; classes are axis 1"
    over_all = "one sum of exponentials for the whole batch; each example has its own, over axis 1"
    return [
        Mistake(-own.sum(), "sum", "the loss is summed over the batch, not averaged", "a"),
        Mistake(own.mean(), "sign", "the minus is missing", "a"),
        Mistake(-own.exp().mean(), "no-log", "the probability is taken, not its logarithm", "a"),
        Mistake(-across.mean(), "wrong-axis", over_batch, "b"),
        Mistake(logits.logsumexp(0).mean() - chosen.mean(), "wrong-axis", over_batch, "b"),
        Mistake(logits.logsumexp((0, 1)) - chosen.mean(), "whole-batch", over_all, "b"),
        Mistake(-own.sum() / logs.numel(), "divided-by-classes", "divided by N times K, not by N", "a"),
        Mistake(-own.sum() / 3, "divided-by-classes", "divided by the number of classes, not of examples", "a"),
        Mistake(-logs[:, labels].mean(), "all-pairs", "`[:, labels]` takes every example at every label", "a"),
        Mistake(-chosen.mean(), "no-softmax", "the softmax is missing", "b"),
        Mistake((logits.exp().sum(1) - chosen).mean(), "no-log", "the logarithm of the sum is missing", "a"),
        Mistake(F.cross_entropy(logits.softmax(1), labels), "softmax-twice", "the softmax is applied twice", "b"),
        Mistake(-own.mean() / math.log(2), "bits", "the logarithm is to base 2; the loss is in nats, base e", "a"),
        Mistake(-own, "not-averaged", "the mean over the batch is missing", "a"),
    ]


def _check_large(probe: Probe, cross_entropy: Callable[[Tensor, Tensor], Tensor]) -> None:
    for size in (1000, 10_000):
        _check_of_size(probe, cross_entropy, size)


def _check_of_size(probe: Probe, cross_entropy: Callable[[Tensor, Tensor], Tensor], size: int) -> None:
    large = size * torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    labels = torch.tensor([0, 0, 1])
    tested = f"the loss of the logits ({size}, 0), (0, {size}) and (-{size}, -{size}) with the labels 0, 0, 1"
    value, gradient = differentiated(probe, cross_entropy, large, labels, tested=tested, hint="b", gradient_hint="c")
    got, slope = value.detach(), gradient()
    probe.expect(
        bool(got.isfinite().all()) and bool(slope.isfinite().all()),
        "overflow",
        tested=tested,
        expected="a finite number and a finite gradient",
        got=f"{got.tolist()}, gradient {slope.tolist()}",
        cause=f"`exp({size})` is infinite, and `exp(-{size})` is 0, whose logarithm is minus infinity; subtract each "
        "row's largest logit, or use `logsumexp`",
        hint="b",
    )
    probe.close(
        got,
        F.cross_entropy(large, labels),
        "clipped",
        tested=tested,
        cause=(
            "probabilities are clipped or shifted by a small number, which changes the loss; work with logarithms",
            "large logits are cut off",
        ),
        hint="b",
    )
