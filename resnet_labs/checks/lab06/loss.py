"""The checks of lab 06 that are about a training step: the loss, the learning rate, clipping."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab06 import reference

_TARGETS = {
    "others-only": ("the share is spread over the other classes alone; all K get smoothing / K", "a"),
    "not-scaled": ("smoothing / K was added, but the label's own share was not lowered to 1 - smoothing", "a"),
    "exchanged": ("the two shares are exchanged: the label keeps 1 - smoothing", "a"),
    "not-smoothed": ("the smoothing is not used", "a"),
    "hard-labels": ("of a distribution only the largest entry was used", "b"),
    "batch-size": ("the share is divided by the number of rows; K is the number of classes, `logits.shape[1]`", "a"),
}
_FACTORS = {
    "begins-at-zero": ("the first step has a rate of zero; count from step + 1", "a"),
    "too-long": ("the warm-up lasts one step too long; step `warmup_steps` belongs to the cosine", "a"),
    "no-warm-up": ("warmup_steps is not used, or the cosine lies over the warm-up", "a"),
    "whole-run": ("the cosine began at step 0; it begins where the warm-up ends", "b"),
    "cosine-alone": ("the cosine runs from 1 to -1; half of (1 + cosine) runs from 1 to 0", "b"),
    "ends-early": ("the last step has a rate of zero and moves nothing; zero comes one step after it", "c"),
    "linear": ("the rate falls along a straight line", "b"),
    "ahead": ("the cosine is one step ahead; its first step still has the full rate", "b"),
    "stretched": ("the cosine is stretched over all steps; it has num_steps - warmup_steps of them", "b"),
    "degrees": ("`math.cos` takes radians: half a circle is pi", "b"),
}
_CLIPS = {
    "each-alone": ("every tensor is clipped by its own norm; take one norm over all of them", "a"),
    "clamped": ("single numbers are cut off, which turns the gradient; multiply all of it by one factor", "b"),
    "always-scaled": ("gradients are scaled up where their norm is below the limit", "b"),
    "sum-of-norms": ("norms are added; the square of the whole norm is the sum of their squares", "a"),
    "no-root": ("the root is missing: this is the square of the norm", "a"),
    "largest-entry": ("the largest entry was taken for the norm", "a"),
    "largest-norm": ("the largest of the norms was taken; take one norm over all gradients", "a"),
    "inverse": ("the factor is norm / limit, which makes gradients longer; it is limit / norm", "a"),
    "unchanged": ("`parameter.grad` itself was not changed, or a generator was walked twice; make a list of it", "c"),
}


def _mistakes(values: dict[str, Any], words: dict[str, tuple[str, str]]) -> list[Mistake]:
    return [Mistake(value, code, *words[code]) for code, value in values.items()]


@check("06.1", "the mean cross-entropy of class numbers and of distributions, smoothed, and its gradient")
def check_loss(probe: Probe, smooth_cross_entropy: Callable[[Tensor, Tensor, float], Tensor]) -> None:
    """Check values and gradients for hard and soft labels, with and without smoothing, and for large logits."""
    for num_classes in (4, 7):
        logits = torch.randn(5, num_classes, generator=probe.generator, dtype=torch.float64)
        hard = torch.tensor([0, 2, 1, 3, 3])
        soft = torch.randn(5, num_classes, generator=probe.generator, dtype=torch.float64).mul(2).softmax(1)
        for labels, kind in ((hard, "class numbers"), (soft, "distributions")):
            for smoothing in (0.0, 0.1, 0.4):
                _check_loss(probe, smooth_cross_entropy, logits, labels, smoothing, kind)
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
    probe.close(got, 900.0, "large", tested="logits of 0, 900 and -900, label 0", cause="as above", hint="c")


def _check_loss(
    probe: Probe, function: Callable[..., Any], logits: Tensor, labels: Tensor, smoothing: float, kind: str
) -> None:
    num_classes = logits.shape[1]
    given = logits.clone().requires_grad_()
    tested = f"the loss of {kind}, {num_classes} classes, smoothing {smoothing:g}"
    cause, hint = "class numbers become rows by `F.one_hot(labels, num_classes)`, with `logits.shape[1]` classes", "a"
    if labels.ndim == 2:
        cause, hint = "a distribution has a row for each image already and needs no `one_hot`", "b"
    got = probe.call(function, given, labels, smoothing, tested=tested, cause=cause, hint=hint)
    wrong = reference.wrong_targets(labels, num_classes, smoothing)
    targets = reference.targets(labels, num_classes, smoothing)
    each = reference.losses(logits, targets)
    twice = reference.losses(logits.softmax(1), targets).mean()
    of_columns = -(targets * logits.log_softmax(0)).sum(1).mean()
    mistakes = [
        Mistake(each.sum(), "sum", "the loss is summed over the batch; take the mean", "c"),
        Mistake(each.mean() / num_classes, "mean-over-classes", "the mean is also taken over the classes", "c"),
        Mistake(each, "each-row", "one loss a row is returned; take their mean", "c"),
        Mistake(-each.mean(), "sign", "the minus sign is missing", "c"),
        Mistake(twice, "softmax", "softmax was applied before log_softmax", "c"),
        Mistake(of_columns, "log-softmax-axis", "log_softmax goes over the batch; classes are axis 1", "c"),
        Mistake(-(targets * logits).sum(1).mean(), "no-log-softmax", "the logits went in without log_softmax", "c"),
        *_mistakes({code: reference.losses(logits, value).mean() for code, value in wrong.items()}, _TARGETS),
    ]
    cause, hint = "the targets are (1 - smoothing) of the label and smoothing / K of everything", "a"
    if smoothing == 0:
        cause, hint = "wrong even without smoothing: it is minus the mean of the label's log_softmax(1)", "c"
    probe.close(got, each.mean(), "loss", tested=tested, cause=cause, hint=hint, mistakes=mistakes)
    probe.expect(
        isinstance(got, Tensor) and got.requires_grad,
        "no-gradient",
        tested=f"{tested}: its graph",
        expected="a tensor that `backward` can start from",
        got="a value without a graph",
        cause="`.item()`, `.detach()` or `torch.tensor(...)` cuts the loss off from the network",
        hint="c",
    )
    own = logits.clone().requires_grad_()
    (want,) = torch.autograd.grad(reference.losses(own, targets).mean(), own)
    (gradient,) = torch.autograd.grad(got, given)
    probe.close(gradient, want, "gradient", tested=f"{tested}: its gradient", cause="a part is detached", hint="c")


@check("06.3", "the rate grows to its full value over the warm-up, then falls along half a cosine")
def check_schedule(probe: Probe, learning_rate_factor: Callable[[int, int, int], float]) -> None:
    """Check the factor of every step of three runs."""
    for num_steps, warmup_steps in ((12, 4), (9, 1), (8, 0)):
        given = f"the factor of steps 0 to {num_steps - 1} of {num_steps}, with a warm-up of {warmup_steps}"
        values = [
            probe.call(
                learning_rate_factor,
                step,
                num_steps,
                warmup_steps,
                tested=f"learning_rate_factor({step}, {num_steps}, {warmup_steps})",
                cause="a division by a warm-up of 0 steps" if warmup_steps == 0 else "",
                hint="a",
            )
            for step in range(num_steps)
        ]
        got = torch.tensor([float(value) for value in values], dtype=torch.float64)
        wrong: dict[str, Tensor] = {}
        for code, of in reference.WRONG_FACTORS.items():
            if warmup_steps or code != "begins-at-zero":
                wrong[code] = reference.curve(of, num_steps, warmup_steps)
        probe.close(
            got,
            reference.curve(reference.factor, num_steps, warmup_steps),
            "factor",
            tested=given,
            cause="the warm-up is a straight line, (step + 1) / warmup_steps; then comes half of (1 + cosine)",
            hint="b",
            mistakes=_mistakes(wrong, _FACTORS),
        )


@check("06.4", "all gradients together have at most the limit's norm, keep their direction, and small ones stay")
def check_clipping(probe: Probe, clip_by_norm_: Callable[[Iterable[nn.Parameter], float], Any]) -> None:
    """Check gradients and returned norm above and below the limit, with a missing gradient, and with zeros."""
    for scale, limit, what in ((3.0, 2.0, "above"), (0.01, 2.0, "below"), (40.0, 0.5, "far above"), (0.0, 1.0, "zero")):
        network = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(2, 1)).double()
        for number, parameter in enumerate(list(network.parameters())[:4]):
            drawn = torch.randn(parameter.shape, generator=probe.generator, dtype=torch.float64)
            parameter.grad = drawn * (scale / (number + 1))
        with_gradient = [parameter for parameter in network.parameters() if parameter.grad is not None]
        before = [parameter.grad.clone() for parameter in with_gradient if parameter.grad is not None]
        weights = [parameter.detach().clone() for parameter in network.parameters()]
        norm = reference.total_norm(before)
        tested = f"gradients with a norm of {norm:.4g}, limit {limit:g}, the last layer without gradients"
        got = probe.call(
            clip_by_norm_, network.parameters(), limit, tested=tested, in_place=True, returns=False, hint="c"
        )
        after = [parameter.grad for parameter in with_gradient if parameter.grad is not None]
        probe.expect(
            len(after) == len(before) and all(gradient.isfinite().all() for gradient in after),
            "not-finite",
            tested=tested,
            expected="numbers",
            got="a gradient that is missing, infinite or no number",
            cause="a division by a norm of zero",
            hint="b",
        )
        mistakes = _mistakes(reference.wrong_clips(before, limit), _CLIPS)
        if norm <= limit:
            mistakes = [mistake for mistake in mistakes if mistake.code == "always-scaled"]
        cause, hint = "gradients are multiplied by another factor than limit / norm, or the norm is another", "a"
        if norm <= limit:
            cause, hint = "gradients change although their norm is not above the limit", "b"
        probe.close(
            reference.flat(after),
            reference.flat(before) * min(1.0, limit / max(norm.item(), 1e-12)),
            "gradients",
            tested=f"{tested} ({what})",
            cause=cause,
            hint=hint,
            mistakes=mistakes,
        )
        probe.expect(
            all(torch.equal(old, new) for old, new in zip(weights, network.parameters(), strict=True)),
            "weights-changed",
            tested=f"the weights after clipping, {tested}",
            expected="as they were",
            got="others",
            cause="the parameters were scaled; scale `parameter.grad`",
            hint="c",
        )
        probe.expect(
            got is not None,
            "no-norm",
            tested=f"what clip_by_norm_ returns, {tested}",
            expected="the norm before clipping",
            got=None,
            cause="the function ends without `return`, or returns only where it clips",
            hint="c",
        )
        probe.close(
            got,
            norm,
            "norm",
            tested=f"the returned norm, {tested}",
            cause="return the norm of all gradients as it was before clipping",
            hint="a",
            mistakes=[Mistake(min(norm, torch.tensor(limit)), "norm-after", "this is the norm after clipping", "c")],
        )
