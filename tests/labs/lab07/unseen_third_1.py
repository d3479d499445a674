"""Answers to 07.1 by someone who looked for what its check may not ask."""

import functools

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.1", "check_cross_entropy")


@answers.right
def pairs_folded(logits, labels):
    # Right: log(sum exp) folded pairwise with logaddexp, which is stable; minus the own logit, mean. Short types are
    # widened for the fold, which would stop growing in them, and the result gets the type of the logits.
    wide = logits if logits.dtype == torch.float64 else logits.float()
    total = functools.reduce(torch.logaddexp, wide.unbind(1))
    own = torch.stack([row[label] for row, label in zip(wide, labels.tolist(), strict=True)])
    return (total - own).mean().to(logits.dtype)


@answers.right
def row_by_row(logits, labels):
    # Right: -log softmax(z)_y = logsumexp(z - z_y), example by example.
    losses = [(row - row[label]).logsumexp(0) for row, label in zip(logits, labels.tolist(), strict=True)]
    return torch.stack(losses).mean()


class _Exact(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, labels):
        chances = logits.softmax(1)
        ctx.save_for_backward(chances, labels)
        shifted = logits - logits.amax(1, keepdim=True)
        own = shifted.gather(1, labels[:, None])[:, 0]
        return (shifted.exp().sum(1).log() - own).mean()

    @staticmethod
    def backward(ctx, grad):
        chances, labels = ctx.saved_tensors
        table = chances.clone()
        table[torch.arange(len(labels), device=labels.device), labels] -= 1
        return grad * table / len(labels), None


@answers.right
def own_backward(logits, labels):
    # Right: forward with the maximum of each row taken off, backward (softmax - one hot) / N times the incoming gradient.
    return _Exact.apply(logits, labels)


@answers.wrong("overflow", "the maximum of the whole batch is taken off, so a row far below it underflows to log(0)")
def one_maximum_for_all(logits, labels):
    shifted = logits - logits.max().detach()
    return (shifted.exp().sum(1).log() - shifted.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("changes-input", "the maximum is taken off in place: the caller's logits change")
def in_place(logits, labels):
    with torch.no_grad():
        logits.sub_(logits.amax(1, keepdim=True))
    return (logits.exp().sum(1).log() - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("clipped", "logits are cut to -1000..1000, so the example's 1000 is right and 5000 is not")
def cut_at_1000(logits, labels):
    cut = logits.clamp(-1000, 1000)
    return -cut.log_softmax(1).gather(1, labels[:, None]).mean()


@answers.wrong("value", "the mean of the classes' means: right for balanced batches only")
def balanced_mean(logits, labels):
    losses = -logits.log_softmax(1).gather(1, labels[:, None])[:, 0]
    return torch.stack([losses[labels == label].mean() for label in labels.unique()]).mean()


@answers.wrong(
    "gradient", "the log of the sum is detached: the value is right, the gradient pulls up the own logit only"
)
def half_a_gradient(logits, labels):
    return (logits.detach().logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]).mean()


class _Deaf(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, labels):
        logp = logits.log_softmax(1)
        ctx.save_for_backward(logp.exp(), labels)
        return -logp.gather(1, labels[:, None]).mean()

    @staticmethod
    def backward(ctx, grad):
        chances, labels = ctx.saved_tensors
        table = chances - F.one_hot(labels, chances.shape[1]).to(chances.dtype)
        return table / len(labels), None


@answers.wrong(
    "gradient", "own backward that ignores the incoming gradient: wrong as soon as the loss is weighted or scaled"
)
def deaf_backward(logits, labels):
    return _Deaf.apply(logits, labels)


@answers.wrong("sizes", "mean of the means of pieces of 128 rows: wrong for batches above 128 that 128 does not divide")
def pieces(logits, labels):
    losses = -logits.log_softmax(1).gather(1, labels[:, None])[:, 0]
    return torch.stack([piece.mean() for piece in losses.split(128)]).mean()


@answers.wrong("torchs-loss", "a loss from torch after all, kl_div against one-hot rows")
def borrowed(logits, labels):
    target = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return F.kl_div(logits.log_softmax(1), target, reduction="batchmean")


@answers.wrong("missing-class", "classes above the largest label of the batch are left out of the sum")
def only_seen_classes(logits, labels):
    seen = logits[:, : int(labels.max()) + 1]
    return -seen.log_softmax(1).gather(1, labels[:, None]).mean()


_state = {"shift": 0.0}


@answers.wrong("overflow", "the shift is the largest logit ever seen: after a call with 1000 ordinary logits underflow")
def remembered_shift(logits, labels):
    _state["shift"] = max(_state["shift"], float(logits.detach().max()))
    shifted = logits - _state["shift"]
    return (shifted.exp().sum(1).log() - shifted.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("changes-input", "switches requires_grad on in the caller's logits")
def switches_grad_on(logits, labels):
    if not logits.requires_grad:
        logits.requires_grad_(True)
    return (logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong(
    "overflow", "for rows with large logits the maximum replaces the logsumexp: two logits of 1000 lose ln 2"
)
def maximum_if_large(logits, labels):
    largest = logits.amax(1)
    safe = torch.where(largest[:, None] > 80, torch.zeros_like(logits), logits)
    total = torch.where(largest > 80, largest, safe.exp().sum(1).log())
    return (total - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("raises", "view on the logits: fails for a transposed, non-contiguous tensor")
def flat_view(logits, labels):
    places = torch.arange(len(labels), device=labels.device) * logits.shape[1] + labels
    return (logits.logsumexp(1) - logits.view(-1)[places]).mean()
