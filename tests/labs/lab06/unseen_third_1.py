"""Answers to 06.1 by someone who looked for what its check may not ask."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("06.1", "check_loss")


def rows_of(logits, labels):
    """Labels as rows of the logits' type, not smoothed yet."""
    if labels.ndim == 1:
        labels = F.one_hot(labels, logits.shape[1])
    return labels.to(logits.dtype)


def loss_of(logits, targets):
    return -(targets * logits.log_softmax(1)).sum(1).mean()


# Right: torch has it. The targets are rows of the logits' type in both cases, and torch smooths rows as well.
@answers.right
def with_torchs_own(logits, labels, smoothing):
    return F.cross_entropy(logits, rows_of(logits, labels), label_smoothing=smoothing)


# Right: -sum q log p = logsumexp(z) sum(q) - sum q z, with sum(q) and the mean of z written out; one einsum for the
# labels' part. logsumexp is stable, after the largest logit (a constant to the gradient) is taken off.
@answers.right
def by_logsumexp(logits, labels, smoothing):
    shifted = logits - logits.detach().amax(1, keepdim=True)
    rows = rows_of(logits, labels)
    whole = (1 - smoothing) * rows.sum(1) + smoothing
    asked = (1 - smoothing) * torch.einsum("nk,nk->n", rows, shifted) + smoothing * shifted.mean(1)
    return (whole * shifted.logsumexp(1) - asked).mean()


# Right: a module with a property, one loop over the images. Class numbers get a row of shares filled in place, which is
# made anew for each image, and log p comes by log_softmax.
@answers.right
def image_by_image(logits, labels, smoothing):
    class Smoothed(nn.Module):
        @property
        def floor(self):
            return smoothing / logits.shape[-1]

        def forward(self, row, label):
            shares = row.new_full(row.shape, self.floor)
            if label.ndim:
                shares += (1 - smoothing) * label.to(row.dtype)
            else:
                shares[label.long()] += 1 - smoothing
            return -(shares * row.log_softmax(0)).sum()

    loss = Smoothed()
    return torch.stack([loss(row, label) for row, label in zip(logits, labels, strict=True)]).mean()


@answers.wrong("changes-input", "smooths the distributions of the caller in place")
def in_place(logits, labels, smoothing):
    if labels.ndim == 1:
        labels = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    labels *= 1 - smoothing
    labels += smoothing / logits.shape[1]
    return loss_of(logits, labels.to(logits.dtype))


@answers.wrong(
    "changes-input", "takes the largest logit off in place: loss and gradient are right, the caller's logits are others"
)
def shifted_in_place(logits, labels, smoothing):
    with torch.no_grad():
        logits -= logits.amax(1, keepdim=True)
    targets = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return loss_of(logits, targets)


@answers.wrong("gradient", "the even part is detached: the right value, but its gradient is that of the labels alone")
def no_gradient_of_the_rest(logits, labels, smoothing):
    log_p = logits.log_softmax(1)
    asked = (rows_of(logits, labels) * log_p).sum(1)
    return -((1 - smoothing) * asked + smoothing * log_p.detach().mean(1)).mean()


@answers.wrong("gradient", "adds 1e-7 within the logarithm: no infinity, but a confident mistake costs at most 16")
def with_an_epsilon(logits, labels, smoothing):
    targets = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(targets * (logits.softmax(1) + 1e-7).log()).sum(1).mean()


@answers.wrong("overflow", "exponentials without taking the largest logit off: infinite above 88")
def naked_exponentials(logits, labels, smoothing):
    targets = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    log_p = logits - logits.exp().sum(1, keepdim=True).log()
    return -(targets * log_p).sum(1).mean()


@answers.wrong(
    "hard-labels", "squeezes the labels: the distribution of a batch of one image is taken for class numbers"
)
def squeezed(logits, labels, smoothing):
    if len(logits) == 1 and labels.ndim == 2:
        labels = labels.squeeze(0)
    if labels.ndim == 1:
        labels = F.one_hot(labels.long().clamp(0, logits.shape[1] - 1), logits.shape[1])
    targets = (1 - smoothing) * labels.to(logits.dtype) + smoothing / logits.shape[1]
    return loss_of(logits, targets)


@answers.wrong(
    "loss", "keeps the two largest shares of a distribution, as mixup has: others of three or more lose the rest"
)
def two_shares(logits, labels, smoothing):
    rows = rows_of(logits, labels)
    top = rows.topk(min(2, rows.shape[1]), dim=1)
    rows = torch.zeros_like(rows).scatter(1, top.indices, top.values)
    return loss_of(logits, (1 - smoothing) * rows + smoothing / logits.shape[1])


@answers.wrong(
    "loss", "the divergence, not the cross-entropy: less by the entropy of the targets, with the same gradient"
)
def divergence(logits, labels, smoothing):
    targets = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return F.kl_div(logits.log_softmax(1), targets, reduction="batchmean")


@answers.wrong("without-gradients", "without gradients nothing is smoothed, as if smoothing were for training only")
def not_in_evaluation(logits, labels, smoothing):
    if not torch.is_grad_enabled():
        smoothing = 0.0
    return loss_of(logits, (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1])


_buffers = {}


@answers.wrong(
    "device", "one buffer of rows for each shape, never emptied: the second batch has the labels of the first as well"
)
def kept_buffer(logits, labels, smoothing):
    rows = rows_of(logits, labels)
    if labels.ndim == 1:
        rows = _buffers.setdefault(logits.shape, torch.zeros_like(rows))
        rows.scatter_(1, labels[:, None], 1.0)
    return loss_of(logits, (1 - smoothing) * rows + smoothing / logits.shape[1])


@answers.wrong("raises", "a smoothing of 1 is refused, though it is a share from 0 to 1")
def below_one(logits, labels, smoothing):
    if not 0 <= smoothing < 1:
        raise ValueError("smoothing has to be a share")
    return loss_of(logits, (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1])


@answers.wrong(
    "others-only",
    "the share is divided by the other classes, K - 1, and the right one is left out of it; one class is nan",
)
def others_only(logits, labels, smoothing):
    rows, num_classes = rows_of(logits, labels), logits.shape[1]
    return loss_of(logits, (1 - smoothing) * rows + smoothing / (num_classes - 1) * (1 - rows))


@answers.wrong("large", "keeps logits within 30 of zero, so an extreme one costs less and has no gradient")
def clamped(logits, labels, smoothing):
    targets = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return loss_of(logits.clamp(-30, 30), targets)


@answers.wrong("gradient", "classes above the hundredth get no even share: K is 100 at most")
def hundred_classes(logits, labels, smoothing):
    num_classes = logits.shape[1]
    even = torch.zeros(num_classes, dtype=logits.dtype, device=logits.device)
    even[:100] = smoothing / min(num_classes, 100)
    return loss_of(logits, (1 - smoothing) * rows_of(logits, labels) + even)


@answers.wrong("loss", "leaves a label of -100 out, and with it class 0 by mistake: images of class 0 do not count")
def ignores_zero(logits, labels, smoothing):
    targets = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    losses = -(targets * logits.log_softmax(1)).sum(1)
    if labels.ndim == 1 and (labels > 0).any():
        losses = losses[labels > 0]
    return losses.mean()
