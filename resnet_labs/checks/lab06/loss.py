"""The check of exercise 06.1: cross-entropy with smoothed labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks.lab06 import reference
from resnet_labs.checks.lab06.mistakes import named

_TARGETS = {
    "others-only": ("the share is spread over the other classes alone; all K get smoothing / K", "a"),
    "not-scaled": ("smoothing / K was added, but the label's own share was not lowered to 1 - smoothing", "a"),
    "exchanged": ("the two shares are exchanged: the label keeps 1 - smoothing", "a"),
    "not-smoothed": ("the smoothing is not used", "a"),
    "hard-labels": ("of a distribution only the largest entry was used", "b"),
    "batch-size": (
        "the share is divided by another number, such as that of the rows or the largest label plus 1; K is "
        "`logits.shape[1]`",
        "a",
    ),
}
_ROWS_TOO = {"not-smoothed": ("distributions are not smoothed, and should be, as class numbers are", "b")}
_DIVERGENCE = (
    "this is the Kullback-Leibler divergence, as `F.kl_div` gives it: the entropy of the targets is subtracted; "
    "cross-entropy is without that"
)
_BY_ZERO = "something is divided by `smoothing` or by `1 - smoothing`, and both may be 0"
_NO_NUMBER = (_BY_ZERO, "the logarithm of 0 is taken: of a target or of a probability")


@check(
    "06.1",
    "the mean cross-entropy of class numbers and of distributions, smoothed, and its gradient",
    library=("resnet_labs.losses:cross_entropy",),
)
def check_loss(probe: Probe, smooth_cross_entropy: Callable[[Tensor, Tensor, float], Tensor]) -> None:
    """Check values and gradients for hard and soft labels, with and without smoothing, and for large logits."""
    for num_classes in (4, probe.random.randint(6, 12), 130):
        logits = torch.randn(5, num_classes, generator=probe.generator, dtype=torch.float64)
        hard = torch.tensor([0, 2, 1, 3, 3])
        soft = torch.randn(5, num_classes, generator=probe.generator, dtype=torch.float64).mul(2).softmax(1)
        for labels, kind in ((hard, "class numbers"), (soft, "distributions")):
            for smoothing in (0.0, 0.1, round(probe.random.uniform(0.3, 0.7), 2), 1.0):
                _check_loss(probe, smooth_cross_entropy, logits, labels, smoothing, kind)
            _check_loss(probe, smooth_cross_entropy, logits[:1], labels[:1], 0.2, f"{kind}, a batch of one image")
            if num_classes == 4:
                what = f"{kind}, as many images as classes"
                _check_loss(probe, smooth_cross_entropy, logits[:4], labels[:4], 0.2, what)
    with torch.no_grad():
        got = probe.call(smooth_cross_entropy, logits, hard, 0.3, tested="the loss under `torch.no_grad()`", hint="a")
    probe.close(
        got,
        reference.losses(logits, reference.targets(hard, logits.shape[1], 0.3)).mean(),
        "without-gradients",
        tested="the loss of class numbers, smoothing 0.3, under `torch.no_grad()`",
        cause="it is another one where torch records no gradients; the loss depends on its three arguments alone",
        hint="a",
    )
    large = torch.tensor([[0.0, 900.0, -900.0]], dtype=torch.float64)
    got = probe.call(smooth_cross_entropy, large, torch.tensor([0]), 0.0, hint="c")
    probe.expect(
        bool(torch.as_tensor(got).isfinite().all()),
        "overflow",
        tested="logits of 0, 900 and -900, label 0",
        expected="900",
        got=got,
        cause="the logarithm of a probability that is rounded to zero; take `log_softmax` in one go",
        hint="c",
    )
    probe.close(
        got,
        900.0,
        "large",
        tested="logits of 0, 900 and -900, label 0",
        cause="a small number is added under the logarithm, or probabilities are clipped",
        hint="c",
    )


def _check_loss(
    probe: Probe, function: Callable[..., Any], logits: Tensor, labels: Tensor, smoothing: float, kind: str
) -> None:
    num_classes = logits.shape[1]
    given = logits.clone().requires_grad_()
    tested = f"the loss of {kind}, {num_classes} classes, smoothing {smoothing:g}"
    rows = "class numbers become rows by `F.one_hot(labels, num_classes)`, with `logits.shape[1]` classes"
    cause: Cause = (rows, _BY_ZERO) if smoothing in (0, 1) else rows
    hint = "a"
    if labels.ndim == 2:
        cause, hint = "a distribution has a row for each image already and needs no `one_hot`", "b"
    got = probe.call(function, given, labels, smoothing, tested=tested, cause=cause, hint=hint)
    wrong = reference.wrong_targets(labels, num_classes, smoothing)
    targets = reference.targets(labels, num_classes, smoothing)
    each = reference.losses(logits, targets)
    twice = reference.losses(logits.softmax(1), targets).mean()
    of_columns = -(targets * logits.log_softmax(0)).sum(1).mean()

    def with_smoothing(other: float) -> Tensor:
        return reference.losses(logits, reference.targets(labels, num_classes, other)).mean()

    def with_k(k: int) -> Tensor:
        spread = reference.targets(labels, num_classes, smoothing) - smoothing / num_classes + smoothing / k
        return reference.losses(logits, spread).mean()

    mistakes = [
        Mistake(each.sum(), "sum", "the loss is summed over the batch; take the mean", "c"),
        Mistake(each.mean() / num_classes, "mean-over-classes", "the mean is also taken over the classes", "c"),
        Mistake(each, "each-row", "one loss for each row is returned; take their mean", "c"),
        Mistake(-each.mean(), "sign", "the minus sign is missing", "c"),
        Mistake(twice, "softmax", "softmax was applied before log_softmax", "c"),
        Mistake(of_columns, "log-softmax-axis", "log_softmax goes over the batch; classes are axis 1", "c"),
        Mistake(-(targets * logits).sum(1).mean(), "no-log-softmax", "the logits went in without log_softmax", "c"),
        Mistake(with_k(10), "ten-classes", "smoothing / 10 whatever the classes; K is `logits.shape[1]`", "a"),
        Mistake(with_smoothing(0.1), "tenth", "0.1 whatever `smoothing` is", "a"),
        *named(
            {code: reference.losses(logits, value).mean() for code, value in wrong.items()},
            {**_TARGETS, **_ROWS_TOO} if labels.ndim == 2 else _TARGETS,
        ),
        Mistake(each.mean() - torch.special.entr(targets).sum(1).mean(), "loss", _DIVERGENCE, "a"),
    ]
    if smoothing in (0, 1):
        mistakes += [Mistake(value, "loss", _NO_NUMBER, "c") for value in (torch.nan, torch.inf)]
    why: Cause = (
        "the targets are (1 - smoothing) of the label and smoothing / K of everything; the labels are smoothed, not "
        "the network's probabilities",
        "the labels are not told apart by `labels.ndim`: 1 for class numbers, 2 for distributions",
        "`one_hot` is not told the number of classes, `logits.shape[1]`",
    )
    hint = "a"
    if smoothing == 0:
        why, hint = "wrong even without smoothing: it is minus the mean of the label's log_softmax(1)", "c"
    probe.close(got, each.mean(), "loss", tested=tested, cause=why, hint=hint, mistakes=mistakes)
    probe.expect(
        isinstance(got, Tensor) and got.requires_grad,
        "no-gradient",
        tested=f"{tested}: its graph",
        expected="a tensor that `backward` can start from",
        got="a value without a graph",
        cause="`.item()`, `.detach()` or `torch.tensor(...)` cuts the loss off from the network",
        hint="c",
    )
    probe.expect(
        got.dtype == logits.dtype,
        "dtype",
        tested=f"the type of {tested}",
        expected="float64, the type of the logits",
        got=str(got.dtype).removeprefix("torch."),
        cause="the logits are converted to float32 on the way",
        hint="c",
    )
    own = logits.clone().requires_grad_()
    (want,) = torch.autograd.grad(reference.losses(own, targets).mean(), own)
    (gradient,) = torch.autograd.grad(got, given, allow_unused=True)
    probe.expect(
        gradient is not None,
        "no-gradient",
        tested=f"{tested}: its gradient",
        expected="one that reaches the logits",
        got="none",
        cause="the loss is made anew from a number; return the tensor that was computed from the logits",
        hint="c",
    )
    probe.close(gradient, want, "gradient", tested=f"{tested}: its gradient", cause="a part is detached", hint="c")
