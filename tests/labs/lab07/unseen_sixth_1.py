"""Answers to 07.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.1", "check_cross_entropy")


@answers.wrong("?", "logits are clamped to 100: for the logits (1000, 990) and label 1 the loss is 0.69 in place of 10")
def clamped_logits(logits, labels):
    safe = logits.clamp(-100, 100)
    own = safe.gather(1, labels[:, None])[:, 0]
    return (safe.logsumexp(1) - own).mean()


@answers.wrong(
    "?",
    "the largest logit of the whole batch is taken off every row: a row of zeros beside a row with 1000 gives log(0)",
)
def one_maximum_for_all(logits, labels):
    moved = logits - logits.max()
    own = moved[torch.arange(len(labels), device=logits.device), labels]
    return (moved.exp().sum(1).log() - own).mean()


@answers.wrong(
    "?", "softmax and then its logarithm: infinite where the true class has 0 and another 1000, though the loss is 1000"
)
def log_of_softmax(logits, labels):
    shares = logits.softmax(1)
    return -shares.gather(1, labels.unsqueeze(1)).log().mean()


@answers.wrong(
    "?", "a floor of 1e-12 under the logarithm: the loss of the logits (0, 1000) and label 0 is 27.6 in place of 1000"
)
def floor_under_the_log(logits, labels):
    shares = logits.softmax(1).clamp_min(1e-12)
    return -shares.gather(1, labels.unsqueeze(1)).log().mean()


@answers.wrong(
    "?", "for large logits the log of the sum is replaced by the maximum: two equal logits of 1000 cost ln 2, not 0"
)
def maximum_when_large(logits, labels):
    own = logits.gather(1, labels[:, None])[:, 0]
    if logits.max() > 80:
        return (logits.amax(1) - own).mean()
    return (logits.exp().sum(1).log() - own).mean()


@answers.wrong("?", "only large logits are looked after: a row whose logits are all -1000 gives the log of 0")
def careful_above_only(logits, labels):
    own = logits.gather(1, labels[:, None])[:, 0]
    top = logits.amax(1).clamp(min=0)
    return ((logits - top[:, None]).exp().sum(1).log() + top - own).mean()


@answers.wrong("?", "float64 logits give a float32 loss; the loss should have the type of the logits")
def always_float32(logits, labels):
    logs = logits.float().log_softmax(1)
    return -logs.gather(1, labels[:, None]).mean()


@answers.wrong("?", "the loss is float64 for float32 logits; it should have the type of the logits")
def always_float64(logits, labels):
    logs = logits.double().log_softmax(1)
    return -logs.gather(1, labels[:, None]).mean()


@answers.wrong("?", "kl_div is a loss from torch, and the text forbids those")
def divergence_from_torch(logits, labels):
    truth = F.one_hot(labels, logits.shape[1]).to(logits)
    return F.kl_div(logits.log_softmax(1), truth, reduction="batchmean")


@answers.wrong("?", "the loss from torch by its inner name: the text says to use no loss from torch")
def inner_name(logits, labels):
    return torch._C._nn.cross_entropy_loss(logits, labels, None, 1, -100, 0.0)


@answers.wrong("?", "nll_loss is a loss from torch, though the log softmax is not")
def picked_by_nll(logits, labels):
    return F.nll_loss(logits - logits.logsumexp(1, keepdim=True), labels)


@answers.wrong("?", "the truth table has ten classes, as in the example: an error or a wrong number for any other K")
def ten_classes(logits, labels):
    truth = torch.eye(10, dtype=logits.dtype, device=logits.device)[labels]
    return -(truth * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "the truth table is made on the CPU: with logits and labels on another device this fails")
def table_on_the_cpu(logits, labels):
    truth = torch.zeros(logits.shape, dtype=logits.dtype)
    truth[torch.arange(len(labels)), labels] = 1
    return -(truth * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "?", "classes are counted from the labels: a batch without the last class has a table that is too narrow"
)
def classes_from_labels(logits, labels):
    truth = F.one_hot(labels).to(logits.dtype)
    return -torch.einsum("nk,nk->n", truth, logits.log_softmax(1)).mean()


@answers.wrong(
    "?", "a mean of the classes' means: another number wherever classes are not equally frequent in the batch"
)
def balanced_mean(logits, labels):
    losses = logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]
    return torch.stack([losses[labels == k].mean() for k in labels.unique()]).mean()


@answers.wrong(
    "?", "the log of the sum is detached: the value is right and the gradient is not (-1/N at the label, 0 elsewhere)"
)
def half_a_gradient(logits, labels):
    whole = logits.detach().logsumexp(1)
    return (whole - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("?", "the logits are shifted in place through .data: the caller's tensor has other numbers afterwards")
def shifted_in_place(logits, labels):
    logits.data -= logits.data.amax(1, keepdim=True)
    own = logits.gather(1, labels[:, None])[:, 0]
    return (logits.exp().sum(1).log() - own).mean()


@answers.wrong("?", "the result has one axis, shape (1,), where a tensor without axes is asked for")
def one_axis_left(logits, labels):
    own = logits.gather(1, labels[:, None])
    return (logits.logsumexp(1, keepdim=True) - own).mean(0)


_remembered = {}


@answers.wrong(
    "?",
    "results are remembered by the shape and the labels: another batch of the same shape and labels gets the first one's loss",
)
def remembered(logits, labels):
    key = (tuple(logits.shape), tuple(labels.tolist()), logits.dtype, logits.requires_grad)
    if key not in _remembered:
        own = logits.gather(1, labels[:, None])[:, 0]
        _remembered[key] = (logits.logsumexp(1) - own).mean()
    return _remembered[key]


@answers.wrong(
    "?", "the gradients are switched on for good: after a call under no_grad, grad mode is on for what follows"
)
def grad_mode_left_on(logits, labels):
    torch.set_grad_enabled(True)
    own = logits.gather(1, labels[:, None])[:, 0]
    return (logits.logsumexp(1) - own).mean()


@answers.right
def differences_to_own(logits, labels):
    rows = torch.arange(logits.shape[0], device=logits.device)
    own = logits[rows, labels.long()]
    return torch.logsumexp(logits - own.unsqueeze(-1), dim=-1).mean()


@answers.right
def one_by_one(logits, labels):
    losses = []
    for row, label in zip(logits, labels.tolist()):
        top = row.max().detach()
        losses.append((row - top).exp().sum().log() + top - row[label])
    return sum(losses) / len(losses)


@answers.right
def folded_columns(logits, labels):
    total = logits[:, 0]
    for column in logits.unbind(1)[1:]:
        total = torch.logaddexp(total, column)
    mask = torch.arange(logits.shape[1], device=labels.device) == labels[:, None]
    return (total - logits.masked_fill(~mask, 0).sum(1)).mean()


class _OwnBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, labels):
        ctx.save_for_backward(logits, labels)
        logs = logits - logits.logsumexp(1, keepdim=True)
        return -logs.gather(1, labels.long()[:, None]).mean()

    @staticmethod
    def backward(ctx, slope):
        logits, labels = ctx.saved_tensors
        truth = F.one_hot(labels.long(), logits.shape[1]).to(logits.dtype)
        return slope * (logits.softmax(1) - truth) / len(logits), None


@answers.right
def by_hand_with_backward(logits, labels):
    return _OwnBackward.apply(logits, labels)


@answers.right
def wide_and_back(logits, labels):
    wide = logits.to(torch.float64)
    truth = torch.zeros_like(wide).scatter(1, labels.long().view(-1, 1), 1.0)
    value = torch.einsum("nk,nk->", truth, torch.log_softmax(wide, dim=1))
    return (-value / logits.size(0)).to(logits.dtype)


class _Loss(torch.nn.Module):
    def forward(self, logits, labels):
        columns = logits.t().contiguous()
        top = columns.max(dim=0).values
        pick = torch.take_along_dim(columns, labels.long()[None], dim=0).squeeze(0)
        parts = (columns - top).exp().sum(dim=0).log().add(top).sub(pick)
        return parts.sum().div(parts.numel())


@answers.right
def module_on_columns(logits, labels):
    return _Loss()(logits, labels)
